use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

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
    Redeliver { queue: Ref<Node>, message: Message },
    Restarted { node: Ref<Node> },
    Second,
    Step,
    Edit { edit: usize },
}

/// The events to come, in order of time; of two at the same time the one added first.
#[derive(Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<Entry>>,
    added: u64,
}

struct Entry {
    at: Micros,
    number: u64,
    event: Event,
}

impl Agenda {
    pub(super) fn add(&mut self, at: Micros, event: Event) {
        self.added += 1;
        self.heap.push(Reverse(Entry { at, number: self.added, event }));
    }

    pub(super) fn next(&mut self) -> Option<(Micros, Event)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.event))
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
