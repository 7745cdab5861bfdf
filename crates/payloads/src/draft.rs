use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{Alert, AlertId, AlertStatus, Severity, Signal};

use crate::body::Body;
use crate::names::Names;

/// How far a sender's clock may run ahead before it is worth a note: clocks kept by NTP agree to
/// well under a minute.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Notes that one alert keeps: more than a person reads, and few enough that a body full of
/// nonsense stays small.
const MOST_NOTES: usize = 50;

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
    /// When the envelope around it was sent, which serves where the message has no time.
    pub(crate) sent_at: Option<Timestamp>,
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
            sent_at: None,
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
        let (stand_in, whose) = match self.sent_at {
            Some(at) => (at, "the time it was sent"),
            None => (received_at, "the time of its arrival"),
        };
        let is_over = self.status == AlertStatus::Resolved;
        if self.starts_at.is_none() && (!is_over || self.ends_at.is_none()) {
            self.notes.push(format!("the message has no usable time; {whose} stands in"));
        } else if is_over && self.ends_at.is_none() {
            self.notes.push(format!("the message has no end; {whose} stands in"));
        }
        if is_over {
            self.ends_at.get_or_insert(stand_in);
        }
        // The end without the start (a resolve that doesn't repeat it) still bounds the start.
        let starts_at = self.starts_at.or(self.ends_at).unwrap_or(stand_in);
        if self.ends_at.is_some_and(|end| end < starts_at) {
            self.notes.push("the message ends before it starts; both times are kept".into());
        }
        if starts_at.duration_since(received_at) > CLOCK_SKEW {
            self.notes.push("it begins after it arrived: the sender's clock may be wrong".into());
        }
        if self.names.left_out > 0 {
            self.notes.push(format!("{} more names were left out", self.names.left_out));
        }
        if self.notes.len() > MOST_NOTES {
            let more = self.notes.len() - MOST_NOTES;
            self.notes.truncate(MOST_NOTES);
            self.notes.push(format!("and {more} more notes"));
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
