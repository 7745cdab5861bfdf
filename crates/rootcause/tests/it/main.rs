//! The engine at its border: small made-up incidents in, conclusions out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: a panic is a failed test"
)]

mod answering;
mod behind;
mod doubt;
mod logged;
mod observations;
mod operations;
mod queues;
mod season;
mod seen;
mod traced;
mod young;

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{
    Alert, AlertId, AlertStatus, Change, ChangeId, ChangeKind, Conclusion, Content, Evidence,
    EvidenceId, FaultMode, LogRecord, LogSeverity, MetricSeries, Severity, Signal, Source, SpaceId,
    Span, Stage, Statistic, Verdict, Window,
};
use nightjar_rootcause::{Case, Symptom, investigate};
use nightjar_series::Column;
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};
use proptest::prelude::*;

/// Minutes of recording before and after the onset.
const BEFORE: usize = 60;
const AFTER: usize = 8;

fn id(text: &str) -> EntityId {
    EntityId::new(text).unwrap()
}

fn minute(n: usize) -> Timestamp {
    let start: Timestamp = "2026-11-23T02:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(i64::try_from(n).unwrap())
}

/// A chain of services, each calling the next.
struct Estate {
    topology: Topology,
    series: Vec<MetricSeries>,
    changes: Vec<Change>,
    spans: Vec<Span>,
    lines: Vec<LogRecord>,
}

impl Estate {
    fn chain(names: &[&str]) -> Self {
        let mut topology = Topology::default();
        for name in names {
            topology.add(Entity::new(id(name), EntityKind::Service));
        }
        for pair in names.windows(2) {
            let (from, to) = (id(pair[0]), id(pair[1]));
            topology.relate(Relation { from, to, kind: RelationKind::Calls });
        }
        Self {
            topology,
            series: Vec::new(),
            changes: Vec::new(),
            spans: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// A metric of an entity: `value(minute, is_after_onset)`.
    fn metric(
        &mut self,
        entity: &str,
        name: &str,
        statistic: Statistic,
        value: impl Fn(usize, bool) -> f64,
    ) {
        let samples = (0..BEFORE + AFTER)
            .map(|n| (minute(n).as_millisecond(), value(n, n >= BEFORE)))
            .collect::<Vec<_>>();
        let (column, repairs) = Column::from_samples(samples);
        self.series.push(MetricSeries {
            entity: id(entity),
            peer: None,
            name: name.to_owned(),
            statistic,
            unit: String::new(),
            attributes: std::collections::BTreeMap::new(),
            column,
            repairs,
        });
    }

    /// Requests of an entity: 600 a minute at a latency that jumps by `slower` at the onset.
    fn requests(&mut self, entity: &str, usual: f64, slower: f64) {
        let wiggle = |n: usize| 1.0 + 0.01 * ((n * 7 % 5) as f64 - 2.0);
        self.metric(entity, "requests", Statistic::Sum, |n, _| 600.0 * wiggle(n));
        self.metric(entity, "latency", Statistic::Mean, |n, after| {
            usual * wiggle(n) + if after { slower } else { 0.0 }
        });
    }

    /// An error that an entity writes every minute from the onset on.
    fn says(&mut self, entity: &str, body: &str) {
        let line = |n: usize| LogRecord {
            at: minute(n),
            entity: id(entity),
            severity: LogSeverity::Error,
            body: body.to_owned(),
            trace_id: None,
            span_id: None,
        };
        self.lines.extend((BEFORE..BEFORE + AFTER).map(line));
    }

    fn investigate(&self, alerts: &[Alert], symptoms: &[Symptom]) -> Conclusion {
        self.at(minute(BEFORE + AFTER), alerts, symptoms)
    }

    fn at(&self, now: Timestamp, alerts: &[Alert], symptoms: &[Symptom]) -> Conclusion {
        let cut = |series: &MetricSeries| MetricSeries {
            column: series.column.between(i64::MIN, now.as_millisecond()),
            ..series.clone()
        };
        let evidence = [
            evidence("ev-1", Content::Series(self.series.iter().map(cut).collect())),
            evidence("ev-2", Content::Changes(self.changes.clone())),
            evidence("ev-3", Content::Spans(self.spans.clone())),
            evidence("ev-4", Content::Logs(self.lines.clone())),
        ];
        let topology = &self.topology;
        let (evidence, gaps, without) = (evidence.as_slice(), &[], &[]);
        let is_cut_short = false;
        investigate(&Case {
            now,
            alerts,
            symptoms,
            topology,
            evidence,
            gaps,
            is_cut_short,
            without,
        })
    }
}

fn evidence(name: &str, content: Content) -> Evidence {
    Evidence {
        id: EvidenceId::new(name),
        space: SpaceId::new("space"),
        source: Source { connection: "test".into(), system: "test".into() },
        query: "all".into(),
        window: Window { from: minute(0), to: minute(BEFORE + AFTER) },
        taken_at: minute(BEFORE + AFTER),
        content,
        truncated: None,
        notes: Vec::new(),
    }
}

fn alert(entity: &str) -> (Vec<Alert>, Vec<Symptom>) {
    let alert = Alert {
        id: AlertId::new("alert-1"),
        provider: "generic".into(),
        key: "k".into(),
        title: format!("latency of {entity}"),
        description: String::new(),
        status: AlertStatus::Firing,
        severity: Severity::High,
        entity_names: vec![entity.to_owned()],
        signal: Some(Signal::Latency),
        labels: std::collections::BTreeMap::new(),
        starts_at: minute(BEFORE + 2),
        ends_at: None,
        received_at: minute(BEFORE + 2),
        url: None,
        notes: Vec::new(),
    };
    (vec![alert], vec![Symptom { entity: id(entity), signal: Some(Signal::Latency) }])
}

fn leading(conclusion: &Conclusion) -> (&str, FaultMode) {
    let first = conclusion.hypotheses.first().unwrap();
    (first.entity.as_str(), first.fault_mode)
}

fn is_claimed(conclusion: &Conclusion) -> bool {
    matches!(conclusion.verdict, Verdict::CauseFound { .. })
}

/// front → middle → back, the back slow and everybody above it with it.
fn slow_back() -> Estate {
    let mut estate = Estate::chain(&["front", "middle", "back"]);
    estate.requests("front", 0.2, 0.3);
    estate.requests("middle", 0.1, 0.3);
    estate.requests("back", 0.05, 0.3);
    estate
}

#[test]
fn the_quiet_place_where_excess_starts_is_blamed_and_not_the_loud_one_that_shows_it() {
    let (alerts, symptoms) = alert("front");
    let conclusion = slow_back().investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("back", FaultMode::Slow));
    assert!(is_claimed(&conclusion) && conclusion.stage == Stage::Final);
    let first = conclusion.hypotheses.first().unwrap();
    assert_eq!(first.path, ["back", "middle", "front"].map(id));
    assert!(!first.support.is_empty(), "a claim needs evidence");
    let known = |id| conclusion.observations.iter().any(|o| o.id == id);
    assert!(first.support.iter().cloned().all(known), "support must resolve");
}

#[test]
fn a_deployment_just_before_names_the_mode_and_a_stranger_s_deployment_does_not() {
    let mut estate = slow_back();
    let change = |name: &str, entity: &str, at: usize| Change {
        id: ChangeId::new(name),
        kind: ChangeKind::Deployment,
        at: minute(at),
        entities: vec![id(entity)],
        summary: "version 2".into(),
        author: None,
        previous: Some("version 1".into()),
        url: None,
    };
    estate.changes =
        vec![change("innocent", "front", BEFORE - 1), change("guilty", "back", BEFORE - 2)];
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion), ("back", FaultMode::BadDeployment));
    let trigger = conclusion.hypotheses.first().unwrap().trigger.clone();
    assert_eq!(trigger, Some(ChangeId::new("guilty")));
}

