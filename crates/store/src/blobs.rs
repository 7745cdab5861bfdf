//! Contents too large for a row: compressed, sealed, in a folder or in an S3 bucket.
//!
//! A blob's name is keyed: from outside it tells neither what it holds nor whether two spaces hold
//! the same. It is written before the row that names it, so a row never names a blob that isn't
//! there; what a killed process leaves without a row, [`crate::Store::maintain`] removes.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};

use crate::crypto::{Key, Sealer, hex, mac};
use crate::{Error, Result};

/// Level of compression: telemetry as JSON shrinks about tenfold, at more than 100 MB/s.
const LEVEL: i32 = 3;

/// How long a bucket that doesn't answer is asked again, and how long one connection may take: a
/// worker gives the task back then, and it is tried again later.
const PATIENCE: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(3);

/// Where all blobs of the installation lie.
#[derive(Clone)]
pub(crate) struct Blobs {
    store: Arc<dyn ObjectStore>,
}

/// A blob's keys: one to name it, one to seal it.
pub(crate) struct BlobKeys {
    pub(crate) name: Key,
    pub(crate) seal: Sealer,
}

impl Blobs {
    /// `file:///path` or `s3://bucket/prefix`.
    pub(crate) fn open(url: &str, options: &[(String, String)]) -> Result<Self> {
        if let Some(path) = url.strip_prefix("file://") {
            std::fs::create_dir_all(path).map_err(|error| unavailable(Box::new(error)))?;
            let folder = LocalFileSystem::new_with_prefix(path).map_err(from_store)?;
            return Ok(Self { store: Arc::new(folder.with_fsync(true)) });
        }
        let Some(place) = url.strip_prefix("s3://") else {
            return Err(Error::Invalid(
                "the URL of the blobs begins with `file://` or `s3://`".to_owned(),
            ));
        };
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_retry(RetryConfig {
                max_retries: 3,
                retry_timeout: PATIENCE,
                ..Default::default()
            })
            .with_client_options(ClientOptions::new().with_connect_timeout(CONNECT));
        for (name, value) in options {
            let key: AmazonS3ConfigKey = name
                .parse()
                .map_err(|_| Error::Invalid(format!("no option of the blobs: `{name}`")))?;
            builder = builder.with_config(key, value);
        }
        let bucket = builder.build().map_err(|error| Error::Invalid(format!("blobs: {error}")))?;
        if prefix.is_empty() {
            return Ok(Self { store: Arc::new(bucket) });
        }
        Ok(Self { store: Arc::new(PrefixStore::new(bucket, prefix)) })
    }

    /// The name of a blob with this content in this space. With `owner` the name belongs to one thing
    /// alone and can be removed with it; without, the same content has the same name.
    pub(crate) fn name(keys: &BlobKeys, owner: &str, content: &[u8]) -> String {
        let digest = nightjar_incident::journal::Digest::of(content);
        hex(&mac(&keys.name, "blob", &[owner.as_bytes(), digest.as_bytes()]))
    }

    /// Writes a blob, durable when this returns. An earlier one of the same name is replaced.
    pub(crate) async fn put(
        &self,
        space: &str,
        name: &str,
        keys: &Arc<BlobKeys>,
        content: Vec<u8>,
    ) -> Result<()> {
        let path = path(space, name)?;
        let context = path.to_string();
        let keys = Arc::clone(keys);
        let sealed = tokio::task::spawn_blocking(move || {
            let packed = zstd::bulk::compress(&content, LEVEL)
                .map_err(|error| Error::Invalid(format!("cannot compress a blob: {error}")))?;
            keys.seal.seal(&context, &packed)
        });
        let sealed = sealed.await.map_err(|error| unavailable(Box::new(error)))??;
        self.store.put(&path, PutPayload::from(sealed)).await.map_err(from_store)?;
        Ok(())
    }

