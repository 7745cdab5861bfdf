use jiff::Timestamp;
use nightjar_incident::SpaceId;

use crate::{Created, Once, Page, PageRequest, Result, Store};

/// A space to be made.
#[derive(Clone, Debug)]
pub struct NewSpace {
    /// What people call it.
    pub name: String,
    /// Where its data has to stay; must be the installation's where that states one. `None`: the installation's.
    pub location: Option<String>,
    /// Redaction policy as JSON (`nightjar_redact::Policy`); `None`: the default.
    pub redaction: Option<serde_json::Value>,
}

/// A space as lists show it.
#[derive(Clone, Debug)]
pub struct SpaceRecord {
    /// Its id: a lower-case UUID (version 7).
    pub id: SpaceId,
    /// What people call it.
    pub name: String,
    /// Where its data has to stay.
    pub location: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was deleted, and its key with it.
    pub deleted_at: Option<Timestamp>,
    /// Its redaction policy.
    pub redaction: Option<serde_json::Value>,
}

/// One space: the only way to what belongs to it. Cheap to clone.
#[derive(Clone)]
pub struct Space {
    _store: Store,
}

impl Store {
    /// Makes a space with a data key of its own.
    pub async fn create_space(
        &self,
        new: NewSpace,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<SpaceRecord>> {
        let _ = (new, once, now);
        todo!()
    }
    /// All spaces that aren't deleted, oldest first.
    pub async fn spaces(&self, page: &PageRequest) -> Result<Page<SpaceRecord>> {
        let _ = page;
        todo!()
    }
    /// Opens a space. [`crate::Error::NotFound`] also where it was deleted.
    pub async fn space(&self, id: &SpaceId) -> Result<Space> {
        let _ = id;
        todo!()
    }
}

impl Space {
    /// Its id.
    pub fn id(&self) -> &SpaceId {
        todo!()
    }
    /// Its record as it is now.
    pub async fn record(&self) -> Result<SpaceRecord> {
        todo!()
    }
    /// Renames it or gives it another redaction policy (`None`: leave).
    pub async fn update(
        &self,
        name: Option<String>,
        redaction: Option<serde_json::Value>,
    ) -> Result<SpaceRecord> {
        let _ = (name, redaction);
        todo!()
    }
    /// Deletes it: destroys its key, revokes its access keys and sessions, removes its blobs and rows;
    /// the journal's rows stay, unreadable, so that what is left can still be verified.
    pub async fn delete(&self, now: Timestamp) -> Result<()> {
        let _ = now;
        todo!()
    }
    /// A key derived from the space's data key for pseudonyms.
    pub fn pseudonym_key(&self) -> [u8; 32] {
        todo!()
    }
    /// Keeps originals of pseudonyms, sealed (policy `seal_originals`).
    pub async fn keep_originals(&self, originals: &[(String, String)]) -> Result<()> {
        let _ = originals;
        todo!()
    }
    /// The original of a pseudonym, where it was kept.
    pub async fn original(&self, pseudonym: &str) -> Result<Option<String>> {
        let _ = pseudonym;
        todo!()
    }
}
