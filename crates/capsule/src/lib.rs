//! Recorded incidents: a recording as a connection, and as a folder of plain files.
//!
//! The format is docs/specs/capsule.md. A capsule answers like any live system, so the engine
//! can't tell one from the other; what it doesn't hold, it can't answer.
//!
//! This room decides nothing about an incident. It doesn't know what a metric means; it never
//! shows the expectation of a recording to a connection.

mod connection;
pub mod import;

pub use connection::connection;