    /// Reads a blob of a known size. [`Error::Damaged`] if it is gone or isn't what was written.
    pub(crate) async fn get(
        &self,
        space: &str,
        name: &str,
        keys: &Arc<BlobKeys>,
        bytes: u64,
    ) -> Result<Vec<u8>> {
        let path = path(space, name)?;
        let damaged = |reason: &str| Error::Damaged {
            what: format!("blob `{path}`"),
            reason: reason.to_owned(),
        };
        let sealed = match self.store.get(&path).await {
            Ok(found) => found.bytes().await.map_err(from_store)?,
            Err(object_store::Error::NotFound { .. }) => return Err(damaged("it is gone")),
            Err(error) => return Err(from_store(error)),
        };
        let size = usize::try_from(bytes).map_err(|_| damaged("its size is too large"))?;
        let keys = Arc::clone(keys);
        let context = path.to_string();
        let opened = tokio::task::spawn_blocking(move || {
            let packed = keys.seal.open(&context, &sealed)?;
            zstd::bulk::decompress(&packed, size).ok().filter(|content| content.len() == size)
        });
        let opened = opened.await.map_err(|error| unavailable(Box::new(error)))?;
        opened.ok_or_else(|| damaged("it isn't what was written"))
    }

    /// Removes one blob; one that is gone already is fine.
    pub(crate) async fn remove(&self, space: &str, name: &str) -> Result<()> {
        match self.store.delete(&path(space, name)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(from_store(error)),
        }
    }

    /// Removes all blobs of a space.
    pub(crate) async fn remove_all(&self, space: &str) -> Result<u64> {
        let prefix =
            Path::parse(part(space)?).map_err(|error| Error::Invalid(error.to_string()))?;
        let found = self.store.list(Some(&prefix)).map_ok(|object| object.location).boxed();
        let removed = self.store.delete_stream(found);
        removed.map_err(from_store).try_fold(0, |count, _| async move { Ok(count + 1) }).await
    }

    /// Names of the blobs of a space that were last written before a time.
    pub(crate) async fn older_than(&self, space: &str, before: Timestamp) -> Result<Vec<String>> {
        let prefix =
            Path::parse(part(space)?).map_err(|error| Error::Invalid(error.to_string()))?;
        let mut found = self.store.list(Some(&prefix));
        let mut names = Vec::new();
        while let Some(object) = found.try_next().await.map_err(from_store)? {
            if object.last_modified.timestamp() < before.as_second() {
                names.extend(object.location.filename().map(str::to_owned));
            }
        }
        Ok(names)
    }

    /// Whether a blob was last written before a time.
    pub(crate) async fn is_older(
        &self,
        space: &str,
        name: &str,
        before: Timestamp,
    ) -> Result<bool> {
        match self.store.head(&path(space, name)?).await {
            Ok(object) => Ok(object.last_modified.timestamp() < before.as_second()),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(from_store(error)),
        }
    }

    /// The marker at the root: whose blobs these are and where they are.
    pub(crate) async fn marker(&self) -> Result<Option<String>> {
        let found = match self.store.get(&marker()).await {
            Ok(found) => found.bytes().await.map_err(from_store)?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(from_store(error)),
        };
        Ok(Some(String::from_utf8_lossy(&found).into_owned()))
    }

    /// Writes the marker.
    pub(crate) async fn mark(&self, text: String) -> Result<()> {
        self.store.put(&marker(), PutPayload::from(text)).await.map_err(from_store)?;
        Ok(())
    }
}

fn marker() -> Path {
    Path::from("location")
}

/// `<space>/<first two digits>/<name>`. Both are ours, and looked at all the same: a row could have
/// been altered.
fn path(space: &str, name: &str) -> Result<Path> {
    let name = part(name)?;
    let (first, _) = name.split_at_checked(2).ok_or_else(|| wrong_name(name))?;
    Path::parse(format!("{}/{first}/{name}", part(space)?)).map_err(|_| wrong_name(name))
}

fn part(text: &str) -> Result<&str> {
    let plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    if text.len() < 32 || !text.bytes().all(plain) {
        return Err(wrong_name(text));
    }
    Ok(text)
}

fn wrong_name(text: &str) -> Error {
    Error::Damaged { what: "the name of a blob".to_owned(), reason: format!("`{text}` is none") }
}

fn unavailable(source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Unavailable { what: "blobs", source }
}

fn from_store(error: object_store::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        let io = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(io, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)) {
            return Error::Full(Box::new(error));
        }
        cause = inner.source();
    }
    unavailable(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_isnt_ours_is_no_path() {
        let space = "0197a3f2-0000-7000-8000-000000000000";
        let name = "ab".repeat(32);
        assert_eq!(path(space, &name).unwrap().to_string(), format!("{space}/ab/{name}"));
        for wrong in ["", "../../etc/passwd", "ab", &"AB".repeat(32), &format!("{name}/..")] {
            assert!(path(space, wrong).is_err(), "{wrong}");
            assert!(path(wrong, &name).is_err(), "{wrong}");
        }
    }
}
