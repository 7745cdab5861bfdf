use std::collections::BTreeMap;

use nightjar_connect::Error;

use super::sql;
use crate::database::{Ask, Row};

/// Which server it is.
#[derive(Debug, Default)]
pub(super) struct About {
    pub(super) is_mariadb: bool,
    /// 8 of `8.0.36`, 10 of `10.11.6-MariaDB`.
    pub(super) major: u32,
    pub(super) version: String,
    pub(super) user: String,
    /// How far its local time is from UTC, seconds.
    pub(super) zone: f64,
}

impl About {
    pub(super) fn system(&self) -> &'static str {
        if self.is_mariadb { "MariaDB" } else { "MySQL" }
    }

    /// Whether locks are told by the performance schema.
    pub(super) fn is_mysql_8(&self) -> bool {
        !self.is_mariadb && self.major >= 8
    }

    fn of(row: &Row) -> Self {
        let version = row.text("version").unwrap_or_default().to_owned();
        let comment = row.text("comment").unwrap_or_default();
        let is_mariadb = format!("{version} {comment}").to_ascii_lowercase().contains("mariadb");
        let major = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
        let user = row.text("user").unwrap_or_default().to_owned();
        Self { is_mariadb, major, version, user, zone: row.number("zone").unwrap_or(0.0) }
    }
}

/// Asks which server it is.
///
/// # Errors
/// When it doesn't say.
pub(super) async fn told(ask: &mut Ask) -> Result<About, Error> {
    let rows = ask.quietly(sql::VERSION).await?;
    ask.told.answered(sql::VERSION);
    Ok(rows.first().map(About::of).unwrap_or_default())
}

/// Names and values, as the server's `SHOW` tells status and settings. Names in small letters.
#[derive(Debug, Default)]
pub(super) struct Pairs(BTreeMap<String, String>);

impl Pairs {
    pub(super) fn new(rows: &[Row]) -> Self {
        let pair = |row: &Row| {
            Some((row.text("variable_name")?.to_ascii_lowercase(), row.text("value")?.to_owned()))
        };
        Self(rows.iter().filter_map(pair).collect())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

/// Whom this server follows; nobody where it isn't a replica, or where that may not be seen.
pub(super) async fn follows(ask: &mut Ask) -> Vec<Row> {
    match ask.quietly(sql::REPLICA).await {
        Ok(rows) => {
            ask.told.answered(sql::REPLICA);
            rows
        }
        // Not known to older versions.
        Err(error) if error.kind == nightjar_connect::ErrorKind::BadQuery => {
            ask.rows(sql::SLAVE).await
        }
        Err(error) => {
            ask.told.failed(sql::REPLICA, error);
            Vec::new()
        }
    }
}

/// Who waits for whose row locks.
pub(super) async fn waits(ask: &mut Ask, about: &About) -> Vec<Row> {
    ask.rows(if about.is_mysql_8() { sql::WAITS_8 } else { sql::WAITS }).await
}
