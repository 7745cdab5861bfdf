//! EKS: a workload with its pods and nodes, as the cluster's own interface shows them at one
//! moment, and the cluster's events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{Change, ChangeId, ChangeKind, LogRecord, LogSeverity, Statistic};
use nightjar_topology::{EntityId, EntityKind, Relation, RelationKind};
use serde_json::Value;

use super::json::{items, list, short, text, time_of};
use super::metrics::push;
use super::scenario::Scenario;
use super::{Draft, right_before};

/// The workload that the page is about, with all pods and nodes in the topology.
pub(super) fn topology(
    scenario: &Scenario,
    message: &Value,
    draft: &mut Draft,
) -> Option<EntityId> {
    let labels = message.get("commonLabels")?;
    let notes = message.get("commonAnnotations").cloned().unwrap_or_default();
    let name =
        text(labels, "workload_name").or_else(|| text(&notes, "kube_deployment")).filter(|_| {
            text(labels, "cluster_name").or_else(|| text(&notes, "cluster_name")).is_some()
        })?;
    let workload = draft.entity(name, EntityKind::Service)?;
    for (_, document) in scenario.documents("eks_node_health") {
        for node in document.as_ref().map_or(&[][..], |d| items(d, &["nodes"])) {
            if let Some(name) = text(node, "name") {
                draft.entity(name, EntityKind::Host);
            }
        }
    }
    for (_, document) in scenario.documents("eks_pods") {
        for pod in document.as_ref().map_or(&[][..], |d| items(d, &["pods"])) {
            let Some(id) = text(pod, "name").and_then(|name| draft.entity(name, EntityKind::Pod))
            else {
                continue;
            };
            belongs(draft, &id, &workload);
            let host = text(pod, "node_name").and_then(|name| draft.entity(name, EntityKind::Host));
            if let Some(host) = host {
                let kind = RelationKind::RunsOn;
                draft.recording.topology.relate(Relation { from: id, to: host, kind });
            }
        }
    }
    for (_, document) in scenario.documents("eks_events") {
        for event in document.as_ref().map_or(&[][..], events) {
            involved(event, &workload, draft);
        }
    }
    Some(workload)
}

/// Kubernetes names the pods of a workload after it.
fn belongs(draft: &mut Draft, pod: &EntityId, workload: &EntityId) {
    let rest = pod.as_str().strip_prefix(workload.as_str());
    if rest.is_some_and(|rest| rest.starts_with('-')) {
        let (from, to) = (pod.clone(), workload.clone());
        draft.recording.topology.relate(Relation { from, to, kind: RelationKind::BelongsTo });
    }
}

/// The entities that the page names, the most specific first.
pub(super) fn alerting(message: &Value, workload: Option<EntityId>) -> Vec<EntityId> {
    let notes = message.get("commonAnnotations").cloned().unwrap_or_default();
    let pod = text(&notes, "kube_pod").and_then(|name| EntityId::new(name).ok());
    let Some(workload) = workload else { return Vec::new() };
    std::iter::once(workload).chain(pod).collect()
}

pub(super) fn read(
    scenario: &Scenario,
    workload: Option<&EntityId>,
    now: Timestamp,
    draft: &mut Draft,
) {
    let Some(workload) = workload else { return };
    let mut each = |kind: &str, read: &mut dyn FnMut(&Value, &mut Draft)| {
        for (_, document) in scenario.documents(kind) {
            match document {
                Ok(document) => read(&document, draft),
                Err(error) => draft.note(format!("{kind}: {error}")),
            }
        }
    };
    each("eks_events", &mut |document, draft| {
        for event in events(document) {
            reported(event, workload, draft);
        }
    });
    each("eks_pods", &mut |document, draft| {
        for pod in items(document, &["pods"]) {
            state(pod, now, draft);
        }
    });
    each("eks_deployments", &mut |document, draft| {
        for deployment in items(document, &["deployments"]) {
            replicas(deployment, now, draft);
        }
    });
    each("eks_node_health", &mut |document, draft| {
        for node in items(document, &["nodes"]) {
            health(node, now, draft);
        }
    });
    each("eks_pod_logs", &mut |document, draft| lines(document, now, draft));
}

fn events(document: &Value) -> &[Value] {
    items(document, &["warning_events", "events"])
}

/// What an event is about: `Pod/NAME`, `Deployment/NAME`, `Node/NAME`.
fn involved(event: &Value, workload: &EntityId, draft: &mut Draft) -> Option<EntityId> {
    let whom = text(event, "involved_object")?;
    let (kind, name) = whom.split_once('/').unwrap_or(("", whom));
    match kind {
        "Pod" => {
            let pod = draft.entity(name, EntityKind::Pod)?;
            belongs(draft, &pod, workload);
            Some(pod)
        }
        "Node" => draft.entity(name, EntityKind::Host),
        // A replica set is the workload at one revision.
        _ if name.starts_with(workload.as_str()) => Some(workload.clone()),
        _ => draft.entity(name, EntityKind::Unknown),
    }
}

