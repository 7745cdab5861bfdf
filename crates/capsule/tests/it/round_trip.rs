use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_capsule::{Limits, read, write};
use nightjar_incident::{
    Change, ChangeId, ChangeKind, Expectation, ExpectedCause, ExpectedVerdict, FaultMode,
    LogRecord, LogSeverity, MetricSeries, RawAlert, Recording, Span, SpanStatus, Statistic, Window,
};
use nightjar_series::{Column, Repairs};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

/// 2026-01-01, in seconds.
const START: i64 = 1_767_225_600;

fn text() -> impl Strategy<Value = String> {
    // Quotes, line ends, other scripts and control characters must all come back.
    "[ a-zA-Z0-9\"\\\\\n\u{0}\u{7f}{}é漢😀_.-]{0,12}"
}

fn entity() -> impl Strategy<Value = EntityId> {
    prop_oneof![
        Just("checkout"),
        Just("cart"),
        Just("Shop_AWS::ECS::Fargate"),
        Just("unknown_service"),
        Just("../../etc/passwd"),
        // An alias of another entity below; as an id it must stay itself.
        Just("CART-1"),
    ]
    .prop_map(|name| EntityId::new(name).unwrap())
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0..86_400_i64, 0..1_000_000_000_i32)
        .prop_map(|(second, nanos)| Timestamp::new(START + second, nanos).unwrap())
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => any::<f64>().prop_filter("finite", |value| value.is_finite()),
        8 => -1e3..1e3,
        1 => Just(f64::NAN),
    ]
}

fn statistic() -> impl Strategy<Value = Statistic> {
    prop_oneof![
        Just(Statistic::Last),
        Just(Statistic::Sum),
        Just(Statistic::Count),
        Just(Statistic::Mean),
        Just(Statistic::Max),
        Just(Statistic::P50),
        Just(Statistic::P90),
        Just(Statistic::P95),
        Just(Statistic::P99),
    ]
}

fn series() -> impl Strategy<Value = MetricSeries> {
    (
        (entity(), option::of(entity()), statistic()),
        prop_oneof![Just("ms"), Just("s"), Just("%"), Just("{request}"), Just("")],
        btree_map("[a-z.]{1,8}", text(), 0..3),
        btree_map(0..86_400_000_i64, number(), 0..20),
        (0..3_usize, 0..3_usize),
    )
        .prop_map(|((entity, peer, statistic), unit, attributes, samples, repairs)| {
            let samples = samples.into_iter().map(|(at, value)| (START * 1_000 + at, value));
            MetricSeries {
                entity,
                peer,
                name: String::new(),
                statistic,
                unit: unit.to_owned(),
                attributes,
                column: Column::from_samples(samples).0,
                repairs: Repairs { out_of_order: repairs.0, duplicated: repairs.1, not_finite: 0 },
            }
        })
}

fn line() -> impl Strategy<Value = LogRecord> {
    let severity = prop_oneof![
        Just(LogSeverity::Unspecified),
        Just(LogSeverity::Trace),
        Just(LogSeverity::Debug),
        Just(LogSeverity::Info),
        Just(LogSeverity::Warn),
        Just(LogSeverity::Error),
        Just(LogSeverity::Fatal),
    ];
    (moment(), entity(), severity, text(), option::of(id()), option::of(id())).prop_map(
        |(at, entity, severity, body, trace_id, span_id)| LogRecord {
            at,
            entity,
            severity,
            body,
            trace_id,
            span_id,
        },
    )
}

/// Ids as they should be, and as data sets have them.
fn id() -> impl Strategy<Value = String> {
    prop_oneof!["[0-9a-f]{16}", "[0-9a-f]{32}", "[0-9A-Za-z-]{1,9}", Just("0000".to_owned())]
}

fn span() -> impl Strategy<Value = Span> {
    let status =
        prop_oneof![Just(SpanStatus::Unset), Just(SpanStatus::Ok), Just(SpanStatus::Error)];
    (
        (id(), id(), option::of(id())),
        (entity(), option::of(entity())),
        text(),
        (moment(), 0..10_000_000_000_i64),
        status,
    )
        .prop_map(|(ids, ends, operation, (start, length), status)| {
            let start_nanos = i64::try_from(start.as_nanosecond()).unwrap();
            Span {
                trace_id: ids.0,
                span_id: ids.1,
                parent_id: ids.2,
                entity: ends.0,
                peer: ends.1,
                operation,
                start_nanos,
                end_nanos: start_nanos + length,
                status,
            }
        })
}

