use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{Created, Once, Page, PageRequest, Result, Space};

/// A capsule to be kept, redacted already.
pub struct NewCapsule {
    /// What it calls itself.
    pub name: String,
    /// The archive (tar.zst), redacted.
    pub archive: Vec<u8>,
    /// How much was redacted, per kind.
    pub redacted: BTreeMap<String, u64>,
    /// What had to be mended or set aside while reading it.
    pub notes: Vec<String>,
}

/// A stored capsule.
#[derive(Clone, Debug)]
pub struct CapsuleRecord {
    /// `cap-1`.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// Size of the archive, bytes.
    pub bytes: u64,
    /// How much was redacted, per kind.
    pub redacted: BTreeMap<String, u64>,
    /// What had to be mended or set aside while reading it.
    pub notes: Vec<String>,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

impl Space {
    /// Keeps a capsule: the blob first, then the row.
    pub async fn create_capsule(
        &self,
        new: NewCapsule,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<CapsuleRecord>> {
        let _ = (new, once, now);
        todo!()
    }
    /// All capsules, newest first.
    pub async fn capsules(&self, page: &PageRequest) -> Result<Page<CapsuleRecord>> {
        let _ = page;
        todo!()
    }
    /// One of them.
    pub async fn capsule(&self, id: &str) -> Result<CapsuleRecord> {
        let _ = id;
        todo!()
    }
    /// Its archive. [`crate::Error::Damaged`] if the blob isn't what was written.
    pub async fn capsule_archive(&self, id: &str) -> Result<Vec<u8>> {
        let _ = id;
        todo!()
    }
    /// Removes row and blob. [`crate::Error::Conflict`] while a connection uses it.
    pub async fn delete_capsule(&self, id: &str, now: Timestamp) -> Result<()> {
        let _ = (id, now);
        todo!()
    }
}
