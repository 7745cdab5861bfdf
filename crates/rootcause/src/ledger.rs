//! Evidence as tables: requests, latency and errors of every entity and measured edge, on one
//! grid of rows, split into reference and window.

mod grid;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use nightjar_incident::{
    Content, Evidence, EvidenceId, MetricSeries, Signal, Statistic, Window, signal,
};
use nightjar_series::Column;
use nightjar_topology::EntityId;

use self::grid::{Grid, Spread, add};
use crate::season::without_season;

/// Whose requests a table counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Requests an entity answers, measured where they are answered.
    Entity(EntityId),
    /// Requests one entity sends to another, measured where they are sent.
    Edge {
        /// Who sends.
        from: EntityId,
        /// Who should answer.
        to: EntityId,
    },
}

/// One table. All columns have a value for each row of the ledger; `NaN` is "not recorded".
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) place: Place,
    /// Requests in the row; 1 in rows with a latency where nobody counts requests.
    pub(crate) requests: Vec<f64>,
    /// Whether requests were counted at all.
    pub(crate) counted: bool,
    /// Whether the count isn't its own but follows from what both ends counted.
    pub(crate) inferred: bool,
    /// Seconds, mean over the row's requests (the lowest quantile where no mean is recorded), as they
    /// would be at the window's hour.
    pub(crate) latency: Option<Vec<f64>>,
    /// Failed requests in the row.
    pub(crate) errors: Option<Vec<f64>>,
    /// Where the numbers come from.
    pub(crate) evidence: Vec<EvidenceId>,
}

/// All tables on one grid.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    /// Length of a row in milliseconds.
    pub(crate) step: i64,
    /// Time of the first sample of each row, Unix milliseconds.
    pub(crate) rows: Vec<i64>,
    /// The rows taken as usual.
    pub(crate) reference: Range<usize>,
    /// The rows compared with them.
    pub(crate) window: Range<usize>,
    /// Whether the reference ends where the window begins.
    pub(crate) adjacent: bool,
    pub(crate) tables: Vec<Table>,
}

/// How long before the window a reference may end that still counts as just before, milliseconds.
const NEAR: i64 = 15 * 60_000;

/// Requests of edges whose latency is measured and whose requests aren't: the callee's, in
/// proportion to what its callers get themselves; without a count of the callee, the caller's.
fn count_edges(tables: &mut [Table]) {
    let counts = edge_counts(tables);
    for (table, known) in counts {
        let Some(table) = tables.get_mut(table) else { continue };
        // A row with a latency had requests, whatever the others counted.
        for (requests, known) in table.requests.iter_mut().zip(known) {
            if *requests > 0.0 {
                *requests = known.max(1.0);
            }
        }
        table.counted = true;
        table.inferred = true;
    }
}

/// The tables of such edges with what their ends say they count.
fn edge_counts(tables: &[Table]) -> Vec<(usize, Vec<f64>)> {
    if tables.iter().all(|table| table.counted) {
        return Vec::new();
    }
    let counted: BTreeMap<&EntityId, &[f64]> = tables
        .iter()
        .filter(|table| table.counted)
        .filter_map(|table| match &table.place {
            Place::Entity(id) => Some((id, table.requests.as_slice())),
            Place::Edge { .. } => None,
        })
        .collect();
    let totals: BTreeMap<&EntityId, f64> =
        counted.iter().map(|(id, requests)| (*id, requests.iter().sum())).collect();
    let total = |id: &EntityId| totals.get(id).copied().unwrap_or(0.0);
    let mut all_callers: BTreeMap<&EntityId, f64> = BTreeMap::new();
    for table in tables {
        if let Place::Edge { from, to } = &table.place {
            *all_callers.entry(to).or_default() += total(from);
        }
    }
    let mut found = Vec::new();
    for (index, table) in tables.iter().enumerate().filter(|(_, table)| !table.counted) {
        let Place::Edge { from, to } = &table.place else { continue };
        let callers = all_callers.get(to).copied().unwrap_or(0.0);
        let share = if callers > 0.0 { total(from) / callers } else { 1.0 };
        match (counted.get(to), counted.get(from)) {
            (Some(callee), _) => found.push((index, callee.iter().map(|r| r * share).collect())),
            (None, Some(caller)) => found.push((index, caller.to_vec())),
            (None, None) => {}
        }
    }
    found
}

