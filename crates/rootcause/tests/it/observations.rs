//! Observations that are shown to the reader: what they see, and what they leave alone.

use nightjar_incident::{
    Change, ChangeId, ChangeKind, Conclusion, Direction, Observation, ObservationKind, Statistic,
};

use crate::season::records;
use crate::{BEFORE, Estate, alert, id, minute, slow_back};

pub(crate) fn of(conclusion: &Conclusion, kind: ObservationKind) -> Vec<&Observation> {
    conclusion.observations.iter().filter(|o| o.kind == kind).collect()
}

fn investigated(estate: &Estate) -> Conclusion {
    let (alerts, symptoms) = alert("front");
    estate.investigate(&alerts, &symptoms)
}

const MIB: f64 = 1_048_576.0;

/// Memory over a day, in MiB by minutes since the onset, with a limit of 1000.
fn memory(level: impl Fn(i64) -> f64) -> Conclusion {
    let mut estate = Estate::chain(&["front"]);
    estate.requests("front", 0.2, 0.3);
    let name = "container.memory.usage";
    records(&mut estate, 1, name, Statistic::Last, |_, since| MIB * level(since));
    records(&mut estate, 1, "container.memory.limit", Statistic::Last, |_, _| MIB * 1000.0);
    investigated(&estate)
}

#[test]
fn memory_that_climbs_for_hours_is_told_with_the_time_it_leaves() {
    // Six hours at a MiB a minute, from 300 on; at 660 MiB now, so that 340 minutes are left.
    let conclusion = memory(|since| 300.0 + (since + 352).max(0) as f64);
    let [headroom] = of(&conclusion, ObservationKind::Headroom)[..] else {
        panic!("{:?}", conclusion.observations)
    };
    assert_eq!(headroom.direction, Direction::Up);
    assert!(headroom.seen > 640.0 * MIB && headroom.usual < 320.0 * MIB, "{headroom:?}");
    let hours: f64 =
        headroom.summary.rsplit(" in ").next().unwrap().replace(" h", "").parse().unwrap();
    assert!((5.0..6.5).contains(&hours), "{}", headroom.summary);
}

#[test]
fn a_step_a_sawtooth_and_a_slow_climb_leave_room() {
    let none = |level: &dyn Fn(i64) -> f64| {
        let conclusion = memory(level);
        assert!(
            of(&conclusion, ObservationKind::Headroom).is_empty(),
            "{:?}",
            conclusion.observations
        );
    };
    none(&|since| if since < -300 { 300.0 } else { 600.0 });
    none(&|since| 300.0 + since.rem_euclid(30) as f64 * 10.0);
    // Full in a week.
    none(&|since| 300.0 + 0.07 * (since + 1440) as f64);
    none(&|_| 500.0);
}

fn slow_tail(requests: f64, mean: (f64, f64), tail: (f64, f64)) -> Conclusion {
    let mut estate = Estate::chain(&["front"]);
    let wiggle = |n: usize| 1.0 + 0.01 * ((n * 7 % 5) as f64 - 2.0);
    let name = "http.server.request.duration";
    estate.metric("front", name, Statistic::Count, |n, _| (requests * wiggle(n)).round());
    let of = |(usual, later): (f64, f64)| {
        move |n: usize, after: bool| wiggle(n) * if after { later } else { usual }
    };
    estate.metric("front", name, Statistic::Mean, of(mean));
    estate.metric("front", name, Statistic::P99, of(tail));
    investigated(&estate)
}

#[test]
fn a_slow_tail_is_seen_where_the_mean_is_as_usual_and_enough_requests_tell() {
    let told = |conclusion: &Conclusion| of(conclusion, ObservationKind::Tail).len();
    let seen = slow_tail(600.0, (0.1, 0.1), (0.3, 1.2));
    assert_eq!(told(&seen), 1, "{:?}", seen.observations);
    // The mean tells it, the tail hardly moved, or it is the time of three requests.
    assert_eq!(told(&slow_tail(600.0, (0.1, 0.2), (0.3, 1.2))), 0);
    assert_eq!(told(&slow_tail(600.0, (0.1, 0.1), (0.3, 0.4))), 0);
    assert_eq!(told(&slow_tail(3.0, (0.1, 0.1), (0.3, 1.2))), 0);
}

