//! Capsules as the commands open them, with what to do when one can't be read.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use nightjar_capsule::{Archive, Error, Limits};
use nightjar_incident::Recording;

use crate::output::{advice, advise};

/// Largest archive that is read at all: those of telemetry shrink to a tenth or less, and what
/// they hold is limited to 4 GiB (docs/specs/capsule.md).
const LARGEST_ARCHIVE: u64 = 2 << 30;

/// Reads a capsule, a folder or an archive, with the usual limits.
pub(crate) fn read(capsule: &Path) -> anyhow::Result<Recording> {
    if capsule.is_file() {
        return open(capsule).map(|archive| archive.recording);
    }
    nightjar_capsule::read(capsule, &Limits::default()).map_err(|error| explain(error, capsule))
}

/// As [`read`], with the result that is stored in it.
pub(crate) fn open(capsule: &Path) -> anyhow::Result<Archive> {
    if capsule.is_file() {
        return nightjar_capsule::read_archive(&bytes(capsule)?, &Limits::default())
            .map_err(|error| explain(error, capsule));
    }
    let recording = read(capsule)?;
    let result = nightjar_capsule::read_result(capsule, &Limits::default())
        .map_err(|error| explain(error, capsule))?;
    Ok(Archive { recording, result })
}

/// The bytes of an archive.
pub(crate) fn bytes(archive: &Path) -> anyhow::Result<Vec<u8>> {
    let path = archive.display();
    let cannot = |error| {
        let hint = "give an archive as `nightjar capsule pack` makes it";
        advise(error, format!("cannot read `{path}`"), hint)
    };
    let file = File::open(archive).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_ARCHIVE + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST_ARCHIVE) {
        return Err(advice(
            format!("`{path}` is larger than {} GiB", LARGEST_ARCHIVE >> 30),
            "unpack it with tar and give the folder",
        ));
    }
    Ok(bytes)
}

/// Adds to an error of a capsule what the person can do.
pub(crate) fn explain(error: Error, folder: &Path) -> anyhow::Error {
    let path = folder.display();
    let hint = match &error {
        _ if !folder.exists() => {
            return advice(
                format!("there is no folder `{path}`"),
                "make a capsule with `nightjar simulate --out DIR` or `nightjar capsule import FROM TO`",
            );
        }
        Error::NotACapsule { .. } => {
            format!("make one of OTLP files or a data set with: nightjar capsule import {path} DIR")
        }
        Error::NotEmpty { .. } => "choose a folder that doesn't exist yet".to_owned(),
        Error::Io { .. }
        | Error::Schema { .. }
        | Error::Malformed { .. }
        | Error::Twice { .. }
        | Error::Outside { .. }
        | Error::NotAFile { .. }
        | Error::TooLarge { .. }
        | Error::NotAnArchive { .. }
        | Error::CutOff
        | Error::BadArchive { .. }
        | Error::Escapes { .. }
        | Error::Repeated { .. }
        | Error::Unwritable { .. } => {
            format!(
                "what a capsule has to look like is in docs/specs/capsule.md; all faults of this one: nightjar capsule verify {path}"
            )
        }
    };
    advise(error, format!("cannot use the capsule `{path}`"), hint)
}
