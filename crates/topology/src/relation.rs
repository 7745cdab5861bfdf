use serde::{Deserialize, Serialize};

use crate::EntityId;

/// How one entity depends on another. `from` needs `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// A request and its answer: slowness and errors travel from `to` to `from`.
    Calls,
    /// Reads data.
    Reads,
    /// Writes data.
    Writes,
    /// Puts messages on a queue: trouble of the consumer doesn't reach the publisher.
    Publishes,
    /// Takes messages off a queue.
    Consumes,
    /// Runs on a host: the host's shortage reaches everything on it.
    RunsOn,
    /// Is part of something larger.
    BelongsTo,
    /// Was deployed by a stack or pipeline.
    DeployedBy,
}

impl RelationKind {
    /// Whether `from` waits for an answer of `to`, so that excess time and errors add up along it.
    pub fn is_request(self) -> bool {
        match self {
            Self::Calls | Self::Reads | Self::Writes => true,
            Self::Publishes
            | Self::Consumes
            | Self::RunsOn
            | Self::BelongsTo
            | Self::DeployedBy => false,
        }
    }

    /// Whether trouble of `to` reaches `from`, at once or as work that piles up. A publisher hands
    /// its message over and goes on; membership and deployment carry nothing.
    pub fn carries_faults(self) -> bool {
        match self {
            Self::Calls | Self::Reads | Self::Writes | Self::Consumes | Self::RunsOn => true,
            Self::Publishes | Self::BelongsTo | Self::DeployedBy => false,
        }
    }

    /// The relation as people read it, between two names.
    pub fn label(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Publishes => "publishes to",
            Self::Consumes => "consumes from",
            Self::RunsOn => "runs on",
            Self::BelongsTo => "belongs to",
            Self::DeployedBy => "is deployed by",
        }
    }
}

/// A directed edge: `from` depends on `to`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Relation {
    /// Who depends.
    pub from: EntityId,
    /// On whom.
    pub to: EntityId,
    /// How.
    pub kind: RelationKind,
}
