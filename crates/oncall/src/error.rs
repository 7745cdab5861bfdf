use crate::{BadArchive, BadConfig};

/// What went wrong in the workflow.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store said no.
    #[error(transparent)]
    Store(#[from] nightjar_store::Error),
    /// A capsule can't be read or written.
    #[error(transparent)]
    Archive(#[from] BadArchive),
    /// The settings of a connection make no sense.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// The redaction policy of the space isn't one this version reads.
    #[error("the redaction policy of the space can't be read: {0}")]
    Redaction(String),
    /// The computation itself broke down.
    #[error("the program failed: {0}")]
    Broken(String),
}

impl Error {
    /// The same once more, for another caller who waited for the same thing.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Store(error) => Self::Store(error.again()),
            other => Self::Broken(other.to_string()),
        }
    }
}

/// Runs a computation where it may take its time.
pub(crate) async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Broken(error.to_string()))
}
