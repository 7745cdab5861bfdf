//! An event in words: CloudEvents 1.0 in the structured JSON mode, its `data` as the public contract's
//! events have it and more. docs/specs/events.md is the description.

use nightjar_store::{
    About, Dispatch, RecommendationFacts, TaskCause, TaskFacts, TaskOutcome, TaskPlan,
};
use serde_json::{Value, json};

use crate::contract::{execution_id, space_arn};
use crate::wire::word;

/// Version of the form of `data`.
const VERSION: &str = "1.0.0";

/// The whole message. The same row gives the same bytes with every attempt.
pub(super) fn cloud_event(dispatch: &Dispatch, public_url: Option<&str>) -> Value {
    let space = dispatch.space.as_str();
    let mut message = json!({
        "specversion": "1.0",
        "id": dispatch.event,
        "type": dispatch.kind.label(),
        "source": space_arn(space),
        "time": dispatch.content.at.to_string(),
        "datacontenttype": "application/json",
        "detailtype": dispatch.kind.title(),
        "data": data(dispatch, public_url),
    });
    if let Some(fields) = message.as_object_mut().filter(|_| !dispatch.subject.is_empty()) {
        fields.insert("subject".to_owned(), dispatch.subject.clone().into());
    }
    message
}

fn data(dispatch: &Dispatch, public_url: Option<&str>) -> Value {
    let space = dispatch.space.as_str();
    let (task, execution, said) = match &dispatch.content.about {
        About::Task(facts) => {
            let execution = facts.execution.as_ref().map(|id| execution_id(id.as_str()));
            let said = task(facts, execution.as_deref(), space, public_url);
            (Some(facts.task.as_str()), execution, said)
        }
        About::Recommendation(facts) => (facts.task.as_deref(), None, recommendation(facts)),
        About::Nothing => (None, None, json!({ "message": "Events of this space arrive here." })),
    };
    json!({
        "version": VERSION,
        "metadata": { "agent_space_id": space, "task_id": task, "execution_id": execution },
        "data": said,
    })
}

fn task(facts: &TaskFacts, execution: Option<&str>, space: &str, url: Option<&str>) -> Value {
    let record = execution.zip(facts.summary).map(|(execution, seq)| format!("{execution}.{seq}"));
    let link = url.filter(|url| !url.is_empty()).zip(facts.incident.as_ref());
    let link = link.map(|(url, incident)| {
        format!("{}/api/v1/spaces/{space}/incidents/{incident}", url.trim_end_matches('/'))
    });
    json!({
        "task_type": facts.kind,
        "priority": facts.priority,
        "status": facts.status,
        "created_at": facts.created_at.to_string(),
        "updated_at": facts.updated_at.to_string(),
        "summary_record_id": record,
        "task_version": facts.version,
        "title": facts.title,
        "status_reason": facts.reason,
        "caller_id": facts.caller_id,
        "incident_id": facts.incident,
        "primary_task_id": facts.primary,
        "revised": facts.is_revised,
        "verdict": facts.outcome.as_ref().map(verdict),
        "plans": facts.outcome.iter().flat_map(|outcome| &outcome.plans).map(plan).collect::<Vec<_>>(),
        "link": link,
    })
}

fn verdict(outcome: &TaskOutcome) -> Value {
    json!({
        "kind": word(&outcome.verdict),
        "stage": word(&outcome.stage),
        "causes": outcome.causes.iter().map(cause).collect::<Vec<_>>(),
    })
}

fn cause(cause: &TaskCause) -> Value {
    json!({
        "statement": cause.statement,
        "entity": cause.entity,
        "fault_mode": word(&cause.fault_mode),
        "change": cause.change,
        "confidence": cause.confidence,
    })
}

fn plan(plan: &TaskPlan) -> Value {
    json!({ "hypothesis": plan.hypothesis, "goal": plan.goal, "steps": plan.steps })
}

