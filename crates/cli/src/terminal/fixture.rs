//! Made-up investigations that the pages are tested on.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{
    Alert, AlertId, AlertStatus, Change, ChangeId, ChangeKind, Conclusion, Content, Direction,
    Evidence, EvidenceId, Execution, ExecutionId, FaultMode, Gap, Hypothesis, HypothesisId, Impact,
    Incident, IncidentId, Investigation, MitigationPlan, Observation, ObservationId,
    ObservationKind, Onset, Phase, PlanStep, Risk, RiskLevel, RootCause, Severity, Share, Signal,
    Source, SpaceId, Stage, TriageDecision, TriageNote, Verdict, Window,
};
use nightjar_topology::{EntityId, Relation, RelationKind, Topology};

fn at(text: &str) -> Timestamp {
    format!("2026-11-23T{text}Z").parse().unwrap()
}

fn id(text: &str) -> EntityId {
    EntityId::new(text).unwrap()
}

fn alert(number: u32, provider: &str, title: &str, entity: &str, time: &str) -> Alert {
    Alert {
        id: AlertId::new(format!("alert-{number}")),
        provider: provider.into(),
        key: format!("key-{number}"),
        title: title.into(),
        description: String::new(),
        status: AlertStatus::Firing,
        severity: Severity::High,
        entity_names: vec![entity.into()],
        signal: Some(Signal::Latency),
        labels: BTreeMap::new(),
        starts_at: at(time),
        ends_at: None,
        received_at: at(time),
        url: None,
        notes: Vec::new(),
    }
}

fn observation(number: u32, entity: &str, summary: &str) -> Observation {
    Observation {
        id: ObservationId::new(format!("obs-{number}")),
        entity: id(entity),
        peer: None,
        kind: ObservationKind::Throttling,
        signal: Some(Signal::Throttled),
        stated: None,
        direction: Direction::Up,
        onset: Some(Onset { at: at("03:01:00"), earliest: at("03:00:00"), latest: at("03:02:00") }),
        usual: 0.0,
        seen: 412.0,
        unit: "{request}".into(),
        z: 21.0,
        summary: summary.into(),
        evidence: vec![EvidenceId::new("ev-1")],
    }
}

fn hypothesis(number: u32, entity: &str, fault_mode: FaultMode, confidence: f64) -> Hypothesis {
    Hypothesis {
        id: HypothesisId::new(format!("hyp-{number}")),
        entity: id(entity),
        peer: None,
        fault_mode,
        trigger: (number == 1).then(|| ChangeId::new("chg-7")),
        support: vec![ObservationId::new("obs-1"), ObservationId::new("obs-2")],
        against: vec![ObservationId::new("obs-3")],
        confidence: Share::new(confidence),
        share_explained: Some(Share::new(0.94)),
        path: vec![id("payments-table"), id("payment-processor"), id("checkout")],
        reasons: Vec::new(),
    }
}

fn conclusion(time: &str, stage: Stage, verdict: Verdict) -> Conclusion {
    Conclusion {
        at: at(time),
        stage,
        verdict,
        hypotheses: vec![
            hypothesis(1, "payments-table", FaultMode::Throttled, 0.92),
            hypothesis(2, "payment-processor", FaultMode::Slow, 0.05),
        ],
        observations: vec![
            observation(
                1,
                "payments-table",
                "payments-table turned 412 requests a minute away (usually 0)",
            ),
            observation(
                2,
                "payments-table",
                "consumed capacity of payments-table sits at the provisioned 25 units",
            ),
            observation(3, "payment-processor", "payment-processor logs nothing of throttling"),
        ],
        gaps: vec![Gap {
            entity: Some(id("card-network")),
            wanted: "traces".into(),
            reason: "outside the estate".into(),
            would_tell: "whether the card network answered slowly as well".into(),
        }],
        impact: Some(Impact {
            entity: id("checkout"),
            onset: None,
            failed_requests: Some(1840.0),
            worst_error_share: Some(Share::new(0.31)),
            worst_latency_seconds: None,
            summary:
                "about 1,840 requests to checkout failed since 03:01, 31 % at the worst minute"
                    .into(),
            observations: Vec::new(),
        }),
        blast_radius: vec![
            (id("payment-processor"), 1),
            (id("checkout"), 2),
            (id("api-gateway"), 3),
        ],
        window: Window { from: at("02:59:00"), to: at("03:14:00") },
        reference: Window { from: at("02:00:00"), to: at("02:59:00") },
    }
}

fn claimed(confidence: f64) -> Verdict {
    Verdict::CauseFound {
        causes: vec![RootCause {
            hypothesis: hypothesis(1, "payments-table", FaultMode::Throttled, confidence),
            statement: "The table `payments-table` turns requests away since its provisioned capacity was lowered from 100 to 25 units.".into(),
        }],
    }
}

fn topology() -> Topology {
    let mut topology = Topology::default();
    for (from, to, kind) in [
        ("api-gateway", "checkout", RelationKind::Calls),
        ("checkout", "payment-processor", RelationKind::Calls),
        ("payment-processor", "payments-table", RelationKind::Writes),
        ("payment-processor", "card-network", RelationKind::Calls),
    ] {
        topology.relate(Relation { from: id(from), to: id(to), kind });
    }
    topology
}