fn change() -> impl Strategy<Value = Change> {
    (text(), moment(), vec(entity(), 0..3), text(), option::of(text())).prop_map(
        |(id, at, entities, summary, author)| Change {
            id: ChangeId::new(id),
            kind: ChangeKind::Deployment,
            at,
            entities,
            summary,
            author,
            previous: None,
            url: None,
        },
    )
}

fn alert() -> impl Strategy<Value = RawAlert> {
    (option::of(text()), moment(), text(), any::<i64>(), -1e9..1e9).prop_map(
        |(provider, received_at, title, number, value)| RawAlert {
            provider,
            received_at,
            payload: serde_json::json!({ "title": title, "n": [number, value, null] }),
        },
    )
}

fn topology() -> Topology {
    let id = |name: &str| EntityId::new(name).unwrap();
    let mut topology = Topology::default();
    let mut cart = Entity::new(id("cart"), EntityKind::Service);
    cart.aliases.push("cart-1".to_owned());
    cart.attributes = BTreeMap::from([("cloud.region".to_owned(), "eu-west-1".to_owned())]);
    topology.add(cart);
    let kind = RelationKind::Calls;
    topology.relate(Relation { from: id("checkout"), to: id("cart"), kind });
    topology.relate(Relation { from: id("cart"), to: id("checkout"), kind });
    topology
}

fn expectation() -> Expectation {
    Expectation {
        verdict: ExpectedVerdict::CauseFound,
        causes: vec![ExpectedCause {
            entity: EntityId::new("cart").unwrap(),
            fault_mode: Some(FaultMode::MemoryLeak),
            fault_label: None,
            trigger: Some("deploy-7".to_owned()),
            accept: vec![EntityId::new("checkout").unwrap()],
        }],
        category: None,
        must_say: vec!["memory".to_owned()],
        must_not_say: Vec::new(),
        must_not_blame: Vec::new(),
    }
}

fn recording() -> impl Strategy<Value = Recording> {
    (
        (text(), vec(text(), 0..3), vec(text(), 0..3)),
        vec(series(), 0..5),
        vec(line(), 0..8),
        vec(span(), 0..8),
        vec(change(), 0..4),
        vec(alert(), 0..4),
        (any::<bool>(), any::<bool>()),
    )
        .prop_map(|(texts, metrics, logs, spans, changes, alerts, (expect, mapped))| {
            let at = |second| Timestamp::from_second(START + second).unwrap();
            let mut recording = Recording {
                name: texts.0,
                window: Some(Window { from: at(0), to: at(90_000) }),
                redacted: texts.1.clone(),
                sources: texts.1,
                topology: if mapped { topology() } else { Topology::default() },
                alerts,
                changes,
                metrics,
                logs,
                spans,
                expect: expect.then(expectation),
                notes: texts.2,
            };
            for (number, series) in recording.metrics.iter_mut().enumerate() {
                // Two columns of one name and meaning would be one column.
                series.name = format!("metric.{number}");
            }
            recording.alerts.sort_by_key(|alert| alert.received_at);
            recording.changes.sort_by_key(|change| change.at);
            recording.logs.sort_by_key(|line| line.at);
            recording.spans.sort_by_key(|span| span.start_nanos);
            recording
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(recording in recording(), compress in any::<bool>()) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("capsule");
        write(&folder, &recording, compress).unwrap();
        let again = read(&folder, &Limits::default()).unwrap();
        // As JSON, since a missing value isn't equal to itself.
        let json = |recording: &Recording| serde_json::to_value(recording).unwrap();
        prop_assert_eq!(json(&again), json(&recording));
    }
}

#[test]
fn a_long_series_is_split_over_lines_and_joined_again() {
    let samples = (0..12_345).map(|n| (START * 1_000 + 1_000 * n, 0.1 * (n % 7) as f64));
    let recording = Recording {
        metrics: vec![MetricSeries {
            entity: EntityId::new("cart").unwrap(),
            peer: None,
            name: "latency".to_owned(),
            statistic: Statistic::P95,
            unit: "s".to_owned(),
            attributes: BTreeMap::new(),
            column: Column::from_samples(samples).0,
            repairs: Repairs::default(),
        }],
        topology: topology(),
        window: Some(Window {
            from: Timestamp::from_second(START).unwrap(),
            to: Timestamp::from_second(START + 20_000).unwrap(),
        }),
        ..Recording::default()
    };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("capsule");
    write(&folder, &recording, false).unwrap();
    let lines = std::fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 3);
    assert_eq!(read(&folder, &Limits::default()).unwrap(), recording);
}
