use async_trait::async_trait;
use http::{Request, Response};

/// What sends requests to providers.
///
/// It MUST refuse addresses as [`crate::may_be_asked`] says, after names were resolved as well, follow
/// no redirect, end each request within seconds, and bound what it reads.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends a request and reads the answer whole.
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, NoAnswer>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The address isn't one that is asked.
    #[error("`{address}` isn't asked: {reason}")]
    Refused {
        /// Which.
        address: String,
        /// Why not.
        reason: &'static str,
    },
    /// Nothing came, or not in time, or too much.
    #[error("{0}")]
    Unreachable(String),
}
