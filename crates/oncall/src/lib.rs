//! The workflow of the service: what is to be done next, and doing it.
//!
//! A worker takes a job of the queue, looks at what is stored of it, decides by a pure function
//! ([`plan`]) and acts. An investigation that a killed process left behind is conducted again from
//! its beginning *onto* the stored journal: what is there already has to be equal and is skipped,
//! so that the journal ends as if nothing had happened (decision record 8).
//!
//! This room touches no outside system. It doesn't know how a recording looks as an archive: the
//! top gives it [`Recordings`].

mod attempt;
mod budgets;
mod changes;
mod conduct;
mod connectors;
mod courier;
mod error;
mod export;
mod feedback;
mod import;
mod intake;
mod keeper;
mod ledger;
mod live;
mod meter;
mod moves;
mod plan;
mod recorded;
mod recordings;
mod redaction;
mod request;
mod rules;
mod sources;
mod task;
mod watch;
mod worker;

pub use budgets::{Budget, Budgets};
pub use changes::told_changes;
pub use connectors::{capsule, check, probe};
pub use courier::{Channel, Courier, CourierPace, Fate, Sent, fate};
pub use error::Error;
pub use export::{Exported, export_capsule};
pub use feedback::give_feedback;
pub use import::import_capsule;
pub use intake::{Address, Intake, Receipt, Received};
pub use moves::{Move, move_alert};
pub use nightjar_agent::{Policy, Request};
pub use nightjar_connect::BadConfig;
pub use plan::{Afterwards, Ended, Pace, Past, Step, afterwards, plan};
pub use recordings::{BadArchive, Played, Recordings, Unpacked};
pub use request::request;
pub use rules::{BadRule, Rules, SpaceRules, rules_of, set_rules};
pub use sources::Sources;
pub use task::{
    NewTask, Run, RunState, StartingPoint, Waits, cancel_task, run_task_again, runs, start_task,
    waits,
};
pub use worker::{Clock, Worker};

/// A result of this room.
pub type Result<T> = std::result::Result<T, Error>;
