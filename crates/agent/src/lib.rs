//! Conducts an investigation: alerts in, a stream of journal entries and conclusions out.
//!
//! This room asks and writes down; it decides nothing about causes. What an alert means is decided
//! by `triage`, what the evidence says by `rootcause`, what to do by `remedy`, all of them pure.
//! The clock is the recording's: the conductor plays alerts and later looks in the order of their
//! time, so a run over a recording and a run over live systems are the same.

mod conduct;
mod execute;
mod gather;
mod policy;
mod record;
mod scope;

pub use conduct::{Outcome, RejectedAlert, Setup, conduct};
pub use policy::Policy;