/// Series of one place that belong together.
#[derive(Default)]
struct Parts<'a> {
    requests: Vec<&'a MetricSeries>,
    failed: Vec<&'a MetricSeries>,
    availability: Vec<&'a MetricSeries>,
    latency: Vec<&'a MetricSeries>,
    evidence: BTreeSet<EvidenceId>,
}

impl Ledger {
    /// Sorts the evidence's request metrics into tables. `None` if there are no such metrics or
    /// no two samples of one.
    pub(crate) fn build(
        measured: &[Measured<'_>],
        window: Window,
        reference: Window,
    ) -> Option<Self> {
        let mut places: BTreeMap<Place, Parts<'_>> = BTreeMap::new();
        // Counts that are split by what became of the requests: at one place, and so at all.
        let mut by_outcome: BTreeSet<&str> = BTreeSet::new();
        for &Measured { piece, series, signal } in measured {
            if signal == Signal::Errors && series.statistic == Statistic::Count {
                by_outcome.insert(&series.name);
            }
            let Some(place) = place_of(series) else { continue };
            let parts = places.entry(place).or_default();
            match signal {
                Signal::Requests => parts.requests.push(series),
                Signal::Errors => parts.failed.push(series),
                Signal::Availability => parts.availability.push(series),
                Signal::Latency => parts.latency.push(series),
                _ => continue,
            }
            if !parts.evidence.contains(&piece.id) {
                parts.evidence.insert(piece.id.clone());
            }
        }
        let columns: Vec<&Column> = places.values().flat_map(Parts::columns).collect();
        let grid = Grid::of(&columns)?;
        let (from, to) = (reference.from.min(window.from), window.to.max(reference.to));
        let (keys, rows) = grid.rows(&columns, from.as_millisecond(), to.as_millisecond());
        let split = |at: i64| rows.partition_point(|&time| time < at);
        let reference =
            split(reference.from.as_millisecond())..split(reference.to.as_millisecond());
        let window = split(window.from.as_millisecond())..split(window.to.as_millisecond());
        let adjacent = match (
            reference.end.checked_sub(1).and_then(|last| keys.get(last)),
            keys.get(window.start),
        ) {
            (Some(last), Some(first)) => first - last <= 2 + NEAR / grid.step,
            (None | Some(_), _) => false,
        };
        let mut spread = Spread::new(&grid, &keys);
        let mut tables = Vec::with_capacity(places.len());
        for (place, parts) in places {
            tables.push(parts.table(place, &mut spread, &by_outcome));
        }
        count_edges(&mut tables);
        let latencies = tables.iter_mut().filter_map(|table| table.latency.as_mut());
        latencies.for_each(|latency| without_season(latency, &rows, &reference));
        Some(Self { step: grid.step, rows, reference, window, adjacent, tables })
    }
}

/// A metric column of the evidence with the piece it belongs to and what it measures.
#[derive(Clone, Copy)]
pub(crate) struct Measured<'a> {
    pub(crate) piece: &'a Evidence,
    pub(crate) series: &'a MetricSeries,
    pub(crate) signal: Signal,
}

/// All metric columns of the evidence, each looked up once in the table of signals.
pub(crate) fn measured(evidence: &[Evidence]) -> Vec<Measured<'_>> {
    metrics(evidence)
        .map(|(piece, series)| Measured { piece, series, signal: signal::of(series) })
        .collect()
}

/// All metric columns of the evidence with the piece they belong to.
pub(crate) fn metrics(evidence: &[Evidence]) -> impl Iterator<Item = (&Evidence, &MetricSeries)> {
    evidence.iter().flat_map(|piece| {
        let series = match &piece.content {
            Content::Series(series) => series.as_slice(),
            _ => &[],
        };
        series.iter().map(move |series| (piece, series))
    })
}

/// Client-side metrics of a known edge belong to the edge; what a caller sees of nobody in
/// particular, and what a callee tells apart by caller, belongs to no table.
pub(crate) fn place_of(series: &MetricSeries) -> Option<Place> {
    let client_side = signal::is_of_caller(series);
    match (&series.peer, client_side) {
        (None, false) => Some(Place::Entity(series.entity.clone())),
        (Some(peer), true) if *peer != series.entity => {
            Some(Place::Edge { from: series.entity.clone(), to: peer.clone() })
        }
        (None | Some(_), _) => None,
    }
}

