//! What an alert's task has come to, by what triage said of the alert and by where its incident stands.
//! Pure: the same incident gives the same tasks, so that they can be written again after a crash.

use nightjar_agent::used_up;
use nightjar_incident::journal::Digest;
use nightjar_incident::{
    Alert, AlertId, Conclusion, ExecutionId, IncidentId, Investigation, MitigationPlan, Severity,
    Stage, TriageNote, Verdict,
};
use nightjar_store::{
    Priority, TaskCause, TaskOutcome, TaskPlan, TaskReference, TaskState, TaskStatus, TaskVerdict,
};

/// The tasks of an incident's alerts: the first alert's is the primary, and has what came of the
/// incident; the others are linked to it, whatever comes of it. `connection` is where the alerts
/// came from.
pub(crate) fn of_incident(state: &Investigation, connection: Option<&str>) -> Vec<TaskState> {
    let Some(primary) = of_primary(state, connection) else { return Vec::new() };
    let first = primary.alert.clone();
    let mut tasks = vec![primary];
    for alert in state.incident.alerts.iter().skip(1) {
        let note = state.triage.iter().rev().find(|note| note.alert == alert.id);
        tasks.push(TaskState {
            reason: note.map(|note| note.reason.clone()),
            ..of_linked(alert, &first, &state.incident.id, connection)
        });
    }
    tasks
}

/// The task of an incident's first alert.
pub(crate) fn of_primary(state: &Investigation, connection: Option<&str>) -> Option<TaskState> {
    let first = state.incident.alerts.first()?;
    Some(TaskState {
        has_linked: state.incident.alerts.len() > 1,
        execution: Some(execution(state)),
        outcome: state.conclusion().map(|conclusion| outcome(conclusion, &state.plans)),
        news: format!("{} executions; {}", state.executions.len(), heard(first)),
        ..standing(state, of_alert(first, connection))
    })
}

/// The task of an alert that belongs to an incident which another one opened.
pub(crate) fn of_linked(
    alert: &Alert,
    primary: &AlertId,
    incident: &IncidentId,
    connection: Option<&str>,
) -> TaskState {
    TaskState {
        status: TaskStatus::Linked,
        primary: Some(primary.clone()),
        incident: Some(incident.clone()),
        ..of_alert(alert, connection)
    }
}

/// The task of an alert that has just opened an incident.
pub(crate) fn of_opened(
    alert: &Alert,
    incident: &IncidentId,
    connection: Option<&str>,
) -> TaskState {
    TaskState {
        status: TaskStatus::PendingStart,
        incident: Some(incident.clone()),
        ..of_alert(alert, connection)
    }
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
        caller_id: Some(alert.key.clone()),
        priority: priority(alert.severity),
        status: TaskStatus::PendingTriage,
        reason: None,
        primary: None,
        has_linked: false,
        outcome: None,
        news: heard(alert),
    }
}

/// What was last heard of an alert: a repeat changes it, so that it makes a new version of the task.
pub(crate) fn heard(alert: &Alert) -> String {
    format!("{:?} at {}, {} notes", alert.status, alert.received_at, alert.notes.len())
}

