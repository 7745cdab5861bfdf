//! One file per command: reads what it needs, hands it to the rooms that know, prints the result.

pub(crate) mod accuracy;
pub(crate) mod capsule;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod eval;
pub(crate) mod investigate;
pub(crate) mod journal;
pub(crate) mod replay;
pub(crate) mod simulate;
pub(crate) mod topology;
