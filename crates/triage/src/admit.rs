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
/// Messages are taken in the order of their arrival. One that arrived earlier than what is known,
/// or tells of a time before it, changes nothing but the notes. Otherwise the last word counts: a
/// sender that says *firing* after *acknowledged* may have taken the acknowledgement back.
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
    let news = meaning(held, &message);
    for note in message.notes {
        add_note(held, note);
    }
    if news == News::Late {
        let text = format!("a message of {} came late and was set aside", message.received_at);
        add_note(held, text);
        return news;
    }
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

/// As many as the parsers keep of one message: a sender that retries for hours mustn't make an
/// alert grow.
const MOST_NOTES: usize = 50;

fn add_note(held: &mut Alert, note: String) {
    if held.notes.len() < MOST_NOTES && !held.notes.contains(&note) {
        held.notes.push(note);
    }
}

/// What a message says about an alert that is held.
pub(crate) fn meaning(held: &Alert, message: &Alert) -> News {
    if message.received_at < held.received_at || is_of_earlier(held, message) {
        return News::Late;
    }
    match (held.status, message.status) {
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

/// Whether a message that came last tells of what was before, by the sender's own clock: senders
/// retry what they couldn't deliver, and deliver out of order.
fn is_of_earlier(held: &Alert, message: &Alert) -> bool {
    match (held.status, message.status) {
        // Began when what is over began. Where the sender told no start, the time of arrival or
        // sending stands in, so that a new firing never has the start of an old one.
        (AlertStatus::Resolved, AlertStatus::Firing | AlertStatus::Acknowledged) => {
            message.starts_at == held.starts_at
                && held.ends_at.is_some_and(|end| end >= message.starts_at)
        }
        // Began and ended before what is held began. Where the sender told no start, the end
        // stands in; then it isn't set aside: a clock that is behind mustn't keep an alert open.
        (AlertStatus::Firing | AlertStatus::Acknowledged, AlertStatus::Resolved) => {
            message.ends_at.is_some_and(|end| message.starts_at < end && end < held.starts_at)
        }
        (AlertStatus::Firing | AlertStatus::Acknowledged, AlertStatus::Firing)
        | (AlertStatus::Firing | AlertStatus::Acknowledged, AlertStatus::Acknowledged)
        | (AlertStatus::Resolved, AlertStatus::Resolved) => false,
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
