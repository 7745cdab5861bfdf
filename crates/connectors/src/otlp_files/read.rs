//! Requests of one signal, out of the files of a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error};
use nightjar_incident::{Content, Window};
use nightjar_otlp::{Parse, first_key};

use crate::files::{Asked, Budget, Found, file, is_open, opened, read, readable, trouble};
use crate::spans::nanos;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Metrics,
    Logs,
    Traces,
}

impl Signal {
    /// The first key of its lines.
    fn key(self) -> &'static str {
        match self {
            Self::Metrics => "resourceMetrics",
            Self::Logs => "resourceLogs",
            Self::Traces => "resourceSpans",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Logs => "logs",
            Self::Traces => "traces",
        }
    }
}

/// The longest line: a request of the collector has 4 MiB at most unless it was told otherwise.
const LINE_BYTES: usize = 16 << 20;

/// The most files that are looked at.
const FILES: usize = 1000;

/// Where notes go.
pub(super) type Noting<'a> = &'a mut dyn FnMut(String);

/// Sorts of notes that are kept.
const NOTES: usize = 20;

/// Reads the files of a folder within a budget.
pub(super) struct Reader {
    folder: PathBuf,
    pub(super) budget: Budget,
    notes: BTreeMap<String, usize>,
    used: Vec<String>,
}

impl Reader {
    pub(super) fn new(folder: PathBuf, budget: Budget) -> Self {
        Self { folder, budget, notes: BTreeMap::new(), used: Vec::new() }
    }

    /// Files of JSON lines, those written last first.
    pub(super) fn files(&self) -> Result<Vec<Found>, Error> {
        opened(&self.folder)?;
        let entries = fs::read_dir(&self.folder).map_err(|error| trouble(&self.folder, &error))?;
        let mut found = Vec::new();
        for entry in entries.take(FILES) {
            let path = entry.map_err(|error| trouble(&self.folder, &error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if is_ours(&name) && is_open(&path) {
                // One that was turned over meanwhile isn't there any more.
                found.extend(file(&path).ok().flatten());
            }
        }
        found.sort_by(|a, b| (b.modified, &a.path).cmp(&(a.modified, &b.path)));
        Ok(found)
    }

    /// Gives every request of a signal that may lie within a window, and where notes about it go.
    pub(super) fn each<T: Parse>(
        &mut self,
        signal: Signal,
        window: Window,
        since: Option<Timestamp>,
        take: &mut dyn FnMut(T, Noting<'_>),
    ) -> Result<(), Error> {
        let asked = Asked {
            from: nanos(window.from),
            to: nanos(window.to),
            since: since.map(nanos),
            line_bytes: LINE_BYTES,
        };
        let files = self.files()?;
        let files: Vec<Found> = files.into_iter().filter(|found| may_hold(found, signal)).collect();
        let mut left = u64::try_from(files.len()).unwrap_or(1);
        for found in files {
            let name = found.path.file_name().unwrap_or_default().to_string_lossy();
            let name = readable(&name);
            // What one file doesn't use is there for the others.
            let mut share = self.budget.share(left);
            let (bytes, before) = (share.bytes, self.used.len());
            left -= 1;
            let notes = &mut self.notes;
            let mut is_used = false;
            let done = read(&found, asked, &mut share, &time_of_line, &mut |line, is_whole| {
                let text = match std::str::from_utf8(line) {
                    Ok(text) => text.trim().trim_start_matches('\u{feff}'),
                    Err(_) => return note(notes, format!("{name}: a line that isn't UTF-8")),
                };
                if text.is_empty() {
                    return;
                }
                if let Some(key) = first_key(text)
                    && key != signal.key()
                {
                    if !key.starts_with("resource") {
                        note(notes, format!("{name}: a line that isn't OTLP"));
                    }
                    return;
                }
                match T::from_json(text) {
                    Ok(data) => {
                        is_used = true;
                        take(data, &mut |why| note(notes, format!("{name}: {why}")));
                    }
                    // It is being written, or longer than is read.
                    Err(_) if !is_whole => note(notes, format!("{name}: a line that isn't whole")),
                    Err(_) => note(notes, format!("{name}: a line that isn't OTLP")),
                }
            });
            if let Err(error) = done {
                note(&mut self.notes, format!("{name}: {error}"));
            }
            if is_used && self.used.len() == before {
                self.used.push(name.clone());
            }
            self.budget.settle(bytes, share);
        }
        Ok(())
    }

    /// Runs what has notes to make.
    pub(super) fn noting<T>(&mut self, work: impl FnOnce(&mut dyn FnMut(String)) -> T) -> T {
        let notes = &mut self.notes;
        work(&mut |why| note(notes, why))
    }

    pub(super) fn note_all(&mut self, notes: Vec<String>) {
        notes.into_iter().for_each(|why| note(&mut self.notes, why));
    }

    /// The answer, with what was read and what was left out.
    pub(super) fn answer(
        self,
        signal: Signal,
        window: Window,
        content: Content,
        mut cut: Vec<String>,
    ) -> Answer {
        if self.budget.is_cut {
            cut.push("cut here: the files hold more than is read for one question".to_owned());
        }
        let mut used = self.used;
        used.sort_unstable();
        used.dedup();
        let files = if used.is_empty() { "no file".to_owned() } else { used.join(", ") };
        let folder = readable(&self.folder.to_string_lossy());
        let times = |(why, times): (String, usize)| match times {
            1 => why,
            many => format!("{why} ({many} times)"),
        };
        Answer {
            query: format!(
                "{} from {} to {} in {folder}: {files}",
                signal.word(),
                window.from,
                window.to
            ),
            content,
            truncated: (!cut.is_empty()).then(|| cut.join("; ")),
            notes: self.notes.into_iter().map(times).collect(),
        }
    }
}

/// Each sort of trouble is told once, with how often; a flood of sorts is cut.
fn note(notes: &mut BTreeMap<String, usize>, why: String) {
    let why = readable(&why);
    if notes.len() < NOTES || notes.contains_key(&why) {
        *notes.entry(why).or_default() += 1;
    }
}

/// Files of JSON lines, also packed, and such that were turned over: `traces.json.1`.
fn is_ours(name: &str) -> bool {
    let plain = crate::files::Packing::of(name).1;
    let plain = plain.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('.');
    [".json", ".jsonl", ".ndjson"].iter().any(|ending| plain.ends_with(ending))
        || crate::files::Packing::of(name).1.ends_with(".json")
}

/// A file whose name speaks of one signal alone holds no other.
fn may_hold(found: &Found, signal: Signal) -> bool {
    let name = found.path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let named = [
        ("trace", Signal::Traces),
        ("span", Signal::Traces),
        ("log", Signal::Logs),
        ("metric", Signal::Metrics),
    ];
    let named: Vec<Signal> =
        named.iter().filter(|(word, _)| name.contains(word)).map(|(_, signal)| *signal).collect();
    named.is_empty() || named.contains(&signal)
}

/// The first time that stands in a line, without reading all of it.
fn time_of_line(line: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(line).ok()?;
    let value = |key: &str| {
        let rest = text.split_once(key)?.1;
        let rest = rest.trim_start_matches([':', ' ', '"']);
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<i64>().ok().filter(|nanos| *nanos > 0)
    };
    // Spans begin; of everything else the start may be that of a program, long ago.
    match first_key(text.trim_start()) {
        Some("resourceSpans") => value("\"startTimeUnixNano\""),
        Some(_) | None => value("\"timeUnixNano\"").or_else(|| value("\"observedTimeUnixNano\"")),
    }
}
