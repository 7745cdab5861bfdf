//! A made-up investigation with everything a report can show.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{
    Alert, AlertStatus, Change, ChangeKind, Conclusion, Content, Direction, Evidence, Execution,
    FaultMode, Gap, Hypothesis, Id, Impact, Incident, Investigation, LogRecord, LogSeverity,
    MetricSeries, Observation, ObservationId, ObservationKind, Onset, RootCause, Severity, Share,
    Signal, Source, Stage, Statistic, TriageDecision, TriageNote, Verdict, Window,
};
use nightjar_series::{Column, Repairs};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

/// Minutes from the onset, 2026-11-23 03:00:00 UTC.
pub(crate) fn minute(minute: f64) -> Timestamp {
    let at = Timestamp::from_second(1_795_402_800).unwrap();
    at.checked_add(jiff::SignedDuration::from_secs_f64(60.0 * minute)).unwrap()
}

fn id(text: &str) -> EntityId {
    EntityId::new(text).unwrap()
}

fn topology(blamed: &str) -> Topology {
    let mut topology = Topology::default();
    for (name, kind) in [
        ("web", EntityKind::Client),
        ("api-gateway", EntityKind::Gateway),
        ("checkout", EntityKind::Service),
        ("cart", EntityKind::Service),
        ("payment-processor", EntityKind::Function),
        ("payments-table", EntityKind::Table),
        (blamed, EntityKind::Service),
        ("orders-db", EntityKind::Database),
        ("order-queue", EntityKind::Queue),
        ("order-worker", EntityKind::Service),
        ("node-3", EntityKind::Host),
        ("card-network", EntityKind::External),
    ] {
        let mut entity = Entity::new(id(name), kind);
        if name == blamed {
            let set = [("k8s.namespace.name", "shop"), ("team", "fulfilment")];
            entity.attributes = set.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        }
        topology.add(entity);
    }
    for (from, to, kind) in [
        ("web", "api-gateway", RelationKind::Calls),
        ("api-gateway", "checkout", RelationKind::Calls),
        ("checkout", "cart", RelationKind::Calls),
        ("checkout", "payment-processor", RelationKind::Calls),
        ("checkout", blamed, RelationKind::Calls),
        ("checkout", "order-queue", RelationKind::Publishes),
        ("order-worker", "order-queue", RelationKind::Consumes),
        ("order-worker", "orders-db", RelationKind::Writes),
        ("payment-processor", "payments-table", RelationKind::Writes),
        ("payment-processor", "card-network", RelationKind::Calls),
        (blamed, "orders-db", RelationKind::Reads),
        (blamed, "node-3", RelationKind::RunsOn),
    ] {
        topology.relate(Relation { from: id(from), to: id(to), kind });
    }
    topology
}

/// A number between −1 and 1 that looks random and is always the same.
fn wiggle(step: i64, seed: i64) -> f64 {
    let mixed = (step * 7919 + seed * 104_729).rem_euclid(1009);
    mixed as f64 / 504.5 - 1.0
}

struct Shape {
    entity: EntityId,
    name: &'static str,
    statistic: Statistic,
    unit: &'static str,
    usual: f64,
    seen: f64,
    attribute: Option<(&'static str, &'static str)>,
}

fn series(shape: &Shape, seed: i64) -> MetricSeries {
    let samples = (-60..=8).filter(|m| *m != -20).map(|m| {
        let rise = (m as f64 / 3.0).clamp(0.0, 1.0);
        let level = shape.usual + rise * (shape.seen - shape.usual);
        let is_limit = shape.name.ends_with("max");
        let noise = if is_limit { 0.0 } else { 0.06 }
            * wiggle(m, seed)
            * level.abs().max(0.02 * shape.seen.abs());
        (minute(m as f64).as_millisecond(), (level + noise).max(0.0))
    });
    let attribute = shape.attribute.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    MetricSeries {
        entity: shape.entity.clone(),
        peer: None,
        name: shape.name.into(),
        statistic: shape.statistic,
        unit: shape.unit.into(),
        attributes: attribute.collect(),
        column: Column::from_samples(samples).0,
        repairs: Repairs::default(),
    }
}

