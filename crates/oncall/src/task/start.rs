use jiff::Timestamp;
use nightjar_agent::Start;
use nightjar_incident::journal::Kind;
use nightjar_incident::{RawAlert, Recording, TriageDecision, TriageNote};
use nightjar_redact::Redactor;
use nightjar_store::{
    ConnectionRecord, Created, Error as StoreError, LiveAlert, NewEntry, NewTask as Kept, Once,
    Opened, PageRequest, Priority, Space, TaskKind, TaskRecord, TaskReference, TaskStart,
    TaskState,
};
use serde_json::{Value, json};

use crate::intake::CHAIN;
use crate::redaction::{names, policy};
use crate::task::of_opened;
use crate::{Error, Result, Sources, connectors};

/// A task that a person wants done, in their words.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// The headline.
    pub title: String,
    /// The longer text; empty if there is none.
    pub description: String,
    /// How urgent it is.
    pub priority: Priority,
    /// What is to be done.
    pub kind: TaskKind,
    /// Where it comes from.
    pub reference: Option<TaskReference>,
    /// Id or name of the connection to look at; `None`: the newest of the space, if there is any.
    pub connection: Option<String>,
    /// Where to begin.
    pub from: StartingPoint,
    /// The time it is about; `None`: as late as can be seen.
    pub at: Option<Timestamp>,
}

/// Where an investigation begins that a person starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StartingPoint {
    /// At what the headline and the text name.
    #[default]
    Words,
    /// At an entity, by its name in any form that senders of alerts use.
    Entity(String),
    /// At the alert that came last, wherever it went.
    LatestAlert,
    /// At a high use of processors, of an entity where one is named.
    HighCpu(Option<String>),
    /// At a rise of failing requests, of an entity where one is named.
    ErrorRateSpike(Option<String>),
}

impl StartingPoint {
    /// The entity it names, and the metric, in words of the generic webhook.
    fn told(&self) -> (Option<&str>, Option<&'static str>) {
        match self {
            Self::Words | Self::LatestAlert => (None, None),
            Self::Entity(name) => (Some(name), None),
            Self::HighCpu(name) => (name.as_deref(), Some("cpu_utilization")),
            Self::ErrorRateSpike(name) => (name.as_deref(), Some("error_rate")),
        }
    }
}

/// Why a task of another kind than [`TaskKind::Investigation`] ends at once.
const NOT_RUN: &str = "this version doesn't run tasks of this kind";

