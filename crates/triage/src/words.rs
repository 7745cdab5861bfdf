use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{Alert, Incident};
use nightjar_topology::{EntityId, Topology};

use crate::policy::Policy;

/// Words that monitors put into every message; sharing them says nothing. Lower case, sorted.
const COMMON: &[&str] = &[
    "abnormal",
    "about",
    "above",
    "account",
    "active",
    "after",
    "alarm",
    "alert",
    "alerting",
    "alerts",
    "anomaly",
    "application",
    "availability",
    "average",
    "avg",
    "aws",
    "because",
    "been",
    "before",
    "below",
    "between",
    "breach",
    "breached",
    "check",
    "cloud",
    "cloudwatch",
    "cluster",
    "compared",
    "condition",
    "count",
    "cpu",
    "critical",
    "crossed",
    "current",
    "currently",
    "dashboard",
    "datadog",
    "datapoint",
    "datapoints",
    "datetime",
    "degraded",
    "detected",
    "disk",
    "down",
    "during",
    "elevated",
    "entered",
    "environment",
    "error",
    "errors",
    "event",
    "exceeded",
    "exceeds",
    "expected",
    "fail",
    "failed",
    "failing",
    "fails",
    "failure",
    "failures",
    "fault",
    "fired",
    "firing",
    "from",
    "function",
    "grafana",
    "greater",
    "have",
    "health",
    "healthy",
    "high",
    "higher",
    "host",
    "hour",
    "hours",
    "http",
    "https",
    "incident",
    "increase",
    "increased",
    "instance",
    "into",
    "issue",
    "last",
    "latency",
    "less",
    "level",
    "limit",
    "lower",
    "major",
    "maximum",
    "mean",
    "memory",
    "metric",
    "metrics",
    "minimum",
    "minute",
    "minutes",
    "missing",
    "monitor",
    "monitoring",
    "more",
    "node",
    "observed",
    "over",
    "pagerduty",
    "percent",
    "percentile",
    "please",
    "priority",
    "prod",
    "production",
    "query",
    "queue",
    "rate",
    "recent",
    "region",
    "request",
    "requests",
    "resolved",
    "resource",
    "response",
    "runbook",
    "sample",
    "second",
    "seconds",
    "server",
    "service",
    "servicenow",
    "services",
    "severity",
    "since",
    "slow",
    "state",
    "statistic",
    "status",
    "system",
    "table",
    "team",
    "than",
    "that",
    "their",
    "there",
    "this",
    "threshold",
    "time",
    "timeout",
    "times",
    "transition",
    "trigger",
    "triggered",
    "unhealthy",
    "urgent",
    "usage",
    "usual",
    "utilisation",
    "utilization",
    "value",
    "values",
    "very",
    "warning",
    "what",
    "when",
    "which",
    "while",
    "will",
    "with",
    "within",
];

/// Whether a word stands in so many messages that it says nothing.
pub(crate) fn is_common(word: &str) -> bool {
    COMMON.binary_search(&word.to_lowercase().as_str()).is_ok()
}

/// How much of each text is compared, in characters.
const COMPARED: usize = 4_000;

/// How many entities carry each word in their names: a word that many carry is this estate's own
/// common word.
pub(crate) struct Vocabulary {
    carriers: BTreeMap<String, usize>,
}

impl Vocabulary {
    pub(crate) fn of(topology: &Topology) -> Self {
        let mut carriers = BTreeMap::new();
        for entity in topology.entities() {
            for word in split(entity.id.as_str()).collect::<BTreeSet<String>>() {
                *carriers.entry(word).or_default() += 1;
            }
        }
        Self { carriers }
    }

    fn carriers(&self, word: &str) -> usize {
        self.carriers.get(word).copied().unwrap_or_default()
    }
}

/// An alert with its uncommon words, taken out once for all comparisons.
pub(crate) struct Told<'a> {
    pub(crate) alert: &'a Alert,
    headline: BTreeSet<String>,
    all: BTreeSet<String>,
}

impl<'a> Told<'a> {
    pub(crate) fn by(alert: &'a Alert) -> Self {
        let headline = uncommon(&alert.title);
        let mut all = uncommon(&alert.description);
        all.extend(headline.iter().cloned());
        Self { alert, headline, all }
    }
}

/// What uncommon words in both texts weigh, and which they are.
///
/// Two messages of one sender are compared by their headlines only: the rest shares the sender's
/// template. Words of `names`, which were compared as entities already, don't count again.
pub(crate) fn weigh(
    told: &Told<'_>,
    incident: &Incident,
    names: &[&EntityId],
    vocabulary: &Vocabulary,
    policy: &Policy,
) -> Option<(f64, String)> {
    let mut shared: BTreeSet<String> = BTreeSet::new();
    for held in &incident.alerts {
        let mut theirs = uncommon(&held.title);
        if held.provider == told.alert.provider {
            shared.extend(told.headline.intersection(&theirs).cloned());
        } else {
            theirs.append(&mut uncommon(&held.description));
            shared.extend(told.all.intersection(&theirs).cloned());
        }
    }
    let named: BTreeSet<String> = names.iter().flat_map(|id| split(id.as_str())).collect();
    shared.retain(|word| vocabulary.carriers(word) <= policy.common_word && !named.contains(word));
    let mut weight = 0.0;
    let mut quoted = Vec::new();
    for word in &shared {
        // Not `>` alone: sums of tenths miss the whole by a hair.
        if weight + policy.shared_word > policy.shared_words_most + 1e-9 {
            break;
        }
        weight += policy.shared_word;
        quoted.push(format!("\"{word}\""));
    }
    (!quoted.is_empty()).then(|| (weight, format!("both texts say {}", quoted.join(", "))))
}

fn uncommon(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let compared: String = text.chars().take(COMPARED).collect();
    for chunk in compared.split_whitespace() {
        // Whom to notify (`@oncall-shop`) isn't what happened.
        if !chunk.starts_with('@') {
            words.extend(split(chunk).filter(|word| is_telling(word)));
        }
    }
    words
}

fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase)
}

fn is_telling(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    word.chars().count() >= 4 && letters >= 3 && !is_common(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_words_are_sorted_so_that_they_are_found() {
        assert!(COMMON.is_sorted());
        assert!(is_common("Threshold") && !is_common("payments"));
    }
}
