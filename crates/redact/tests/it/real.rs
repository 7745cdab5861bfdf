//! Telemetry that other people recorded, where it is at hand: nothing personal is in it.

use std::path::{Path, PathBuf};

use crate::redactor;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the data lies beside the checkout")]
fn recorded_incidents_hold_little_to_redact() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/opensre-synthetic");
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    if paths.is_empty() {
        eprintln!("skipped: ../shared/data isn't there");
        return;
    }
    let mut redactor = redactor();
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        let mut value = serde_json::from_str(&text).unwrap();
        redactor.value(&mut value);
    }
    assert!(redactor.found().is_empty(), "{:?}", redactor.found());
}
