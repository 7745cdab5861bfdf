use nightjar_incident::{ChangeKind, FaultMode};
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place, Trigger};

/// A new release does more work for each request and fails some of them.
pub(super) struct BadDeployment;

/// Share of requests that meet the defect, at severity 1.
const DEFECT_SHARE: f64 = 0.25;
/// Work of the new release compared with the old one, at severity 1.
const WORK_FACTOR: f64 = 3.0;
/// The work stops growing where it would need more than this share of the processors: a release
/// that can't keep up at all would be a case of its own.
const MOST_UTILIZATION: f64 = 0.8;

impl Fault for BadDeployment {
    fn mode(&self) -> FaultMode {
        FaultMode::BadDeployment
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        matches!(place.node().kind(), EntityKind::Service | EntityKind::Function)
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let old = place.node().version.clone();
        let new = next_version(&old);
        let share = (DEFECT_SHARE * place.severity).min(1.0);
        let room = MOST_UTILIZATION / place.utilization().max(1e-6);
        let factor = (1.0 + (WORK_FACTOR - 1.0) * place.severity).min(room.max(1.0));
        let summary = format!("deploy {} {new} (was {old})", place.node().entity.id);
        let version = new.clone();
        Effect {
            apply: Box::new(move |system, _| {
                let node = &mut system.nodes[at];
                node.version = version.clone();
                node.defect_share = share;
                node.work *= factor;
            }),
            change: Some(Trigger { kind: ChangeKind::Deployment, summary, previous: Some(old) }),
            accept: Vec::new(),
            entity: None,
        }
    }
}

/// The version after this one: its last number plus one.
pub(crate) fn next_version(version: &str) -> String {
    let (head, last) = version.rsplit_once('.').unwrap_or(("", version));
    let next = last.parse::<u64>().map_or_else(|_| format!("{last}-2"), |n| (n + 1).to_string());
    if head.is_empty() { next } else { format!("{head}.{next}") }
}