/// Makes a task of what a person describes. What they wrote is redacted before it is stored, and then
/// investigated as if it were an alert. `actor` is the id of the key or session.
///
/// A recording is looked at as it was at its end, since it knows nothing after it; the alerts it
/// holds aren't played. In a space with live systems it opens a live incident, which is looked at with all of
/// them.
///
/// # Errors
/// [`StoreError::NotFound`] for a connection that doesn't exist, [`StoreError::Conflict`] where it is to begin
/// at the latest alert and there is none.
pub async fn start_task(
    space: &Space,
    sources: &Sources,
    actor: &str,
    new: &NewTask,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Created<TaskRecord>> {
    if new.kind != TaskKind::Investigation {
        let kept = redacted(space, new, Vec::new()).await?;
        return Ok(space.create_task(&kept, &TaskStart::Skip(NOT_RUN), once, now).await?);
    }
    match connection(space, new.connection.as_deref()).await? {
        Some(record) if connectors::is_live(&record) => {
            live(space, sources, actor, new, once, now).await
        }
        connection => play(space, sources, connection, (actor, new, once), now).await,
    }
}

/// Starts the investigation of a recording, or of nothing but words.
async fn play(
    space: &Space,
    sources: &Sources,
    connection: Option<ConnectionRecord>,
    (actor, new, once): (&str, &NewTask, Option<&Once>),
    now: Timestamp,
) -> Result<Created<TaskRecord>> {
    let recording = match &connection {
        Some(record) => Some(connectors::recording(record, space, sources.recordings()).await?),
        None => None,
    };
    let known = recording.as_ref().map(|recording| names(&recording.topology));
    let kept = redacted(space, new, known.unwrap_or_default()).await?;
    // Nothing is known after the end of a recording, nor after now.
    let latest = recording.as_ref().and_then(end).unwrap_or(now);
    let at = new.at.map_or(latest, |at| at.min(latest));
    let alert = match new.from {
        StartingPoint::LatestAlert => Some(latest_alert(space, recording.as_ref()).await?),
        _ => None,
    };
    let start = |task: &str| {
        let message = match &alert {
            Some(alert) => RawAlert { received_at: at, ..alert.clone() },
            None => message(task, &kept, &new.from, at),
        };
        let start = Start { actor: actor.to_owned(), message };
        serde_json::to_value(start).expect("invariant: a start is texts under names")
    };
    let connection = connection.as_ref().map(|record| record.id.as_str());
    let start = TaskStart::Investigate { connection, start: &start };
    Ok(space.create_task(&kept, &start, once, now).await?)
}

/// Opens a live incident with what a person describes as its first alert.
async fn live(
    space: &Space,
    sources: &Sources,
    actor: &str,
    new: &NewTask,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Created<TaskRecord>> {
    let known = sources.surroundings(space, now).await?;
    let kept = redacted(space, new, known.names.clone()).await?;
    let at = new.at.map_or(now, |at| at.min(now));
    let latest = match new.from {
        StartingPoint::LatestAlert => Some(latest_alert(space, None).await?),
        _ => None,
    };
    let mut sitting = space.sit().await?;
    if let Some(made) = sitting.claim(once, now).await? {
        sitting.keep(now).await?;
        return Ok(Created::Again(space.task(&made).await?));
    }
    let id = sitting.next_alert().await?;
    let raw = match latest {
        Some(alert) => RawAlert { received_at: at, ..alert },
        None => message(id.as_str(), &kept, &new.from, at),
    };
    let alert = nightjar_payloads::parse(&raw, &mut || id.clone())
        .ok()
        .and_then(|alerts| alerts.into_iter().next())
        .ok_or_else(|| Error::Broken("a start isn't understood as an alert".to_owned()))?;
    let Opened { investigation, incident } = sitting.open_incident(at, new.priority, now).await?;
    let entities = known.estate.locate(&alert);
    let place = LiveAlert {
        alert: &alert,
        entities: &entities,
        investigation: Some(&investigation),
        incident: Some(&incident),
        delivery: None,
    };
    sitting.keep_alert(&place).await?;
    let note = TriageNote {
        alert: id.clone(),
        incident: Some(incident.clone()),
        decision: TriageDecision::Proceed,
        reason: "a person started it".to_owned(),
        at,
    };
    sitting.keep_note(&note).await?;
    let task = TaskState {
        title: kept.title,
        description: kept.description,
        caller_id: kept.reference.as_ref().map(|reference| reference.id.clone()),
        reference: kept.reference,
        priority: kept.priority,
        ..of_opened(&alert, &incident, None)
    };
    sitting.keep_task(Some(&investigation), &task, now).await?;
    sitting.tell_news(&incident, &investigation, at, true, now).await?;
    sitting.write(NewEntry {
        chain: CHAIN.to_owned(),
        kind: Kind::UserRequest,
        actor: actor.to_owned(),
        body: json!({ "start": raw, "alert": alert, "triage": note }),
    });
    let task = sitting.task_of(&id).await?.id;
    sitting.settle(once, &task).await?;
    sitting.keep(now).await?;
    Ok(Created::New(space.task(&task).await?))
}

/// What an investigation begins with, if a person started it.
pub(crate) async fn start_of(space: &Space, investigation: &str) -> Result<Option<Start>> {
    let start = space.investigation_start(investigation).await?;
    start.map(serde_json::from_value).transpose().map_err(|error| {
        let what = format!("the start of investigation `{investigation}`");
        Error::Store(StoreError::Damaged { what, reason: error.to_string() })
    })
}

/// The description as a message in the shape of the generic webhook.
fn message(task: &str, new: &Kept, from: &StartingPoint, at: Timestamp) -> RawAlert {
    let mut payload: Value = json!({
        "eventType": "incident",
        "incidentId": task,
        "action": "created",
        "priority": new.priority.label(),
        "title": new.title,
        "description": new.description,
        "timestamp": at.to_string(),
    });
    let (entity, metric) = from.told();
    if let Some(fields) = payload.as_object_mut() {
        fields.extend(entity.map(|name| ("service".to_owned(), json!(name))));
        fields.extend(metric.map(|metric| ("data".to_owned(), json!({ "metric": metric }))));
    }
    RawAlert { provider: Some("generic".to_owned()), received_at: at, payload }
}

/// The message of the alert that came last: over a webhook, or else of the recording.
async fn latest_alert(space: &Space, recording: Option<&Recording>) -> Result<RawAlert> {
    if let Some(delivery) = space.latest_delivery().await? {
        return Ok(delivery.raw);
    }
    let last = recording.and_then(|recording| recording.alerts.last().cloned());
    let none = || StoreError::Conflict("no alert has come yet".to_owned());
    Ok(last.ok_or_else(none)?)
}

/// When a recording ends: with its window, or else with its last message.
pub(crate) fn end(recording: &Recording) -> Option<Timestamp> {
    let last = || recording.alerts.iter().map(|message| message.received_at).max();
    recording.window.map(|window| window.to).or_else(last)
}

async fn redacted(space: &Space, new: &NewTask, known: Vec<String>) -> Result<Kept> {
    let policy = policy(space).await?;
    let mut redactor = Redactor::new(&space.pseudonym_key(), &policy, known.into_iter());
    let mut clean = |text: &String| redactor.text(text).into_owned();
    let kept = Kept {
        title: clean(&new.title),
        description: clean(&new.description),
        reference: new.reference.as_ref().map(|reference| TaskReference {
            system: clean(&reference.system),
            title: reference.title.as_ref().map(&mut clean),
            id: clean(&reference.id),
            url: clean(&reference.url),
            // The id of something of ours.
            association: reference.association.clone(),
        }),
        kind: new.kind,
        priority: new.priority,
    };
    let originals: Vec<_> = redactor.originals().clone().into_iter().collect();
    if !originals.is_empty() {
        space.keep_originals(&originals).await?;
    }
    Ok(kept)
}

/// The connection of an id or a name, or else a live one, or else the newest.
async fn connection(space: &Space, wanted: Option<&str>) -> Result<Option<ConnectionRecord>> {
    let mut page = PageRequest { limit: 1000, after: None };
    let mut newest = None;
    loop {
        let found = space.connections(&page).await?;
        for record in found.items {
            if wanted.is_some_and(|wanted| record.id == wanted || record.name == wanted) {
                return Ok(Some(record));
            }
            let is_live = newest.as_ref().is_some_and(connectors::is_live);
            if !is_live {
                newest = Some(record);
            }
        }
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    match wanted {
        None => Ok(newest),
        Some(wanted) => {
            Err(StoreError::NotFound { what: "connection", id: wanted.to_owned() }.into())
        }
    }
}
