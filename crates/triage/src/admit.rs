use jiff::Timestamp;
use nightjar_incident::{Alert, AlertStatus, Incident, Severity};
use nightjar_topology::EntityId;

use crate::decide::is_same;
use crate::policy::Policy;

/// Takes an alert into an incident: a new one goes to the end, so that the primary stays first; a
/// message about one it holds updates that one's status.
///
/// Messages are taken in the order of their arrival; one that arrived earlier than what is known
/// changes nothing but the notes.
pub fn admit(incident: &mut Incident, alert: Alert, entities: Vec<EntityId>) {
    incident.last_news_at = incident.last_news_at.max(alert.received_at);
    for entity in entities {
        if !incident.entities.contains(&entity) {
            incident.entities.push(entity);
        }
    }
    match incident.alerts.iter_mut().find(|held| is_same(held, &alert)) {
        Some(held) => update(held, alert),
        None => incident.alerts.push(alert),
    }
}

fn update(held: &mut Alert, news: Alert) {
    for note in news.notes {
        if !held.notes.contains(&note) {
            held.notes.push(note);
        }
    }
    if news.received_at < held.received_at {
        held.notes.push(format!("a message of {} came late and was set aside", news.received_at));
        return;
    }
    held.received_at = news.received_at;
    held.status = news.status;
    held.ends_at = match news.status {
        AlertStatus::Resolved => news.ends_at.or(held.ends_at),
        AlertStatus::Firing | AlertStatus::Acknowledged => None,
    };
    if news.severity != Severity::Unknown {
        held.severity = news.severity;
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
