use std::sync::Arc;

use nightjar_connect::{Connection, Tape};
use nightjar_incident::journal::Entry;
use nightjar_incident::{Investigation, Recording};

/// How recordings look as archives and as connections; given by the top, since capsules are an edge.
///
/// Reading and writing compute and wait for nothing: call them where blocking is allowed.
pub trait Recordings: Send + Sync {
    /// Unpacks an archive that may come from a stranger.
    fn read(&self, archive: &[u8]) -> Result<Unpacked, BadArchive>;
    /// Packs a recording, with what it came to where given. The same recording gives the same bytes.
    fn write(&self, recording: &Recording, played: Option<&Played>) -> Result<Vec<u8>, BadArchive>;
    /// The recording as a connection of this name.
    fn connection(&self, recording: Arc<Recording>, name: &str) -> Connection;
}

/// What an archive held.
pub struct Unpacked {
    /// The recording.
    pub recording: Recording,
    /// Whether somebody's result of it was there as well.
    pub has_result: bool,
}

/// What an investigation of a recording came to.
pub struct Played {
    /// The journal of the intake and of all executions, in the order of writing.
    pub journal: Vec<Entry>,
    /// One per incident, with all evidence of the last execution.
    pub investigations: Vec<Investigation>,
    /// What live systems answered, one tape each, in the order in which they were asked first.
    pub tapes: Vec<Tape>,
}

/// An archive that can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BadArchive {
    /// It holds more than is accepted.
    #[error("the capsule is too large: {0}")]
    TooLarge(String),
    /// It isn't what it should be.
    #[error("this is no capsule: {0}")]
    Malformed(String),
}
