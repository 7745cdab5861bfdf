//! What drivers say went wrong, as the kind that decides what happens next.

use nightjar_connect::{Error, ErrorKind};

use crate::http::words;

/// What a server itself said when it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What to do about it.
    pub(crate) kind: ErrorKind,
    /// Whether it refused since all connections are in use: that is evidence.
    pub(crate) is_full: bool,
}

impl Refusal {
    pub(crate) const fn of(kind: ErrorKind) -> Self {
        Self { kind, is_full: false }
    }

    pub(crate) const FULL: Self = Self { kind: ErrorKind::Unavailable, is_full: true };
}

/// An error of a driver; `refusal` knows the codes of the system. The words are the system's own, in one line.
pub(crate) fn driver(
    asked: &str,
    error: &sqlx::Error,
    refusal: impl Fn(&dyn sqlx::error::DatabaseError) -> Refusal,
) -> Failure {
    let (refusal, message) = match error {
        sqlx::Error::Database(told) => (refusal(told.as_ref()), told.message().to_owned()),
        sqlx::Error::Io(error) => (Refusal::of(ErrorKind::Unavailable), error.to_string()),
        sqlx::Error::Tls(error) => (Refusal::of(ErrorKind::Protocol), format!("TLS: {error}")),
        sqlx::Error::Configuration(error) => (Refusal::of(ErrorKind::Denied), error.to_string()),
        other => (Refusal::of(ErrorKind::Protocol), other.to_string()),
    };
    let message = words(message.as_bytes());
    Failure { error: Error::new(refusal.kind, asked, message), is_full: refusal.is_full }
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Whether all connections were in use.
    pub(crate) is_full: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, is_full: false }
    }
}
