//! Much of everything, and odd: an investigation ends. Sizes are chosen at which anything quadratic
//! in spans, lines or series would not end.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{
    Content, Evidence, EvidenceId, LogRecord, LogSeverity, MetricSeries, Recording, Source,
    SpaceId, Span, SpanStatus, Statistic, Window,
};
use nightjar_rootcause::{Case, Symptom, investigate};
use nightjar_series::{Column, Repairs};
use nightjar_topology::{EntityId, Relation, RelationKind, Topology};

const BEGIN: i64 = 1_700_000_000_000;
const MINUTE: i64 = 60_000;

fn id(text: impl Into<String>) -> EntityId {
    EntityId::new(text).unwrap()
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millisecond(BEGIN + minutes * MINUTE).unwrap()
}

/// Investigates and says how many hypotheses there are; each confidence is a probability.
fn conclude(content: Content, topology: &Topology) -> usize {
    conclude_about("a", content, topology)
}

fn conclude_about(symptom: &str, content: Content, topology: &Topology) -> usize {
    let evidence = [Evidence {
        id: EvidenceId::new("ev-1"),
        space: SpaceId::new("scale"),
        source: Source { connection: "scale".to_owned(), system: "scale".to_owned() },
        query: String::new(),
        window: Window { from: Timestamp::MIN, to: at(60) },
        taken_at: at(60),
        content,
        truncated: None,
        notes: Vec::new(),
    }];
    let conclusion = investigate(&Case {
        now: at(60),
        alerts: &[],
        symptoms: &[Symptom { entity: id(symptom), signal: None }],
        topology,
        evidence: &evidence,
        gaps: &[],
        is_cut_short: false,
        without: &[],
    });
    let confidences = conclusion.hypotheses.iter().map(|h| h.confidence.value());
    assert!(confidences.into_iter().all(|c| (0.0..=1.0).contains(&c)));
    conclusion.hypotheses.len()
}

fn small() -> Topology {
    let mut topology = Topology::default();
    topology.relate(Relation { from: id("a"), to: id("b"), kind: RelationKind::Calls });
    topology
}

#[test]
fn a_trace_of_a_million_spans_with_a_cycle_and_spans_of_the_future_ends() {
    let nanos = |minutes: i64| (BEGIN + minutes * MINUTE) * 1_000_000;
    let span = |number: usize| {
        let minute = i64::try_from(number % 70).unwrap();
        // Every span hangs on the one before; the first on the last.
        let parent = number.checked_sub(1).unwrap_or(999_999);
        Span {
            trace_id: "0a".to_owned(),
            span_id: format!("{number:x}"),
            parent_id: Some(format!("{parent:x}")),
            entity: id(if number.is_multiple_of(2) { "a" } else { "b" }),
            peer: None,
            operation: "GET /".to_owned(),
            start_nanos: nanos(minute),
            end_nanos: if number.is_multiple_of(5) { i64::MAX } else { nanos(minute) - 1 },
            status: if number.is_multiple_of(3) { SpanStatus::Error } else { SpanStatus::Unset },
        }
    };
    conclude(Content::Spans((0..1_000_000).map(span).collect()), &small());
}

#[test]
fn a_hundred_thousand_templates_end() {
    // Letters only: a line with digits would fall into a template with its like.
    let word = |mut number: usize| {
        let mut word = String::new();
        for _ in 0..6 {
            word.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
            number /= 26;
        }
        word
    };
    let line = |number: usize| LogRecord {
        at: at(i64::try_from(number % 60).unwrap()),
        entity: id("b"),
        severity: LogSeverity::Error,
        body: format!(
            "{} broke {} because of {}",
            word(number),
            word(number * 7),
            word(number * 31)
        ),
        trace_id: None,
        span_id: None,
    };
    conclude(Content::Logs((0..100_000).map(line).collect()), &small());
}

#[test]
fn colliding_labels_wild_numbers_and_late_beginnings_end() {
    let wild = [1e308, -1e308, 5e-324, f64::NAN, f64::INFINITY, 0.0, -0.0, 1.0];
    let series = |number: usize| {
        // A fifth begins within the window, and all of a name look the same.
        let first = if number.is_multiple_of(5) { 50 } else { 0 };
        let samples = (first..60).map(|minute| {
            let index = (number + usize::try_from(minute).unwrap()) % wild.len();
            (BEGIN + minute * MINUTE, wild[index])
        });
        let (column, repairs) = Column::from_samples(samples);
        MetricSeries {
            entity: id(["a", "b"][number % 2]),
            peer: number.is_multiple_of(4).then(|| id("b")),
            name: ["http.server.request.duration", "http.client.request.duration", "errors"]
                [number % 3]
                .to_owned(),
            statistic: [Statistic::Count, Statistic::Mean][number / 3 % 2],
            unit: "1".to_owned(),
            attributes: BTreeMap::new(),
            column,
            repairs,
        }
    };
    conclude(Content::Series((0..20_000).map(series).collect()), &small());
}

/// A chain of calls from `a` to the last; those from a place on are slow in the last minutes.
fn chain(services: usize, slow_from: usize) -> (Content, Topology) {
    let name = |number: usize| if number == 0 { "a".to_owned() } else { format!("s{number}") };
    let mut topology = Topology::default();
    let mut series = Vec::new();
    for number in 0..services {
        let (entity, next) = (id(name(number)), id(name(number + 1)));
        topology.relate(Relation { from: entity.clone(), to: next, kind: RelationKind::Calls });
        for (statistic, usual) in [(Statistic::Count, 100.0), (Statistic::Mean, 0.1)] {
            let is_slow = number >= slow_from;
            let value = |minute: i64| if is_slow && minute > 55 { usual * 3.0 } else { usual };
            let samples = (0..60).map(|minute| (BEGIN + minute * MINUTE, value(minute)));
            series.push(MetricSeries {
                entity: entity.clone(),
                peer: None,
                name: "http.server.request.duration".to_owned(),
                statistic,
                unit: "1".to_owned(),
                attributes: BTreeMap::new(),
                column: Column::from_samples(samples).0,
                repairs: Repairs::default(),
            });
        }
    }
    (Content::Series(series), topology)
}

#[test]
fn a_chain_of_three_thousand_services_ends() {
    let (series, topology) = chain(3_000, 0);
    assert!(conclude(series, &topology) > 0);
}

#[test]
fn a_chain_of_three_thousand_services_ends_from_its_other_end() {
    let (series, topology) = chain(3_000, 0);
    assert!(conclude_about("s2999", series, &topology) > 0);
}

#[test]
fn a_chain_of_three_thousand_services_ends_whose_entrance_is_as_usual() {
    let (series, topology) = chain(3_000, 1);
    assert!(conclude(series, &topology) > 0);
}

#[test]
fn the_kept_recordings_are_recordings() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/recording");
    for file in folder.read_dir().unwrap() {
        let text = std::fs::read(file.unwrap().path()).unwrap();
        let recording: Recording = serde_json::from_slice(&text).unwrap();
        assert!(!recording.metrics.is_empty());
    }
}
