//! A scenario's files, with those of its base where it has none of its own.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::super::Error;
use super::super::notes::label;
use super::latest_in;

/// The kinds of evidence; each is one document, metrics may be one document per metric.
const KINDS: [&str; 9] = [
    "aws_cloudwatch_metrics",
    "aws_rds_events",
    "aws_performance_insights",
    "eks_pods",
    "eks_events",
    "eks_deployments",
    "eks_node_health",
    "eks_pod_logs",
    "datadog_logs",
];

/// What is read of `scenario.yml`. Its labels of the failure never are.
#[derive(Default, Deserialize)]
struct Head {
    #[serde(default)]
    base: Option<String>,
    #[serde(default)]
    available_evidence: Option<Vec<String>>,
}

pub(super) struct Scenario {
    folder: PathBuf,
    base: Option<PathBuf>,
    /// The kinds of evidence that may be taken from the base; all where it isn't told.
    available: Option<Vec<String>>,
}

impl Scenario {
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let head = head(folder)?;
        // A base is a neighbour by name, never a path.
        let neighbour = |name: &String| {
            let plain = !name.contains(['/', '\\']) && name != "." && name != "..";
            folder.parent().filter(|_| plain).map(|above| above.join(name))
        };
        let base = match &head.base {
            None => None,
            Some(name) => {
                let found = neighbour(name).filter(|base| base.join("scenario.yml").is_file());
                Some(found.ok_or_else(|| Error::Format {
                    path: label(&folder.join("scenario.yml"), 3),
                    expected: "`base` to name a scenario beside this one",
                    found: name.chars().take(80).collect(),
                })?)
            }
        };
        Ok(Self { folder: folder.to_owned(), base, available: head.available_evidence })
    }

    /// The page.
    pub(super) fn alert(&self) -> Result<Value, Error> {
        document(&self.folder.join("alert.json"))
    }

    /// The documents of a kind of evidence, with the name of each file: the scenario's own, else
    /// those of its base.
    pub(super) fn documents(&self, kind: &str) -> Vec<(String, Result<Value, Error>)> {
        let own = files(&self.folder, kind);
        let from = if own.is_empty() {
            let allowed =
                self.available.as_ref().is_none_or(|kinds| kinds.iter().any(|one| one == kind));
            self.base.as_ref().filter(|_| allowed).map_or_else(Vec::new, |base| files(base, kind))
        } else {
            own
        };
        from.into_iter().map(|file| (label(&file, 1), document(&file))).collect()
    }

    /// The end of what was recorded: of the scenario's own evidence, where it has any with times.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        let of = |folder: &Path| {
            let all = KINDS.iter().flat_map(|kind| files(folder, kind));
            all.filter_map(|file| latest_in(&document(&file).ok()?)).max()
        };
        of(&self.folder).or_else(|| of(self.base.as_deref()?))
    }
}

fn head(folder: &Path) -> Result<Head, Error> {
    let path = folder.join("scenario.yml");
    let text = fs::read_to_string(&path).map_err(Error::read(&path))?;
    serde_saphyr::from_str(&text).map_err(|e| Error::Format {
        path: label(&path, 3),
        expected: "`base` and `available_evidence` in YAML",
        found: e.to_string(),
    })
}

/// `KIND.json` and `KIND_*.json`, by name.
fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let fits = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let stem = name.strip_suffix(".json").and_then(|stem| stem.strip_prefix(kind));
        stem.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    let mut found: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(fits).collect();
    found.sort();
    found
}

fn document(path: &Path) -> Result<Value, Error> {
    let text = fs::read_to_string(path).map_err(Error::read(path))?;
    serde_json::from_str(&text).map_err(|e| Error::Format {
        path: label(path, 3),
        expected: "a JSON document",
        found: e.to_string(),
    })
}
