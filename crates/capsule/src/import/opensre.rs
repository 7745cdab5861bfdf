//! opensre's synthetic suites: incidents of PostgreSQL on Amazon RDS and of a workload on EKS, as
//! fixtures of what the systems' own interfaces answer.
//!
//! One case per scenario. The message that fires is made neutral: it says which entities it is
//! about and how bad it is; titles, summaries and labels that name the cause are never read. The
//! moment of the alert is the end of what was recorded, since the fixtures don't tell it.

mod answer;
mod datadog;
mod eks;
mod json;
mod metrics;
mod rds;
mod scenario;

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{ExpectedVerdict, RawAlert, Recording, Window};
use nightjar_topology::{Entity, EntityId, EntityKind};
use serde_json::Value;

use super::detect::folders;
use super::notes::label;
use super::{Case, Cases, Error};
use json::{list, text, time};
use scenario::Scenario;

/// The cases of a scenario, of a suite, or of a folder of suites, by name.
pub fn cases(path: &Path) -> Result<Cases, Error> {
    let path = fs::canonicalize(path).map_err(Error::read(path))?;
    let is_scenario = |folder: &PathBuf| folder.join("scenario.yml").is_file();
    let mut found: VecDeque<PathBuf> = VecDeque::new();
    if is_scenario(&path) {
        found.push_back(path);
    } else {
        for folder in folders(&path) {
            if is_scenario(&folder) {
                found.push_back(folder);
            } else {
                found.extend(folders(&folder).into_iter().filter(is_scenario));
            }
        }
    }
    Ok(Box::new(found.into_iter().map(|folder| case(&folder))))
}

/// A recording under work.
#[derive(Default)]
struct Draft {
    recording: Recording,
    /// Latest time in the scenario's own files.
    latest: Option<Timestamp>,
}

impl Draft {
    fn note(&mut self, text: String) {
        self.recording.notes.push(text);
    }

    /// The entity of a name, added if it is new; none for a name that can't be one.
    fn entity(&mut self, name: &str, kind: EntityKind) -> Option<EntityId> {
        match EntityId::new(name) {
            Ok(id) => {
                if self.recording.topology.kind(&id) == EntityKind::Unknown {
                    self.recording.topology.add(Entity::new(id.clone(), kind));
                }
                Some(id)
            }
            Err(reason) => {
                self.note(format!("`{}` names no entity: {reason}", json::short(name)));
                None
            }
        }
    }
}

fn case(folder: &Path) -> Result<Case, Error> {
    let scenario = Scenario::open(folder)?;
    let mut draft = Draft::default();
    let message = scenario.alert()?;
    draft.latest = scenario.latest();
    let Some(now) = draft.latest else {
        return Err(Error::Format {
            path: label(folder, 2),
            expected: "evidence with times",
            found: "none".to_owned(),
        });
    };
    let entities = rds::topology(&scenario, &message, &mut draft);
    let workload = eks::topology(&scenario, &message, &mut draft);
    metrics::read(&scenario, &mut draft);
    rds::read(&scenario, &mut draft);
    eks::read(&scenario, workload.as_ref(), now, &mut draft);
    datadog::read(&scenario, workload.as_ref(), now, &mut draft);

    let named: Vec<EntityId> =
        entities.into_iter().chain(eks::alerting(&message, workload)).collect();
    let Draft { mut recording, .. } = draft;
    recording.name = label(folder, 2);
    recording.sources = vec!["opensre synthetic scenarios, Tracer-Cloud, Apache-2.0".to_owned()];
    recording.alerts.insert(0, alert(&recording.name, &message, &named, now));
    recording.logs.sort_by_key(|line| line.at);
    recording.changes.sort_by_key(|change| change.at);
    let times = recording
        .metrics
        .iter()
        .filter_map(|series| series.column.times().first().copied())
        .filter_map(|millis| Timestamp::from_millisecond(millis).ok())
        .chain(recording.logs.first().map(|line| line.at))
        .chain(recording.changes.first().map(|change| change.at));
    let from = times.min().unwrap_or(now).min(now);
    recording.window = Some(Window { from, to: now });
    let expectation = answer::read(folder)?;
    let quiet = expectation.verdict == ExpectedVerdict::NoIncident;
    recording.expect = Some(expectation);
    let mut modalities = Vec::new();
    if !recording.metrics.is_empty() {
        modalities.push("metrics");
    }
    if !recording.logs.is_empty() {
        modalities.push("logs");
    }
    Ok(Case { recording, modalities, scenario: suite(folder), quiet })
}

/// The suite a scenario belongs to: the folder above.
fn suite(folder: &Path) -> String {
    folder.parent().map_or_else(String::new, |above| label(above, 1))
}

/// The page as a message in the generic form: whom it is about and how bad it is. The numbers of
/// the scenarios stand for their names, which tell the answer.
fn alert(name: &str, message: &Value, entities: &[EntityId], now: Timestamp) -> RawAlert {
    let names: Vec<&str> = entities.iter().map(EntityId::as_str).collect();
    let over = text(message, "state").is_some_and(|state| {
        ["normal", "ok", "resolved", "recovered"]
            .iter()
            .any(|word| state.eq_ignore_ascii_case(word))
    });
    let severity = message.get("commonLabels").and_then(|labels| text(labels, "severity"));
    let number: String = name
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let title = names.first().map_or_else(|| "alert".to_owned(), |name| format!("alert on {name}"));
    let payload = serde_json::json!({
        "eventType": "incident",
        "incidentId": format!("page-{number}"),
        "action": if over { "closed" } else { "created" },
        "priority": severity.unwrap_or("unknown"),
        "title": title,
        "timestamp": now.to_string(),
        "data": {"entities": names},
    });
    RawAlert { provider: Some("generic".to_owned()), received_at: now, payload }
}

/// The latest time anywhere in a document, by the keys that hold times of what was seen.
fn latest_in(value: &Value) -> Option<Timestamp> {
    const KEYS: [&str; 9] = [
        "end_time",
        "timestamp",
        "date",
        "last_time",
        "first_time",
        "timestamps",
        "started_at",
        "finished_at",
        "start_time",
    ];
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter_map(|(key, inner)| {
                if KEYS.contains(&key.as_str()) {
                    let mut times: Vec<Timestamp> = time(inner).into_iter().collect();
                    times.extend(list(Some(inner)).iter().filter_map(time));
                    times.into_iter().max()
                } else {
                    latest_in(inner)
                }
            })
            .max(),
        Value::Array(items) => items.iter().filter_map(latest_in).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// A moment shortly before another, for what holds at it: an investigation sees nothing that isn't
/// past.
fn right_before(now: Timestamp) -> Timestamp {
    now.saturating_sub(SignedDuration::from_millis(1)).unwrap_or(now)
}

#[cfg(test)]
mod tests;