#[test]
fn a_loud_resource_of_a_place_whose_requests_are_calm_is_not_blamed() {
    let mut estate = slow_back();
    estate.topology.add(Entity::new(id("bystander"), EntityKind::Service));
    let kind = RelationKind::Calls;
    estate.topology.relate(Relation { from: id("front"), to: id("bystander"), kind });
    estate.requests("bystander", 0.05, 0.0);
    estate.metric("bystander", "process.cpu.utilization", Statistic::Last, |n, after| {
        if after { 0.95 } else { 0.2 + 0.01 * (n % 3) as f64 }
    });
    let (alerts, symptoms) = alert("front");
    assert_eq!(leading(&estate.investigate(&alerts, &symptoms)).0, "back");
}

#[test]
fn a_usual_latency_is_no_incident() {
    let mut estate = Estate::chain(&["front", "back"]);
    estate.requests("front", 0.2, 0.0);
    estate.requests("back", 0.1, 0.0);
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert!(matches!(conclusion.verdict, Verdict::NoIncident { .. }), "{:?}", conclusion.verdict);
    assert!(!conclusion.hypotheses.is_empty(), "leads are given all the same");
}

#[test]
fn a_single_interval_that_is_over_is_a_blip() {
    let mut estate = Estate::chain(&["front"]);
    estate.metric("front", "requests", Statistic::Sum, |_, _| 600.0);
    estate.metric("front", "latency", Statistic::Mean, |n, _| {
        let wiggle = 0.001 * (n % 4) as f64;
        if n == BEFORE + 1 { 0.9 } else { 0.2 + wiggle }
    });
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert!(matches!(conclusion.verdict, Verdict::NoIncident { .. }), "{:?}", conclusion.verdict);
}

