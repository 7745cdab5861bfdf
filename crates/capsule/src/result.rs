//! What an investigation of a capsule came to, kept beside its telemetry for replay.

use std::fs;
use std::path::Path;

use nightjar_connect::Tape;
use nightjar_incident::Investigation;
use nightjar_incident::journal::Entry;

use crate::Error;
use crate::folder::{Folder, INVESTIGATION, JOURNAL, RESULT, TAPE};
use crate::limits::{Budget, Limits};
use crate::lines::{self, each_line};
use crate::notes::Notes;
use crate::write;

/// What an investigation came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Its journal, all chains, in the order of writing.
    pub journal: Vec<Entry>,
    /// One investigation per incident.
    pub investigations: Vec<Investigation>,
    /// What live systems answered, one tape each, in the order in which they were asked first. A replay plays
    /// them; where there is none it asks the recording.
    pub tapes: Vec<Tape>,
}

/// Keeps a result in a capsule, in the place of an earlier one.
pub fn write_result(
    folder: &Path,
    journal: &[Entry],
    investigations: &[Investigation],
    tapes: &[Tape],
) -> Result<(), Error> {
    let draft = folder.join(format!(".{RESULT}.{}.draft", std::process::id()));
    let result = folder.join(RESULT);
    fs::create_dir(&draft).map_err(Error::io(&draft))?;
    let written = fill(&draft, journal, investigations, tapes).and_then(|()| {
        if result.exists() {
            fs::remove_dir_all(&result).map_err(Error::io(&result))?;
        }
        fs::rename(&draft, &result).map_err(Error::io(&result))
    });
    if written.is_err() {
        // The first error is the one to tell; a left-over draft harms nobody.
        let _ = fs::remove_dir_all(&draft);
    }
    written
}

fn fill(
    draft: &Path,
    journal: &[Entry],
    investigations: &[Investigation],
    tapes: &[Tape],
) -> Result<(), Error> {
    let (journal_name, investigation_name) = (bare(JOURNAL), bare(INVESTIGATION));
    write::text(draft, journal_name, "")?;
    write::lines(draft, journal_name, false, journal.iter().map(Ok))?;
    if !tapes.is_empty() {
        let mut lines = String::new();
        for tape in tapes {
            lines += &tape.to_lines().map_err(|error| Error::Malformed {
                file: TAPE.to_owned(),
                message: error.to_string(),
            })?;
        }
        write::text(draft, bare(TAPE), &lines)?;
    }
    write::text(draft, investigation_name, &(write::pretty(&investigations)? + "\n"))
}

fn bare(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The result that is kept in a capsule; `None` if there is none.
///
/// A journal is read strictly: one with a line left out would be another journal.
pub fn read_result(folder: &Path, limits: &Limits) -> Result<Option<Outcome>, Error> {
    let folder = Folder::open(folder)?;
    let Some((file, reader)) = folder.part(JOURNAL, limits)? else { return Ok(None) };
    let mut journal = Vec::new();
    let mut notes = Notes::new(&file, 1);
    let mut budget = Budget::new(*limits);
    each_line(reader, &mut budget, &mut notes, |line, text, budget, notes| {
        budget.record(notes.file(), text)?;
        match lines::parse(text, "an entry of a journal") {
            Ok(entry) => journal.push(entry),
            Err(why) => notes.at(line, why),
        }
        Ok(())
    })?;
    if let Some(note) = notes.finish().into_iter().next() {
        let message = note.strip_prefix(&format!("{file}:")).unwrap_or(&note).to_owned();
        return Err(Error::Malformed { file, message });
    }
    let investigations = match folder.text(INVESTIGATION, limits.result_bytes)? {
        Some(text) => serde_json::from_str(&text).map_err(|error| Error::Malformed {
            file: format!("{INVESTIGATION}:{}", error.line()),
            message: format!("a list of investigations expected, found: {error}"),
        })?,
        None => Vec::new(),
    };
    let tapes = match folder.text(TAPE, limits.result_bytes)? {
        Some(text) => Tape::all_from_lines(&text).map_err(|error| Error::Malformed {
            file: format!("{TAPE}:{}", error.line),
            message: error.message,
        })?,
        None => Vec::new(),
    };
    Ok(Some(Outcome { journal, investigations, tapes }))
}
