use nightjar_incident::FaultMode;
use nightjar_topology::RelationKind;

use super::{Effect, Fault, Place};

/// Something fills the disk of a database; once it is full, nothing can be written.
pub(super) struct DiskFull;

/// Seconds until it is full at severity 1.
const SECONDS: f64 = 150.0;

impl Fault for DiskFull {
    fn mode(&self) -> FaultMode {
        FaultMode::DiskFull
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        let is_written = place.incoming[place.node]
            .iter()
            .any(|&call| place.system.calls[call].kind == RelationKind::Writes);
        place.node().volume.is_some() && is_written
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        let left = place.node().volume.as_ref().map_or(0.0, |volume| 1.0 - volume.used);
        let per_hour = left * place.severity * 3600.0 / SECONDS;
        Effect {
            apply: Box::new(move |system, _| {
                if let Some(volume) = &mut system.nodes[at].volume {
                    volume.per_hour = per_hour;
                }
            }),
            change: None,
            accept: Vec::new(),
            entity: None,
        }
    }
}
