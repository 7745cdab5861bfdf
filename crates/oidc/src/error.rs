use crate::http::NoAnswer;

/// Why somebody can't be signed in. The texts are for the log: they may repeat what a provider said.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address isn't one that is asked. An administrator has to change the configuration.
    #[error("`{address}` isn't asked: {reason}")]
    Address {
        /// Which.
        address: String,
        /// Why not.
        reason: &'static str,
    },
    /// The provider doesn't answer, or not as one does. Try again later.
    #[error("the provider doesn't answer as one: {0}")]
    Unavailable(String),
    /// The provider doesn't know us: client id or secret are wrong. For an administrator.
    #[error("the provider doesn't accept this client: {0}")]
    NotRegistered(String),
    /// The provider doesn't accept what the browser brought: used, too old, or somebody else's. Sign in
    /// from the beginning.
    #[error("the provider refuses the code: {0}")]
    Refused(String),
    /// What the provider says isn't proved. Nobody is signed in.
    #[error("the provider's answer isn't to be trusted: {0}")]
    Untrusted(String),
}

impl From<NoAnswer> for Error {
    fn from(error: NoAnswer) -> Self {
        match error {
            NoAnswer::Refused { address, reason } => Self::Address { address, reason },
            NoAnswer::Unreachable(reason) => Self::Unavailable(reason),
        }
    }
}
