use std::collections::BTreeMap;
use std::path::Path;

use nightjar_incident::Statistic;
use nightjar_topology::EntityId;
use serde::Deserialize;

use crate::import::Error;
use crate::import::notes::{Notes, label};

/// The data set's step, for a table too short to show its own.
const FIVE_MINUTES_MILLIS: i64 = 300_000;

/// A `metrics.csv`: four header lines, then one row per interval.
///
/// INVARIANT: times increase strictly and every column has one value per time; `NaN` is an empty
/// cell. A row's time is the beginning of its interval.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    /// Unix milliseconds.
    pub(super) times: Vec<i64>,
    pub(super) columns: BTreeMap<Key, Vec<f64>>,
    pub(super) notes: Vec<String>,
}

/// Tells one column from the others, whatever its place in the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) node: EntityId,
    pub(super) metric: Metric,
    pub(super) statistic: Statistic,
}

/// What the set measures of each node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Metric {
    /// Seconds.
    Latency,
    /// Requests within the interval.
    Requests,
    /// Per cent.
    Availability,
}

impl Metric {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Requests => "requests",
            Self::Availability => "availability",
        }
    }

    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Latency => "s",
            Self::Requests => "{request}",
            Self::Availability => "%",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Latency, Self::Requests, Self::Availability].into_iter().find(|m| m.name() == name)
    }
}

fn statistic(name: &str) -> Option<Statistic> {
    match name {
        "Average" => Some(Statistic::Mean),
        "Sum" => Some(Statistic::Sum),
        "p50" => Some(Statistic::P50),
        "p90" => Some(Statistic::P90),
        "p95" => Some(Statistic::P95),
        "p99" => Some(Statistic::P99),
        _ => None,
    }
}

impl Table {
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let file = label(path, 3);
        let broken = |e: csv::Error| Error::Format {
            path: file.clone(),
            expected: "comma-separated text",
            found: e.to_string(),
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_path(path)
            .map_err(broken)?;
        let mut records = reader.records();
        let mut header = |first: &'static str| -> Result<csv::StringRecord, Error> {
            let found = match records.next() {
                Some(record) => record.map_err(broken)?,
                None => csv::StringRecord::new(),
            };
            if found.get(0) == Some(first) {
                return Ok(found);
            }
            let found = found.get(0).unwrap_or("the end of the file").to_owned();
            Err(Error::Format { path: file.clone(), expected: first, found })
        };
        let nodes = header("microservice")?;
        let metrics = header("metric")?;
        let statistics = header("statistic")?;
        header("unix_timestamp")?;

        let mut notes = Notes::default();
        let keys = keys(&nodes, &metrics, &statistics, &file, &mut notes);
        // Rows by time: a file that is out of order is sorted, and of two rows of one time the
        // later one counts.
        let mut rows: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for record in records {
            let record = match record {
                Ok(record) => record,
                Err(e) if matches!(e.kind(), csv::ErrorKind::Utf8 { .. }) => {
                    let line = e.position().map_or(0, csv::Position::line);
                    notes.add(&file, line, "UTF-8 text", "other bytes");
                    continue;
                }
                Err(e) => return Err(broken(e)),
            };
            let line = record.position().map_or(0, csv::Position::line);
            let first = record.get(0).unwrap_or_default();
            let Some(time) = millis(first) else {
                notes.add(&file, line, "Unix seconds", first);
                continue;
            };
            if record.len() != nodes.len() {
                let found = format!("{} cells", record.len());
                notes.add(&file, line, &format!("{} cells", nodes.len()), &found);
            }
            let mut values = Vec::with_capacity(keys.len());
            for index in 1..=keys.len() {
                let cell = record.get(index).unwrap_or_default();
                let value = cell.parse().ok().filter(|value: &f64| value.is_finite());
                if value.is_none() && !cell.is_empty() {
                    notes.add(&file, line, "a number or nothing", cell);
                }
                values.push(value.unwrap_or(f64::NAN));
            }
            if rows.last_key_value().is_some_and(|(last, _)| *last >= time) {
                notes.add(&file, line, "a time later than that of the row before", first);
            }
            rows.insert(time, values);
        }
        let mut table = Self { times: rows.keys().copied().collect(), ..Self::default() };
        for (index, key) in keys.into_iter().enumerate() {
            let Some(key) = key else { continue };
            let column = rows.values().map(|row| row.get(index).copied().unwrap_or(f64::NAN));
            if let Some(twin) = table.columns.insert(key.clone(), column.collect()) {
                let (metric, count) = (key.metric.name(), twin.len());
                notes.add(
                    &file,
                    1,
                    "one column per node, metric and statistic",
                    &format!("two of {} {metric}; the first ({count} rows) is left out", key.node),
                );
            }
        }
        table.notes = notes.into_lines(&file);
        Ok(table)
    }

    /// The rows from the index `from` up to, but not including, `to`; notes stay with the whole.
    pub(super) fn rows(&self, from: usize, to: usize) -> Self {
        let (from, to) = (from.min(self.times.len()), to.min(self.times.len()));
        let cut = |values: &Vec<f64>| values.get(from..to).unwrap_or_default().to_vec();
        Self {
            times: self.times.get(from..to).unwrap_or_default().to_vec(),
            columns: self.columns.iter().map(|(key, values)| (key.clone(), cut(values))).collect(),
            notes: Vec::new(),
        }
    }

    /// The usual distance of two rows in milliseconds.
    pub(super) fn step(&self) -> i64 {
        let mut gaps: Vec<i64> =
            self.times.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2).copied().unwrap_or(FIVE_MINUTES_MILLIS)
    }

    /// Requests that came to a node over the whole table.
    pub(super) fn requests(&self, node: &EntityId) -> f64 {
        let key = Key { node: node.clone(), metric: Metric::Requests, statistic: Statistic::Sum };
        let values = self.columns.get(&key).into_iter().flatten();
        values.filter(|value| !value.is_nan()).sum()
    }
}

/// What each column behind the first holds; `None` where the header can't be understood.
fn keys(
    nodes: &csv::StringRecord,
    metrics: &csv::StringRecord,
    statistics: &csv::StringRecord,
    file: &str,
    notes: &mut Notes,
) -> Vec<Option<Key>> {
    let mut keys = Vec::with_capacity(nodes.len());
    for index in 1..nodes.len() {
        let cell = |record: &csv::StringRecord| record.get(index).unwrap_or_default().to_owned();
        let (name, metric_name, statistic_name) = (cell(nodes), cell(metrics), cell(statistics));
        let node = EntityId::new(name.as_str());
        let key = match (node, Metric::from_name(&metric_name), statistic(&statistic_name)) {
            (Ok(node), Some(metric), Some(statistic)) => Some(Key { node, metric, statistic }),
            _ => {
                let found = format!("{name}, {metric_name}, {statistic_name}");
                notes.add(file, 1, "a node, a known metric, a known statistic", &found);
                None
            }
        };
        keys.push(key);
    }
    keys
}

/// Unix seconds as milliseconds.
fn millis(text: &str) -> Option<i64> {
    let seconds: f64 = text.trim().parse().ok()?;
    // Year 1 to 9999; beyond that it isn't a time.
    if !(-6.2e10..=2.5e11).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    Some((seconds * 1000.0).round() as i64)
}
