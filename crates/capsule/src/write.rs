//! A recording, to a folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use nightjar_incident::Recording;
use nightjar_otlp::{Unwritable, line_of_log, line_of_span, lines_of_series};
use serde::Serialize;

use crate::Error;
use crate::folder::{ALERTS, CHANGES, EXPECT, LOGS, MANIFEST, METRICS, TOPOLOGY, TRACES};
use crate::manifest::{Manifest, SCHEMA};

/// zstd's own default: fast, and telemetry shrinks to a tenth already.
pub(crate) const COMPRESSION_LEVEL: i32 = 3;

/// Writes a capsule; the telemetry compressed if asked for.
///
/// The folder appears at once and whole, or not at all. A folder that holds something already is
/// refused.
pub fn write(folder: &Path, recording: &Recording, compress: bool) -> Result<(), Error> {
    whole_folder(folder, |draft| {
        let manifest = Manifest {
            schema: SCHEMA,
            name: recording.name.clone(),
            sources: recording.sources.clone(),
            redacted: recording.redacted.clone(),
            notes: recording.notes.clone(),
            window: recording.window.map(Into::into),
        };
        text(draft, MANIFEST, &toml_of(&manifest)?)?;
        text(draft, TOPOLOGY, &(pretty(&recording.topology)? + "\n"))?;
        if let Some(expect) = &recording.expect {
            text(draft, EXPECT, &toml_of(expect)?)?;
        }
        // Alerts and changes are few, and people like to read them.
        lines(draft, ALERTS, false, recording.alerts.iter().map(Ok))?;
        lines(draft, CHANGES, false, recording.changes.iter().map(Ok))?;
        let metrics = recording.metrics.iter().flat_map(lines_of_series);
        lines(draft, METRICS, compress, metrics)?;
        lines(draft, LOGS, compress, recording.logs.iter().map(line_of_log))?;
        lines(draft, TRACES, compress, recording.spans.iter().map(line_of_span))
    })
}

/// Fills a folder under another name beside it, then gives it its name.
pub(crate) fn whole_folder(
    folder: &Path,
    fill: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(), Error> {
    refuse_full(folder)?;
    let draft = draft_of(folder)?;
    if let Some(parent) = draft.parent() {
        fs::create_dir_all(parent).map_err(Error::io(parent))?;
    }
    fs::create_dir(&draft).map_err(Error::io(&draft))?;
    let filled = fill(&draft).and_then(|()| {
        refuse_full(folder)?;
        fs::rename(&draft, folder).map_err(Error::io(folder))
    });
    if filled.is_err() {
        // The first error is the one to tell; a left-over draft harms nobody.
        let _ = fs::remove_dir_all(&draft);
    }
    filled
}

fn refuse_full(folder: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(folder)(error)),
    };
    if entries.count() > 0 {
        return Err(Error::NotEmpty { folder: folder.to_owned() });
    }
    Ok(())
}

fn draft_of(folder: &Path) -> Result<PathBuf, Error> {
    let name = folder.file_name().ok_or_else(|| Error::Unwritable {
        what: format!("a capsule at `{}`: a folder with a name expected", folder.display()),
    })?;
    let name = format!(".{}.{}.draft", name.to_string_lossy(), std::process::id());
    Ok(folder.with_file_name(name))
}

pub(crate) fn text(folder: &Path, name: &str, text: &str) -> Result<(), Error> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(Error::io(&path))
}

/// Writes one line of JSON per item; nothing at all if there is none.
pub(crate) fn lines<T: Serialize>(
    folder: &Path,
    name: &str,
    compress: bool,
    items: impl Iterator<Item = Result<T, Unwritable>>,
) -> Result<(), Error> {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    let name = if compress { format!("{name}.zst") } else { name.to_owned() };
    let path = folder.join(name);
    let file = BufWriter::new(File::create(&path).map_err(Error::io(&path))?);
    if compress {
        let encoder = zstd::Encoder::new(file, COMPRESSION_LEVEL).map_err(Error::io(&path))?;
        let mut encoder = each(encoder, &path, items)?;
        encoder.do_finish().map_err(Error::io(&path))?;
        encoder.get_mut().flush().map_err(Error::io(&path))
    } else {
        each(file, &path, items)?.flush().map_err(Error::io(&path))
    }
}

fn each<W: io::Write, T: Serialize>(
    mut to: W,
    path: &Path,
    items: impl Iterator<Item = Result<T, Unwritable>>,
) -> Result<W, Error> {
    for item in items {
        let line = serde_json::to_vec(&item?).map_err(|error| unwritable(&error))?;
        to.write_all(&line).and_then(|()| to.write_all(b"\n")).map_err(Error::io(path))?;
    }
    Ok(to)
}

pub(crate) fn pretty(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string_pretty(value).map_err(|error| unwritable(&error))
}

fn toml_of(value: &impl Serialize) -> Result<String, Error> {
    toml::to_string(value).map_err(|error| unwritable(&error))
}

fn unwritable(error: &dyn std::error::Error) -> Error {
    Error::Unwritable { what: error.to_string() }
}
