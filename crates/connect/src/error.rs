use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why a connection gave no answer. The kind decides what happens next; nobody reads the text to
/// decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// What sort of trouble.
    pub kind: ErrorKind,
    /// What was asked, as the connection would have sent it.
    pub asked: String,
    /// The system's own words.
    pub message: String,
}

/// What sort of trouble, and so what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// There is no such thing there: a gap.
    NotFound,
    /// The credentials don't allow it: tell the administrator.
    Denied,
    /// Too many requests: wait that long and ask again.
    RateLimited {
        /// How long to wait.
        after: Duration,
    },
    /// No answer in time: ask for less, or again.
    Timeout,
    /// The system is down or unreachable: ask again later.
    Unavailable,
    /// The system didn't understand the query: our mistake.
    BadQuery,
    /// The answer can't be understood: a broken file, another protocol.
    Protocol,
    /// The answer is larger than is read: ask for less.
    TooLarge,
    /// A replay was asked for something that was never recorded.
    NotRecorded,
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, asked: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, asked: asked.into(), message: message.into() }
    }
}

impl ErrorKind {
    /// Whether the same question may succeed later.
    pub fn is_transient(self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Timeout | Self::Unavailable => true,
            Self::NotFound
            | Self::Denied
            | Self::BadQuery
            | Self::Protocol
            | Self::TooLarge
            | Self::NotRecorded => false,
        }
    }

    /// The kind as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Denied => "access denied",
            Self::RateLimited { .. } => "rate limited",
            Self::Timeout => "no answer in time",
            Self::Unavailable => "unavailable",
            Self::BadQuery => "query not understood",
            Self::Protocol => "answer not understood",
            Self::TooLarge => "answer too large",
            Self::NotRecorded => "not recorded",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (asked: {})", self.kind.label(), self.message, self.asked)
    }
}

impl std::error::Error for Error {}
