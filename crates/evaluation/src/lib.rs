//! Scoring of verdicts against the truth, and recordings altered so that the truth is known.
//!
//! The form of a [`Report`] in JSON is what `nightjar eval --json` prints, so that results can be
//! compared over time.
//!
//! This room doesn't run the engine and doesn't know how a verdict comes about: it sees what was
//! expected and what was concluded, nothing between.

mod calibrate;
mod case;
mod compare;
pub mod metamorphic;
mod page;
mod reliability;
mod report;
mod table;

pub use calibrate::{Curve, Platt, Sample, brier, isotonic, platt};
pub use case::{CaseResult, Judged, Outcome, Ranked};
pub use compare::{Changed, Comparison, Delta, Place, compare};
pub use page::{Body, PICTURE, Page, Section};
pub use reliability::{Bin, Reliability};
pub use report::{Group, Groups, Report, SCHEMA, Summary};
pub use table::{changes, table};