fn evidence(number: usize, query: &str, content: Content) -> Evidence {
    Evidence {
        id: Id::new(format!("ev-{number}")),
        space: Id::new("demo"),
        source: Source { connection: "demo".into(), system: "capsule".into() },
        query: query.into(),
        window: Window { from: minute(-60.0), to: minute(9.0) },
        taken_at: minute(9.0),
        content,
        truncated: None,
        notes: Vec::new(),
    }
}

struct Fact<'a> {
    number: usize,
    entity: &'a str,
    kind: ObservationKind,
    signal: Option<Signal>,
    direction: Direction,
    usual: f64,
    seen: f64,
    unit: &'static str,
    z: f64,
    onset: Option<f64>,
    summary: String,
    evidence: usize,
}

fn observation(fact: Fact<'_>) -> Observation {
    Observation {
        id: Id::new(format!("obs-{}", fact.number)),
        entity: id(fact.entity),
        peer: None,
        kind: fact.kind,
        signal: fact.signal,
        stated: None,
        direction: fact.direction,
        onset: fact.onset.map(|at| Onset {
            at: minute(at),
            earliest: minute(at - 1.0),
            latest: minute(at + 0.5),
        }),
        usual: fact.usual,
        seen: fact.seen,
        unit: fact.unit.into(),
        z: fact.z,
        summary: fact.summary,
        evidence: vec![Id::new(format!("ev-{}", fact.evidence))],
    }
}

fn alert(number: usize, provider: &str, title: &str, entity: &str, at: f64) -> Alert {
    Alert {
        id: Id::new(format!("alert-{number}")),
        provider: provider.into(),
        key: format!("key-{number}"),
        title: title.into(),
        description: String::new(),
        status: AlertStatus::Firing,
        severity: Severity::High,
        entity_names: vec![entity.into()],
        signal: None,
        labels: BTreeMap::new(),
        starts_at: minute(at - 1.0),
        ends_at: None,
        notes: Vec::new(),
        received_at: minute(at),
        url: None,
    }
}

fn observations(blamed: &str) -> Vec<Observation> {
    vec![
        observation(Fact {
            number: 1,
            entity: blamed,
            kind: ObservationKind::Saturation,
            signal: Some(Signal::PoolPending),
            direction: Direction::Up,
            usual: 0.0,
            seen: 47.0,
            unit: "{request}",
            z: 31.0,
            onset: Some(0.2),
            summary: format!(
                "47 requests of `{blamed}` wait for a database connection, usually none"
            ),
            evidence: 1,
        }),
        observation(Fact {
            number: 2,
            entity: blamed,
            kind: ObservationKind::Saturation,
            signal: Some(Signal::PoolLimit),
            direction: Direction::Down,
            usual: 40.0,
            seen: 8.0,
            unit: "{connection}",
            z: 20.0,
            onset: Some(-1.0),
            summary: format!("the connection limit of `{blamed}` fell from 40 to 8"),
            evidence: 1,
        }),
        observation(Fact {
            number: 3,
            entity: blamed,
            kind: ObservationKind::Latency,
            signal: Some(Signal::Latency),
            direction: Direction::Up,
            usual: 0.045,
            seen: 2.31,
            unit: "s",
            z: 44.0,
            onset: Some(0.5),
            summary: format!("`{blamed}` answers in 2.31 s, usually 45 ms"),
            evidence: 1,
        }),
        observation(Fact {
            number: 4,
            entity: blamed,
            kind: ObservationKind::Logs,
            signal: None,
            direction: Direction::Appeared,
            usual: 0.0,
            seen: 38.0,
            unit: "{line}",
            z: 18.0,
            onset: Some(1.0),
            summary: format!(
                "38 lines never seen before in `{blamed}`: “timeout waiting for connection from pool after 5000ms”"
            ),
            evidence: 2,
        }),
        observation(Fact {
            number: 5,
            entity: "orders-db",
            kind: ObservationKind::Latency,
            signal: Some(Signal::Latency),
            direction: Direction::Steady,
            usual: 0.012,
            seen: 0.0125,
            unit: "s",
            z: 0.0,
            onset: None,
            summary:
                "queries of `orders-db` take 12.5 ms, as usual: the database itself isn't slow"
                    .into(),
            evidence: 1,
        }),
        observation(Fact {
            number: 6,
            entity: "api-gateway",
            kind: ObservationKind::Errors,
            signal: Some(Signal::Errors),
            direction: Direction::Up,
            usual: 0.4,
            seen: 212.0,
            unit: "{request}",
            z: 60.0,
            onset: Some(1.5),
            summary: "212 requests per minute fail at `api-gateway`, usually 0.4".into(),
            evidence: 1,
        }),
        observation(Fact {
            number: 7,
            entity: blamed,
            kind: ObservationKind::Saturation,
            signal: Some(Signal::CpuUtilization),
            direction: Direction::Down,
            usual: 0.42,
            seen: 0.11,
            unit: "1",
            z: 7.0,
            onset: Some(0.7),
            summary: format!("`{blamed}` uses less CPU than usual (11 %, usually 42 %): it waits"),
            evidence: 1,
        }),
        observation(Fact {
            number: 8,
            entity: blamed,
            kind: ObservationKind::Change,
            signal: None,
            direction: Direction::Appeared,
            usual: 0.0,
            seen: 1.0,
            unit: "{change}",
            z: 5.0,
            onset: Some(-1.2),
            summary: format!("a configuration change of `{blamed}` 70 seconds before the onset"),
            evidence: 3,
        }),
    ]
}