fn recommendation(facts: &RecommendationFacts) -> Value {
    json!({
        "recommendation_id": facts.recommendation,
        "priority": facts.priority,
        "status": facts.status,
        "created_at": facts.created_at.to_string(),
        "updated_at": facts.updated_at.to_string(),
        "recommendation_version": facts.version,
        "title": facts.title,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nightjar_incident::journal::Digest;
    use nightjar_incident::{
        ExecutionId, FaultMode, HypothesisId, IncidentId, Share, SpaceId, Stage,
    };
    use nightjar_store::{Event, EventKind, Subscription, TaskVerdict};
    use nightjar_topology::EntityId;

    use super::*;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn dispatch(kind: EventKind, subject: &str, about: About) -> Dispatch {
        Dispatch {
            space: SpaceId::new("s-1"),
            number: 1,
            id: "dlv-1".into(),
            event: "e-1".into(),
            kind,
            subject: subject.into(),
            content: Event { at: AT, about },
            subscription: Subscription {
                id: "sub".into(),
                name: String::new(),
                url: String::new(),
                kinds: None,
                secrets: Vec::new(),
                is_active: true,
                paused_because: None,
                created_by: String::new(),
                created_at: AT,
                updated_at: AT,
            },
            attempts: 1,
            since: AT,
        }
    }

    fn facts() -> TaskFacts {
        let entity = EntityId::new("service:shop").unwrap();
        TaskFacts {
            task: "task-1".into(),
            kind: "INVESTIGATION".into(),
            priority: "HIGH".into(),
            status: "COMPLETED".into(),
            version: 4,
            title: "checkout is slow".into(),
            reason: Some("final: root cause found".into()),
            created_at: AT,
            updated_at: AT,
            caller_id: Some("P7RT".into()),
            incident: Some(IncidentId::new("inc-1-1")),
            execution: Some(ExecutionId::new("inc-1-1/exec-2")),
            summary: Some(9),
            primary: None,
            outcome: Some(TaskOutcome {
                verdict: TaskVerdict::CauseFound,
                stage: Stage::Final,
                causes: vec![TaskCause {
                    statement: "the CPU is full".into(),
                    entity,
                    fault_mode: FaultMode::CpuSaturation,
                    change: None,
                    confidence: Share::new(0.75),
                }],
                plans: vec![TaskPlan {
                    hypothesis: HypothesisId::new("h-1"),
                    goal: "less load".into(),
                    steps: 3,
                    digest: Digest::ZERO,
                }],
            }),
            is_revised: true,
        }
    }

    #[test]
    fn a_verdict_is_told_with_all_that_a_receiver_needs() {
        let about = About::Task(Box::new(facts()));
        let dispatch = dispatch(EventKind::InvestigationCompleted, "task-1", about);
        let told = cloud_event(&dispatch, Some("https://nightjar.example.com/"));
        let expected = json!({
            "specversion": "1.0",
            "id": "e-1",
            "type": "io.nightjar.investigation.completed",
            "source": "arn:aws:aidevops:us-east-1:000000000000:agentspace/s-1",
            "subject": "task-1",
            "time": "1970-01-01T00:00:00Z",
            "datacontenttype": "application/json",
            "detailtype": "Investigation Completed",
            "data": {
                "version": "1.0.0",
                "metadata": {
                    "agent_space_id": "s-1",
                    "task_id": "task-1",
                    "execution_id": "inc-1-1.exec-2",
                },
                "data": {
                    "task_type": "INVESTIGATION",
                    "priority": "HIGH",
                    "status": "COMPLETED",
                    "created_at": "1970-01-01T00:00:00Z",
                    "updated_at": "1970-01-01T00:00:00Z",
                    "summary_record_id": "inc-1-1.exec-2.9",
                    "task_version": 4,
                    "title": "checkout is slow",
                    "status_reason": "final: root cause found",
                    "caller_id": "P7RT",
                    "incident_id": "inc-1-1",
                    "primary_task_id": null,
                    "revised": true,
                    "verdict": {
                        "kind": "cause_found",
                        "stage": "final",
                        "causes": [{
                            "statement": "the CPU is full",
                            "entity": "service:shop",
                            "fault_mode": "cpu_saturation",
                            "change": null,
                            "confidence": 0.75,
                        }],
                    },
                    "plans": [{ "hypothesis": "h-1", "goal": "less load", "steps": 3 }],
                    "link": "https://nightjar.example.com/api/v1/spaces/s-1/incidents/inc-1-1",
                },
            },
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn what_isnt_known_is_null_and_a_test_has_no_subject() {
        let bare = TaskFacts { outcome: None, incident: None, execution: None, ..facts() };
        let about = About::Task(Box::new(bare));
        let told = cloud_event(&dispatch(EventKind::InvestigationCreated, "task-1", about), None);
        let said = &told["data"]["data"];
        for name in ["verdict", "link", "summary_record_id", "incident_id"] {
            assert!(said.get(name).unwrap().is_null(), "{name}");
        }
        assert_eq!(said["plans"], json!([]));
        let test = cloud_event(&dispatch(EventKind::Test, "", About::Nothing), None);
        assert_eq!(test["detailtype"], "Test");
        assert!(test.get("subject").is_none());
    }
}
