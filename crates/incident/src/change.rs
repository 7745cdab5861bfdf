use jiff::Timestamp;
use nightjar_topology::EntityId;
use serde::{Deserialize, Serialize};

use crate::ChangeId;

/// Something that was altered on purpose, or by the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// What sort of change.
    pub kind: ChangeKind,
    /// When it took effect.
    pub at: Timestamp,
    /// What it altered.
    pub entities: Vec<EntityId>,
    /// One line: version, setting, amount. Untrusted text.
    pub summary: String,
    /// Who did it, if known.
    #[serde(default)]
    pub author: Option<String>,
    /// What it replaced, if known: the version to go back to, the old value.
    #[serde(default)]
    pub previous: Option<String>,
    /// Where a person finds it.
    #[serde(default)]
    pub url: Option<String>,
}

/// What sort of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A new version was rolled out.
    Deployment,
    /// Code was merged.
    Commit,
    /// A setting was edited.
    Configuration,
    /// A feature flag was switched.
    FeatureFlag,
    /// Capacity was added or removed.
    Scaling,
    /// The platform did something: failover, maintenance, instance replaced.
    Infrastructure,
    /// None of these.
    #[serde(other)]
    Other,
}

impl ChangeKind {
    /// The kind as people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Commit => "commit",
            Self::Configuration => "configuration change",
            Self::FeatureFlag => "feature flag",
            Self::Scaling => "scaling",
            Self::Infrastructure => "infrastructure event",
            Self::Other => "change",
        }
    }
}
