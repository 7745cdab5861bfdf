//! From evidence and topology to ranked hypotheses and a verdict.
//!
//! Pure: the same case gives the same conclusion. This room knows what faults look like and how
//! they travel; it knows no connection, asks nothing and waits for nothing. The method is
//! described in docs/method.md, the numbers it decides by in [`thresholds::TABLE`], what it looks for
//! in [`observe::table`].

mod attack;
mod calibration;
mod calm;
mod case;
mod conclude;
mod excess;
mod explain;
mod flow;
mod gaps;
mod graph;
mod impact;
mod ledger;
pub mod observe;
mod operations;
mod season;
mod second_cause;
mod second_round;
mod seen;
mod statement;
mod step;
mod symptom;
pub mod thresholds;
mod verdict;

pub use case::{Case, Symptom};
pub use conclude::investigate;
pub use second_round::{Sort, Wanted, second_round};
pub use seen::relate_as_seen;
pub use step::Step;
