use jiff::Timestamp;
use nightjar_incident::{Alert, AlertStatus};

/// Puts the alerts of one message in the order in which they happened.
///
/// They arrived at the same moment, and senders list them as they like: the newest first, by name.
/// A firing happened at its start, a resolve at its end; what happened at the same moment stays as
/// the sender listed it.
pub fn in_order(alerts: &mut [Alert]) {
    alerts.sort_by_key(happened_at);
}

fn happened_at(alert: &Alert) -> Timestamp {
    match alert.status {
        AlertStatus::Firing | AlertStatus::Acknowledged => alert.starts_at,
        AlertStatus::Resolved => alert.ends_at.unwrap_or(alert.received_at),
    }
}
