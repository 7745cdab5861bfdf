use std::collections::BTreeMap;
use std::path::Path;

use nightjar_incident::{MetricSeries, Statistic};
use nightjar_series::Column;
use nightjar_topology::EntityId;

use crate::import::Error;
use crate::import::notes::Notes;

use super::sheet::{Sheet, cell, instant};

/// The collector's period.
const TICK_MILLIS: i64 = 60_000;
/// How far behind its tick a sample may be taken; a round over all pods takes about two seconds.
const ROUND_MILLIS: i64 = 5_000;

/// What one column of a file holds.
pub(super) struct Row {
    column: &'static str,
    /// Whether it is the pod's or that of the machine under it.
    pub(super) whose: Whose,
    name: &'static str,
    statistic: Statistic,
    unit: &'static str,
    /// From the file's unit to ours.
    factor: f64,
    attribute: Option<(&'static str, &'static str)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Pod,
    Machine,
}

const SERVER: &str = "http.server.request.duration";
const CLIENT: &str = "http.client.request.duration";

const fn row(
    column: &'static str,
    name: &'static str,
    statistic: Statistic,
    unit: &'static str,
    factor: f64,
) -> Row {
    Row { column, whose: Whose::Pod, name, statistic, unit, factor, attribute: None }
}

/// The columns of `<pod>_metric.csv`. Left out are `TimeStamp` (wrong on one of the days) and
/// `CpuUsage(m)` (the same curve as its rate).
pub(super) const POD: &[Row] = &[
    row("CpuUsageRate(%)", "k8s.container.cpu_limit_utilization", Statistic::Mean, "1", 0.01),
    row("MemoryUsage(Mi)", "container.memory.usage", Statistic::Last, "By", 1_048_576.0),
    row("MemoryUsageRate(%)", "k8s.container.memory_limit_utilization", Statistic::Last, "1", 0.01),
    row("SyscallRead", "SyscallRead", Statistic::Last, "1", 1.0),
    row("SyscallWrite", "SyscallWrite", Statistic::Last, "1", 1.0),
    Row {
        attribute: Some(("network.io.direction", "receive")),
        ..row("NetworkReceiveBytes", "k8s.pod.network.io", Statistic::Mean, "By/s", 1.0)
    },
    Row {
        attribute: Some(("network.io.direction", "transmit")),
        ..row("NetworkTransmitBytes", "k8s.pod.network.io", Statistic::Mean, "By/s", 1.0)
    },
    row("PodClientLatencyP90(s)", CLIENT, Statistic::P90, "s", 1.0),
    row("PodClientLatencyP95(s)", CLIENT, Statistic::P95, "s", 1.0),
    row("PodClientLatencyP99(s)", CLIENT, Statistic::P99, "s", 1.0),
    row("PodServerLatencyP90(s)", SERVER, Statistic::P90, "s", 1.0),
    row("PodServerLatencyP95(s)", SERVER, Statistic::P95, "s", 1.0),
    row("PodServerLatencyP99(s)", SERVER, Statistic::P99, "s", 1.0),
    // Requests a second over a minute, as the count of the minute.
    row("PodWorkload(Ops)", "requests", Statistic::Sum, "{request}", 60.0),
    row("PodSuccessRate(%)", "availability", Statistic::Mean, "%", 1.0),
    Row {
        whose: Whose::Machine,
        ..row("NodeCpuUsageRate(%)", "system.cpu.utilization", Statistic::Mean, "1", 0.01)
    },
    Row {
        whose: Whose::Machine,
        ..row("NodeMemoryUsageRate(%)", "system.memory.utilization", Statistic::Last, "1", 0.01)
    },
    Row {
        whose: Whose::Machine,
        attribute: Some(("network.io.direction", "receive")),
        ..row("NodeNetworkReceiveBytes", "system.network.io", Statistic::Mean, "By/s", 1.0)
    },
];

/// The columns of `front_service.csv`. Its higher quantiles are those of the front pod.
pub(super) const FRONT: &[Row] = &[
    row("SuccessRate(%)", "availability", Statistic::Mean, "%", 1.0),
    row("LatencyP50(s)", SERVER, Statistic::P50, "s", 1.0),
];

impl Row {
    pub(super) fn series(&self, entity: &EntityId, samples: Vec<(i64, f64)>) -> MetricSeries {
        let scaled = samples.into_iter().map(|(time, value)| (time, value * self.factor));
        let mut series = series(entity, self.name, self.statistic, self.unit, scaled.collect());
        let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        series.attributes = self.attribute.into_iter().map(pair).collect();
        series
    }
}

