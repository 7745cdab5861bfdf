//! Observations: one abnormal, or notably normal, fact each, computed from evidence.
//!
//! One kind of observation per file, with its rows of the table of observations; `OBSERVERS` lists
//! them and `all` runs that list and numbers what they find.

mod about;
mod answering;
mod backlog;
mod burst;
mod calls;
mod change;
mod climb;
mod disk;
mod drift;
mod expiry;
mod flow;
mod gauge;
mod handed_on;
mod headroom;
mod locks;
mod log_mix;
mod logs;
mod missing;
mod network_gap;
mod packets;
mod replicas;
mod replication;
mod restart;
mod retries;
mod saturation;
mod spans;
mod stack_trace;
mod stated;
mod statement;
mod tail;
mod throttling;
mod timeouts;
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

pub use about::About;

/// One file of observations: what it says of itself, and what finds them.
struct Observer {
    rows: &'static [About],
    observe: fn(&View<'_>) -> Vec<Draft>,
}

/// All observers, in the order in which their findings are numbered. docs/observations.md shows their
/// rows.
const OBSERVERS: &[Observer] = &[
    Observer { rows: flow::ABOUT, observe: flow::observe },
    Observer { rows: traffic::ABOUT, observe: traffic::observe },
    Observer { rows: saturation::ABOUT, observe: saturation::observe },
    Observer { rows: throttling::ABOUT, observe: throttling::observe },
    Observer { rows: backlog::ABOUT, observe: backlog::observe },
    Observer { rows: restart::ABOUT, observe: restart::observe },
    Observer { rows: disk::ABOUT, observe: disk::observe },
    Observer { rows: replication::ABOUT, observe: replication::observe },
    Observer { rows: locks::ABOUT, observe: locks::observe },
    Observer { rows: statement::ABOUT, observe: statement::observe },
    Observer { rows: replicas::ABOUT, observe: replicas::observe },
    Observer { rows: expiry::ABOUT, observe: expiry::observe },
    Observer { rows: packets::ABOUT, observe: packets::observe },
    Observer { rows: network_gap::ABOUT, observe: network_gap::observe },
    Observer { rows: logs::ABOUT, observe: logs::observe },
    Observer { rows: log_mix::ABOUT, observe: log_mix::observe },
    Observer { rows: calls::ABOUT, observe: calls::observe },
    Observer { rows: handed_on::ABOUT, observe: handed_on::observe },
    Observer { rows: spans::ABOUT, observe: spans::observe },
    Observer { rows: stated::ABOUT, observe: stated::observe },
    Observer { rows: change::ABOUT, observe: change::observe },
    Observer { rows: missing::ABOUT, observe: missing::observe },
    Observer { rows: answering::ABOUT, observe: answering::observe },
    Observer { rows: tail::ABOUT, observe: tail::observe },
    Observer { rows: headroom::ABOUT, observe: headroom::observe },
    Observer { rows: drift::ABOUT, observe: drift::observe },
    Observer { rows: retries::ABOUT, observe: retries::observe },
    Observer { rows: timeouts::ABOUT, observe: timeouts::observe },
    Observer { rows: burst::ABOUT, observe: burst::observe },
    Observer { rows: stack_trace::ABOUT, observe: stack_trace::observe },
];

/// The table of observations, row by row.
pub fn table() -> impl Iterator<Item = &'static About> {
    OBSERVERS.iter().flat_map(|observer| observer.rows)
}

/// The table as Markdown, as docs/observations.md shows it.
pub fn markdown() -> String {
    let head = "| name | kind | what is measured | unit | thresholds | method | reason | what it means |\n\
                |---|---|---|---|---|---|---|---|\n";
    table().fold(head.to_owned(), |page, row| page + &row.markdown())
}

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
    let drafts = OBSERVERS.iter().flat_map(|observer| (observer.observe)(view));
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
    drafts.enumerate().map(number).collect()
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::thresholds;

    #[test]
    fn the_page_shows_the_table() {
        let page = include_str!("../../../docs/observations.md");
        assert!(
            page.ends_with(&markdown()),
            "docs/observations.md is out of date; its table should be:\n{}",
            markdown()
        );
    }

    #[test]
    fn names_are_unique_and_numbers_stand_in_the_table_of_thresholds() {
        let mut names = BTreeSet::new();
        for row in table() {
            assert!(names.insert(row.id), "`{}` is there twice", row.id);
            let known = |name| thresholds::TABLE.iter().any(|number| number.name == name);
            assert!(row.thresholds.iter().all(|number| known(number.name)), "{}", row.id);
        }
    }

    #[test]
    fn a_row_has_no_empty_cell_and_breaks_no_table() {
        for row in table() {
            let cells = [row.id, row.measured, row.unit, row.method, row.reason, row.means];
            assert!(cells.iter().all(|cell| !cell.is_empty() && !cell.contains(['|', '\n'])));
        }
    }
}
