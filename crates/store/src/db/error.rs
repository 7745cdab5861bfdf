//! What the drivers say, in our words.

use crate::Error;

/// Whether a statement failed since such a row exists already.
pub(crate) fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

/// A driver's error as ours. What the driver said goes along for the log.
pub(crate) fn from_driver(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Database(inner) => {
            if inner.is_unique_violation() {
                return Error::Conflict("there is such a thing already".to_owned());
            }
            let code = inner.code().unwrap_or_default().into_owned();
            if is_full(&code) {
                return Error::Full(Box::new(error));
            }
            if code == "22021" {
                return Error::Invalid("a text holds a NUL character".to_owned());
            }
            if is_damage(&code) {
                let reason = inner.message().to_owned();
                return Error::Damaged { what: "the database".to_owned(), reason };
            }
        }
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::RowNotFound
        | sqlx::Error::ColumnNotFound(_) => {
            return Error::Damaged {
                what: "a row of the database".to_owned(),
                reason: error.to_string(),
            };
        }
        _ => {}
    }
    Error::Unavailable { what: "database", source: Box::new(error) }
}

/// SQLite's result codes carry details above the lowest byte; PostgreSQL's have five characters.
fn sqlite_code(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff)
}

fn is_full(code: &str) -> bool {
    // SQLITE_FULL; disk_full.
    sqlite_code(code) == Some(13) || code == "53100"
}

fn is_damage(code: &str) -> bool {
    // SQLITE_CORRUPT, SQLITE_NOTADB; data_corrupted, index_corrupted.
    matches!(sqlite_code(code), Some(11 | 26)) || matches!(code, "XX001" | "XX002")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        assert!(is_full("13") && is_full("53100"));
        assert!(!is_full("53300") && !is_full("2067"));
        assert!(is_damage("11") && is_damage("267") && is_damage("XX001"));
    }
}
