use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use http::{Request, Response};
use openidconnect::AsyncHttpClient;

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

/// [`Http`] as the library wants it. A type with a name, since the compiler can't see that the futures of
/// a closure in its place may be sent between threads.
pub(crate) struct Asking(pub(crate) Arc<dyn Http>);

impl<'c> AsyncHttpClient<'c> for Asking {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: Request<Vec<u8>>) -> Self::Future {
        self.0.send(request)
    }
}
