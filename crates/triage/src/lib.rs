//! What an alert means: a repeat of one already known, part of an open incident, a new incident,
//! or nothing to act on.
//!
//! Every decision comes with the reason in a sentence. The weighing is a sum of log-odds whose
//! table is [`Policy`]; nothing depends on the order in which incidents are kept. This room doesn't
//! know telemetry: whether the alert is right is found out later.

mod admit;
mod decide;
mod desk;
mod estate;
mod everyday;
mod graph;
mod index;
mod kinship;
mod known;
mod labels;
mod locate;
mod order;
mod policy;
mod profile;
mod reach;
mod timing;
mod words;

pub use admit::{News, admit, is_over};
pub use decide::Ruling;
pub use desk::{Admitted, Desk};
pub use estate::Estate;
pub use order::in_order;
pub use policy::Policy;
