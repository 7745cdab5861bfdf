use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nightjar_incident::journal::{self, Entry};
use serde_json::json;

use crate::exit::Exit;
use crate::output::{self, advice, advise};
use crate::terminal::text::{BAD, GOOD, WIDTH, Words, count};

/// Bytes of one line; evidence isn't stored in journals, so real lines are far below.
const LONGEST_LINE: u64 = 16 << 20;

/// Checks the chains of a journal.
pub(super) fn verify(path: &Path, is_json: bool) -> anyhow::Result<Exit> {
    let file = file(path)?;
    let entries = read(&file)?;
    let name = file.display().to_string();
    match journal::verify(&entries) {
        Ok(chains) if is_json => {
            let chains: Vec<_> = chains
                .iter()
                .map(|chain| json!({ "chain": chain.name(), "entries": chain.len(), "head": chain.head().to_string() }))
                .collect();
            output::print_json(&json!({ "sound": true, "fault": null, "chains": chains }))?;
            Ok(Exit::Done)
        }
        Ok(chains) => {
            let entries = count(entries.len(), "entry");
            let text = format!(
                ": {entries} in {}, none altered, removed or reordered",
                count(chains.len(), "chain")
            );
            let mut out = Words::new().styled(GOOD, "sound").plain(&text).flow("", WIDTH);
            for chain in &chains {
                let words = Words::new().strong(chain.name()).plain(&format!(
                    "  {}  head ",
                    count(usize::try_from(chain.len()).unwrap_or(usize::MAX), "entry")
                ));
                out.push_str(&words.faint(&chain.head().to_string()).flow("  ", usize::MAX));
            }
            output::print(&out)?;
            Ok(Exit::Done)
        }
        Err(fault) if is_json => {
            output::print_json(
                &json!({ "sound": false, "fault": fault.to_string(), "chains": [] }),
            )?;
            Ok(Exit::Differs)
        }
        Err(fault) => {
            let words = Words::new().styled(BAD, "not sound").plain(&format!(": {name}: {fault}"));
            output::print(&words.flow("", WIDTH))?;
            Ok(Exit::Differs)
        }
    }
}

/// The journal itself, or that of the result stored in a capsule.
fn file(path: &Path) -> anyhow::Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let stored = path.join("result").join("journal.jsonl");
    if stored.is_file() {
        return Ok(stored);
    }
    Err(advice(
        format!("`{}` holds no result/journal.jsonl", path.display()),
        format!("store one with: nightjar investigate {} --record", path.display()),
    ))
}

/// The entries of a journal in the order of its lines; a line that can't be read is an error,
/// since nothing behind it can be trusted.
fn read(path: &Path) -> anyhow::Result<Vec<Entry>> {
    let file = File::open(path).map_err(|error| {
        let hint = "give a journal (JSON lines) or a capsule with a stored result";
        advise(error, format!("cannot read `{}`", path.display()), hint)
    })?;
    let mut lines = BufReader::new(file);
    let mut entries = Vec::new();
    for number in 1.. {
        let place = || format!("`{}`, line {number}", path.display());
        let mut line = Vec::new();
        lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).with_context(place)?;
        if line.is_empty() {
            break;
        }
        if !line.ends_with(b"\n")
            && u64::try_from(line.len()).is_ok_and(|length| length == LONGEST_LINE)
        {
            return Err(advice(
                format!("{}: longer than {} MiB", place(), LONGEST_LINE >> 20),
                "a journal has one JSON object per line (docs/specs/journal.md)",
            ));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let entry = serde_json::from_slice(&line).map_err(|error| {
            let hint = "a journal has one entry per line as docs/specs/journal.md says; a line cut off at the end means that the writer was stopped";
            advise(error, format!("{}: expected a journal entry", place()), hint)
        })?;
        entries.push(entry);
    }
    Ok(entries)
}
