//! Messages: published, consumed, delivered again when the work on them failed.

use super::Engine;
use super::agenda::Event;
use super::job::{Job, Message};
use crate::number::micros;
use crate::system::Node;
use crate::table::Ref;
use crate::telemetry::Place;

/// A message whose work failed is seen again after this time (the visibility time-out), seconds.
const VISIBILITY_SECONDS: f64 = 30.0;
/// After so many deliveries a message goes to the dead-letter queue.
const DELIVERIES: u32 = 5;

impl Engine<'_> {
    /// Stores a message and lets the consumer have it.
    pub(super) fn publish(&mut self, queue: Ref<Node>, trace: Option<Place>) {
        let stuck = self.consumers[queue].map_or(0.0, |at| self.system.nodes[at].stuck_share);
        if self.traffic.chance(stuck) {
            let now = self.now;
            self.nodes[queue].stuck += 1.0;
            self.nodes[queue].stuck_since.get_or_insert(now);
            return;
        }
        self.nodes[queue].messages.push_back(Message { published: self.now, deliveries: 0, trace });
        self.dispatch(queue);
    }

    /// Gives waiting messages to free workers of the consumer.
    pub(super) fn dispatch(&mut self, queue: Ref<Node>) {
        let Some(consumer) = self.consumers[queue] else { return };
        while self.nodes[consumer].is_up
            && self.nodes[consumer].active < self.system.nodes[consumer].workers
        {
            let Some(mut message) = self.nodes[queue].messages.pop_front() else { return };
            message.deliveries += 1;
            let trace = self.traces.follow(message.trace);
            let job = Job { message: Some(message), trace, ..Job::new(consumer) };
            let job = self.new_job(job);
            self.jobs[job].arrived = Some(self.now);
            self.start(job);
        }
    }

    /// A consumer is free for the next message.
    pub(super) fn take_next(&mut self, at: Ref<Node>) {
        if let Some(queue) = self.system.nodes[at].consumes {
            self.dispatch(queue);
        }
    }

    /// The work on a message failed; it will be seen again.
    pub(super) fn give_back(&mut self, at: Ref<Node>, message: Message) {
        if let Some(queue) = self.system.nodes[at].consumes {
            if message.deliveries < DELIVERIES {
                let again = self.now + micros(VISIBILITY_SECONDS);
                self.agenda.add(again, Event::Redeliver { queue, message: Box::new(message) });
            }
            self.dispatch(queue);
        }
    }
}
