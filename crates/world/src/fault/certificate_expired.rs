use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use super::{Effect, Fault, Place};

/// The certificate ends; connections that are open live on for a while.
pub(super) struct CertificateExpired;

impl Fault for CertificateExpired {
    fn mode(&self) -> FaultMode {
        FaultMode::CertificateExpired
    }

    fn suits(&self, place: &Place<'_>) -> bool {
        let has_certificate =
            matches!(place.node().kind(), EntityKind::Service | EntityKind::External);
        has_certificate && place.is_called()
    }

    fn effect(&self, place: &Place<'_>) -> Effect {
        let at = place.node;
        Effect {
            apply: Box::new(move |system, now| system.nodes[at].certificate_ends = Some(now)),
            change: None,
            accept: Vec::new(),
            entity: None,
        }
    }
}
