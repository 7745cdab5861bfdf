//! What only one request at a time may hold: rows that a transaction has changed.

use super::Engine;
use super::agenda::Event;
use super::job::Job;
use crate::frame::CallError;
use crate::number::micros;
use crate::system::Node;
use crate::table::Ref;
use crate::telemetry::{DatabaseLine, LogKind};

/// After so long PostgreSQL looks whether the waiting ones wait for each other, seconds
/// (`deadlock_timeout`), and writes that they wait (`log_lock_waits`).
const DEADLOCK_SECONDS: f64 = 1.0;
/// Share of the waiting ones that turn out to wait for each other.
const DEADLOCK_SHARE: f64 = 0.04;

impl Engine<'_> {
    /// Goes on once the request holds what it needs for itself.
    pub(super) fn lock_and_go_on(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        let Some(lock) = self.system.nodes[at].lock.clone() else {
            self.next_call(job);
            return;
        };
        if !self.traffic.chance(lock.share) {
            self.next_call(job);
        } else if self.nodes[at].is_locked {
            let wait = self.begin_wait(job);
            self.nodes[at].lock_queue.push_back((job, wait));
            let is_dead = self.traffic.chance(DEADLOCK_SHARE) && lock.timeout > DEADLOCK_SECONDS;
            let (after, error) = if is_dead {
                (DEADLOCK_SECONDS, CallError::Deadlock)
            } else {
                (lock.timeout, CallError::LockTimeout)
            };
            self.agenda.add(self.now + micros(after), Event::LockTimeout { job, wait, error });
        } else {
            self.hold(job);
        }
    }

    fn hold(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        let mean = self.system.nodes[at].lock.as_ref().map_or(0.0, |lock| lock.hold);
        let duration = self.traffic.lognormal(mean, 0.7);
        self.nodes[at].is_locked = true;
        self.jobs[job].has_lock = true;
        let wait = self.begin_wait(job);
        self.agenda.add(self.now + micros(duration), Event::Unlocked { job, wait });
    }

    pub(super) fn unlocked(&mut self, job: Ref<Job>) {
        self.release_lock(job);
        self.next_call(job);
    }

    /// Gives the lock to the one that waits longest.
    fn release_lock(&mut self, job: Ref<Job>) {
        let at = self.jobs[job].node;
        self.jobs[job].has_lock = false;
        self.nodes[at].is_locked = false;
        while let Some((next, wait)) = self.nodes[at].lock_queue.pop_front() {
            if self.jobs[next].wait == wait {
                self.hold(next);
                return;
            }
        }
    }

    pub(super) fn lock_timed_out(&mut self, job: Ref<Job>, error: CallError) {
        let at: Ref<Node> = self.jobs[job].node;
        let wait = self.jobs[job].wait;
        self.nodes[at].lock_queue.retain(|&(_, other)| other != wait);
        if error == CallError::Deadlock {
            self.nodes[at].deadlocks += 1.0;
            self.log(job, LogKind::Database(DatabaseLine::Deadlock));
        } else {
            self.log(job, LogKind::Database(DatabaseLine::LockWait));
            self.log(job, LogKind::Database(DatabaseLine::LockTimeout));
        }
        self.finish(job, Err(error));
    }
}
