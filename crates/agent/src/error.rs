use nightjar_incident::{AlertId, IncidentId};

use crate::keeper::Refused;

/// Why an investigation stopped, or a request can't be met.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The alerts themselves can't be read. Every other answer that fails to come is a gap.
    #[error(transparent)]
    Connection(#[from] nightjar_connect::Error),
    /// The keeper couldn't keep what came of it. Nothing was asked after that.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A request names an alert that the incident doesn't hold, or that no incident holds.
    #[error("there is no alert `{alert}` there")]
    UnknownAlert {
        /// The alert.
        alert: AlertId,
    },
    /// A request names an incident that isn't known.
    #[error("there is no incident `{incident}`")]
    UnknownIncident {
        /// The incident.
        incident: IncidentId,
    },
    /// A request asks for what is so already, or makes no sense.
    #[error("{reason}")]
    Pointless {
        /// Why, in one sentence.
        reason: String,
    },
}
