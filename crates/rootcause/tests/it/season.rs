//! What is usual at this hour: a daily peak is no incident, and the level of noon is one at night.

use nightjar_incident::{
    Conclusion, FaultMode, MetricSeries, Observation, ObservationKind, Signal, Statistic, Verdict,
};
use nightjar_series::Column;

use crate::{AFTER, BEFORE, Estate, alert, id, leading, minute};

const DAY: i64 = 24 * 60;

/// A metric recorded every minute for some days before the onset: `value(hour of the day, minutes since
/// the onset)`.
pub(crate) fn records(
    estate: &mut Estate,
    days: i64,
    name: &str,
    statistic: Statistic,
    value: impl Fn(i64, i64) -> f64,
) {
    let onset = minute(BEFORE).as_millisecond() / 60_000;
    let wiggle = |n: i64| 1.0 + 0.01 * ((n * 7).rem_euclid(5) as f64 - 2.0);
    let samples = (-days * DAY..i64::try_from(AFTER).unwrap()).map(|since| {
        let hour = (onset + since).div_euclid(60).rem_euclid(24);
        ((onset + since) * 60_000, value(hour, since) * wiggle(since))
    });
    let (column, repairs) = Column::from_samples(samples);
    estate.series.push(MetricSeries {
        entity: id("front"),
        peer: None,
        name: name.to_owned(),
        statistic,
        unit: String::new(),
        attributes: std::collections::BTreeMap::new(),
        column,
        repairs,
    });
}

/// The hours at and behind the onset, as they are every day.
fn is_peak(hour: i64) -> bool {
    let onset = minute(BEFORE).as_millisecond().div_euclid(3_600_000).rem_euclid(24);
    (hour - onset).rem_euclid(24) <= 1
}

fn slow_every_day(days: i64) -> Conclusion {
    let mut estate = Estate::chain(&["front"]);
    let busy = |hour| if is_peak(hour) { 4.0 } else { 1.0 };
    records(&mut estate, days, "requests", Statistic::Sum, |hour, _| 600.0 * busy(hour));
    records(&mut estate, days, "latency", Statistic::Mean, |hour, _| 0.1 * busy(hour));
    let (alerts, symptoms) = alert("front");
    estate.investigate(&alerts, &symptoms)
}

#[test]
fn a_peak_of_every_day_is_no_incident_once_days_are_known() {
    let days = slow_every_day(4);
    assert!(matches!(days.verdict, Verdict::NoIncident { .. }), "{:?}", days.verdict);
    let surge = |o: &Observation| o.kind == ObservationKind::Traffic;
    assert!(!days.observations.iter().any(surge), "{:?}", days.observations);
    // With less than two days nobody can know.
    let hours = slow_every_day(1);
    assert!(hours.observations.iter().any(surge), "{:?}", hours.observations);
    assert!(!matches!(hours.verdict, Verdict::NoIncident { .. }), "{:?}", hours.verdict);
}

#[test]
fn what_is_usual_at_noon_is_seen_at_night() {
    let mut estate = Estate::chain(&["front"]);
    let after = |since: i64| since >= 0;
    records(&mut estate, 4, "requests", Statistic::Sum, |_, _| 600.0);
    records(
        &mut estate,
        4,
        "latency",
        Statistic::Mean,
        |_, since| {
            if after(since) { 0.5 } else { 0.1 }
        },
    );
    records(&mut estate, 4, "process.cpu.utilization", Statistic::Last, |hour, since| {
        if after(since) || (8..20).contains(&hour) { 0.9 } else { 0.2 }
    });
    let (alerts, symptoms) = alert("front");
    let conclusion = estate.investigate(&alerts, &symptoms);
    let busy = |o: &&Observation| o.signal == Some(Signal::CpuUtilization);
    let busy = conclusion.observations.iter().find(busy).unwrap();
    assert!((busy.usual - 0.2).abs() < 0.02 && busy.z > 8.0, "{busy:?}");
    assert_eq!(leading(&conclusion), ("front", FaultMode::CpuSaturation));
}
