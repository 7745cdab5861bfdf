//! Tasks, the unit of work of the public contract: what becomes of them (a projection of alerts and
//! incidents), starting one by hand, cancelling, running again, and what ran for one.

mod cancel;
mod project;
mod runs;
mod start;
mod waits;

pub use cancel::{cancel_task, run_task_again};
pub use runs::{Run, RunState, runs};
pub use start::{NewTask, StartingPoint, start_task};
pub use waits::{Waits, waits};

pub(crate) use project::{
    heard, of_incident, of_linked, of_opened, of_primary, of_skipped, priority,
};
pub(crate) use start::{end, start_of};