fn line(at: Timestamp, entity: &EntityId, severity: LogSeverity, body: String) -> LogRecord {
    LogRecord { at, entity: entity.clone(), severity, body, trace_id: None, span_id: None }
}

/// An event as a line at its first and at its last time.
fn reported(event: &Value, workload: &EntityId, draft: &mut Draft) {
    let Some(entity) = involved(event, workload, draft) else {
        return draft.note("logs: an event about nothing".to_owned());
    };
    let reason = text(event, "reason").unwrap_or("Event");
    let body = format!("{reason}: {}", text(event, "message").unwrap_or_default());
    let severity = match text(event, "type") {
        Some("Normal") => LogSeverity::Info,
        Some(_) | None => LogSeverity::Warn,
    };
    let (first, last) = (time_of(event, "first_time"), time_of(event, "last_time"));
    let mut times: Vec<Timestamp> = first.into_iter().chain(last).collect();
    times.dedup();
    if times.is_empty() {
        draft.note(format!("logs: an event without a time: {}", short(&body)));
    }
    let records = times.into_iter().map(|at| line(at, &entity, severity, body.clone()));
    draft.recording.logs.extend(records);
}

/// A pod's state at the moment of the page. One that is being deleted isn't wanted any more: its
/// state says nothing of the workload's.
fn state(pod: &Value, now: Timestamp, draft: &mut Draft) {
    let Some(id) = text(pod, "name").and_then(|name| EntityId::new(name).ok()) else { return };
    if let Some(at) = time_of(pod, "deletion_timestamp").filter(|at| *at <= now) {
        draft.recording.changes.push(Change {
            id: ChangeId::new(format!("deleted-{id}")),
            kind: ChangeKind::Scaling,
            at,
            entities: vec![id],
            summary: "the pod was told to end".to_owned(),
            author: None,
            previous: None,
            url: None,
        });
        return;
    }
    let millis = right_before(now).as_millisecond();
    let pending = text(pod, "phase") == Some("Pending");
    gauge(draft, &id, "k8s.pod.pending", if pending { 1.0 } else { 0.0 }, millis);
    let started = time_of(pod, "start_time");
    for container in items(pod, &["containers"]) {
        let ready = container.get("ready").and_then(Value::as_bool);
        if let Some(ready) = ready {
            gauge(draft, &id, "k8s.container.ready", if ready { 1.0 } else { 0.0 }, millis);
        }
        restarts(container, &id, started, millis, draft);
        // What it ended with before lies before its latest start.
        let again = container.get("state").and_then(|state| time_of(state, "started_at"));
        for (key, at) in [("state", None), ("last_state", again)] {
            if let Some(state) = container.get(key) {
                told(state, &id, at.unwrap_or(now).min(right_before(now)), draft);
            }
        }
    }
    for condition in items(pod, &["conditions"]) {
        let reason = text(condition, "reason");
        if text(condition, "status") == Some("False")
            && let Some(reason) = reason
        {
            let words = text(condition, "message").unwrap_or_default();
            let body = format!("{reason}: {words}");
            draft.recording.logs.push(line(right_before(now), &id, LogSeverity::Warn, body));
        }
    }
}

/// Restarts since the pod began, up to the latest start of its container.
fn restarts(
    container: &Value,
    id: &EntityId,
    started: Option<Timestamp>,
    millis: i64,
    draft: &mut Draft,
) {
    let Some(count) = container.get("restart_count").and_then(Value::as_f64) else { return };
    let again = container.get("state").and_then(|state| time_of(state, "started_at"));
    let mut samples: Vec<(i64, f64)> = Vec::new();
    if let Some(started) = started.map(Timestamp::as_millisecond).filter(|at| *at < millis) {
        samples.push((started, 0.0));
    }
    if let Some(again) = again.map(Timestamp::as_millisecond).filter(|at| *at < millis) {
        samples.push((again, count));
    }
    samples.push((millis, count));
    let name = "k8s.container.restarts".to_owned();
    push(draft, id.clone(), name, Statistic::Last, "1", BTreeMap::new(), samples);
}