fn all_evidence(blamed: &str) -> Vec<Evidence> {
    let shape = |entity: &str, name, statistic, unit, usual, seen| Shape {
        entity: id(entity),
        name,
        statistic,
        unit,
        usual,
        seen,
        attribute: None,
    };
    let mut errors = shape(
        "api-gateway",
        "http.server.request.duration",
        Statistic::Count,
        "{request}",
        0.4,
        212.0,
    );
    errors.attribute = Some(("http.response.status_code", "500"));
    let shapes = [
        shape(
            blamed,
            "db.client.connection.pending_requests",
            Statistic::Last,
            "{request}",
            0.0,
            47.0,
        ),
        shape(blamed, "db.client.connection.max", Statistic::Last, "{connection}", 40.0, 8.0),
        shape(blamed, "http.server.request.duration", Statistic::Mean, "s", 0.045, 2.31),
        shape(blamed, "http.server.request.duration", Statistic::P95, "s", 0.11, 5.4),
        shape("orders-db", "db.client.operation.duration", Statistic::Mean, "s", 0.012, 0.0125),
        errors,
        shape(blamed, "container.cpu.utilization", Statistic::Mean, "1", 0.42, 0.11),
    ];
    let metrics = shapes.iter().zip(1..).map(|(shape, seed)| series(shape, seed)).collect();
    let line = LogRecord {
        at: minute(1.0),
        entity: id(blamed),
        severity: LogSeverity::Error,
        body: "timeout waiting for connection from pool after 5000ms".into(),
        trace_id: None,
        span_id: None,
    };
    let change = |number: usize, kind, at, entity: &str, summary: &str| Change {
        id: Id::new(format!("chg-{number}")),
        kind,
        at: minute(at),
        entities: vec![id(entity)],
        summary: summary.into(),
        author: Some("m.okafor".into()),
        previous: (number == 2).then(|| "spring.datasource.hikari.maximum-pool-size=40".into()),
        url: None,
    };
    let changes = vec![
        change(1, ChangeKind::Deployment, -41.0, "cart", "version 1.18.0"),
        change(
            2,
            ChangeKind::Configuration,
            -1.2,
            blamed,
            "spring.datasource.hikari.maximum-pool-size=8",
        ),
    ];
    let mut logs = evidence(
        2,
        &format!("logs of {blamed}, from 02:00:00 to 03:09:00"),
        Content::Logs(vec![line; 38]),
    );
    logs.truncated = Some("the first 500 of 731 lines were read".into());
    let mut metrics = evidence(
        1,
        "metrics of api-gateway, checkout, inventory, orders-db, from 02:00:00 to 03:09:00",
        Content::Series(metrics),
    );
    metrics.notes = vec!["metrics.jsonl:1207: 2 samples out of order, sorted in".into()];
    vec![
        metrics,
        logs,
        evidence(3, "changes from 02:00:00 to 03:09:00", Content::Changes(changes)),
        evidence(4, "traces of checkout", Content::Spans(Vec::new())),
    ]
}

