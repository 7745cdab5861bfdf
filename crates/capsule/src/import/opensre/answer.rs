//! The truth of a scenario. Nothing else in this importer opens the file.

use std::fs;
use std::path::Path;

use nightjar_incident::{Expectation, ExpectedVerdict};
use serde::Deserialize;

use super::super::Error;
use super::super::notes::label;

/// The category of a scenario in which nothing is wrong.
const HEALTHY: &str = "healthy";

/// The data set's words for kinds of trouble, where they aren't ours.
const WORDS: [(&str, &str); 3] = [
    ("dependency_failure", "dependency"),
    ("cpu_saturation", "resource_exhaustion"),
    ("replication_lag", "resource_exhaustion"),
];

fn ours(category: String) -> String {
    let known = WORDS.iter().find(|(word, _)| *word == category);
    known.map_or(category, |(_, ours)| (*ours).to_owned())
}

#[derive(Deserialize)]
struct Answer {
    root_cause_category: String,
    #[serde(default)]
    required_keywords: Vec<String>,
    #[serde(default)]
    forbidden_keywords: Vec<String>,
    #[serde(default)]
    forbidden_categories: Vec<String>,
}

pub(super) fn read(folder: &Path) -> Result<Expectation, Error> {
    let path = folder.join("answer.yml");
    let format = |found: String| Error::Format {
        path: label(&path, 3),
        expected: "`root_cause_category` in YAML",
        found,
    };
    let text = fs::read_to_string(&path).map_err(Error::read(&path))?;
    let answer: Answer = serde_saphyr::from_str(&text).map_err(|e| format(e.to_string()))?;
    let category = ours(answer.root_cause_category);
    // A forbidden word that means the right kind by our words forbids nothing.
    let forbidden = answer.forbidden_categories.into_iter().map(ours);
    let must_not_blame = forbidden.filter(|word| *word != category).collect();
    let verdict =
        if category == HEALTHY { ExpectedVerdict::NoIncident } else { ExpectedVerdict::CauseFound };
    Ok(Expectation {
        verdict,
        causes: Vec::new(),
        category: Some(category),
        must_not_blame,
        must_say: answer.required_keywords,
        must_not_say: answer.forbidden_keywords,
    })
}