impl<'a> Parts<'a> {
    fn columns(&self) -> impl Iterator<Item = &'a Column> + '_ {
        let all = self.requests.iter().chain(&self.failed).chain(&self.availability);
        all.chain(&self.latency).map(|series| &series.column)
    }

    fn table(self, place: Place, spread: &mut Spread<'a>, by_outcome: &BTreeSet<&str>) -> Table {
        let mut requests = spread.sum(self.requests.iter().copied());
        // Failed requests of a histogram stand beside the successful ones, not within them.
        let beside = self.failed.iter().copied().filter(|s| s.statistic == Statistic::Count);
        if let Some(failed) = spread.sum(beside) {
            requests = Some(match requests {
                Some(others) => others.iter().zip(&failed).map(|(&a, &b)| add(a, b)).collect(),
                None => failed,
            });
        }
        let counted = requests.is_some();
        let latency = self.mean_latency(spread);
        let requests = match (requests, &latency) {
            (Some(mut requests), _) => {
                for count in &mut requests {
                    *count = if *count > 0.0 { *count } else { 0.0 };
                }
                requests
            }
            (None, Some(latency)) => {
                latency.iter().map(|x| if x.is_nan() { 0.0 } else { 1.0 }).collect()
            }
            (None, None) => vec![0.0; spread.keys.len()],
        };
        let mut errors = spread.sum(self.failed.iter().copied()).or_else(|| {
            let series = self.availability.first().filter(|_| counted)?;
            let lost = |(&percent, &r): (&f64, &f64)| r * (1.0 - percent / 100.0).clamp(0.0, 1.0);
            Some(spread.of(series).iter().zip(&requests).map(lost).collect())
        });
        // Such a count has no column of failures until the first request fails.
        if counted && self.is_split(by_outcome) {
            let none = || vec![f64::NAN; requests.len()];
            for (failed, r) in errors.get_or_insert_with(none).iter_mut().zip(&requests) {
                if failed.is_nan() && *r > 0.0 {
                    *failed = 0.0;
                }
            }
        }
        let evidence = self.evidence.into_iter().collect();
        Table { place, requests, counted, inferred: false, latency, errors, evidence }
    }

    /// Whether its requests are counted by what became of them.
    fn is_split(&self, names: &BTreeSet<&str>) -> bool {
        self.requests.iter().any(|series| {
            signal::tells_failures(series)
                || series.statistic == Statistic::Count && names.contains(&*series.name)
        })
    }

    /// The mean over all requests where means are recorded, weighted by their counts; else the
    /// lowest recorded quantile, which follows the mean best.
    fn mean_latency(&self, spread: &mut Spread<'a>) -> Option<Vec<f64>> {
        let statistic = [
            Statistic::Mean,
            Statistic::P50,
            Statistic::P90,
            Statistic::P95,
            Statistic::P99,
            Statistic::Last,
            Statistic::Max,
        ]
        .into_iter()
        .find(|statistic| self.latency.iter().any(|series| series.statistic == *statistic))?;
        let same = || self.latency.iter().filter(|series| series.statistic == statistic);
        let count_of = |series: &MetricSeries| {
            let mut counts = self.requests.iter().chain(&self.failed);
            counts.find(|count| count.name == series.name && count.attributes == series.attributes)
        };
        // One alone that nothing weighs is the mean itself.
        if let (Some(only), None) = (same().next(), same().nth(1))
            && count_of(only).is_none()
        {
            return Some(spread.of(only));
        }
        let mut weighted: Vec<(f64, f64)> = Vec::new();
        for series in same() {
            let values = spread.of(series);
            let counts =
                count_of(series).map_or_else(|| vec![1.0; values.len()], |count| spread.of(count));
            weighted.resize(values.len(), (0.0, 0.0));
            for ((total, weight), (value, count)) in
                weighted.iter_mut().zip(values.into_iter().zip(counts))
            {
                if !value.is_nan() && count > 0.0 {
                    *total += value * count;
                    *weight += count;
                }
            }
        }
        let mean =
            |(total, weight): (f64, f64)| if weight > 0.0 { total / weight } else { f64::NAN };
        Some(weighted.into_iter().map(mean).collect())
    }
}
