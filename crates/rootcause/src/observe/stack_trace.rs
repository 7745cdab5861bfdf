//! Stack traces: what a program throws, and where, as a mark of its own: type and place stay the same while
//! messages differ.

mod thrown;

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{Content, Direction, EvidenceId, ObservationKind};
use nightjar_series::count::poisson_z;
use nightjar_templates::message;
use nightjar_topology::EntityId;

use self::thrown::{Thrown, may_hold_frames, thrown};
use super::{About, Draft, View, between};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "stack-trace",
    kind: ObservationKind::StackTrace,
    measured: "records with frames, by exception and place, since the onset against before",
    unit: "{record}",
    thresholds: &[limit::LOG_Z, limit::LINES_IN_BUNCHES],
    method: "signed root of the deviance of a Poisson count with a doubled variance (Pierce and Schafer, JASA 1986)",
    reason: "the innermost cause and the frame that threw it say more than the message, and vary less; line numbers are left out, as every release moves them",
    means: "this code met what it can't handle; the frame is where to read on",
}];

/// How often it was thrown.
struct Count<'a> {
    before: f64,
    during: f64,
    first: Option<Timestamp>,
    evidence: &'a EvidenceId,
}

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut counts: BTreeMap<(&EntityId, Thrown), Count<'_>> = BTreeMap::new();
    let mut earliest: Option<Timestamp> = None;
    for piece in view.case.evidence {
        let Content::Logs(records) = &piece.content else { continue };
        for record in records.iter().filter(|record| record.at <= view.case.now) {
            earliest = Some(earliest.map_or(record.at, |at| at.min(record.at)));
            if !may_hold_frames(&record.body) {
                continue;
            }
            let Some(thrown) = thrown(&message(&record.body)) else { continue };
            let new = || Count { before: 0.0, during: 0.0, first: None, evidence: &piece.id };
            let count = counts.entry((&record.entity, thrown)).or_insert_with(new);
            if record.at < view.onset {
                count.before += 1.0;
            } else {
                count.during += 1.0;
                count.first = Some(count.first.map_or(record.at, |at| at.min(record.at)));
            }
        }
    }
    // Without lines of before there is nothing to compare with.
    let Some(earliest) = earliest.filter(|earliest| *earliest < view.onset) else {
        return Vec::new();
    };
    let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64().max(1.0);
    let ratio = seconds(view.onset, view.case.now) / seconds(earliest, view.onset);
    let drafts = counts.into_iter().filter_map(|((entity, thrown), count)| {
        let expected = count.before * ratio;
        let z = poisson_z(count.during, expected.max(0.5), limit::LINES_IN_BUNCHES.value);
        let first = count.first.filter(|_| z >= limit::LOG_Z.value)?;
        Some(draft(entity, &thrown, &count, (expected, z), first))
    });
    let mut found: Vec<Draft> = drafts.collect();
    found.sort_by(|a, b| b.z.total_cmp(&a.z));
    found.truncate(limit::MAX_LOG_OBSERVATIONS);
    found
}

fn draft(
    entity: &EntityId,
    thrown: &Thrown,
    count: &Count<'_>,
    (expected, z): (f64, f64),
    first: Timestamp,
) -> Draft {
    let is_new = count.before == 0.0;
    let often = if is_new { "never before".to_owned() } else { format!("usually {expected:.0}") };
    let place = thrown.place.as_ref().map_or(String::new(), |place| format!(" at `{place}`"));
    Draft {
        entity: entity.clone(),
        peer: None,
        kind: ObservationKind::StackTrace,
        signal: None,
        stated: None,
        direction: if is_new { Direction::Appeared } else { Direction::Up },
        onset: between(None, first.as_millisecond()),
        usual: expected,
        seen: count.during,
        unit: "{record}".to_owned(),
        z,
        summary: format!(
            "`{entity}` throws `{}`{place}: {:.0} times, {often}",
            thrown.what, count.during
        ),
        evidence: vec![count.evidence.clone()],
    }
}
