use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{Alert, AlertId, AlertStatus, Severity, Signal};

use crate::body::Body;
use crate::names::Names;

/// How far a sender's clock may run ahead before it is worth a note: clocks kept by NTP agree to
/// well under a minute.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// What a provider reads out of one alert; the rest is the same for all.
pub(crate) struct Draft {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) status: AlertStatus,
    pub(crate) severity: Severity,
    pub(crate) names: Names,
    pub(crate) signal: Option<Signal>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) starts_at: Option<Timestamp>,
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) url: Option<String>,
    pub(crate) notes: Vec<String>,
}

impl Draft {
    pub(crate) fn new(key: String, title: Option<String>, status: AlertStatus) -> Self {
        let mut notes = Vec::new();
        let title = title.unwrap_or_else(|| {
            notes.push("the message has no title; its key stands in".into());
            key.clone()
        });
        Self {
            key,
            title,
            description: String::new(),
            status,
            severity: Severity::Unknown,
            names: Names::default(),
            signal: None,
            labels: BTreeMap::new(),
            starts_at: None,
            ends_at: None,
            url: None,
            notes,
        }
    }

    /// Keeps a text of interest under a label, unless the sender uses that label itself.
    pub(crate) fn label(&mut self, name: &str, text: Option<String>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.labels.entry(name.to_owned()).or_insert(text);
        }
    }

    /// Takes over what was noted while reading.
    pub(crate) fn noted(mut self, body: Body<'_>) -> Self {
        self.notes.extend(body.notes);
        self
    }

    /// The alert in normal form.
    pub(crate) fn finish(mut self, id: AlertId, provider: &str, received_at: Timestamp) -> Alert {
        // The end without the start (a resolve that doesn't repeat it) still bounds the start.
        let starts_at = self.starts_at.unwrap_or_else(|| {
            if self.status != AlertStatus::Resolved || self.ends_at.is_none() {
                self.notes.push(
                    "the message has no usable time; the time of its arrival stands in".into(),
                );
            }
            self.ends_at.unwrap_or(received_at)
        });
        if self.ends_at.is_some_and(|end| end < starts_at) {
            self.notes.push("the message ends before it starts; both times are kept".into());
        }
        if starts_at.duration_since(received_at) > CLOCK_SKEW {
            self.notes.push("it begins after it arrived: the sender's clock may be wrong".into());
        }
        Alert {
            id,
            provider: provider.to_owned(),
            key: self.key,
            title: self.title,
            description: self.description,
            status: self.status,
            severity: self.severity,
            entity_names: self.names.into_vec(),
            signal: self.signal,
            labels: self.labels,
            starts_at,
            ends_at: self.ends_at,
            received_at,
            url: self.url,
            notes: self.notes,
        }
    }
}

/// Paragraphs of a description, each once.
pub(crate) fn paragraphs(parts: impl IntoIterator<Item = Option<String>>) -> String {
    let mut texts: Vec<String> = Vec::new();
    for text in parts.into_iter().flatten() {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.join("\n\n")
}
