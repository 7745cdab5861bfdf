use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

use super::job::{Job, Message};
use crate::frame::CallError;
use crate::number::Micros;
use crate::system::Node;
use crate::table::Ref;

/// Something that will happen. Events about a job name the wait they end; a job that no longer
/// waits for it isn't concerned.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Request { stream: usize },
    Arrive { job: Ref<Job>, wait: u64 },
    Worked { job: Ref<Job>, wait: u64 },
    Reply { job: Ref<Job>, wait: u64, outcome: Result<(), CallError> },
    Timeout { job: Ref<Job>, wait: u64 },
    Retry { job: Ref<Job>, wait: u64 },
    PoolTimeout { job: Ref<Job>, wait: u64 },
    Unlocked { job: Ref<Job>, wait: u64 },
    LockTimeout { job: Ref<Job>, wait: u64, error: CallError },
    Redeliver { queue: Ref<Node>, message: Box<Message> },
    Restarted { node: Ref<Node> },
    Second,
    Step,
    Edit { edit: usize },
}

impl Event {
    /// The wait that it ends, if it is about a job.
    pub(super) fn wait(&self) -> Option<(Ref<Job>, u64)> {
        match *self {
            Self::Arrive { job, wait }
            | Self::Worked { job, wait }
            | Self::Reply { job, wait, .. }
            | Self::Timeout { job, wait }
            | Self::Retry { job, wait }
            | Self::PoolTimeout { job, wait }
            | Self::Unlocked { job, wait }
            | Self::LockTimeout { job, wait, .. } => Some((job, wait)),
            Self::Request { .. }
            | Self::Redeliver { .. }
            | Self::Restarted { .. }
            | Self::Second
            | Self::Step
            | Self::Edit { .. } => None,
        }
    }
}

/// The events to come, in order of time; of two at the same time the one added first.
///
/// Time is cut into slots. Only the events of the present slot are kept in order; those of a later
/// one lie together until it comes. By then most are of no concern any more, because time-outs are
/// by far the most frequent events that lie ahead, and nearly none comes true.
///
/// INVARIANT: what is near has a slot up to the present one, what is far a later one.
#[derive(Default)]
pub(super) struct Agenda {
    near: BinaryHeap<Reverse<Entry>>,
    far: BTreeMap<u64, Vec<Entry>>,
    slot: u64,
    added: u64,
}

/// A slot is 2 to the power of so many microseconds long: an eighth of a second.
const SLOT_BITS: u32 = 17;

struct Entry {
    at: Micros,
    number: u64,
    event: Event,
}

impl Agenda {
    pub(super) fn add(&mut self, at: Micros, event: Event) {
        self.added += 1;
        let entry = Entry { at, number: self.added, event };
        let slot = at >> SLOT_BITS;
        if slot <= self.slot {
            self.near.push(Reverse(entry));
        } else {
            self.far.entry(slot).or_default().push(entry);
        }
    }

    /// The next event; those that are of no concern by then may be left out.
    pub(super) fn next(&mut self, concerns: impl Fn(&Event) -> bool) -> Option<(Micros, Event)> {
        loop {
            if let Some(Reverse(entry)) = self.near.pop() {
                return Some((entry.at, entry.event));
            }
            let (slot, entries) = self.far.pop_first()?;
            self.slot = slot;
            self.near.extend(entries.into_iter().filter(|e| concerns(&e.event)).map(Reverse));
        }
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl Eq for Entry {}
