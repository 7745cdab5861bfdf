//! Which folders may be read.
//!
//! Whoever may make connections may name any path. The machine's files aren't theirs for that: a folder is
//! read only where somebody who may write to it has put a file of a certain name into it or above it.

use std::path::Path;

use nightjar_connect::{Error, ErrorKind};

use super::readable;

/// The name of the file that opens a folder, and all that is below it.
const MARK: &str = ".nightjar-may-read";

/// Whether a path may be read, wherever its links lead. What isn't there is judged by the nearest folder
/// above it that is.
pub(crate) fn is_open(path: &Path) -> bool {
    let real = path.ancestors().find_map(|above| above.canonicalize().ok());
    real.is_some_and(|real| real.ancestors().any(|above| above.join(MARK).is_file()))
}

/// # Errors
/// `Denied` if it may not be read, in the same words whether it is there or not.
pub(crate) fn opened(path: &Path) -> Result<(), Error> {
    if is_open(path) {
        return Ok(());
    }
    let message =
        format!("it isn't opened: put an empty file `{MARK}` into the folder or above it");
    Err(Error::new(ErrorKind::Denied, readable(&path.to_string_lossy()), message))
}
