//! How the tests look at a recording.

use jiff::Timestamp;
use nightjar_incident::{FaultMode, MetricSeries, Recording, Signal, Statistic, signal};
use nightjar_world::{App, FaultSpec, Recipe, Shape, simulate};

pub(crate) fn start() -> Timestamp {
    "2026-11-23T02:00:00Z".parse().unwrap()
}

/// A short run: half an hour of the ordinary, ten minutes of trouble.
pub(crate) fn short() -> Recipe {
    Recipe { minutes_before: 30, minutes_after: 10, background: false, ..Recipe::default() }
}

pub(crate) fn with(mode: FaultMode) -> Recipe {
    Recipe { faults: vec![FaultSpec::new(mode)], ..short() }
}

pub(crate) fn estate(services: u32) -> Recipe {
    Recipe { app: App::Estate { services, shape: Shape::Layered }, ..short() }
}

pub(crate) fn record(recipe: &Recipe) -> Recording {
    simulate(recipe, start()).unwrap()
}

/// The sum (counts) or mean (else) of an entity's own signal, before and from the onset on.
pub(crate) fn before_after(
    recording: &Recording,
    recipe: &Recipe,
    entity: &str,
    wanted: Signal,
) -> (f64, f64) {
    let onset = recipe.onset(start()).as_millisecond();
    let fits = |series: &&MetricSeries| {
        series.entity.as_str() == entity
            && series.peer.is_none()
            && signal::of(series) == wanted
            && (wanted != Signal::Latency
                || (series.statistic == Statistic::Mean && !signal::failed(series)))
    };
    let series = recording.metrics.iter().find(fits);
    let series = series.unwrap_or_else(|| panic!("{entity} has no {wanted:?}"));
    let mean = |from, to| {
        let values: Vec<f64> = series.column.between(from, to).values().to_vec();
        values.iter().sum::<f64>() / values.len() as f64
    };
    // The first minute holds some of the ordinary still.
    (mean(0, onset), mean(onset + 60_000, i64::MAX))
}

/// Failed requests at the front door as a share of all, before and from the onset on.
pub(crate) fn failed_share(recording: &Recording, recipe: &Recipe, entity: &str) -> (f64, f64) {
    let errors = before_after(recording, recipe, entity, Signal::Errors);
    let good = before_after(recording, recipe, entity, Signal::Requests);
    (errors.0 / (errors.0 + good.0), errors.1 / (errors.1 + good.1))
}
