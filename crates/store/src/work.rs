use std::time::Duration;

use jiff::Timestamp;
use nightjar_incident::SpaceId;

use crate::{Result, Store};

/// What a task asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskKind {
    /// Conduct an investigation from its beginning (again after a crash).
    Investigate,
    /// Do what a person asked of an investigation.
    Request(serde_json::Value),
}

/// A task that this process has leased.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its id.
    pub id: i64,
    /// Whose.
    pub space: SpaceId,
    /// Which investigation.
    pub investigation: String,
    /// What is asked.
    pub kind: TaskKind,
    /// How often it was begun, this time included.
    pub attempts: u32,
}

impl Store {
    /// Takes the oldest task that is due and nobody has leased; tasks of one investigation are taken in
    /// their order and never two at a time. `None` if there is none.
    pub async fn take_task(&self, lease: Duration, now: Timestamp) -> Result<Option<Task>> {
        let _ = (lease, now);
        todo!()
    }
    /// Keeps a lease; `false` if it was lost meanwhile.
    pub async fn keep_lease(&self, task: &Task, lease: Duration, now: Timestamp) -> Result<bool> {
        let _ = (task, lease, now);
        todo!()
    }
    /// Takes a finished task out of the queue.
    pub async fn finish_task(&self, task: &Task) -> Result<()> {
        let _ = task;
        todo!()
    }
    /// Gives a task back, to be tried again at a later time.
    pub async fn postpone_task(&self, task: &Task, until: Timestamp, reason: &str) -> Result<()> {
        let _ = (task, until, reason);
        todo!()
    }
    /// Frees all leases of processes that can't be running any more: with SQLite, all of them (one server
    /// per database file, which a lock on the data folder ensures); with PostgreSQL nothing, leases expire.
    pub async fn free_dead_leases(&self) -> Result<u64> {
        todo!()
    }
    /// Returns when a task may have become due: told at once in this process, at most `at_most` otherwise.
    pub async fn wait_for_task(&self, at_most: Duration) {
        let _ = at_most;
    }
    /// Tasks waiting and running, for metrics.
    pub async fn queue_depth(&self) -> Result<(u64, u64)> {
        todo!()
    }
}
