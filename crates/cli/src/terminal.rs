//! What people read in a terminal: pure functions from types to text.
//!
//! The text carries styles as ANSI escapes; whoever writes it out strips them where nobody can see
//! them. Names and messages of the monitored systems are made harmless on their way in.

pub(crate) mod capsule;
pub(crate) mod conclusion;
pub(crate) mod connectors;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod replay;
pub(crate) mod text;
pub(crate) mod timeline;
pub(crate) mod topology;

#[cfg(test)]
pub(crate) mod fixture;
