use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AlertId, Signal};

/// One message of an alerting system in normal form; every text in it is untrusted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Our id.
    pub id: AlertId,
    /// Which system sent it, as its parser calls itself: `datadog`, `cloudwatch`.
    pub provider: String,
    /// What the sender calls the same alert each time it fires, repeats and resolves.
    pub key: String,
    /// The headline.
    pub title: String,
    /// The longer text, empty if there is none.
    #[serde(default)]
    pub description: String,
    /// Firing, acknowledged or resolved.
    pub status: AlertStatus,
    /// How bad the sender thinks it is.
    pub severity: Severity,
    /// Names of what it is about, most specific first, as the sender writes them: service, host,
    /// function, resource name or ARN. Resolved against the topology later.
    pub entity_names: Vec<String>,
    /// What was measured, where the message tells.
    #[serde(default)]
    pub signal: Option<Signal>,
    /// The sender's labels, tags and dimensions.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Since when, by the sender's clock.
    pub starts_at: Timestamp,
    /// When it was over, if it is.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Where a person finds it, if the message says.
    #[serde(default)]
    pub url: Option<String>,
    /// What had to be assumed or set aside while reading the message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Where an alert is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// Still true.
    Firing,
    /// Still true, and a person has seen it.
    Acknowledged,
    /// No longer true.
    Resolved,
}

/// How bad an alert's sender thinks it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For the record.
    Info,
    /// Look at it today.
    Warning,
    /// Look at it now.
    High,
    /// Wake someone.
    Critical,
    /// The sender used a word we don't know, or none.
    Unknown,
}
