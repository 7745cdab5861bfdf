//! Capsules, as the service reads and writes them.

use std::sync::Arc;

use nightjar_capsule::{Error, Limits};
use nightjar_connect::Connection;
use nightjar_incident::Recording;
use nightjar_oncall::{BadArchive, Played, Recordings, Unpacked};

/// Capsules as archives.
pub(crate) struct Capsules {
    /// How much is read at most.
    pub(crate) limits: Limits,
}

impl Recordings for Capsules {
    fn read(&self, archive: &[u8]) -> Result<Unpacked, BadArchive> {
        let read = nightjar_capsule::read_archive(archive, &self.limits).map_err(bad)?;
        Ok(Unpacked { recording: read.recording, has_result: read.result.is_some() })
    }

    fn write(&self, recording: &Recording, played: Option<&Played>) -> Result<Vec<u8>, BadArchive> {
        let result = played.map(|played| {
            let Played { journal, investigations, tapes } = played;
            (&journal[..], &investigations[..], &tapes[..])
        });
        nightjar_capsule::write_archive(recording, result).map_err(bad)
    }

    fn connection(&self, recording: Arc<Recording>, name: &str) -> Connection {
        nightjar_capsule::connection(recording, name)
    }
}

fn bad(error: Error) -> BadArchive {
    match error {
        Error::TooLarge { .. } => BadArchive::TooLarge(error.to_string()),
        _ => BadArchive::Malformed(error.to_string()),
    }
}
