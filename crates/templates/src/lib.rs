//! Log templates: what is left of lines when everything that varies from one to the next is taken
//! out, mined as a stream.
//!
//! Lines come in, numbers of templates come out; time, memory and output are bounded whatever the
//! lines are. This room knows text and nothing else: not who wrote a line, when, or how bad it is.
//!
//! The method is Drain's (He et al., "Drain: an online log parsing approach with fixed depth tree",
//! ICWS 2017): values are masked, a tree of fixed depth leads to the few templates that a line could
//! belong to, and the nearest one takes it. It differs in one point. Drain takes words for variables
//! as soon as two lines are similar, so "hit" and "miss" become one; here a position varies once it
//! was seen with several values while all others agreed.

mod batch;
mod line;
mod mask;
mod miner;

pub use batch::{Mined, mine};
pub use line::{code_location, has_stack_trace, message};
pub use miner::{Limits, Miner, TemplateId};
