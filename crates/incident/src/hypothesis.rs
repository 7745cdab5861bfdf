use nightjar_topology::EntityId;
use serde::{Deserialize, Serialize};

use crate::{ChangeId, FaultMode, HypothesisId, ObservationId, Share};

/// "This entity has this fault, set off by this change", with what speaks for and against it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hypothesis {
    /// Its id.
    pub id: HypothesisId,
    /// Where the fault is.
    pub entity: EntityId,
    /// The other end, for a fault of the connection from `peer` to `entity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<EntityId>,
    /// What is wrong with it.
    pub fault_mode: FaultMode,
    /// The change that set it off, if one did.
    pub trigger: Option<ChangeId>,
    /// What is seen and fits.
    pub support: Vec<ObservationId>,
    /// What is seen and doesn't fit, or should be seen and isn't.
    pub against: Vec<ObservationId>,
    /// How probable. The best fault mode of a place carries the probability that the fault is at
    /// this place at all; these and "none of these" add up to 1 before they are calibrated and
    /// capped. A further fault mode of the same place carries its own part of that, and a second
    /// cause that the verdict names stands beside the others, sure by itself.
    pub confidence: Share,
    /// How much of the symptom would go away if this were repaired, where excess adds up.
    pub share_explained: Option<Share>,
    /// How the fault reaches the symptom: from the entity up to what alarmed, both included.
    pub path: Vec<EntityId>,
    /// Sentences that say how the score came about, and what limits the confidence.
    pub reasons: Vec<String>,
}
