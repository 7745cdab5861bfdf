use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::Incident;

use crate::policy::Policy;

/// What the time between an onset and the nearest of an incident's weighs, and how it reads.
pub(crate) fn weigh(
    starts_at: Timestamp,
    onsets: &BTreeSet<Timestamp>,
    policy: &Policy,
) -> (f64, String) {
    let before = onsets.range(..=starts_at).next_back();
    let after = onsets.range(starts_at..).next();
    let gaps = before.into_iter().chain(after).map(|onset| starts_at.duration_since(*onset));
    // Of two equally near onsets the earlier alert's: "after" is how people tell it.
    let nearest = gaps.min_by_key(|gap| (gap.abs(), gap.is_negative()));
    let Some(gap) = nearest else { return (0.0, "without an onset to compare".into()) };
    let row = policy.by_onset_gap.iter().find(|(most, _)| gap.abs() <= *most);
    (row.map_or(policy.far_onset, |(_, weight)| *weight), phrase(gap))
}

/// How long before or after: `2 minutes after`.
fn phrase(gap: SignedDuration) -> String {
    let seconds = gap.abs().as_secs();
    let amount = match seconds {
        0..30 => return "at the same time".into(),
        30..60 => format!("{seconds} seconds"),
        60..90 => "1 minute".into(),
        90..5_400 => format!("{} minutes", (seconds + 30) / 60),
        5_400..172_800 => format!("{} hours", (seconds + 1_800) / 3_600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    };
    format!("{amount} {}", if gap.is_negative() { "before" } else { "after" })
}

/// Whether the alert reached us while the incident had news, or at most the lookback before or
/// after.
pub(crate) fn is_within_lookback(at: Timestamp, incident: &Incident, policy: &Policy) -> bool {
    at.duration_since(incident.last_news_at) <= policy.lookback
        && incident.opened_at.duration_since(at) <= policy.lookback
}
