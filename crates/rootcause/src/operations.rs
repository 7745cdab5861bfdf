//! What each operation does per call: which lines it writes, whom it calls.
//!
//! The mix of requests changes from minute to minute, so lines and calls counted per service or per
//! minute drown in it. Counted per span of the operation that made them, they hardly change while
//! nothing is wrong. Lines belong to the operation of their span; a trace is the unit that varies.

mod compare;
mod counts;
mod onset;
mod origin;
mod read;
mod sequence;

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::EvidenceId;
use nightjar_series::count::Count;
use nightjar_topology::EntityId;

use crate::case::Case;

pub(crate) use compare::Finding;

/// A quarter of a minute: onsets are placed to the nearest.
const SLOT_SECONDS: i64 = 15;

/// What operations did, by slots of time.
pub(crate) struct Operations {
    operations: Vec<Operation>,
    items: BTreeMap<Item, Occurrences>,
    /// Spans per slot, over all operations.
    spans: BTreeMap<i64, f64>,
}

/// One operation of one entity, or one line that it writes: an occasion for what it does next.
struct Operation {
    entity: EntityId,
    name: String,
    /// The line after which it counts, where the occasion is a line.
    after: Option<String>,
    /// Spans and traces by slot.
    slots: BTreeMap<i64, Exposure>,
}

#[derive(Clone, Copy, Default)]
struct Exposure {
    spans: f64,
    traces: f64,
}

/// Something an operation may do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    operation: usize,
    what: What,
}

/// The number of a statement that writes lines: those of one template, from one place in the code
/// where they say it.
type Statement = usize;

/// What it did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// It wrote a line of this statement.
    Line(Statement),
    /// It wrote a line of this statement that tells of trouble with something it calls.
    Told(Statement, EntityId),
    /// It called this operation.
    Call(usize),
    /// It wrote nothing more.
    End,
}

#[derive(Default)]
struct Occurrences {
    /// Events of one trace within one slot, and the operation's spans in it.
    groups: Vec<(i64, Count)>,
    /// Whether it tells of trouble.
    is_bad: bool,
    /// Whether it tells that something went wrong in the code: a stack trace, an error handler.
    is_exception: bool,
    example: String,
    evidence: Option<EvidenceId>,
}

/// What operations do differently.
pub(crate) struct Changes {
    /// Since when.
    pub(crate) since: Option<Timestamp>,
    /// The most surprising first.
    pub(crate) findings: Vec<Finding>,
}

/// Reads spans and the lines written within them; `None` without spans. `symptom` is when the symptom
/// began, where the request metrics show one.
pub(crate) fn changes(case: &Case<'_>, symptom: Option<Timestamp>) -> Option<Changes> {
    let operations = read::read(case)?;
    let onset = onset::find(&operations, case.alarm(), symptom);
    let since = onset.checked_mul(SLOT_SECONDS);
    let since = since.and_then(|second| Timestamp::from_second(second).ok());
    Some(Changes { since, findings: compare::findings(&operations, onset) })
}
