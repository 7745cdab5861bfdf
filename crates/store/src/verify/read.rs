//! Reading rows that may be damaged, in pages.

use sqlx::any::AnyRow;

use crate::db::{Columns as _, Tx, from_driver};
use crate::{Error, Result};

/// How many rows are held at a time.
pub(super) const PAGE: i64 = 500;

/// Rows of a chain, of the audit trail or of the checkpoints of a scope, from a number on.
pub(super) struct Numbered {
    /// `… WHERE a = $1 AND b = $2 AND n >= $3 ORDER BY n LIMIT $4`.
    pub(super) rows: &'static str,
    /// The same with only the number, as `n`.
    pub(super) numbers: &'static str,
    /// What `$1` and `$2` are.
    pub(super) of: [String; 2],
}

/// A row, or the number of one that can't be read.
pub(super) enum Found {
    Row(AnyRow),
    Unreadable(i64),
}

impl Numbered {
    /// The next rows; empty at the end. Where a page holds a row that the driver can't decode, rows
    /// are taken one by one.
    pub(super) async fn next(&self, tx: &mut Tx, from: i64) -> Result<Vec<Found>> {
        match self.fetch(tx, self.rows, from, PAGE).await {
            Ok(rows) => return Ok(rows.into_iter().map(Found::Row).collect()),
            Err(Error::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        match self.fetch(tx, self.rows, from, 1).await {
            Ok(rows) => Ok(rows.into_iter().map(Found::Row).collect()),
            Err(Error::Damaged { .. }) => {
                let numbers = self.fetch(tx, self.numbers, from, 1).await?;
                let number = |row: &AnyRow| row.signed("n").map(Found::Unreadable);
                numbers.iter().map(number).collect()
            }
            Err(error) => Err(error),
        }
    }

    async fn fetch(
        &self,
        tx: &mut Tx,
        statement: &'static str,
        from: i64,
        limit: i64,
    ) -> Result<Vec<AnyRow>> {
        let [first, second] = self.of.clone();
        sqlx::query(statement)
            .bind(first)
            .bind(second)
            .bind(from)
            .bind(limit)
            .fetch_all(&mut **tx)
            .await
            .map_err(from_driver)
    }
}

/// One number of a statement with one bound text.
pub(super) async fn one(tx: &mut Tx, statement: &'static str, of: &str) -> Result<i64> {
    let row = sqlx::query(statement)
        .bind(of.to_owned())
        .fetch_one(&mut **tx)
        .await
        .map_err(from_driver)?;
    row.signed("n")
}
