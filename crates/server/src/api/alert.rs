use std::collections::BTreeMap;

use nightjar_incident::{Alert as DomainAlert, RawAlert, TriageNote};
use nightjar_store::AlertRecord;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::wire::{Time, word};

/// An alert, or a message that nobody could read.
#[derive(Serialize, ToSchema)]
pub(super) struct Alert {
    /// Its id.
    #[schema(example = "alert-1-1")]
    id: String,
    /// The investigation it is in; none for one that was skipped.
    #[schema(required)]
    investigation: Option<String>,
    /// When it arrived.
    received_at: Time,
    /// The incident it is in now.
    #[schema(required)]
    incident: Option<String>,
    /// What was understood; none if it was rejected.
    #[schema(required)]
    alert: Option<NormalAlert>,
    /// Where it went and why, the latest last.
    triage: Vec<Triage>,
    /// Why it was rejected, if it was.
    #[schema(required)]
    rejected: Option<String>,
    /// The message as it came, redacted; none where a webhook brought it: then the delivery has it.
    #[schema(required)]
    raw: Option<Raw>,
    /// The delivery that first told of it.
    #[schema(required)]
    delivery: Option<String>,
}

impl From<AlertRecord> for Alert {
    fn from(record: AlertRecord) -> Self {
        Self {
            id: record.id.to_string(),
            investigation: record.investigation,
            received_at: Time(record.received_at),
            incident: record.incident.map(|incident| incident.to_string()),
            alert: record.alert.map(NormalAlert::from),
            triage: record.triage.into_iter().map(Triage::from).collect(),
            rejected: record.rejected,
            raw: record.raw.map(Raw::from),
            delivery: record.delivery,
        }
    }
}

/// A message as it came, redacted.
#[derive(Serialize, ToSchema)]
pub(super) struct Raw {
    /// The system that sent it, where told.
    #[schema(required)]
    provider: Option<String>,
    /// When it arrived.
    received_at: Time,
    /// Its body: any JSON.
    payload: Value,
}

impl From<RawAlert> for Raw {
    fn from(raw: RawAlert) -> Self {
        Self { provider: raw.provider, received_at: Time(raw.received_at), payload: raw.payload }
    }
}

/// An alert in normal form. All texts come from outside.
#[derive(Serialize, ToSchema)]
pub(super) struct NormalAlert {
    /// Our id.
    id: String,
    /// Which system sent it.
    #[schema(example = "datadog")]
    provider: String,
    /// What the sender calls the same alert each time.
    key: String,
    /// The headline.
    title: String,
    /// The longer text.
    description: String,
    /// `firing`, `acknowledged` or `resolved`.
    status: String,
    /// `info`, `warning`, `high`, `critical` or `unknown`.
    severity: String,
    /// Names of what it is about, most specific first.
    entity_names: Vec<String>,
    /// What was measured, where it tells.
    #[schema(required)]
    signal: Option<String>,
    /// The sender's labels.
    labels: BTreeMap<String, String>,
    /// Since when, by the sender's clock.
    starts_at: Time,
    /// When it was over, if it is.
    #[schema(required)]
    ends_at: Option<Time>,
    /// When it reached us.
    received_at: Time,
    /// Where a person finds it.
    #[schema(required)]
    url: Option<String>,
    /// What had to be assumed while reading it.
    notes: Vec<String>,
}

impl From<DomainAlert> for NormalAlert {
    fn from(alert: DomainAlert) -> Self {
        Self {
            id: alert.id.to_string(),
            provider: alert.provider,
            key: alert.key,
            title: alert.title,
            description: alert.description,
            status: word(&alert.status),
            severity: word(&alert.severity),
            entity_names: alert.entity_names,
            signal: alert.signal.map(|signal| word(&signal)),
            labels: alert.labels,
            starts_at: Time(alert.starts_at),
            ends_at: alert.ends_at.map(Time),
            received_at: Time(alert.received_at),
            url: alert.url,
            notes: alert.notes,
        }
    }
}

/// Where an alert went, and why.
#[derive(Serialize, ToSchema)]
pub(super) struct Triage {
    /// The alert.
    alert: String,
    /// The incident it went to, if any.
    #[schema(required)]
    incident: Option<String>,
    /// `proceed` (a new incident), `linked`, `duplicate` or `skipped`.
    decision: String,
    /// Why, in one sentence.
    reason: String,
    /// When.
    at: Time,
}

impl From<TriageNote> for Triage {
    fn from(note: TriageNote) -> Self {
        Self {
            alert: note.alert.to_string(),
            incident: note.incident.map(|incident| incident.to_string()),
            decision: word(&note.decision),
            reason: note.reason,
            at: Time(note.at),
        }
    }
}
