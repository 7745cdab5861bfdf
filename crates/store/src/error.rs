/// What went wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or not in this space: the two can't be told apart from outside.
    #[error("{what} `{id}` doesn't exist")]
    NotFound {
        /// What was looked for: `incident`.
        what: &'static str,
        /// The id that was asked for.
        id: String,
    },
    /// The thing is in a state that doesn't allow this.
    #[error("{0}")]
    Conflict(String),
    /// An idempotency key came again with other content.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The database or the blobs can't be reached; trying later may help.
    #[error("the {what} can't be reached")]
    Unavailable {
        /// `database` or `blobs`.
        what: &'static str,
        /// What the driver said; for the log, never for a caller.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No room left to write.
    #[error("no room left to write")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored isn't what was written.
    #[error("{what} is damaged: {reason}")]
    Damaged {
        /// What was read.
        what: String,
        /// How it was noticed.
        reason: String,
    },
    /// The space was deleted and its key destroyed.
    #[error("the space was deleted and its key destroyed")]
    Destroyed,
    /// Something isn't of the location the space or the installation belongs to.
    #[error("{what} is of location `{found}`, this needs `{wanted}`")]
    WrongLocation {
        /// The database, the blobs, a space.
        what: &'static str,
        /// Where it is.
        found: String,
        /// Where it should be.
        wanted: String,
    },
    /// The master key is missing, unreadable, or not the one this data was written with.
    #[error("master key: {0}")]
    MasterKey(String),
    /// The database was written by a later version, or a migration failed.
    #[error("migration: {0}")]
    Migration(String),
    /// A value that can't be stored, with the reason.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// The same once more, for another caller who waited for the same thing.
    pub fn again(&self) -> Self {
        let told = |source: &(dyn std::error::Error + Send + Sync)| source.to_string().into();
        match self {
            Self::NotFound { what, id } => Self::NotFound { what, id: id.clone() },
            Self::Conflict(text) => Self::Conflict(text.clone()),
            Self::KeyReused => Self::KeyReused,
            Self::Unavailable { what, source } => {
                Self::Unavailable { what, source: told(source.as_ref()) }
            }
            Self::Full(source) => Self::Full(told(source.as_ref())),
            Self::Damaged { what, reason } => {
                Self::Damaged { what: what.clone(), reason: reason.clone() }
            }
            Self::Destroyed => Self::Destroyed,
            Self::WrongLocation { what, found, wanted } => {
                Self::WrongLocation { what, found: found.clone(), wanted: wanted.clone() }
            }
            Self::MasterKey(text) => Self::MasterKey(text.clone()),
            Self::Migration(text) => Self::Migration(text.clone()),
            Self::Invalid(text) => Self::Invalid(text.clone()),
        }
    }
}

/// A result of the store.
pub type Result<T> = std::result::Result<T, Error>;
