use jiff::Timestamp;

use crate::{Created, Once, Page, PageRequest, Result, Space};

/// A connection to be made.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// The connector's kind: `capsule`.
    pub kind: String,
    /// What people call it; unique in the space.
    pub name: String,
    /// Its settings; sealed.
    pub config: serde_json::Value,
}

/// A configured connection.
#[derive(Clone, Debug)]
pub struct ConnectionRecord {
    /// `con-1`.
    pub id: String,
    /// The connector's kind.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Its settings.
    pub config: serde_json::Value,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Space {
    /// Makes a connection. A name that exists is [`crate::Error::Conflict`].
    pub async fn create_connection(
        &self,
        new: NewConnection,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<ConnectionRecord>> {
        let _ = (new, once, now);
        todo!()
    }
    /// All connections, oldest first.
    pub async fn connections(&self, page: &PageRequest) -> Result<Page<ConnectionRecord>> {
        let _ = page;
        todo!()
    }
    /// One of them.
    pub async fn connection(&self, id: &str) -> Result<ConnectionRecord> {
        let _ = id;
        todo!()
    }
    /// Removes one. [`crate::Error::Conflict`] while an investigation that uses it runs.
    pub async fn delete_connection(&self, id: &str, now: Timestamp) -> Result<()> {
        let _ = (id, now);
        todo!()
    }
}
