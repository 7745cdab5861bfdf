//! Conducts an investigation: alerts in, a stream of journal entries and conclusions out.
//!
//! This room asks and writes down; it decides nothing about causes. What an alert means is decided
//! by `triage`, what the evidence says by `rootcause`, what to do by `remedy`, all of them pure.
//! The clock is the recording's: the conductor plays alerts and later looks in the order of their
//! time, so a run over a recording and a run over live systems are the same.
//!
//! What comes of it goes to a [`Keeper`], journal entries before the questions they announce. It
//! doesn't know how or where they are kept.

mod budget;
mod conduct;
mod conductor;
mod error;
mod execute;
mod gather;
mod keeper;
mod look;
mod names;
mod policy;
mod record;
mod request;
mod scope;
mod stands;
mod strangers;

pub use budget::{Left, Place, Spent, used_up};
pub use conduct::{Outcome, RejectedAlert, Setup, State, conduct, replay, resume};
pub use error::Error;
pub use keeper::{Keeper, Message, Onlooker, Reading, Refused, Retelling};
pub use look::{Look, look, look_as_told, tells_of_looks};
pub use names::Names;
pub use policy::{Policy, later_look};
pub use request::{Request, Start, UserRequest};