#[test]
fn changes_that_came_too_late_or_altered_a_calm_entity_are_innocent() {
    let mut estate = slow_back();
    estate
        .topology
        .add(nightjar_topology::Entity::new(id("calm"), nightjar_topology::EntityKind::Service));
    estate.requests("calm", 0.05, 0.0);
    let change = |name: &str, entity: &str, at: usize| Change {
        id: ChangeId::new(name),
        kind: ChangeKind::Deployment,
        at: minute(at),
        entities: vec![id(entity)],
        summary: name.into(),
        author: None,
        previous: None,
        url: None,
    };
    estate.changes = vec![
        change("guilty", "back", BEFORE - 2),
        change("elsewhere", "calm", BEFORE - 1),
        change("late", "back", BEFORE + 5),
    ];
    let conclusion = investigated(&estate);
    let direction = |name: &str| {
        let changes = of(&conclusion, ObservationKind::Change);
        changes.iter().find(|o| o.summary.ends_with(name)).unwrap().direction
    };
    assert_eq!(direction("guilty"), Direction::Appeared);
    assert_eq!(direction("elsewhere"), Direction::Steady);
    assert_eq!(direction("late"), Direction::Steady);
}

/// Processor use that goes from 20 % to 90 % at the onset, by way of `between`.
fn busy(between: impl Fn(usize) -> Option<f64>) -> Observation {
    let mut estate = slow_back();
    estate.metric("back", "process.cpu.utilization", Statistic::Last, |n, after| {
        let wiggle = 0.01 * ((n * 7 % 5) as f64 - 2.0);
        between(n).unwrap_or(wiggle + if after { 0.9 } else { 0.2 })
    });
    let conclusion = investigated(&estate);
    let found = of(&conclusion, ObservationKind::Saturation);
    (*found.first().unwrap()).clone()
}

#[test]
fn the_onset_of_a_step_is_placed_within_a_sample_and_that_of_an_uncertain_one_is_not() {
    let step = busy(|_| None).onset.unwrap();
    assert_eq!(
        (step.earliest, step.at, step.latest),
        (minute(BEFORE - 1), minute(BEFORE), minute(BEFORE + 1))
    );
    // Four samples halfway between may belong to either side.
    let unsure = busy(|n| (BEFORE - 4..BEFORE).contains(&n).then_some(0.55)).onset.unwrap();
    assert!(unsure.earliest <= minute(BEFORE - 4), "{unsure:?}");
    assert!(unsure.latest >= minute(BEFORE), "{unsure:?}");
}

#[test]
fn a_handful_of_requests_is_no_surge_and_a_hundred_are_one() {
    let surges = |usual: f64, later: f64| {
        let mut estate = Estate::chain(&["front"]);
        estate.metric("front", "requests", Statistic::Sum, |n, after| {
            (if after { later } else { usual } + (n % 2) as f64 * usual / 10.0).round()
        });
        estate.metric(
            "front",
            "latency",
            Statistic::Mean,
            |_, after| if after { 0.5 } else { 0.2 },
        );
        of(&investigated(&estate), ObservationKind::Traffic).len()
    };
    assert_eq!(surges(1.0, 6.0), 0);
    assert_eq!(surges(20.0, 120.0), 1);
}

/// Processor use over a day before the incident, by minutes since the onset.
fn drifts(level: impl Fn(i64) -> f64) -> usize {
    let mut estate = Estate::chain(&["front"]);
    estate.requests("front", 0.2, 0.3);
    let name = "process.cpu.utilization";
    records(&mut estate, 1, name, Statistic::Last, |_, since| level(since));
    of(&investigated(&estate), ObservationKind::Drift).len()
}

#[test]
fn what_rose_for_hours_before_is_drift_and_a_step_or_the_incident_itself_is_not() {
    assert_eq!(drifts(|since| 0.2 + 0.4 * (since + 1440) as f64 / 1440.0), 1);
    assert_eq!(drifts(|since| if since < -200 { 0.2 } else { 0.6 }), 0);
    assert_eq!(drifts(|since| if since < 0 { 0.2 } else { 0.9 }), 0);
    assert_eq!(drifts(|_| 0.4), 0);
}