/// Why a container waits or ended, at its own time or else at another. The form is that of the cluster's interface (`waiting` and
/// `terminated` as objects) or flattened.
fn told(state: &Value, id: &EntityId, otherwise: Timestamp, draft: &mut Draft) {
    let nested = ["waiting", "terminated"].iter().filter_map(|key| state.get(key));
    let nested = nested.filter(|inner| inner.is_object());
    for state in nested.chain([state]) {
        let Some(reason) = text(state, "reason").filter(|reason| *reason != "Completed") else {
            continue;
        };
        let words = text(state, "message").unwrap_or_default();
        let code = state.get("exit_code").and_then(Value::as_i64);
        let code = code.map_or(String::new(), |code| format!(" (exit code {code})"));
        let at = time_of(state, "finished_at").unwrap_or(otherwise).min(otherwise);
        let body = format!("{reason}: {words}{code}");
        draft.recording.logs.push(line(at, id, LogSeverity::Warn, body));
    }
}

fn replicas(deployment: &Value, now: Timestamp, draft: &mut Draft) {
    let Some(id) = text(deployment, "name").and_then(|n| draft.entity(n, EntityKind::Service))
    else {
        return;
    };
    let millis = right_before(now).as_millisecond();
    for (key, name) in
        [("desired", "k8s.deployment.desired"), ("available", "k8s.deployment.available")]
    {
        if let Some(count) = deployment.get(key).and_then(Value::as_f64) {
            gauge(draft, &id, name, count, millis);
        }
    }
    for condition in list(deployment.get("conditions")) {
        if text(condition, "status") == Some("False") {
            let reason = text(condition, "reason").unwrap_or("condition");
            let body = format!("{reason}: {}", text(condition, "message").unwrap_or_default());
            draft.recording.logs.push(line(right_before(now), &id, LogSeverity::Warn, body));
        }
    }
}

/// Whether a node is ready, and which pressure it reports, in the kubelet's own words.
fn health(node: &Value, now: Timestamp, draft: &mut Draft) {
    let Some(id) = text(node, "name").and_then(|name| draft.entity(name, EntityKind::Host)) else {
        return;
    };
    let is = |key: &str, word: &str| text(node, key).is_some_and(|v| v.eq_ignore_ascii_case(word));
    if node.get("ready").is_some() {
        let ready = is("ready", "true");
        let millis = right_before(now).as_millisecond();
        gauge(draft, &id, "k8s.node.condition_ready", if ready { 1.0 } else { 0.0 }, millis);
        if !ready {
            let body = "NodeNotReady: the node's condition Ready isn't true".to_owned();
            draft.recording.logs.push(line(right_before(now), &id, LogSeverity::Error, body));
        }
    }
    for (key, word) in [
        ("memory_pressure", "NodeHasInsufficientMemory"),
        ("disk_pressure", "NodeHasDiskPressure"),
        ("pid_pressure", "NodeHasInsufficientPID"),
    ] {
        if is(key, "true") {
            let body = format!("{word}: the node reports {}", key.replace('_', " "));
            draft.recording.logs.push(line(right_before(now), &id, LogSeverity::Error, body));
        }
    }
}

/// A pod's log as text, one line each with its time in front.
fn lines(document: &Value, now: Timestamp, draft: &mut Draft) {
    let logs = text(document, "logs");
    let pod = text(document, "pod_name").and_then(|name| draft.entity(name, EntityKind::Pod));
    let (Some(logs), Some(pod)) = (logs, pod) else {
        return draft.note("logs: the log of a pod without text or name".to_owned());
    };
    let mut at: Option<Timestamp> = None;
    let mut untimed = 0_usize;
    for written in logs.lines().filter(|written| !written.trim().is_empty()) {
        let (first, rest) = written.split_once(' ').unwrap_or((written, ""));
        let body = match first.parse::<Timestamp>() {
            Ok(time) => {
                at = Some(time);
                rest
            }
            // What has no time of its own came with the line before.
            Err(_) => written,
        };
        let Some(at) = at.filter(|at| *at <= now) else {
            untimed += 1;
            continue;
        };
        let word = body.split_whitespace().next().unwrap_or_default();
        draft.recording.logs.push(line(at, &pod, severity(word), body.to_owned()));
    }
    if untimed > 0 {
        draft.note(format!("logs: {untimed} lines of `{pod}` without a time, or later, left out"));
    }
}

/// Severity by the words that loggers use.
pub(super) fn severity(word: &str) -> LogSeverity {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphabetic()).to_ascii_lowercase();
    match word.as_str() {
        "trace" => LogSeverity::Trace,
        "debug" => LogSeverity::Debug,
        "info" | "ok" | "notice" => LogSeverity::Info,
        "warn" | "warning" => LogSeverity::Warn,
        "error" | "err" => LogSeverity::Error,
        "fatal" | "critical" | "crit" | "alert" | "emergency" | "panic" => LogSeverity::Fatal,
        _ => LogSeverity::Unspecified,
    }
}

fn gauge(draft: &mut Draft, entity: &EntityId, name: &str, level: f64, millis: i64) {
    let sample = vec![(millis, level)];
    push(draft, entity.clone(), name.to_owned(), Statistic::Last, "1", BTreeMap::new(), sample);
}
