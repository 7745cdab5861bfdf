//! RDS: instances, their replicas, and the platform's events.

use nightjar_incident::{Change, ChangeId, ChangeKind, LogRecord, LogSeverity};
use nightjar_topology::{EntityId, EntityKind, Relation, RelationKind};
use serde_json::Value;

use super::Draft;
use super::json::{items, list, short, text, time_of};
use super::scenario::Scenario;

/// The databases that the page names, the instance first.
pub(super) fn topology(scenario: &Scenario, message: &Value, draft: &mut Draft) -> Vec<EntityId> {
    let notes = message.get("commonAnnotations").cloned().unwrap_or_default();
    let named = |key: &str| text(&notes, key).map(str::to_owned);
    let instance = named("db_instance_identifier").or_else(|| named("db_instance"));
    let mut found: Vec<EntityId> = Vec::new();
    for name in [instance, named("read_replica")].into_iter().flatten() {
        if let Some(id) = draft.entity(&name, EntityKind::Database) {
            found.push(id);
        }
    }
    for (_, document) in scenario.documents("aws_rds_events").into_iter() {
        for event in document.as_ref().map_or(&[][..], |d| items(d, &["events"])) {
            if let Some(name) = text(event, "source_identifier") {
                draft.entity(name, EntityKind::Database);
            }
        }
    }
    for (_, document) in scenario.documents("aws_cloudwatch_metrics") {
        for metric in document.as_ref().map_or(&[][..], |d| items(d, &["metric_data_results"])) {
            let dimensions = list(metric.get("dimensions")).iter();
            for name in dimensions.filter_map(|dimension| text(dimension, "Value")) {
                draft.entity(name, EntityKind::Database);
            }
        }
    }
    replicas(draft);
    found
}

/// The fixtures don't say whose replica an instance is; their names do: `NAME-replica-1` of `NAME`.
fn replicas(draft: &mut Draft) {
    let databases: Vec<EntityId> = draft
        .recording
        .topology
        .entities()
        .filter(|entity| entity.kind == EntityKind::Database)
        .map(|entity| entity.id.clone())
        .collect();
    for replica in &databases {
        let source = databases.iter().find(|source| {
            let rest = replica.as_str().strip_prefix(source.as_str());
            rest.is_some_and(|rest| rest.starts_with("-replica"))
        });
        if let Some(source) = source {
            draft.recording.topology.relate(Relation {
                from: replica.clone(),
                to: source.clone(),
                kind: RelationKind::Reads,
            });
        }
    }
}

/// What was done to an instance is a change; what it complains of is a line of its log.
pub(super) fn read(scenario: &Scenario, draft: &mut Draft) {
    for (file, document) in scenario.documents("aws_rds_events") {
        let document = match document {
            Ok(document) => document,
            Err(error) => {
                draft.note(format!("changes: {error}"));
                continue;
            }
        };
        for (index, event) in items(&document, &["events"]).iter().enumerate() {
            let (Some(at), Some(words)) = (time_of(event, "date"), text(event, "message")) else {
                draft.note(format!("changes: {file}: an event without `date` or `message`"));
                continue;
            };
            let Some(entity) = text(event, "source_identifier")
                .and_then(|name| draft.entity(name, EntityKind::Database))
            else {
                draft.note(format!("changes: {file}: `{}` names no entity", short(words)));
                continue;
            };
            let categories: Vec<&str> =
                list(event.get("event_categories")).iter().filter_map(Value::as_str).collect();
            match kind_of(&categories) {
                Some(kind) => draft.recording.changes.push(Change {
                    id: ChangeId::new(format!("rds-event-{}", index + 1)),
                    kind,
                    at,
                    entities: vec![entity],
                    summary: words.to_owned(),
                    author: None,
                    previous: None,
                    url: None,
                }),
                None => draft.recording.logs.push(LogRecord {
                    at,
                    entity,
                    severity: if categories.contains(&"failure") {
                        LogSeverity::Error
                    } else {
                        LogSeverity::Warn
                    },
                    body: words.to_owned(),
                    trace_id: None,
                    span_id: None,
                }),
            }
        }
    }
}

/// By the categories of Amazon RDS events.
fn kind_of(categories: &[&str]) -> Option<ChangeKind> {
    let has = |wanted: &str| categories.iter().any(|one| one.eq_ignore_ascii_case(wanted));
    if has("configuration change") && !has("read replica") {
        Some(ChangeKind::Configuration)
    } else if [
        "failover",
        "maintenance",
        "backup",
        "creation",
        "deletion",
        "restoration",
        "recovery",
        "security patching",
        "configuration change",
    ]
    .into_iter()
    .any(has)
    {
        Some(ChangeKind::Infrastructure)
    } else {
        None
    }
}