fn series(
    entity: &EntityId,
    name: &str,
    statistic: Statistic,
    unit: &str,
    samples: Vec<(i64, f64)>,
) -> MetricSeries {
    let (column, repairs) = Column::from_samples(samples);
    MetricSeries {
        entity: entity.clone(),
        peer: None,
        name: name.to_owned(),
        statistic,
        unit: unit.to_owned(),
        attributes: BTreeMap::new(),
        column,
        repairs,
    }
}

/// One column's samples: Unix milliseconds and value, without the missing ones.
pub(super) type Samples = Vec<(i64, f64)>;

/// A metric file as columns by their name, the first column being the time.
pub(super) struct Table {
    pub(super) columns: BTreeMap<String, Samples>,
}

impl Table {
    /// Reads all columns of numbers of a file. `tick` is the collector's first tick of the day;
    /// the first file sets it.
    pub(super) fn read(
        path: &Path,
        tick: &mut Option<i64>,
        notes: &mut Notes,
    ) -> Result<Self, Error> {
        let mut sheet = Sheet::open(path)?;
        let mut columns: Vec<Samples> = vec![Vec::new(); sheet.headers.len()];
        let mut record = csv::StringRecord::new();
        let is_text = |name: &String| {
            matches!(name.as_str(), "TimeStamp" | "timestamp" | "PodName" | "ServiceName")
        };
        let text: Vec<bool> = sheet.headers.iter().map(is_text).collect();
        while let Some(line) = sheet.next(&mut record, notes) {
            let Some(at) = instant(cell(&record, 0)) else {
                notes.add(&sheet.file, line, "a time with date and offset", cell(&record, 0));
                continue;
            };
            let time = on_tick(at.as_millisecond(), tick);
            let places = columns.iter_mut().zip(&text).enumerate().skip(1);
            for (index, (column, is_text)) in places {
                let value = cell(&record, index);
                if *is_text || value.is_empty() || value == "NaN" {
                    continue;
                }
                match value.parse::<f64>() {
                    Ok(value) => column.push((time, value)),
                    Err(_) => notes.add(&sheet.file, line, "a number, NaN or nothing", value),
                }
            }
        }
        Ok(Self { columns: sheet.headers.into_iter().zip(columns).collect() })
    }

    pub(super) fn take(&mut self, row: &Row) -> Option<Samples> {
        let samples = self.columns.remove(row.column)?;
        (!samples.is_empty()).then_some(samples)
    }
}

/// The time of the collector's tick at which a sample was taken.
///
/// The collector goes round once a minute and takes a second or two for it. Samples of one round
/// get one time, so that columns can be compared row by row.
fn on_tick(millis: i64, first: &mut Option<i64>) -> i64 {
    let first = *first.get_or_insert(millis - millis.rem_euclid(1000));
    let behind = (millis - first).rem_euclid(TICK_MILLIS);
    if behind <= ROUND_MILLIS { millis - behind } else { millis }
}

/// Which end of the edges a file measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// What the caller waits, the network included.
    Source,
    /// What the callee takes.
    Destination,
}

/// The series of `source_50.csv` and `destination_50.csv`: the median latency of each edge, in
/// columns named `<caller>_<callee>`.
pub(super) fn edges(table: Table, side: Side) -> Vec<MetricSeries> {
    let mut found = Vec::new();
    for (name, samples) in table.columns {
        let Some((caller, callee)) = name.split_once('_') else { continue };
        let (Ok(caller), Ok(callee)) = (EntityId::new(caller), EntityId::new(callee)) else {
            continue;
        };
        if samples.is_empty() {
            continue;
        }
        let (entity, peer, name) = match side {
            Side::Source => (caller, callee, CLIENT),
            Side::Destination => (callee, caller, SERVER),
        };
        let mut series = series(&entity, name, Statistic::P50, "s", samples);
        series.peer = Some(peer);
        found.push(series);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_one_round_get_the_time_of_its_tick() {
        let mut tick = None;
        let times = [19_574, 20_021, 79_553, 81_900, 106_000].map(|t| on_tick(t, &mut tick));
        assert_eq!(times, [19_000, 19_000, 79_000, 79_000, 106_000]);
    }
}
