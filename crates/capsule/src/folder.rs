//! The files of a capsule's folder: which there are, and how they are opened.
//!
//! Only the names in this file are ever opened; nothing that stands in a file becomes a path.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::limits::Limits;

pub(crate) const MANIFEST: &str = "capsule.toml";
pub(crate) const TOPOLOGY: &str = "topology.json";
pub(crate) const EXPECT: &str = "expect.toml";
pub(crate) const ALERTS: &str = "alerts.jsonl";
pub(crate) const CHANGES: &str = "changes.jsonl";
pub(crate) const METRICS: &str = "metrics.jsonl";
pub(crate) const LOGS: &str = "logs.jsonl";
pub(crate) const TRACES: &str = "traces.jsonl";
pub(crate) const RESULT: &str = "result";
pub(crate) const JOURNAL: &str = "result/journal.jsonl";
pub(crate) const INVESTIGATION: &str = "result/investigation.json";
pub(crate) const TAPE: &str = "result/tape.jsonl";
pub(crate) const README: &str = "README.md";

/// The parts that are read line by line and may be compressed.
const PARTS: [&str; 5] = [ALERTS, CHANGES, METRICS, LOGS, TRACES];

/// What else may be there.
const OTHERS: [&str; 6] = [MANIFEST, TOPOLOGY, EXPECT, RESULT, "tape", README];

/// The parts and the journal, compressed.
const COMPRESSED: [&str; 6] = [
    "alerts.jsonl.zst",
    "changes.jsonl.zst",
    "metrics.jsonl.zst",
    "logs.jsonl.zst",
    "traces.jsonl.zst",
    "result/journal.jsonl.zst",
];

/// All names that a file of a capsule may have, the manifest first; a tape's aside.
pub(crate) fn known() -> impl Iterator<Item = &'static str> {
    let plain = [MANIFEST, README, TOPOLOGY, EXPECT, JOURNAL, INVESTIGATION, TAPE];
    plain.into_iter().chain(PARTS).chain(COMPRESSED)
}

/// A part's name as it was found, and what it holds.
type Part = (String, Box<dyn BufRead>);

/// A folder that was looked at.
pub(crate) struct Folder {
    path: PathBuf,
    /// Without links, to tell whether a link leads out.
    real: PathBuf,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let real = fs::canonicalize(path).map_err(Error::io(path))?;
        if !real.is_dir() {
            return Err(Error::NotACapsule { folder: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), real })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The names of its files and folders, sorted.
    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(Error::io(&self.path))? {
            let entry = entry.map_err(Error::io(&self.path))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Names that mean nothing to a capsule.
    pub(crate) fn strangers(&self) -> Result<Vec<String>, Error> {
        let known = |name: &String| {
            let plain = name.strip_suffix(".zst").unwrap_or(name);
            PARTS.contains(&plain) || OTHERS.contains(&name.as_str())
        };
        Ok(self.names()?.into_iter().filter(|name| !known(name)).collect())
    }

    /// A whole file of limited size as text; `None` if there is none.
    pub(crate) fn text(&self, name: &str, most_bytes: u64) -> Result<Option<String>, Error> {
        let Some(file) = self.file(name)? else { return Ok(None) };
        let mut text = String::new();
        let read = file.take(most_bytes.saturating_add(1)).read_to_string(&mut text);
        let read = read.map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => Error::Malformed {
                file: name.to_owned(),
                message: "UTF-8 expected, found something else".to_owned(),
            },
            _ => Error::io(&self.path.join(name))(error),
        })?;
        if u64::try_from(read).unwrap_or(u64::MAX) > most_bytes {
            let file = name.to_owned();
            return Err(Error::TooLarge { file, what: "bytes", limit: most_bytes });
        }
        Ok(Some(text))
    }

    /// A part, plain or compressed, with the name it was found under; `None` if there is none.
    pub(crate) fn part(&self, name: &str, limits: &Limits) -> Result<Option<Part>, Error> {
        let compressed = format!("{name}.zst");
        match (self.file(name)?, self.file(&compressed)?) {
            (Some(_), Some(_)) => Err(Error::Twice { plain: name.to_owned() }),
            (Some(file), None) => Ok(Some((name.to_owned(), Box::new(BufReader::new(file))))),
            (None, Some(file)) => {
                let reader = self.decompress(file, &compressed, limits)?;
                Ok(Some((compressed, reader)))
            }
            (None, None) => Ok(None),
        }
    }

    /// A file by its full name, decompressed if it ends in `.zst`.
    pub(crate) fn named(
        &self,
        name: &str,
        limits: &Limits,
    ) -> Result<Option<Box<dyn BufRead>>, Error> {
        let Some(file) = self.file(name)? else { return Ok(None) };
        if name.ends_with(".zst") {
            return self.decompress(file, name, limits).map(Some);
        }
        Ok(Some(Box::new(BufReader::new(file))))
    }

    fn decompress(
        &self,
        file: File,
        name: &str,
        limits: &Limits,
    ) -> Result<Box<dyn BufRead>, Error> {
        let path = self.path.join(name);
        let mut decoder = zstd::Decoder::new(file).map_err(Error::io(&path))?;
        decoder.window_log_max(limits.zstd_window_log).map_err(Error::io(&path))?;
        Ok(Box::new(BufReader::new(decoder)))
    }

    /// Opens a plain file inside the folder. A pipe would wait for ever, a link may lead anywhere.
    pub(crate) fn file(&self, name: &str) -> Result<Option<File>, Error> {
        let path = self.path.join(name);
        match fs::symlink_metadata(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(&path)(error)),
        }
        // Also a folder on the way may be a link.
        let target = fs::canonicalize(&path).map_err(Error::io(&path))?;
        if !target.starts_with(&self.real) {
            return Err(Error::Outside { file: name.to_owned() });
        }
        if !fs::metadata(&path).map_err(Error::io(&path))?.is_file() {
            return Err(Error::NotAFile { file: name.to_owned() });
        }
        File::open(&path).map(Some).map_err(Error::io(&path))
    }
}
