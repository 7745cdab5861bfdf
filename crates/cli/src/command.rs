//! One file per command: reads what it needs, hands it to the rooms that know, prints the result.

pub(crate) mod accuracy;
pub(crate) mod backup;
pub(crate) mod capsule;
pub(crate) mod completions;
pub(crate) mod connector;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod investigate;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod replay;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod topology;