#[test]
fn right_after_the_onset_a_verdict_is_provisional_and_hardly_confident() {
    let (alerts, symptoms) = alert("front");
    let conclusion = slow_back().at(minute(BEFORE + 2), &alerts, &symptoms);
    assert_eq!(conclusion.stage, Stage::Provisional);
    assert!(conclusion.hypotheses.iter().all(|h| h.confidence.value() <= 0.5));
}

#[test]
fn without_telemetry_nothing_is_claimed_and_the_gap_is_told() {
    let estate = Estate::chain(&["front", "back"]);
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert!(matches!(conclusion.verdict, Verdict::NotFound { .. }));
    assert!(conclusion.gaps.iter().any(|gap| gap.entity == Some(id("front"))));
}

#[test]
fn an_alert_about_nothing_known_is_not_found_with_a_gap() {
    let (alerts, _) = alert("nobody");
    let conclusion = slow_back().investigate(&alerts, &[]);
    assert!(matches!(conclusion.verdict, Verdict::NotFound { .. }), "{:?}", conclusion.verdict);
    assert!(conclusion.gaps.iter().any(|gap| gap.reason.contains("knows none of its names")));
}

#[test]
fn no_alerts_at_all_are_not_found() {
    let conclusion = slow_back().investigate(&[], &[]);
    assert!(matches!(conclusion.verdict, Verdict::NotFound { .. }));
}

#[test]
fn a_cycle_in_the_topology_ends() {
    let mut estate = slow_back();
    let kind = RelationKind::Calls;
    estate.topology.relate(Relation { from: id("back"), to: id("front"), kind });
    estate.topology.relate(Relation { from: id("back"), to: id("back"), kind });
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion).0, "back");
}

#[test]
fn a_place_without_telemetry_between_cause_and_symptom_does_not_cut_the_trail() {
    let mut estate = Estate::chain(&["front", "silent", "back"]);
    estate.requests("front", 0.2, 0.3);
    estate.requests("back", 0.05, 0.3);
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert_eq!(leading(&conclusion).0, "back");
    assert!(conclusion.gaps.iter().any(|gap| gap.entity == Some(id("silent"))));
}

#[test]
fn constant_series_and_a_single_point_are_no_trouble() {
    let mut estate = Estate::chain(&["front", "back"]);
    estate.metric("front", "requests", Statistic::Sum, |_, _| 10.0);
    estate.metric("front", "latency", Statistic::Mean, |_, _| 1.0);
    estate.metric("back", "latency", Statistic::Mean, |n, _| if n == 7 { 1.0 } else { f64::NAN });
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    assert!(matches!(conclusion.verdict, Verdict::NoIncident { .. }), "{:?}", conclusion.verdict);
}

fn odd_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(f64::NAN),
        Just(f64::MAX),
        Just(-f64::MAX),
        Just(f64::MIN_POSITIVE / 4.0),
        -1e6..1e6_f64,
        0.0..1.0_f64,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn odd_numbers_never_panic_and_confidence_stays_a_probability(
        columns in prop::collection::vec(prop::collection::vec(odd_number(), BEFORE + AFTER), 7),
    ) {
        let names = [
            ("front", "requests", Statistic::Sum), ("front", "latency", Statistic::Mean),
            ("back", "requests", Statistic::Sum), ("back", "latency", Statistic::Mean),
            ("back", "availability", Statistic::Mean), ("back", "process.cpu.utilization", Statistic::Last),
            ("back", "k8s.container.restart.count", Statistic::Last),
        ];
        let mut estate = Estate::chain(&["front", "back"]);
        for ((entity, name, statistic), values) in names.into_iter().zip(&columns) {
            estate.metric(entity, name, statistic, |n, _| values[n]);
        }
        let (alerts, symptoms) = alert("front");
        let conclusion = estate.investigate(&alerts, &symptoms);
        for hypothesis in &conclusion.hypotheses {
            prop_assert!((0.0..=0.97).contains(&hypothesis.confidence.value()));
        }
    }

    #[test]
    fn the_order_of_the_series_does_not_matter(order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle()) {
        let (alerts, symptoms) = alert("front");
        let estate = slow_back();
        let expected = estate.investigate(&alerts, &symptoms);
        let mut shuffled = slow_back();
        shuffled.series = order.iter().map(|&n| estate.series[n].clone()).collect();
        prop_assert_eq!(shuffled.investigate(&alerts, &symptoms), expected);
    }

    #[test]
    fn seconds_or_milliseconds_tell_the_same_story(scale in prop_oneof![Just(1e-3), Just(1e3)]) {
        let (alerts, symptoms) = alert("front");
        let mut scaled = Estate::chain(&["front", "middle", "back"]);
        for (name, usual) in [("front", 0.2), ("middle", 0.1), ("back", 0.05)] {
            scaled.requests(name, usual * scale, 0.3 * scale);
        }
        let conclusion = scaled.investigate(&alerts, &symptoms);
        prop_assert_eq!(leading(&conclusion).0, "back");
    }
}
