//! Capsules as the commands open them, with what to do when one can't be read.

use std::path::Path;

use nightjar_capsule::{Error, Limits};
use nightjar_incident::Recording;

use crate::output::{advice, advise};

/// Reads a capsule with the usual limits.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Recording> {
    nightjar_capsule::read(folder, &Limits::default()).map_err(|error| explain(error, folder))
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
        | Error::Unwritable { .. } => {
            format!(
                "what a capsule has to look like is in docs/specs/capsule.md; all faults of this one: nightjar capsule verify {path}"
            )
        }
    };
    advise(error, format!("cannot use the capsule `{path}`"), hint)
}
