use std::path::PathBuf;

/// Why the server can't serve.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The socket can't be used.
    #[error("can't listen")]
    Listen(#[source] std::io::Error),
    /// Certificate or key can't be read.
    #[error("can't read `{path}`")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Certificate and key aren't what TLS needs.
    #[error("certificate `{certificate}` and key `{key}`: {reason}")]
    Tls {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
