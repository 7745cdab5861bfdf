//! From rows to columns.

use std::collections::BTreeMap;

use nightjar_incident::{MetricSeries, Statistic};
use nightjar_series::Column;
use nightjar_topology::EntityId;

use crate::clickhouse::ask::Whole;

/// Entity, name, unit, attributes.
pub(super) type Key = (String, String, String, BTreeMap<String, String>);

/// Places on the grid, counted from its end, with the values there.
pub(super) type Points = Vec<(Whole, Vec<Option<f64>>)>;

/// What the values of a point are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A level.
    Level,
    /// What came together within the step, of a counter.
    Count,
    /// What came together within the step.
    Sum,
    /// Count, mean, largest, median and three more quantiles.
    Histogram,
}

/// The columns of a series; none of one that names nobody.
pub(super) fn columns(key: Key, points: &Points, of: Of, end: i64, step: i64) -> Vec<MetricSeries> {
    let (entity, name, unit, attributes) = key;
    let Ok(entity) = EntityId::new(entity) else { return Vec::new() };
    let (unit, factor) = unit_of(&unit);
    let statistics: &[Statistic] = match of {
        Of::Level => &[Statistic::Last],
        Of::Count | Of::Sum if is_count(unit) => &[Statistic::Count],
        Of::Count | Of::Sum => &[Statistic::Sum],
        Of::Histogram => &[
            Statistic::Count,
            Statistic::Mean,
            Statistic::Max,
            Statistic::P50,
            Statistic::P90,
            Statistic::P95,
            Statistic::P99,
        ],
    };
    // The measure of a side that calls names whom it calls.
    let calls = name.split('.').any(|part| part == "client");
    let named = |key: &str| attributes.get(key).filter(|name| !name.is_empty()).cloned();
    let peer = named("service.peer.name").or_else(|| named("peer.service"));
    let peer = peer.or_else(|| named("server.address").filter(|_| calls));
    let peer = peer.and_then(|peer| EntityId::new(peer).ok());
    let mut found = Vec::new();
    for (at, &statistic) in statistics.iter().enumerate() {
        let counts = of == Of::Histogram && statistic == Statistic::Count;
        let factor = if counts { 1.0 } else { factor };
        let mut samples: Vec<(i64, f64)> = points
            .iter()
            .filter_map(|(place, values)| {
                let place = i64::try_from(place.0).ok()?;
                let time = end.checked_sub(place.checked_mul(step)?)?;
                let value = values.get(at).copied().flatten();
                Some((time, value.map_or(f64::NAN, |value| factor * value)))
            })
            .collect();
        samples.sort_by_key(|(time, _)| *time);
        let (column, repairs) = Column::from_samples(samples);
        // A histogram without buckets has no quantiles, and only some tell their largest value.
        if column.is_empty() || (at > 0 && column.values().iter().all(|value| value.is_nan())) {
            continue;
        }
        found.push(MetricSeries {
            entity: entity.clone(),
            peer: peer.clone(),
            name: name.clone(),
            statistic,
            // How many there were has no unit, whatever was measured of each.
            unit: if counts { "1" } else { unit }.to_owned(),
            attributes: attributes.clone(),
            column,
            repairs,
        });
    }
    found
}

/// Our unit, and what one of theirs is in ours (docs/specs/capsule.md has the whole table).
fn unit_of(unit: &str) -> (&str, f64) {
    match unit {
        "ms" | "milliseconds" => ("s", 1e-3),
        "us" | "µs" | "microseconds" => ("s", 1e-6),
        "ns" => ("s", 1e-9),
        "seconds" => ("s", 1.0),
        "kBy" => ("By", 1e3),
        "MBy" => ("By", 1e6),
        "GBy" => ("By", 1e9),
        "KiBy" => ("By", 1_024.0),
        "MiBy" => ("By", 1_048_576.0),
        "GiBy" => ("By", 1_073_741_824.0),
        "bytes" => ("By", 1.0),
        "percent" => ("%", 1.0),
        "count" => ("1", 1.0),
        other => (other, 1.0),
    }
}

/// Whether a sum in this unit counts things: `1`, `{request}`, nothing.
fn is_count(unit: &str) -> bool {
    unit.is_empty() || unit == "1" || (unit.starts_with('{') && unit.ends_with('}'))
}
