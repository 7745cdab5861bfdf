use std::path::Path;
use std::sync::Arc;

use nightjar_capsule::Archive;
use serde_json::json;

use crate::capsule_folder;
use crate::conduct;
use crate::difference::differences;
use crate::exit::Exit;
use crate::output;
use crate::terminal;

/// Investigates again and compares with the stored journal, or with a second fresh run.
pub(crate) fn run(capsule: &Path, is_json: bool) -> anyhow::Result<Exit> {
    let Archive { recording, result } = capsule_folder::open(capsule)?;
    let recording = Arc::new(recording);
    let mut tapes = Vec::new();
    let (stored, against) = match result {
        Some(result) => {
            tapes = result.tapes;
            (result.journal, "the stored result")
        }
        None => {
            output::remark(&format!(
                "no stored result: comparing two fresh runs (store one with: nightjar investigate {} --record)",
                capsule.display()
            ));
            (conduct::conduct(Arc::clone(&recording), &mut |_| {})?.journal, "a second run")
        }
    };
    let now = conduct::again(recording, &stored, &tapes)?.journal;
    let found = differences(&stored, &now);
    let is_same = found.is_empty();
    if is_json {
        output::print_json(&json!({
            "same": is_same,
            "compared_with": against,
            "entries": now.len(),
            "differences": found,
        }))?;
    } else {
        output::print(&terminal::replay::replay(&found, now.len(), against))?;
    }
    Ok(if is_same { Exit::Done } else { Exit::Differs })
}
