use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Names one entity within a space; text from outside, checked once when it enters.
///
/// Shared, so that a clone copies no text: ids stand beside everything an investigation holds.
///
/// INVARIANT: 1 to 512 bytes, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntityId(Arc<str>);

/// Why a text can't be the id of an entity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Nothing there.
    #[error("an entity id is empty")]
    Empty,
    /// Longer than 512 bytes.
    #[error("an entity id has {0} bytes; 512 are allowed")]
    TooLong(usize),
    /// A control character inside.
    #[error("an entity id holds a control character")]
    ControlCharacter,
}

impl EntityId {
    /// Checks and takes a text as an id.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
        let text = text.into();
        if text.is_empty() {
            return Err(InvalidId::Empty);
        }
        if text.len() > 512 {
            return Err(InvalidId::TooLong(text.len()));
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidId::ControlCharacter);
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EntityId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

impl From<EntityId> for String {
    fn from(id: EntityId) -> Self {
        id.as_str().to_owned()
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an entity is; decides which faults make sense for it and what a plan may say.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A long-running program that answers requests.
    Service,
    /// A function started per request or event.
    Function,
    /// An API gateway or load balancer.
    Gateway,
    /// A database server or cluster.
    Database,
    /// A table of a managed store with a throughput of its own.
    Table,
    /// A cache.
    Cache,
    /// A queue or topic.
    Queue,
    /// An object store.
    Bucket,
    /// A state machine or batch workflow.
    Workflow,
    /// A physical or virtual machine, or a cluster node.
    Host,
    /// A pod or container instance.
    Pod,
    /// Something outside the estate: a partner's endpoint, a managed API.
    External,
    /// What calls from outside: browsers, load generators.
    Client,
    /// A deployment unit.
    Stack,
    /// A cloud account.
    Account,
    /// A region or zone.
    Region,
    /// Nobody told.
    #[default]
    #[serde(other)]
    Unknown,
}

impl EntityKind {
    /// The kind as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Function => "function",
            Self::Gateway => "gateway",
            Self::Database => "database",
            Self::Table => "table",
            Self::Cache => "cache",
            Self::Queue => "queue",
            Self::Bucket => "bucket",
            Self::Workflow => "workflow",
            Self::Host => "host",
            Self::Pod => "pod",
            Self::External => "external dependency",
            Self::Client => "client",
            Self::Stack => "stack",
            Self::Account => "account",
            Self::Region => "region",
            Self::Unknown => "entity",
        }
    }
}

/// A node of the topology.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Its id within the space.
    pub id: EntityId,
    /// What it is.
    #[serde(default)]
    pub kind: EntityKind,
    /// Other names by which alerts and telemetry speak of it: host names, ARNs, pod names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What else is known: region, account, team, console address. Keys follow the OpenTelemetry
    /// resource conventions where one fits (`cloud.region`, `service.version`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

impl Entity {
    /// An entity of which only id and kind are known.
    pub fn new(id: EntityId, kind: EntityKind) -> Self {
        Self { id, kind, aliases: Vec::new(), attributes: BTreeMap::new() }
    }
}
