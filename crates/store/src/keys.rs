//! The master key and the keys it wraps.

use async_trait::async_trait;

use crate::Result;

/// Wraps and unwraps data keys, as the Encrypt and Decrypt calls of a key management service do:
/// the context is authenticated and must be the same for both.
#[async_trait]
pub trait KeyService: Send + Sync {
    /// Names the master key, to notice that another one was given: an id, never key material.
    fn id(&self) -> &str;
    /// Wraps a data key.
    async fn wrap(&self, context: &str, key: &[u8]) -> Result<Vec<u8>>;
    /// Unwraps a data key.
    async fn unwrap(&self, context: &str, wrapped: &[u8]) -> Result<Vec<u8>>;
}

/// A master key in a file that only its owner can read.
pub struct MasterKeyFile {
    _private: (),
}

impl MasterKeyFile {
    /// Reads the key, or makes one (mode 0600, written atomically) where there is none and `create`.
    pub fn open(path: &std::path::Path, create: bool) -> Result<Self> {
        let _ = (path, create);
        todo!()
    }
}

#[async_trait]
impl KeyService for MasterKeyFile {
    fn id(&self) -> &str {
        todo!()
    }
    async fn wrap(&self, context: &str, key: &[u8]) -> Result<Vec<u8>> {
        let _ = (context, key);
        todo!()
    }
    async fn unwrap(&self, context: &str, wrapped: &[u8]) -> Result<Vec<u8>> {
        let _ = (context, wrapped);
        todo!()
    }
}
