use std::collections::BTreeSet;

use nightjar_incident::{Alert, Incident};
use nightjar_topology::Topology;

use crate::policy::Policy;

/// Words that monitors put into every message; sharing them says nothing. Folded to lower case.
const COMMON: &[&str] = &[
    "about",
    "above",
    "abnormal",
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
    "critical",
    "cpu",
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
    "failed",
    "failing",
    "failure",
    "failures",
    "fault",
    "fired",
    "firing",
    "from",
    "function",
    "greater",
    "grafana",
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
    "second",
    "seconds",
    "server",
    "service",
    "services",
    "servicenow",
    "severity",
    "since",
    "slow",
    "sample",
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
    COMMON.contains(&word.to_lowercase().as_str())
}

/// How much of each text is compared, in characters.
const COMPARED: usize = 4_000;

/// What uncommon words in both texts weigh, and which they are.
pub(crate) fn weigh(
    alert: &Alert,
    incident: &Incident,
    topology: &Topology,
    policy: &Policy,
) -> Option<(f64, String)> {
    let ours = uncommon(alert);
    let mut theirs = BTreeSet::new();
    for other in &incident.alerts {
        theirs.append(&mut uncommon(other));
    }
    let is_rare = |word: &&String| {
        let holds = |name: &str| name.to_lowercase().contains(word.as_str());
        let named = topology.entities().filter(|entity| holds(entity.id.as_str()));
        named.take(policy.common_word + 1).count() <= policy.common_word
    };
    let mut weight = 0.0;
    let mut shared = Vec::new();
    for word in ours.intersection(&theirs).filter(is_rare) {
        if weight + policy.shared_word > policy.shared_words_most + 1e-9 {
            break;
        }
        weight += policy.shared_word;
        shared.push(format!("\"{word}\""));
    }
    (!shared.is_empty()).then(|| (weight, format!("both texts say {}", shared.join(", "))))
}

fn uncommon(alert: &Alert) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for text in [&alert.title, &alert.description] {
        let compared: String = text.chars().take(COMPARED).collect();
        for word in compared.split(|c: char| !c.is_alphanumeric()) {
            let word = word.to_lowercase();
            let is_word = word.chars().count() >= 4
                && word.chars().filter(|c| c.is_alphabetic()).count() >= 3;
            if is_word && !is_common(&word) {
                words.insert(word);
            }
        }
    }
    words
}
