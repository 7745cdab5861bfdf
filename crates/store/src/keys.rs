//! The master key and the keys it wraps.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::{Key, Sealer, hex, mac, random, unhex};
use crate::{Error, Result};

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
    id: String,
    sealer: Sealer,
}

impl MasterKeyFile {
    /// Reads the key, or makes one (mode 0600, written atomically) where there is none and `create`.
    ///
    /// The file holds 32 bytes as one line of hex or base64.
    ///
    /// # Errors
    /// [`Error::MasterKey`] if there is none, if others than its owner may read it, or if it isn't
    /// 32 bytes.
    pub fn open(path: &Path, create: bool) -> Result<Self> {
        let failed = |what: &str, error: std::io::Error| {
            Error::MasterKey(format!("{what} `{}`: {error}", path.display()))
        };
        if create && !path.exists() {
            make(path).map_err(|error| failed("cannot make", error))?;
        }
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
            Err(error) => return Err(failed("cannot read", error)),
        };
        others_may_not_read(path)?;
        let line = text.trim();
        let bytes = if line.len() == 64 { unhex(line) } else { STANDARD.decode(line).ok() };
        let key = bytes.and_then(Key::from_bytes).ok_or_else(|| {
            Error::MasterKey(format!(
                "`{}` isn't one line of 32 bytes in hex or base64",
                path.display()
            ))
        })?;
        Ok(Self::new(&key))
    }

    fn new(key: &Key) -> Self {
        let id = mac(key, "nightjar master key id", &[]);
        let (id, _) = id.split_at(8);
        Self { id: format!("file-{}", hex(id)), sealer: Sealer::new(&key.derive("wrap")) }
    }
}

/// Writes a new key beside the path and links it there: nobody ever sees half a key, and a key that
/// another process made meanwhile is left alone.
fn make(path: &Path) -> std::io::Result<()> {
    let random: [u8; 40] = random().map_err(|error| std::io::Error::other(error.to_string()))?;
    let (key, suffix) = random.split_at(32);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", hex(suffix)));
    let draft = Path::new(&name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(draft)?;
    let written = writeln!(file, "{}", hex(key)).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match std::fs::hard_link(draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    std::fs::remove_file(draft)?;
    linked?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn others_may_not_read(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = std::fs::metadata(path)
        .map_err(|error| Error::MasterKey(format!("cannot read `{}`: {error}", path.display())))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(Error::MasterKey(format!(
            "`{}` can be read by others than its owner (mode {:03o}); run `chmod 600` on it, and \
             think about who may have read it",
            path.display(),
            mode & 0o777
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn others_may_not_read(_: &Path) -> Result<()> {
    Ok(())
}

#[async_trait]
impl KeyService for MasterKeyFile {
    fn id(&self) -> &str {
        &self.id
    }
    async fn wrap(&self, context: &str, key: &[u8]) -> Result<Vec<u8>> {
        self.sealer.seal(context, key)
    }
    async fn unwrap(&self, context: &str, wrapped: &[u8]) -> Result<Vec<u8>> {
        self.sealer.open(context, wrapped).ok_or_else(|| {
            Error::MasterKey(format!("the key of `{context}` wasn't wrapped by this master key"))
        })
    }
}
