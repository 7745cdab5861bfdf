//! A capsule in one file: a tar archive, plain or compressed.
//!
//! An archive may come from anyone. It is unpacked into a folder of our own under the names of
//! [`crate::folder`], which are fixed, and read from there like any capsule; nothing that stands in
//! it becomes a path.

mod packed;
mod paths;
mod unpack;

use std::fs;
use std::io::Read as _;
use std::path::Path;

use nightjar_connect::Tape;
use nightjar_incident::journal::Entry;
use nightjar_incident::{Investigation, Recording};

use crate::Error;
use crate::folder::{Folder, MANIFEST, known};
use crate::limits::Limits;
use crate::read::read;
use crate::result::{Outcome, read_result, write_result};
use crate::verify::{Report, verify};
use crate::write::{COMPRESSION_LEVEL, whole_folder, write};

/// What an archive holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Archive {
    /// The capsule.
    pub recording: Recording,
    /// What an investigation of it came to, if it was kept.
    pub result: Option<Outcome>,
}

/// The folder that the files of an archive stand in, so that they stay together when a person
/// unpacks it.
const TOP: &str = "capsule";

/// Reads a capsule from an archive: tar, tar.gz or tar.zst, recognised by its first bytes.
pub fn read_archive(bytes: &[u8], limits: &Limits) -> Result<Archive, Error> {
    in_folder(|folder| {
        let notes = unpack::unpack(bytes, folder, limits)?;
        let mut recording = read(folder, limits)?;
        recording.notes.extend(notes);
        Ok(Archive { recording, result: read_result(folder, limits)? })
    })
}

/// As [`verify`](crate::verify()), of a capsule in an archive.
pub fn verify_archive(bytes: &[u8], limits: &Limits) -> Report {
    let verified = in_folder(|folder| {
        let notes = unpack::unpack(bytes, folder, limits)?;
        let mut report = verify(folder, limits);
        report.notes.extend(notes);
        Ok(report)
    });
    verified.unwrap_or_else(|error| Report { errors: vec![error.to_string()], ..Report::default() })
}

/// A result to be kept: its journal, its investigations, and what live systems answered.
pub type Kept<'a> = (&'a [Entry], &'a [Investigation], &'a [Tape]);

/// Writes a capsule as an archive, tar.zst. The same content gives the same bytes.
pub fn write_archive(recording: &Recording, result: Option<Kept<'_>>) -> Result<Vec<u8>, Error> {
    in_folder(|home| {
        let folder = home.join(TOP);
        // The archive is compressed as a whole.
        write(&folder, recording, false)?;
        if let Some((journal, investigations, tapes)) = result {
            write_result(&folder, journal, investigations, tapes)?;
        }
        pack(&folder)
    })
}

/// Puts the files of a capsule's folder into an archive, tar.zst, as they are. The same files give
/// the same bytes. What is no part of a capsule stays out, and so does its tape.
pub fn pack(folder: &Path) -> Result<Vec<u8>, Error> {
    let folder = Folder::open(folder)?;
    let mut encoder = zstd::Encoder::new(Vec::new(), COMPRESSION_LEVEL).map_err(wrong)?;
    encoder.include_checksum(true).map_err(wrong)?;
    let mut tar = tar::Builder::new(encoder);
    for name in known() {
        let Some(file) = folder.file(name)? else {
            if name == MANIFEST {
                return Err(Error::NotACapsule { folder: folder.path().to_owned() });
            }
            continue;
        };
        let path = folder.path().join(name);
        let size = file.metadata().map_err(Error::io(&path))?.len();
        let mut header = tar::Header::new_ustar();
        header.set_size(size);
        header.set_mode(0o644);
        header.set_mtime(0);
        // A file that grows or shrinks meanwhile would break the archive.
        let content = file.take(size);
        tar.append_data(&mut header, format!("{TOP}/{name}"), content).map_err(Error::io(&path))?;
    }
    tar.into_inner().and_then(zstd::Encoder::finish).map_err(wrong)
}

/// Unpacks an archive into a folder that doesn't exist yet or is empty; answers with notes about
/// what was left out. The folder appears at once and whole, or not at all; what it holds isn't
/// looked at.
pub fn unpack(bytes: &[u8], folder: &Path, limits: &Limits) -> Result<Vec<String>, Error> {
    let mut notes = Vec::new();
    whole_folder(folder, |draft| {
        notes = unpack::unpack(bytes, draft, limits)?;
        Ok(())
    })?;
    Ok(notes)
}

/// A folder of our own that is gone afterwards.
fn in_folder<T>(work: impl FnOnce(&Path) -> Result<T, Error>) -> Result<T, Error> {
    let folder = tempfile::tempdir().map_err(Error::io(&std::env::temp_dir()))?;
    let done = work(folder.path());
    // The result counts; a folder that is left over harms nobody.
    let _ = fs::remove_dir_all(folder.path());
    done
}

/// What the archive's own format says no to.
fn wrong(error: std::io::Error) -> Error {
    Error::BadArchive { message: crate::notes::readable(&error.to_string()) }
}
