//! Observations: one abnormal, or notably normal, fact each, computed from evidence.
//!
//! One kind of observation per file; [`all`] runs them in a fixed order and numbers what they
//! find.

mod backlog;
mod calls;
mod change;
mod disk;
mod expiry;
mod flow;
mod gauge;
mod handed_on;
mod locks;
mod log_mix;
mod logs;
mod missing;
mod network_gap;
mod packets;
mod replicas;
mod replication;
mod restart;
mod saturation;
mod spans;
mod stated;
mod statement;
mod throttling;
mod traffic;

use jiff::Timestamp;
use nightjar_incident::{
    Direction, EvidenceId, FaultMode, Observation, ObservationId, ObservationKind, Onset, Signal,
    Window,
};
use nightjar_topology::EntityId;

use crate::case::Case;
use crate::graph::Graph;
use crate::ledger::{Ledger, Measured};
use crate::operations::Changes;

/// What the observers look at.
pub(crate) struct View<'a> {
    pub(crate) case: Case<'a>,
    /// The metric columns of the evidence with what they measure.
    pub(crate) columns: &'a [Measured<'a>],
    pub(crate) window: Window,
    pub(crate) reference: Window,
    /// Request metrics as tables; absent if there are none.
    pub(crate) requests: Option<(&'a Ledger, &'a Graph)>,
    /// What operations do differently, where spans were seen.
    pub(crate) operations: Option<&'a Changes>,
    /// When the symptom began, as far as it shows; else when the alert says so.
    pub(crate) onset: Timestamp,
}

/// An observation before it gets its number.
pub(crate) struct Draft {
    pub(crate) entity: EntityId,
    pub(crate) peer: Option<EntityId>,
    pub(crate) kind: ObservationKind,
    pub(crate) signal: Option<Signal>,
    /// What is wrong in the system's own words, where it says so.
    pub(crate) stated: Option<FaultMode>,
    pub(crate) direction: Direction,
    pub(crate) onset: Option<Onset>,
    pub(crate) usual: f64,
    pub(crate) seen: f64,
    pub(crate) unit: String,
    pub(crate) z: f64,
    pub(crate) summary: String,
    pub(crate) evidence: Vec<EvidenceId>,
}

/// Everything notable, numbered in a fixed order.
pub(crate) fn all(view: &View<'_>) -> Vec<Observation> {
    let mut drafts = flow::observe(view);
    drafts.extend(traffic::observe(view));
    drafts.extend(saturation::observe(view));
    drafts.extend(throttling::observe(view));
    drafts.extend(backlog::observe(view));
    drafts.extend(restart::observe(view));
    drafts.extend(disk::observe(view));
    drafts.extend(replication::observe(view));
    drafts.extend(locks::observe(view));
    drafts.extend(statement::observe(view));
    drafts.extend(replicas::observe(view));
    drafts.extend(expiry::observe(view));
    drafts.extend(packets::observe(view));
    drafts.extend(network_gap::observe(view));
    drafts.extend(logs::observe(view));
    drafts.extend(log_mix::observe(view));
    drafts.extend(calls::observe(view));
    drafts.extend(handed_on::observe(view));
    drafts.extend(spans::observe(view));
    drafts.extend(stated::observe(view));
    drafts.extend(change::observe(view));
    drafts.extend(missing::observe(view));
    let number = |(n, draft): (usize, Draft)| Observation {
        id: ObservationId::new(format!("obs-{}", n + 1)),
        entity: draft.entity,
        peer: draft.peer,
        kind: draft.kind,
        signal: draft.signal,
        stated: draft.stated,
        direction: draft.direction,
        onset: draft.onset,
        usual: draft.usual,
        seen: draft.seen,
        unit: draft.unit,
        z: draft.z,
        summary: draft.summary,
        evidence: draft.evidence,
    };
    drafts.into_iter().enumerate().map(number).collect()
}

/// An onset between two samples: after the one before, at the latest when the interval of the first
/// deviating one ended, whichever end of its interval a sample's time names. Unix milliseconds.
fn between(before: Option<i64>, first: i64) -> Option<Onset> {
    let at = Timestamp::from_millisecond(first).ok()?;
    let time = |millis: i64| Timestamp::from_millisecond(millis).ok();
    let earliest = before.and_then(time).unwrap_or(at);
    let latest = before.and_then(|before| time(first + (first - before))).unwrap_or(at);
    Some(Onset { at, earliest, latest })
}
