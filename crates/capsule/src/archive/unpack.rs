//! Entry by entry, from an archive to a folder of our own.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use tar::EntryType;

use crate::Error;
use crate::archive::packed::{Packed, Watch};
use crate::archive::paths::{Meaning, Names, steps};
use crate::folder::{README, RESULT, known};
use crate::limits::Limits;
use crate::notes::{Notes, readable};

/// Longest extended header: names are at most 4,096 bytes on Linux, and macOS adds a few
/// attributes of that size.
const EXTENDED_BYTES: u64 = 64 << 10;

/// Unpacks the files of a capsule into an empty folder; answers with notes on what was left out.
pub(crate) fn unpack(bytes: &[u8], folder: &Path, limits: &Limits) -> Result<Vec<String>, Error> {
    let (packed, watch) = Packed::open(bytes, limits)?;
    let mut archive = tar::Archive::new(packed);
    let mut unpacking = Unpacking {
        folder,
        limits,
        watch: watch.clone(),
        names: Names::new(known().collect()),
        notes: Notes::new("archive", limits.notes_per_file),
        macos_files: 0,
        long_name: None,
    };
    // Raw: the library's own reading of long names holds whatever an archive claims.
    let entries = archive.entries().map_err(|error| watch.explain(error, limits))?.raw(true);
    for entry in entries {
        unpacking.take(entry.map_err(|error| watch.explain(error, limits))?)?;
    }
    // An archive ends with a mark, not with the last byte of a file.
    if watch.has_ended() {
        return Err(Error::CutOff);
    }
    // To the end, where the compression has its checksum.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(|error| watch.explain(error, limits))?;
    unpacking.finish()
}

struct Unpacking<'a> {
    folder: &'a Path,
    limits: &'a Limits,
    watch: Watch,
    names: Names,
    notes: Notes,
    macos_files: usize,
    /// What an extended header says of the next entry's name.
    long_name: Option<Vec<u8>>,
}

impl Unpacking<'_> {
    fn take<R: Read>(&mut self, mut entry: tar::Entry<'_, R>) -> Result<(), Error> {
        let kind = entry.header().entry_type();
        match kind {
            EntryType::XHeader => {
                let size = entry.header().entry_size().map_err(super::wrong)?;
                let text = self.short(&mut entry, size)?;
                if let Some(path) = extended(&text)? {
                    self.long_name = Some(path);
                }
                return Ok(());
            }
            EntryType::GNULongName => {
                let size = entry.header().entry_size().map_err(super::wrong)?;
                let mut name = self.short(&mut entry, size)?;
                // It is written as C writes texts.
                if let Some(end) = name.iter().position(|&byte| byte == 0) {
                    name.truncate(end);
                }
                self.long_name = Some(name);
                return Ok(());
            }
            // What they say of all files, or of where links lead, isn't needed.
            EntryType::XGlobalHeader | EntryType::GNULongLink => return Ok(()),
            _ => {}
        }
        let name =
            self.long_name.take().unwrap_or_else(|| entry.header().path_bytes().into_owned());
        match kind {
            EntryType::Directory => steps(&name).map(|_| ()),
            EntryType::Regular | EntryType::Continuous => self.file(&name, &mut entry),
            _ => {
                steps(&name)?;
                Err(Error::NotAFile { file: readable(&String::from_utf8_lossy(&name)) })
            }
        }
    }

    fn file<R: Read>(&mut self, name: &[u8], entry: &mut tar::Entry<'_, R>) -> Result<(), Error> {
        let file = match self.names.meaning(name)? {
            Meaning::File(file) => file,
            Meaning::MacOs => {
                self.macos_files += 1;
                return Ok(());
            }
            Meaning::Stranger => {
                let name = String::from_utf8_lossy(name);
                self.notes.whole(format!("`{name}` is no part of a capsule; not read"));
                return Ok(());
            }
        };
        if file.starts_with(RESULT) {
            let result = self.folder.join(RESULT);
            fs::create_dir_all(&result).map_err(Error::io(&result))?;
        }
        let path = self.folder.join(file);
        let mut to = File::create_new(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Repeated { file: file.to_owned() },
            _ => Error::io(&path)(error),
        })?;
        let size = entry.header().entry_size().map_err(super::wrong)?;
        let mut buffer = vec![0; 64 << 10];
        let mut copied = 0;
        loop {
            let read = entry.read(&mut buffer).map_err(|e| self.watch.explain(e, self.limits))?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
            io::Write::write_all(&mut to, piece).map_err(Error::io(&path))?;
            copied += u64::try_from(read).unwrap_or(u64::MAX);
        }
        if copied == size { Ok(()) } else { Err(Error::CutOff) }
    }

    /// The content of an extended header.
    fn short<R: Read>(&self, entry: &mut tar::Entry<'_, R>, size: u64) -> Result<Vec<u8>, Error> {
        if size > EXTENDED_BYTES {
            let (file, what) = ("the archive".to_owned(), "bytes in one extended header");
            return Err(Error::TooLarge { file, what, limit: EXTENDED_BYTES });
        }
        let mut text = Vec::new();
        entry.read_to_end(&mut text).map_err(|error| self.watch.explain(error, self.limits))?;
        Ok(text)
    }

    fn finish(mut self) -> Result<Vec<String>, Error> {
        if self.names.took_a_strange_readme() {
            let path = self.folder.join(README);
            fs::remove_file(&path).map_err(Error::io(&path))?;
            self.notes.whole(format!("`{README}` is no part of a capsule; not read"));
        }
        if self.macos_files > 0 {
            let count = self.macos_files;
            self.notes.whole(format!("{count} files that macOS adds (`._…`) were left out"));
        }
        Ok(self.notes.finish())
    }
}

/// The name that an extended header gives the next entry, if any. POSIX pax: records of
/// `LENGTH KEY=VALUE\n`, the length counting all of it.
///
/// # Errors
/// When it isn't that, or changes how the next entry is to be read.
fn extended(mut text: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let bad = |message: &str| Error::BadArchive { message: message.to_owned() };
    let mut path = None;
    while !text.is_empty() {
        let broken = || bad("an extended header isn't what pax says");
        let space = text.iter().take(8).position(|&byte| byte == b' ').ok_or_else(broken)?;
        let length = text.get(..space).and_then(|digits| std::str::from_utf8(digits).ok());
        let length: usize = length.and_then(|digits| digits.parse().ok()).ok_or_else(broken)?;
        let record = text.get(space + 1..length).ok_or_else(broken)?;
        let record = record.strip_suffix(b"\n").ok_or_else(broken)?;
        let equals = record.iter().position(|&byte| byte == b'=').ok_or_else(broken)?;
        let (key, value) = record.split_at(equals);
        if key == b"path" {
            path = value.get(1..).map(<[u8]>::to_vec);
        } else if key == b"size" || key.starts_with(b"GNU.sparse") {
            // Two readers would see two archives.
            return Err(bad("an extended header gives a file another size; pack it anew"));
        }
        text = text.get(length..).unwrap_or_default();
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extended_header_gives_the_name_and_nothing_else() {
        assert_eq!(extended(b"").unwrap(), None);
        let text = b"12 path=abc\n30 mtime=1700000000.123456789\n";
        assert_eq!(extended(text).unwrap(), Some(b"abc".to_vec()));
        for odd in
            ["12 path=abc", "99 path=abc\n", "3 path", "0 a=b\n", "x", "11 size=10\n", "-1 a=b\n"]
        {
            assert!(extended(odd.as_bytes()).is_err(), "{odd}");
        }
    }
}
