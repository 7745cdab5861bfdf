//! Datadog: log lines, and what its monitors say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{LogRecord, LogSeverity, Statistic};
use nightjar_topology::{EntityId, EntityKind};
use serde_json::Value;

use super::eks::severity;
use super::json::{items, list, short, text, time_of};
use super::metrics::push;
use super::scenario::Scenario;
use super::{Draft, right_before};

pub(super) fn read(
    scenario: &Scenario,
    workload: Option<&EntityId>,
    now: Timestamp,
    draft: &mut Draft,
) {
    for (file, document) in scenario.documents("datadog_logs") {
        match document {
            Ok(document) => {
                for record in items(&document, &["logs"]) {
                    log(&file, record, draft);
                }
            }
            Err(error) => draft.note(format!("logs: {error}")),
        }
    }
    for (file, document) in scenario.documents("datadog_monitors") {
        match document {
            Ok(document) => {
                for monitor in items(&document, &["monitors"]) {
                    watch(&file, monitor, workload, now, draft);
                }
            }
            Err(error) => draft.note(format!("metrics: {error}")),
        }
    }
}

fn log(file: &str, record: &Value, draft: &mut Draft) {
    let (Some(at), Some(body)) = (time_of(record, "timestamp"), text(record, "message")) else {
        return draft.note(format!("logs: {file}: a line without `timestamp` or `message`"));
    };
    let Some(entity) = writer(record, draft) else {
        return draft.note(format!("logs: {file}: nobody wrote `{}`", short(body)));
    };
    let severity = text(record, "status").map_or(LogSeverity::Unspecified, severity);
    let body = body.to_owned();
    draft.recording.logs.push(LogRecord {
        at,
        entity,
        severity,
        body,
        trace_id: None,
        span_id: None,
    });
}

/// Whom a line is about: the pod or workload it names, else the service that wrote it.
fn writer(record: &Value, draft: &mut Draft) -> Option<EntityId> {
    let tags = list(record.get("tags")).iter().filter_map(Value::as_str);
    let tags: BTreeMap<&str, &str> = tags.filter_map(|tag| tag.split_once(':')).collect();
    let known = |name: &str| {
        let id = EntityId::new(name).ok()?;
        draft.recording.topology.entity(&id).map(|entity| entity.id.clone())
    };
    let pods = ["pod_name", "kube_pod"].iter().filter_map(|key| tags.get(key).copied());
    let deployments = tags.get("kube_deployment").copied();
    let names = pods.chain(text(record, "host")).chain(deployments).chain(text(record, "service"));
    let found = names.filter_map(known).next();
    // A node's agent writes on behalf of others: then it isn't the node that speaks.
    let service = text(record, "service");
    match found {
        Some(id) if draft.recording.topology.kind(&id) != EntityKind::Host => Some(id),
        Some(_) | None => {
            let service = service?;
            draft.entity(service, EntityKind::Service)
        }
    }
}

/// A monitor as a column that is 1 while it fires.
fn watch(
    file: &str,
    monitor: &Value,
    workload: Option<&EntityId>,
    now: Timestamp,
    draft: &mut Draft,
) {
    let (Some(name), Some(state)) = (text(monitor, "name"), text(monitor, "overall_state")) else {
        return draft.note(format!("metrics: {file}: a monitor without name or state"));
    };
    let Some(entity) = workload else {
        return draft.note(format!("metrics: {file}: `{}` is about nothing known", short(name)));
    };
    let fires = if state.eq_ignore_ascii_case("ok") { 0.0 } else { 1.0 };
    let attributes = BTreeMap::from([("monitor".to_owned(), name.to_owned())]);
    let sample = vec![(right_before(now).as_millisecond(), fires)];
    let series = "datadog.monitor.alerting".to_owned();
    push(draft, entity.clone(), series, Statistic::Last, "1", attributes, sample);
}