/// Two alerts, three runs, one cause and its plan.
pub(crate) fn investigation() -> Investigation {
    let alerts = vec![
        alert(1, "datadog", "p95 latency of checkout is above 1 s", "checkout", "03:02:10"),
        alert(2, "cloudwatch", "ALARM: payments-table-throttles", "payments-table", "03:03:30"),
    ];
    let note = |number: u32, decision, reason: &str, time: &str| TriageNote {
        alert: AlertId::new(format!("alert-{number}")),
        incident: Some(IncidentId::new("inc-1")),
        decision,
        reason: reason.into(),
        at: at(time),
    };
    let unseen = Verdict::NotFound { reason: "one sample was seen after the onset".into() };
    let run = |number: u32, occasion: &str, conclusion| Execution {
        id: ExecutionId::new(format!("exec-{number}")),
        occasion: occasion.into(),
        conclusion,
    };
    let change = Change {
        id: ChangeId::new("chg-7"),
        kind: ChangeKind::Configuration,
        at: at("03:00:30"),
        entities: vec![id("payments-table")],
        summary: "write capacity 100 -> 25".into(),
        author: Some("cost-saver".into()),
        previous: Some("100".into()),
        url: None,
    };
    let window = Window { from: at("02:00:00"), to: at("03:14:00") };
    Investigation {
        space: SpaceId::new("local"),
        incident: Incident {
            id: IncidentId::new("inc-1"),
            opened_at: at("03:02:10"),
            last_news_at: at("03:03:30"),
            alerts,
            entities: vec![id("checkout"), id("payments-table")],
        },
        triage: vec![
            note(1, TriageDecision::Proceed, "no incident is open", "03:02:10"),
            note(
                2,
                TriageDecision::Linked,
                "checkout needs payments-table through payment-processor, 80 s after its alert",
                "03:03:30",
            ),
        ],
        executions: vec![
            run(1, "first alert", conclusion("03:02:10", Stage::Provisional, unseen)),
            run(2, "alert-2 was linked", conclusion("03:03:30", Stage::Provisional, claimed(0.5))),
            run(
                3,
                "10 minutes after the first alert",
                conclusion("03:12:10", Stage::Final, claimed(0.92)),
            ),
        ],
        plans: vec![plan()],
        evidence: vec![Evidence {
            id: EvidenceId::new("ev-1"),
            space: SpaceId::new("local"),
            source: Source { connection: "demo".into(), system: "capsule".into() },
            query: "changes".into(),
            window,
            taken_at: at("03:12:10"),
            content: Content::Changes(vec![change]),
            truncated: None,
            notes: Vec::new(),
        }],
        topology: topology(),
    }
}

fn plan() -> MitigationPlan {
    let step = |phase, action: &str, command: Option<&str>, expect: &str| PlanStep {
        phase,
        action: action.into(),
        command: command.map(Into::into),
        expect: expect.into(),
        undo: (phase == Phase::Apply).then(|| "set the write capacity back to 25".into()),
        risk: Risk {
            level: if phase == Phase::Apply { RiskLevel::Medium } else { RiskLevel::None },
            reason: "costs rise with the capacity".into(),
        },
        decision: "the on-call engineer".into(),
    };
    MitigationPlan {
        hypothesis: HypothesisId::new("hyp-1"),
        goal: "Give payments-table the capacity it had before 03:00:30.".into(),
        steps: vec![
            step(
                Phase::CheckBefore,
                "See that payments-table is still throttled.",
                None,
                "throttled requests of payments-table above 0 a minute",
            ),
            step(
                Phase::Apply,
                "Set the write capacity of payments-table to 100 again.",
                Some(
                    "aws dynamodb update-table --table-name payments-table --provisioned-throughput ReadCapacityUnits=100,WriteCapacityUnits=100",
                ),
                "the table's status is ACTIVE",
            ),
            step(Phase::CheckAfter, "Watch the throttled requests.", None, "0 for 5 minutes"),
        ],
        caveats: vec!["Confidence is below 95 %: rule out payment-processor first.".into()],
    }
}

/// Something is wrong and nothing is claimed.
pub(crate) fn not_found() -> Investigation {
    let verdict = Verdict::NotFound { reason: "no telemetry of payments-table".into() };
    let mut investigation = investigation();
    let run = conclusion("03:12:10", Stage::Final, verdict);
    investigation.executions.iter_mut().for_each(|execution| execution.conclusion = run.clone());
    investigation.plans.clear();
    investigation
}

/// Nothing is wrong.
pub(crate) fn no_incident() -> Investigation {
    let reason = "the latency of checkout was above its usual range for one minute and recovered";
    let mut run =
        conclusion("03:12:10", Stage::Final, Verdict::NoIncident { reason: reason.into() });
    run.impact = None;
    run.gaps.clear();
    run.blast_radius.clear();
    let mut investigation = investigation();
    investigation.executions.iter_mut().for_each(|execution| execution.conclusion = run.clone());
    investigation.plans.clear();
    investigation
}
