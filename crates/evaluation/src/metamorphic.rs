//! Recordings altered so that the right answer is known to follow, or to appear.
//!
//! A set of real incidents shows only the faults that happened. These alterations ask whether an
//! engine would have found them elsewhere: under other names, with two nodes' places exchanged,
//! and on any other node of a quiet period. Same recording and seed, same result.

mod graft;
mod names;
mod rename;
mod wear;
mod withhold;

pub use graft::{Graft, Shape, graft};
pub use rename::{rename, swap};
pub use wear::{Holes, drift, thin};
pub use withhold::{Evidence, withhold};

#[cfg(test)]
mod tests;
