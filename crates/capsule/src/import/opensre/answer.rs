//! The truth of a scenario. Nothing else in this importer opens the file.

use std::fs;
use std::path::Path;

use nightjar_incident::{Expectation, ExpectedVerdict};
use serde::Deserialize;

use super::super::Error;
use super::super::notes::label;

/// The category of a scenario in which nothing is wrong.
const HEALTHY: &str = "healthy";

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
    let category = answer.root_cause_category;
    let verdict =
        if category == HEALTHY { ExpectedVerdict::NoIncident } else { ExpectedVerdict::CauseFound };
    Ok(Expectation {
        verdict,
        causes: Vec::new(),
        category: Some(category),
        must_not_blame: answer.forbidden_categories,
        must_say: answer.required_keywords,
        must_not_say: answer.forbidden_keywords,
    })
}