fn hypothesis(number: usize, entity: &str, mode: FaultMode, confidence: f64) -> Hypothesis {
    let ids = |list: &[usize]| -> Vec<ObservationId> {
        list.iter().map(|n| Id::new(format!("obs-{n}"))).collect()
    };
    Hypothesis {
        id: Id::new(format!("hyp-{number}")),
        entity: id(entity),
        peer: None,
        fault_mode: mode,
        trigger: None,
        support: ids(&[3]),
        against: ids(&[5]),
        confidence: Share::new(confidence),
        share_explained: None,
        path: vec![id(entity), id("checkout"), id("api-gateway")],
        reasons: Vec::new(),
    }
}

fn conclusion(blamed: &str, at: f64, stage: Stage, confidence: f64) -> Conclusion {
    let mut leading = hypothesis(1, blamed, FaultMode::ConnectionPoolExhausted, confidence);
    leading.trigger = Some(Id::new("chg-2"));
    leading.support = [8, 2, 1, 3, 4, 7].map(|n| Id::new(format!("obs-{n}"))).into();
    leading.against = Vec::new();
    leading.share_explained = Some(Share::new(0.97));
    leading.reasons = vec![
        "requests wait for a connection while queries take as long as usual (`obs-1`, `obs-5`)".into(),
        "the onset follows the change by 70 seconds, and no other change touches anything on the path".into(),
        "limited to 0.95: no trace was seen".into(),
    ];
    let mut slow_database = hypothesis(2, "orders-db", FaultMode::Slow, 0.04);
    slow_database.reasons = vec!["its queries take as long as usual (`obs-5`)".into()];
    let deployment = hypothesis(3, "cart", FaultMode::BadDeployment, 0.01);
    let cause = RootCause {
        hypothesis: leading.clone(),
        statement: format!(
            "A configuration change cut the connection pool of `{blamed}` from 40 to 8 at 02:58:48; since 03:00:12 its requests wait for a connection, and checkouts time out."
        ),
    };
    Conclusion {
        at: minute(at),
        stage,
        verdict: Verdict::CauseFound { causes: vec![cause] },
        hypotheses: vec![leading, slow_database, deployment],
        observations: observations(blamed),
        gaps: vec![Gap {
            entity: Some(id("checkout")),
            wanted: "traces".into(),
            reason: "the connection `demo` answered with no span".into(),
            would_tell: "whether the wait lies in the pool or in the query".into(),
        }],
        impact: Some(Impact {
            entity: id("api-gateway"),
            onset: Some(Onset { at: minute(1.5), earliest: minute(1.0), latest: minute(2.0) }),
            failed_requests: Some(1372.0),
            worst_error_share: Some(Share::new(0.31)),
            worst_latency_seconds: Some((4.8, 0.21)),
            summary: "31 % of the requests at `api-gateway` fail; the others take 4.8 s instead of 210 ms".into(),
            observations: vec![Id::new("obs-6")],
        }),
        blast_radius: vec![(id("checkout"), 1), (id("api-gateway"), 2), (id("web"), 3)],
        window: Window { from: minute(-5.0), to: minute(at) },
        reference: Window { from: minute(-60.0), to: minute(-5.0) },
    }
}