pub(crate) fn priority(severity: Severity) -> Priority {
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

/// Verdict and plans as others are told of them.
fn outcome(conclusion: &Conclusion, plans: &[MitigationPlan]) -> TaskOutcome {
    let (verdict, causes) = match &conclusion.verdict {
        Verdict::CauseFound { causes } => (TaskVerdict::CauseFound, causes.as_slice()),
        Verdict::NoIncident { .. } => (TaskVerdict::NoIncident, [].as_slice()),
        Verdict::NotFound { .. } => (TaskVerdict::NotFound, [].as_slice()),
    };
    let causes = causes.iter().map(|cause| TaskCause {
        statement: cause.statement.clone(),
        entity: cause.hypothesis.entity.clone(),
        fault_mode: cause.hypothesis.fault_mode,
        change: cause.hypothesis.trigger.clone(),
        confidence: cause.hypothesis.confidence,
    });
    TaskOutcome {
        verdict,
        stage: conclusion.stage,
        causes: causes.collect(),
        plans: plans.iter().map(in_short).collect(),
    }
}

fn in_short(plan: &MitigationPlan) -> TaskPlan {
    let MitigationPlan { hypothesis, goal, steps, caveats } = plan;
    let said = serde_json::to_vec(&(goal, steps, caveats))
        .expect("invariant: a plan is texts under names");
    TaskPlan {
        hypothesis: hypothesis.clone(),
        goal: goal.clone(),
        steps: steps.len(),
        digest: Digest::of(&said),
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
            format!("root cause found: {}", told.collect::<Vec<_>>().join("; and: "))
        }
        Verdict::NoIncident { reason } => format!("no incident: {reason}"),
        Verdict::NotFound { .. } => "no root cause found; see investigation gaps".to_owned(),
    };
    let used_up = conclusion.gaps.iter().find_map(|gap| used_up(&gap.reason));
    let budget = used_up.map(|budget| format!("; budget used up: {budget}")).unwrap_or_default();
    format!("{stage}: {verdict}{budget}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use nightjar_incident::{
        AlertStatus, Execution, FaultMode, Hypothesis, HypothesisId, Incident, RootCause, Share,
        SpaceId, TriageDecision, Window,
    };
    use nightjar_topology::{EntityId, Topology};

    use super::*;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn alert(number: u32, severity: Severity) -> Alert {
        Alert {
            id: AlertId::new(format!("alert-1-{number}")),
            provider: "generic".into(),
            key: format!("i-{number}"),
            title: format!("alert {number}"),
            description: "it fires".into(),
            status: AlertStatus::Firing,
            severity,
            entity_names: Vec::new(),
            signal: None,
            labels: BTreeMap::new(),
            starts_at: AT,
            ends_at: None,
            received_at: AT,
            url: None,
            notes: Vec::new(),
        }
    }

    fn note(number: u32, decision: TriageDecision, reason: &str) -> TriageNote {
        TriageNote {
            alert: AlertId::new(format!("alert-1-{number}")),
            incident: Some(IncidentId::new("inc-1-1")),
            decision,
            reason: reason.into(),
            at: AT,
        }
    }

    fn execution(number: u32, stage: Stage, verdict: Verdict) -> Execution {
        let window = Window { from: AT, to: AT };
        Execution {
            id: ExecutionId::new(format!("inc-1-1/exec-{number}")),
            occasion: "first alert".into(),
            conclusion: Conclusion {
                at: AT,
                stage,
                verdict,
                hypotheses: Vec::new(),
                observations: Vec::new(),
                gaps: Vec::new(),
                impact: None,
                blast_radius: Vec::new(),
                window,
                reference: window,
            },
        }
    }

    fn cause(statement: &str, confidence: f64) -> RootCause {
        let hypothesis = Hypothesis {
            id: HypothesisId::new("h-1"),
            entity: EntityId::new("service:shop").unwrap(),
            peer: None,
            fault_mode: FaultMode::CpuSaturation,
            trigger: None,
            support: Vec::new(),
            against: Vec::new(),
            confidence: Share::new(confidence),
            share_explained: None,
            path: Vec::new(),
            reasons: Vec::new(),
        };
        RootCause { hypothesis, statement: statement.into() }
    }

    fn incident(alerts: Vec<Alert>, executions: Vec<Execution>) -> Investigation {
        let id = IncidentId::new("inc-1-1");
        let entities = Vec::new();
        Investigation {
            space: SpaceId::new("s"),
            incident: Incident { id, opened_at: AT, last_news_at: AT, alerts, entities },
            triage: vec![
                note(1, TriageDecision::Proceed, "nothing is open"),
                note(2, TriageDecision::Linked, "it calls the other"),
                note(2, TriageDecision::Linked, "moved by alice"),
            ],
            executions,
            plans: Vec::new(),
            evidence: Vec::new(),
            topology: Topology::default(),
        }
    }

    #[test]
    fn the_first_alert_has_the_verdict_whatever_it_is() {
        let not_found = || Verdict::NotFound { reason: "too little".into() };
        let quiet = || Verdict::NoIncident { reason: "it recovered".into() };
        let found = |causes| Verdict::CauseFound { causes };
        let (provisional, last) = (Stage::Provisional, Stage::Final);
        let both = vec![cause("the CPU is full", 0.424), cause("a disk is full", 0.9)];
        for (executions, status, reason) in [
            (vec![], TaskStatus::InProgress, None),
            (
                vec![execution(1, provisional, not_found())],
                TaskStatus::Completed,
                Some("provisional: no root cause found; see investigation gaps"),
            ),
            (
                vec![execution(1, provisional, not_found()), execution(2, last, quiet())],
                TaskStatus::Completed,
                Some("final: no incident: it recovered"),
            ),
            (
                vec![execution(1, provisional, found(vec![cause("the CPU is full", 0.424)]))],
                TaskStatus::Completed,
                Some("provisional: root cause found: the CPU is full; confidence 0.42"),
            ),
            (
                vec![execution(1, last, found(both))],
                TaskStatus::Completed,
                Some(
                    "final: root cause found: the CPU is full; confidence 0.42; and: a disk is \
                     full; confidence 0.90",
                ),
            ),
        ] {
            let ran = executions.len().max(1);
            let tasks = of_incident(&incident(vec![alert(1, Severity::High)], executions), None);
            let [task] = &tasks[..] else { panic!("{tasks:?}") };
            assert_eq!((task.status, task.reason.as_deref()), (status, reason));
            assert_eq!((&task.primary, task.has_linked), (&None, false));
            let execution = task.execution.as_ref().unwrap().as_str();
            assert_eq!(execution, format!("inc-1-1/exec-{ran}"));
        }
    }

    #[test]
    fn later_alerts_stay_linked_with_the_reason_of_triage() {
        let alerts = vec![alert(1, Severity::High), alert(2, Severity::Info)];
        let verdict = Verdict::NoIncident { reason: "it recovered".into() };
        for executions in [vec![], vec![execution(1, Stage::Final, verdict)]] {
            let tasks = of_incident(&incident(alerts.clone(), executions), None);
            assert!(tasks[0].has_linked);
            assert_eq!(tasks[1].status, TaskStatus::Linked);
            assert_eq!(tasks[1].primary, Some(AlertId::new("alert-1-1")));
            assert_eq!(tasks[1].reason.as_deref(), Some("moved by alice"));
            assert_eq!(tasks[1].execution, None);
        }
        // Nothing is left of an incident that was merged into another one.
        assert_eq!(of_incident(&incident(Vec::new(), Vec::new()), None), []);
    }

    #[test]
    fn news_of_a_known_alert_are_a_change_and_the_same_again_is_none() {
        let before = of_incident(&incident(vec![alert(1, Severity::High)], Vec::new()), None);
        let again = of_incident(&incident(vec![alert(1, Severity::High)], Vec::new()), None);
        assert_eq!(before, again);
        let changes: [fn(&mut Alert); 4] = [
            |alert| alert.received_at = Timestamp::MAX,
            |alert| alert.status = AlertStatus::Resolved,
            |alert| alert.severity = Severity::Critical,
            |alert| alert.notes.push("one came late".into()),
        ];
        for change in changes {
            let mut repeated = alert(1, Severity::High);
            change(&mut repeated);
            assert_ne!(of_incident(&incident(vec![repeated], Vec::new()), None), before);
        }
    }

    #[test]
    fn severity_is_priority_and_a_link_is_a_reference() {
        use nightjar_store::Priority::{Critical, High, Low, Medium};
        for (severity, priority) in [
            (Severity::Critical, Critical),
            (Severity::High, High),
            (Severity::Warning, Medium),
            (Severity::Unknown, Medium),
            (Severity::Info, Low),
        ] {
            let skipped = note(1, TriageDecision::Skipped, "it asks for nothing");
            let task = of_skipped(&alert(1, severity), &skipped, Some("con-1"));
            assert_eq!((task.status, task.priority), (TaskStatus::Skipped, priority));
            assert_eq!(task.reason.as_deref(), Some("it asks for nothing"));
            assert_eq!(task.reference, None);
        }
        let url = Some("https://monitor.example/7".to_owned());
        let known = Alert { url, ..alert(1, Severity::High) };
        let tasks = of_incident(&incident(vec![known], Vec::new()), Some("con-1"));
        let reference = tasks[0].reference.as_ref().unwrap();
        assert_eq!((reference.id.as_str(), reference.association.as_str()), ("i-1", "con-1"));
    }
}
