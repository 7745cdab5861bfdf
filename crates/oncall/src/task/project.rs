//! What an alert's task has come to, by what triage said of the alert and by where its incident stands.
//! Pure: the same incident gives the same tasks, so that they can be written again after a crash.

use nightjar_incident::{
    Alert, Conclusion, ExecutionId, Investigation, Severity, Stage, TriageNote, Verdict,
};
use nightjar_store::{Priority, TaskReference, TaskState, TaskStatus};

/// The tasks of an incident's alerts: the first alert's is the primary, and has what came of the
/// incident; the others are linked to it, whatever comes of it. `connection` is where the alerts
/// came from.
pub(crate) fn of_incident(state: &Investigation, connection: Option<&str>) -> Vec<TaskState> {
    let alerts = &state.incident.alerts;
    let mut tasks = Vec::with_capacity(alerts.len());
    let mut alerts = alerts.iter();
    let Some(first) = alerts.next() else { return tasks };
    tasks.push(TaskState {
        has_linked: state.incident.alerts.len() > 1,
        execution: Some(execution(state)),
        news: format!("{} executions; {}", state.executions.len(), heard(first)),
        ..standing(state, of_alert(first, connection))
    });
    for alert in alerts {
        let note = state.triage.iter().rev().find(|note| note.alert == alert.id);
        tasks.push(TaskState {
            status: TaskStatus::Linked,
            reason: note.map(|note| note.reason.clone()),
            primary: Some(first.id.clone()),
            incident: Some(state.incident.id.clone()),
            ..of_alert(alert, connection)
        });
    }
    tasks
}

/// The task of an alert that asks for nothing.
pub(crate) fn of_skipped(alert: &Alert, note: &TriageNote, connection: Option<&str>) -> TaskState {
    TaskState {
        status: TaskStatus::Skipped,
        reason: Some(note.reason.clone()),
        ..of_alert(alert, connection)
    }
}

/// What an alert by itself says of its task.
fn of_alert(alert: &Alert, connection: Option<&str>) -> TaskState {
    let reference = alert.url.as_ref().zip(connection).map(|(url, connection)| TaskReference {
        system: alert.provider.clone(),
        title: None,
        id: alert.key.clone(),
        url: url.clone(),
        association: connection.to_owned(),
    });
    TaskState {
        alert: alert.id.clone(),
        incident: None,
        execution: None,
        title: alert.title.clone(),
        description: alert.description.clone(),
        reference,
        priority: priority(alert.severity),
        status: TaskStatus::PendingTriage,
        reason: None,
        primary: None,
        has_linked: false,
        news: heard(alert),
    }
}

/// What was last heard of an alert: a repeat changes it, so that it makes a new version of the task.
fn heard(alert: &Alert) -> String {
    format!("{:?} at {}, {} notes", alert.status, alert.received_at, alert.notes.len())
}

fn priority(severity: Severity) -> Priority {
    match severity {
        Severity::Critical => Priority::Critical,
        Severity::High => Priority::High,
        Severity::Warning | Severity::Unknown => Priority::Medium,
        Severity::Info => Priority::Low,
    }
}

/// Where the primary stands.
fn standing(state: &Investigation, task: TaskState) -> TaskState {
    let incident = Some(state.incident.id.clone());
    match state.conclusion() {
        None => TaskState { status: TaskStatus::InProgress, incident, ..task },
        Some(conclusion) => {
            let reason = Some(told(conclusion));
            TaskState { status: TaskStatus::Completed, reason, incident, ..task }
        }
    }
}

/// The last execution that ended; the first one while that runs.
fn execution(state: &Investigation) -> ExecutionId {
    match state.executions.last() {
        Some(execution) => execution.id.clone(),
        None => ExecutionId::new(format!("{}/exec-1", state.incident.id)),
    }
}

/// A verdict in one line.
fn told(conclusion: &Conclusion) -> String {
    let stage = match conclusion.stage {
        Stage::Provisional => "provisional",
        Stage::Final => "final",
    };
    let verdict = match &conclusion.verdict {
        Verdict::CauseFound { causes } => {
            let told = causes.iter().map(|cause| {
                let confidence = cause.hypothesis.confidence.value();
                format!("{}; confidence {confidence:.2}", cause.statement)
            });
            format!("root cause found: {}", told.collect::<Vec<_>>().join(" And: "))
        }
        Verdict::NoIncident { reason } => format!("no incident: {reason}"),
        Verdict::NotFound { .. } => "no root cause found; see investigation gaps".to_owned(),
    };
    format!("{stage}: {verdict}")
}