/// A cause, found first provisionally and then for good.
pub(crate) fn cause_found(blamed: &str) -> Investigation {
    let first = Conclusion {
        verdict: Verdict::NotFound { reason: "one minute was seen after the onset".into() },
        ..conclusion(blamed, 2.0, Stage::Provisional, 0.42)
    };
    let last = conclusion(blamed, 9.0, Stage::Final, 0.93);
    let topology = topology(blamed);
    let evidence = all_evidence(blamed);
    let changes = match &evidence[2].content {
        Content::Changes(changes) => changes.clone(),
        _ => Vec::new(),
    };
    let plans = nightjar_remedy::plans(&last, &topology, &changes, &evidence);
    let alerts = vec![
        alert(1, "datadog", "checkout latency p95 above 2 s", "checkout", 2.0),
        alert(2, "cloudwatch", "5XXError above 5 % on api-gateway", "api-gateway", 2.6),
        alert(3, "pagerduty", "inventory: connection time-outs", blamed, 3.1),
        alert(4, "servicenow", "Orders can't be placed", "checkout", 4.4),
    ];
    let note = |number: usize, decision, reason: &str, at| TriageNote {
        alert: Id::new(format!("alert-{number}")),
        incident: Some(Id::new("inc-1")),
        decision,
        reason: reason.into(),
        at: minute(at),
    };
    let execution = |number: usize, occasion: &str, conclusion: Conclusion| Execution {
        id: Id::new(format!("exec-{number}")),
        occasion: occasion.into(),
        conclusion,
    };
    Investigation {
        space: Id::new("demo"),
        incident: Incident {
            id: Id::new("inc-1"),
            opened_at: minute(2.0),
            last_news_at: minute(4.4),
            entities: vec![id("checkout"), id("api-gateway"), id(blamed)],
            alerts,
        },
        triage: vec![
            note(1, TriageDecision::Proceed, "no open incident within 20 minutes", 2.0),
            note(
                2,
                TriageDecision::Linked,
                "`api-gateway` calls `checkout`, 36 seconds apart",
                2.6,
            ),
            note(3, TriageDecision::Linked, "`checkout` calls the entity, 66 seconds apart", 3.1),
            note(4, TriageDecision::Linked, "the same entity `checkout`, 2 minutes apart", 4.4),
        ],
        executions: vec![
            execution(1, "first alert", first),
            execution(2, "another alert", conclusion(blamed, 3.1, Stage::Provisional, 0.5)),
            execution(3, "5 minutes passed", last),
        ],
        plans,
        evidence,
        topology,
    }
}

/// Something is wrong and the cause isn't known.
pub(crate) fn not_found() -> Investigation {
    let mut investigation = cause_found("inventory");
    let last = investigation.executions.last_mut().unwrap();
    last.conclusion.verdict = Verdict::NotFound {
        reason: "two explanations fit about as well, and nothing decisive was seen".into(),
    };
    last.conclusion.hypotheses[0].confidence = Share::new(0.41);
    investigation.plans.clear();
    investigation
}

/// Nothing to repair.
pub(crate) fn no_incident() -> Investigation {
    let mut investigation = cause_found("inventory");
    let last = investigation.executions.last_mut().unwrap();
    last.conclusion.verdict = Verdict::NoIncident {
        reason: "latency of `checkout` rose for one minute and is back to usual since 03:03".into(),
    };
    last.conclusion.impact = None;
    last.conclusion.observations.clear();
    last.conclusion.hypotheses.clear();
    last.conclusion.blast_radius.clear();
    last.conclusion.gaps.clear();
    investigation.plans.clear();
    investigation
}

/// Alerts without an execution.
pub(crate) fn not_investigated() -> Investigation {
    let mut investigation = cause_found("inventory");
    investigation.executions.clear();
    investigation.plans.clear();
    investigation
}

/// Two causes at once.
pub(crate) fn two_causes() -> Investigation {
    let mut investigation = cause_found("inventory");
    let conclusion = &mut investigation.executions.last_mut().unwrap().conclusion;
    if let Verdict::CauseFound { causes } = &mut conclusion.verdict {
        let mut second = causes[0].clone();
        second.hypothesis.id = Id::new("hyp-2");
        second.hypothesis.entity = causes[0].hypothesis.path[1].clone();
        second.hypothesis.confidence = Share::new(0.8);
        causes.push(second);
    }
    investigation
}
