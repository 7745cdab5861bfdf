//! What a search answers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::http::words;

/// Who answers `GET /`.
#[derive(Deserialize)]
pub(super) struct About {
    pub(super) version: Version,
}

#[derive(Deserialize)]
pub(super) struct Version {
    pub(super) number: Option<String>,
    /// Only OpenSearch names one.
    pub(super) distribution: Option<String>,
}

/// The answer to a search.
#[derive(Deserialize)]
pub(super) struct Reply {
    #[serde(default)]
    timed_out: bool,
    #[serde(default, rename = "_shards")]
    shards: Shards,
    pub(super) hits: Hits,
    #[serde(default)]
    aggregations: BTreeMap<String, Aggregation>,
}

#[derive(Default, Deserialize)]
struct Shards {
    #[serde(default)]
    total: u64,
    #[serde(default)]
    failed: u64,
    #[serde(default)]
    failures: Vec<Value>,
}

#[derive(Deserialize)]
pub(super) struct Hits {
    #[serde(default)]
    pub(super) hits: Vec<Hit>,
    total: Option<Total>,
}

/// A number in old versions and on request, an object else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Total {
    Plain(u64),
    Told { value: u64 },
}

#[derive(Deserialize)]
pub(super) struct Hit {
    #[serde(default, rename = "_index")]
    pub(super) index: String,
    #[serde(default, rename = "_id")]
    pub(super) id: String,
    #[serde(default, rename = "_source")]
    pub(super) source: Value,
    /// Fields as they were asked for.
    #[serde(default)]
    pub(super) fields: BTreeMap<String, Vec<Value>>,
    /// What the next page goes on after.
    #[serde(default)]
    pub(super) sort: Vec<Value>,
}

#[derive(Default, Deserialize)]
struct Aggregation {
    #[serde(default)]
    doc_count: u64,
    #[serde(default)]
    sum_other_doc_count: u64,
    #[serde(default)]
    buckets: Vec<Bucket>,
    #[serde(flatten)]
    inner: BTreeMap<String, Value>,
}

/// One group of lines.
#[derive(Deserialize)]
pub(super) struct Bucket {
    pub(super) key: Key,
    #[serde(flatten)]
    inner: BTreeMap<String, Value>,
}

/// What a group is of.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Key {
    Text(String),
    Other(Value),
}

impl Key {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Other(value) => value.to_string(),
        }
    }
}

fn read(value: Option<&Value>) -> Aggregation {
    value.and_then(|value| Aggregation::deserialize(value).ok()).unwrap_or_default()
}

impl Bucket {
    /// The groups within, by the name of their aggregation.
    pub(super) fn buckets(&self, name: &str) -> Vec<Bucket> {
        read(self.inner.get(name)).buckets
    }
}

impl Reply {
    /// How many lines match.
    pub(super) fn total(&self) -> u64 {
        match self.hits.total {
            Some(Total::Plain(value) | Total::Told { value }) => value,
            None => 0,
        }
    }

    /// The groups of an aggregation.
    pub(super) fn buckets(&self, name: &str) -> &[Bucket] {
        self.aggregations.get(name).map_or(&[], |found| found.buckets.as_slice())
    }

    /// How many lines are in none of the groups.
    pub(super) fn others(&self, name: &str) -> u64 {
        self.aggregations.get(name).map_or(0, |found| found.sum_other_doc_count)
    }

    /// How many lines a filter lets through, and how many of them another one within.
    pub(super) fn counted(&self, name: &str, within: &str) -> (u64, u64) {
        self.aggregations
            .get(name)
            .map_or((0, 0), |found| (found.doc_count, read(found.inner.get(within)).doc_count))
    }

    /// The groups of an aggregation within two others.
    pub(super) fn inner_of(&self, outer: &str, middle: &str, inner: &str) -> Vec<Bucket> {
        self.aggregations.get(outer).map_or_else(Vec::new, |outer| {
            read(read(outer.inner.get(middle)).inner.get(inner)).buckets
        })
    }

    /// What of the answer is missing.
    pub(super) fn trouble(&self) -> Option<String> {
        if self.shards.failed > 0 {
            let reason = self.shards.failures.iter().find_map(|failure| {
                let reason = failure.get("reason")?;
                reason.get("reason").or(Some(reason))?.as_str().map(str::to_owned)
            });
            let reason = words(reason.unwrap_or_default().as_bytes());
            let (failed, total) = (self.shards.failed, self.shards.total);
            return Some(format!("{failed} of {total} shards didn't answer: {reason}"));
        }
        self.timed_out.then(|| "the search was ended there before it was through".to_owned())
    }
}
