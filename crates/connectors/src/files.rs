//! Files that others write, may turn over and go on writing while we read.
//!
//! Of a file only the part of the time asked for is read: where it begins and ends is found by halving,
//! as its lines are nearly in the order of time. What is packed is read from its beginning, since there is
//! no other way.

mod consent;
mod glob;
mod stretch;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightjar_connect::{Error, ErrorKind};
use tokio::time::Instant;

use crate::limits::Allowance;

pub(crate) use consent::{is_open, opened};
pub(crate) use glob::{Match, matching};
pub(crate) use stretch::{Asked, read};

/// How far lines may be out of the order of time: writers flush at different times, and clocks differ.
pub(crate) const SLACK_NANOS: i64 = 120_000_000_000;

/// A file to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) packing: Packing,
    pub(crate) size: u64,
    /// When it was written last, Unix nanoseconds, where the file system tells.
    pub(crate) modified: Option<i64>,
}

/// How a file is packed, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// The packing, and the name without its ending.
    pub(crate) fn of(name: &str) -> (Self, &str) {
        if let Some(plain) = name.strip_suffix(".gz") {
            (Self::Gzip, plain)
        } else if let Some(plain) = name.strip_suffix(".zst") {
            (Self::Zstd, plain)
        } else {
            (Self::Plain, name)
        }
    }
}

/// What may still be read for one question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) bytes: u64,
    pub(crate) until: Instant,
    /// Whether something was left out because there wasn't enough.
    pub(crate) is_cut: bool,
}

impl Budget {
    pub(crate) fn of(allowance: Allowance) -> Self {
        let bytes = u64::try_from(allowance.bytes).unwrap_or(u64::MAX);
        Self { bytes, until: allowance.until, is_cut: false }
    }

    /// A part of it, for one of several things to read.
    pub(crate) fn share(&self, of: u64) -> Self {
        Self { bytes: self.bytes / of.max(1), is_cut: false, ..*self }
    }

    /// Takes what a share used back into the account.
    pub(crate) fn settle(&mut self, share_bytes: u64, left: Self) {
        self.bytes = self.bytes.saturating_sub(share_bytes.saturating_sub(left.bytes));
        self.is_cut |= left.is_cut;
    }

    pub(crate) fn is_left(&self) -> bool {
        self.bytes > 0 && Instant::now() < self.until
    }
}

/// The file at a path, if it is one.
pub(crate) fn file(path: &Path) -> io::Result<Option<Found>> {
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Ok(None);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let modified = about.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
    Ok(Some(Found {
        path: path.to_owned(),
        packing: Packing::of(&name).0,
        size: about.len(),
        modified: modified.map(crate::spans::nanos),
    }))
}

/// What trouble with a file means. What it is called is said; what stands in it isn't.
pub(crate) fn trouble(path: &Path, error: &io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, readable(&path.to_string_lossy()), error.to_string())
}

/// A name from outside as it may stand in a message.
pub(crate) fn readable(text: &str) -> String {
    let harmless =
        |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    text.chars().take(300).map(harmless).collect()
}
