//! Reading columns, and numbers on their way into the database and out of it.

use jiff::Timestamp;
use nightjar_incident::Id;
use nightjar_incident::journal::Digest;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::from_driver;
use crate::{Error, Result};

/// Columns by their name, as the types we use.
pub(crate) trait Columns {
    fn text(&self, column: &str) -> Result<String>;
    fn maybe_text(&self, column: &str) -> Result<Option<String>>;
    fn bytes(&self, column: &str) -> Result<Vec<u8>>;
    fn maybe_bytes(&self, column: &str) -> Result<Option<Vec<u8>>>;
    fn signed(&self, column: &str) -> Result<i64>;
    fn maybe_signed(&self, column: &str) -> Result<Option<i64>>;

    fn count(&self, column: &str) -> Result<u64> {
        let value = self.signed(column)?;
        u64::try_from(value).map_err(|_| damaged(column, &format!("{value} is negative")))
    }
    fn time(&self, column: &str) -> Result<Timestamp> {
        moment(column, self.signed(column)?)
    }
    fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>> {
        self.maybe_signed(column)?.map(|micros| moment(column, micros)).transpose()
    }
    fn digest(&self, column: &str) -> Result<Digest> {
        let bytes = self.bytes(column)?;
        let bytes: [u8; 32] = bytes
            .try_into()
            .map_err(|_| damaged(column, "a digest of another length than 32 bytes"))?;
        Ok(Digest::from_bytes(bytes))
    }
    fn id<Kind>(&self, column: &str) -> Result<Id<Kind>> {
        self.text(column).map(Id::new)
    }
    fn maybe_id<Kind>(&self, column: &str) -> Result<Option<Id<Kind>>> {
        Ok(self.maybe_text(column)?.map(Id::new))
    }
}

impl Columns for AnyRow {
    fn text(&self, column: &str) -> Result<String> {
        self.try_get(column).map_err(from_driver)
    }
    fn maybe_text(&self, column: &str) -> Result<Option<String>> {
        self.try_get(column).map_err(from_driver)
    }
    fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        self.try_get(column).map_err(from_driver)
    }
    fn maybe_bytes(&self, column: &str) -> Result<Option<Vec<u8>>> {
        self.try_get(column).map_err(from_driver)
    }
    fn signed(&self, column: &str) -> Result<i64> {
        self.try_get(column).map_err(from_driver)
    }
    fn maybe_signed(&self, column: &str) -> Result<Option<i64>> {
        self.try_get(column).map_err(from_driver)
    }
}

fn damaged(column: &str, reason: &str) -> Error {
    Error::Damaged { what: format!("column `{column}`"), reason: reason.to_owned() }
}

fn moment(column: &str, micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros)
        .map_err(|_| damaged(column, &format!("{micros} is no time")))
}

/// A time as a column holds it.
pub(crate) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// A time as it comes back from a column: whole microseconds.
pub(crate) fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

/// A number as a column holds it.
pub(crate) fn number(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| Error::Invalid(format!("{value} is too large")))
}

/// An id as a bound value.
pub(crate) fn id<Kind>(id: &Id<Kind>) -> String {
    id.as_str().to_owned()
}
