//! Recorded incidents: a recording as a connection, and as a folder of plain files.
//!
//! The format is docs/specs/capsule.md. A capsule answers like any live system, so the engine
//! can't tell one from the other; what it doesn't hold, it can't answer.
//!
//! This room decides nothing about an incident. It doesn't know what a metric means; it never
//! shows the expectation of a recording to a connection.

mod archive;
mod connection;
mod error;
mod folder;
mod gather;
pub mod import;
mod limits;
mod lines;
mod manifest;
mod notes;
mod otlp;
mod read;
mod result;
mod verify;
mod write;

pub use archive::{Archive, Kept, pack, read_archive, unpack, verify_archive, write_archive};
pub use connection::connection;
pub use error::Error;
pub use gather::import_folder;
pub use limits::Limits;
pub use read::read;
pub use result::{Outcome, read_result, write_result};
pub use verify::{Report, verify};
pub use write::write;
