//! The engine: arbitrary evidence never panics, confidence is a probability, and the order in
//! which evidence came doesn't matter.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{
    Alert, AlertId, AlertStatus, Conclusion, Content, Evidence, EvidenceId, MetricSeries,
    Recording, Severity, Source, SpaceId, Statistic, Window,
};
use nightjar_rootcause::{Case, Symptom, investigate};
use nightjar_series::Column;
use nightjar_topology::{EntityId, Relation, RelationKind, Topology};

const MINUTE: i64 = 60_000;
const BEGIN: i64 = 1_700_000_000_000;
const ROWS: usize = 60;
/// The row of the alert, and the last.
const ALARM: i64 = 50;
const END: i64 = 60;
const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const METRICS: [(&str, Statistic); 6] = [
    ("http.server.request.duration", Statistic::Count),
    ("http.server.request.duration", Statistic::Mean),
    ("errors", Statistic::Sum),
    ("k8s.container.cpu_limit_utilization", Statistic::Last),
    ("container.memory.usage", Statistic::Last),
    ("k8s.container.restart.count", Statistic::Last),
];

/// Numbers of any kind in the series of four services that call each other: nine bytes each, the
/// first of them saying where the number stands.
pub(crate) fn numbers(bytes: &[u8]) {
    let mut values: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
    for entity in 0..NAMES.len() {
        for metric in 0..METRICS.len() {
            values.insert((entity, metric), vec![metric as f64 * 0.1 + 1.0; ROWS]);
        }
    }
    let mut row = ROWS / 2;
    for number in bytes.chunks_exact(9) {
        let Some((place, number)) = number.split_first() else { continue };
        let place = usize::from(*place);
        let Ok(number) = number.try_into().map(f64::from_le_bytes) else { continue };
        let key = (place % NAMES.len(), place / NAMES.len() % METRICS.len());
        row = (row + 1 + place / 64) % ROWS;
        if let Some(slot) = values.get_mut(&key).and_then(|values| values.get_mut(row)) {
            *slot = number;
        }
    }
    let mut topology = Topology::default();
    for (from, to) in [("a", "b"), ("b", "c"), ("a", "d"), ("c", "a")] {
        let (Ok(from), Ok(to)) = (EntityId::new(from), EntityId::new(to)) else { return };
        topology.relate(Relation { from, to, kind: RelationKind::Calls });
    }
    let metrics = values.into_iter().filter_map(|((entity, metric), values)| {
        let (name, statistic) = METRICS.get(metric)?;
        let samples = (0..).map(|row| BEGIN + row * MINUTE).zip(values);
        let (column, repairs) = Column::from_samples(samples);
        Some(MetricSeries {
            entity: EntityId::new(*NAMES.get(entity)?).ok()?,
            peer: None,
            name: (*name).to_owned(),
            statistic: *statistic,
            unit: "1".to_owned(),
            attributes: BTreeMap::new(),
            column,
            repairs,
        })
    });
    let recording = Recording { topology, metrics: metrics.collect(), ..Recording::default() };
    let (Ok(entity), Ok(at)) =
        (EntityId::new("a"), Timestamp::from_millisecond(BEGIN + MINUTE * ALARM))
    else {
        return;
    };
    let alert = Alert {
        id: AlertId::new("alert-1"),
        provider: "generic".to_owned(),
        key: "1".to_owned(),
        title: "a is slow".to_owned(),
        description: String::new(),
        status: AlertStatus::Firing,
        severity: Severity::High,
        entity_names: vec!["a".to_owned()],
        signal: None,
        labels: BTreeMap::new(),
        starts_at: at,
        ends_at: None,
        received_at: at,
        url: None,
        notes: Vec::new(),
    };
    let now = Timestamp::from_millisecond(BEGIN + MINUTE * END).unwrap_or(at);
    check(recording, &[alert], &[Symptom { entity, signal: None }], now);
}

/// A whole recording as JSON, investigated at its last alert.
pub(crate) fn recording(bytes: &[u8]) {
    let Ok(recording) = serde_json::from_slice::<Recording>(bytes) else { return };
    let mut alerts: Vec<Alert> = Vec::new();
    let mut now = Timestamp::UNIX_EPOCH;
    for raw in &recording.alerts {
        now = now.max(raw.received_at);
        let mut next_id = || AlertId::new("alert");
        alerts.extend(nightjar_payloads::parse(raw, &mut next_id).unwrap_or_default());
    }
    let mut symptoms: Vec<Symptom> = Vec::new();
    let estate = nightjar_triage::Estate::new(recording.topology.clone());
    for alert in &alerts {
        for entity in estate.locate(alert) {
            symptoms.push(Symptom { entity, signal: alert.signal });
        }
    }
    check(recording, &alerts, &symptoms, now);
}

/// Investigates evidence in the order it came and in the opposite one.
fn check(recording: Recording, alerts: &[Alert], symptoms: &[Symptom], now: Timestamp) {
    let topology = recording.topology.clone();
    let changes = recording.changes.clone();
    let forward = evidence(recording, now);
    let mut backward = forward.clone();
    for piece in &mut backward {
        match &mut piece.content {
            Content::Series(series) => series.reverse(),
            Content::Logs(lines) => lines.reverse(),
            Content::Spans(spans) => spans.reverse(),
            Content::Changes(changes) => changes.reverse(),
            Content::Inventory(_) | Content::Text(_) => {}
        }
    }
    let conclude = |evidence: &[Evidence]| {
        investigate(&Case {
            now,
            alerts,
            symptoms,
            topology: &topology,
            evidence,
            gaps: &[],
            is_cut_short: false,
            without: &[],
        })
    };
    let conclusion = conclude(&forward);
    for hypothesis in &conclusion.hypotheses {
        let confidence = hypothesis.confidence.value();
        assert!((0.0..=1.0).contains(&confidence), "confidence {confidence}");
    }
    for plan in nightjar_remedy::plans(&conclusion, &topology, &changes, &forward) {
        assert!(!plan.steps.is_empty(), "a plan without a step");
    }
    assert_eq!(claims(&conclusion), claims(&conclude(&backward)), "the order of evidence matters");
}

/// What is claimed, without the numbers that observations get in the order they are found.
fn claims(conclusion: &Conclusion) -> Vec<String> {
    let told = conclusion.hypotheses.iter().map(|h| {
        // The last digits depend on the order in which numbers are added.
        format!("{} {:?} {:?} {:.6}", h.entity, h.peer, h.fault_mode, h.confidence.value())
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

fn evidence(recording: Recording, now: Timestamp) -> Vec<Evidence> {
    let contents = [
        Content::Series(recording.metrics),
        Content::Logs(recording.logs),
        Content::Spans(recording.spans),
        Content::Changes(recording.changes),
    ];
    let piece = |(number, content)| Evidence {
        id: EvidenceId::new(format!("ev-{number}")),
        space: SpaceId::new("fuzz"),
        source: Source { connection: "fuzz".to_owned(), system: "fuzz".to_owned() },
        query: String::new(),
        window: Window { from: Timestamp::MIN, to: now },
        taken_at: now,
        content,
        truncated: None,
        notes: Vec::new(),
    };
    contents.into_iter().enumerate().map(piece).collect()
}
