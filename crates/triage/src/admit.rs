use jiff::Timestamp;
use nightjar_incident::{Alert, AlertStatus, Incident, Severity};
use nightjar_topology::EntityId;

use crate::policy::Policy;

/// What a message changed in the incident that took it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum News {
    /// An alert that the incident didn't hold yet.
    Linked,
    /// A person has seen an alert that was firing.
    Acknowledged,
    /// An alert is over.
    Resolved,
    /// An alert that was over is true again.
    FiresAgain,
    /// Nothing new but, perhaps, how bad it is.
    Repeated,
    /// The message tells of earlier than what is known; it was set aside.
    Late,
}

/// Takes an alert into an incident: a new one goes to the end, so that the primary stays first; a
/// message about one it holds updates that one's status.
///
/// Messages are taken in the order of their arrival; one that arrived earlier than what is known
/// changes nothing but the notes.
pub fn admit(incident: &mut Incident, alert: Alert, entities: Vec<EntityId>) -> News {
    let place = incident.alerts.iter().position(|held| is_same(held, &alert));
    admit_at(incident, place, alert, entities)
}

/// As [`admit`], for who knows at which place the incident holds the alert already.
pub(crate) fn admit_at(
    incident: &mut Incident,
    place: Option<usize>,
    alert: Alert,
    entities: Vec<EntityId>,
) -> News {
    for entity in entities {
        if !incident.entities.contains(&entity) {
            incident.entities.push(entity);
        }
    }
    let received_at = alert.received_at;
    let news = match place.and_then(|place| incident.alerts.get_mut(place)) {
        Some(held) => update(held, alert),
        None => {
            incident.alerts.push(alert);
            News::Linked
        }
    };
    if news != News::Late {
        incident.last_news_at = incident.last_news_at.max(received_at);
    }
    news
}

/// Whether two messages are of the same alert.
pub(crate) fn is_same(a: &Alert, b: &Alert) -> bool {
    a.provider == b.provider && a.key == b.key
}

fn update(held: &mut Alert, message: Alert) -> News {
    for note in message.notes {
        if !held.notes.contains(&note) {
            held.notes.push(note);
        }
    }
    if message.received_at < held.received_at {
        held.notes
            .push(format!("a message of {} came late and was set aside", message.received_at));
        return News::Late;
    }
    let news = change(held.status, message.status);
    held.received_at = message.received_at;
    held.status = message.status;
    held.ends_at = match message.status {
        AlertStatus::Resolved => message.ends_at.or(held.ends_at),
        AlertStatus::Firing | AlertStatus::Acknowledged => None,
    };
    if message.severity != Severity::Unknown {
        held.severity = message.severity;
    }
    news
}

/// What a message in time is about an alert that is held.
pub(crate) fn change(held: AlertStatus, message: AlertStatus) -> News {
    match (held, message) {
        (AlertStatus::Resolved, AlertStatus::Resolved) => News::Repeated,
        (AlertStatus::Firing | AlertStatus::Acknowledged, AlertStatus::Resolved) => News::Resolved,
        (AlertStatus::Resolved, AlertStatus::Firing | AlertStatus::Acknowledged) => {
            News::FiresAgain
        }
        (AlertStatus::Firing, AlertStatus::Acknowledged) => News::Acknowledged,
        (AlertStatus::Firing | AlertStatus::Acknowledged, AlertStatus::Firing)
        | (AlertStatus::Acknowledged, AlertStatus::Acknowledged) => News::Repeated,
    }
}

/// Whether an incident is closed: all its alerts are resolved and stayed so while it settled, or
/// the lookback passed without news.
pub fn is_over(incident: &Incident, now: Timestamp, policy: &Policy) -> bool {
    let mut statuses = incident.alerts.iter().map(|alert| alert.status);
    let is_resolved =
        !incident.alerts.is_empty() && statuses.all(|status| status == AlertStatus::Resolved);
    let longest = if is_resolved { policy.settling } else { policy.lookback };
    now.duration_since(incident.last_news_at) > longest
}
