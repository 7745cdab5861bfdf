//! A folder of OTLP JSON lines, as the OpenTelemetry Collector's file exporter writes them.
//!
//! <https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/fileexporter>:
//! one request per line, `format: json`, turned over by size or age.

mod read;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use nightjar_connect::{
    Answer, BadConfig, Capability, Connection, Error, ErrorKind, Health, Inventory, Logs, Metrics,
    Probe, Query, Question, Tested, Traces,
};
use nightjar_incident::{Content, MetricSeries, Source, Window};
use nightjar_otlp::{
    CallGraph, LogsData, MetricsData, Names, TracesData, Wanted, read_logs, read_spans,
};
use nightjar_topology::{EntityId, Topology};
use schemars::JsonSchema;
use serde::Deserialize;

use self::read::{Reader, Signal};
use crate::fewer::fewer;
use crate::files::Budget;
use crate::kind::{Kind, Limited, Reach as _};
use crate::limits::Limits;
use crate::spans::{cut, each_once, nanos, pick, spread};

/// Settings of a connection to a folder of telemetry.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// The folder into which the collector's file exporter writes, on the machine where Nightjar runs:
    /// `/var/lib/otelcol/telemetry`.
    #[schemars(length(min = 1, max = 4096))]
    folder: PathBuf,
}

pub(crate) struct OtlpFiles {
    config: Config,
    limits: Limits,
}

/// How far back counters are read, so that the first increase of the window is known.
const COUNTERS: SignedDuration = SignedDuration::from_mins(2);

/// How far back the call graph looks at least.
const GRAPH: SignedDuration = SignedDuration::from_hours(1);

/// The most samples and buckets that are held: sixteen bytes each.
const SAMPLES: u64 = 10_000_000;

impl Kind for OtlpFiles {
    const KIND: &'static str = "otlp_files";
    const SUMMARY: &'static str =
        "Metrics, logs and traces from files of the OpenTelemetry Collector.";
    const CAPABILITIES: &'static [Capability] = &[
        Capability::Answers(Question::Metrics),
        Capability::Answers(Question::Logs),
        Capability::Answers(Question::Traces),
        Capability::Answers(Question::Inventory),
    ];
    const TESTED: &'static [Tested] = &[Tested {
        how: "fake",
        system: "OpenTelemetry Collector file exporter",
        version: "0.140",
    }];
    type Reach = Limited;
    type Config = Config;

    fn connect(reach: Limited, config: Config, source: Source) -> Result<Connection, BadConfig> {
        if !config.folder.is_absolute() {
            return Err(BadConfig::field("folder", "an absolute path is expected"));
        }
        let files = Arc::new(Self { config, limits: reach.limits() });
        Ok(Connection {
            metrics: Some(files.clone()),
            logs: Some(files.clone()),
            traces: Some(files.clone()),
            inventory: Some(files.clone()),
            probe: Some(files),
            ..Connection::new(source)
        })
    }
}

impl OtlpFiles {
    /// Reads on a thread of its own: a disk may take its time.
    async fn reading<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(Reader) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let reader = Reader::new(self.config.folder.clone(), Budget::of(self.limits.allowance()));
        let done = tokio::task::spawn_blocking(move || work(reader)).await;
        done.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Protocol, what, "reading the files broke off"))
        })
    }
}

#[async_trait]
impl Metrics for OtlpFiles {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        let query = query.clone();
        self.reading("metrics", move |mut reader| {
            let from = query.window.from.saturating_sub(COUNTERS).unwrap_or(query.window.from);
            let window = Window { from, to: query.window.to };
            let positive = |at| u64::try_from(nanos(at)).unwrap_or(0);
            let wanted = Wanted {
                entities: query.entities.iter().cloned().collect(),
                from_nanos: Some(positive(window.from)),
                to_nanos: Some(positive(window.to)),
            };
            let topology = Topology::default();
            let mut names = Names::new(&topology);
            let mut metrics = nightjar_otlp::Metrics::new(wanted, SAMPLES);
            let mut is_full = false;
            reader.each(Signal::Metrics, window, query.since, &mut |data, note| {
                if !is_full {
                    is_full = metrics.take(&data, &mut names, note).is_err();
                }
            })?;
            let mut series = reader.noting(|note| metrics.finish(note));
            let (from, to) = (query.window.from.as_millisecond(), query.window.to.as_millisecond());
            for series in &mut series {
                series.column = series.column.between(from, to);
            }
            series.retain(|series| !series.column.is_empty());
            let found = series.len();
            if found > query.limit {
                series = most_moved(series, &query);
            }
            let mut cut = Vec::new();
            if is_full {
                cut.push(format!("cut here: more than {SAMPLES} samples"));
            }
            if found > query.limit {
                cut.push(format!("cut here: {} of {found} series", query.limit));
            }
            Ok(reader.answer(Signal::Metrics, window, Content::Series(series), cut))
        })
        .await
    }
}

/// Those series that moved most since the trouble began, in the order in which they came.
fn most_moved(series: Vec<MetricSeries>, query: &Query) -> Vec<MetricSeries> {
    let Some(since) = query.since.map(|since| since.as_millisecond()) else {
        return spread(series).into_iter().take(query.limit).collect();
    };
    let moved = |series: &MetricSeries| {
        let part = |from, to| -> Vec<f64> {
            series
                .column
                .between(from, to)
                .values()
                .iter()
                .copied()
                .filter(|v| !v.is_nan())
                .collect()
        };
        let (before, after) = (part(i64::MIN, since), part(since, i64::MAX));
        let (usual, now) = (median(&before), median(&after));
        let spread = before.iter().map(|value| (value - usual).abs()).collect::<Vec<f64>>();
        // A share of the level keeps a series that never moved from standing above all.
        let scale = median(&spread).max(usual.abs() * 0.01).max(1e-9);
        // Nothing before, or nothing any more, is as telling as a great move.
        if before.is_empty() != after.is_empty() { f64::MAX } else { (now - usual).abs() / scale }
    };
    let mut ranked: Vec<(usize, f64, MetricSeries)> = series
        .into_iter()
        .enumerate()
        .map(|(index, series)| (index, moved(&series), series))
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(query.limit);
    ranked.sort_by_key(|(index, ..)| *index);
    ranked.into_iter().map(|(_, _, series)| series).collect()
}

fn median(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { nightjar_series::robust::median(values) }
}

#[async_trait]
impl Logs for OtlpFiles {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        let query = query.clone();
        self.reading("logs", move |mut reader| {
            let topology = Topology::default();
            let mut names = Names::new(&topology);
            let entities: BTreeSet<&EntityId> = query.entities.iter().collect();
            let mut lines = Vec::new();
            reader.each(Signal::Logs, query.window, query.since, &mut |data, note| {
                let found = read_logs(data, &mut names, note).into_iter();
                lines.extend(found.filter(|line| {
                    let is_within = query.window.from <= line.at && line.at < query.window.to;
                    is_within && (entities.is_empty() || entities.contains(&line.entity))
                }));
            })?;
            let (lines, cut) = fewer(lines, &query);
            Ok(reader.answer(Signal::Logs, query.window, Content::Logs(lines), Vec::from_iter(cut)))
        })
        .await
    }
}

#[async_trait]
impl Traces for OtlpFiles {
    async fn traces(&self, query: &Query) -> Result<Answer, Error> {
        let query = query.clone();
        self.reading("traces", move |mut reader| {
            let topology = Topology::default();
            let mut names = Names::new(&topology);
            let mut spans = Vec::new();
            reader.each(Signal::Traces, query.window, query.since, &mut |data, note| {
                spans.extend(read_spans(data, &mut names, note));
            })?;
            each_once(&mut spans);
            let mut graph = CallGraph::new();
            graph.add(&spans);
            let picked = pick(spans, &graph.finish(), &query);
            reader.note_all(picked.notes);
            let cut = Vec::from_iter(picked.truncated);
            Ok(reader.answer(Signal::Traces, query.window, Content::Spans(picked.spans), cut))
        })
        .await
    }
}

#[async_trait]
impl Inventory for OtlpFiles {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let query = query.clone();
        self.reading("topology", move |mut reader| {
            let to = query.window.to;
            let hour = to.saturating_sub(GRAPH).unwrap_or(query.window.from);
            let window = Window { from: hour.min(query.window.from), to };
            let topology = Topology::default();
            let mut names = Names::new(&topology);
            let mut graph = CallGraph::new();
            let mut spans = Vec::new();
            // Traces tell most; whoever is in metrics or logs alone is there all the same.
            let whole = reader.budget;
            for (signal, part) in [(Signal::Traces, 2), (Signal::Metrics, 4), (Signal::Logs, 4)] {
                reader.budget.bytes = whole.bytes / part;
                match signal {
                    Signal::Metrics => {
                        reader.each(signal, window, None, &mut |data: MetricsData, _| {
                            let all =
                                data.resource_metrics.iter().filter_map(|of| of.resource.as_ref());
                            graph.describe_all(all, &mut names);
                        })?
                    }
                    Signal::Logs => {
                        reader.each(signal, window, None, &mut |data: LogsData, _| {
                            let all =
                                data.resource_logs.iter().filter_map(|of| of.resource.as_ref());
                            graph.describe_all(all, &mut names);
                        })?
                    }
                    Signal::Traces => {
                        reader.each(signal, window, None, &mut |data: TracesData, note| {
                            let all =
                                data.resource_spans.iter().filter_map(|of| of.resource.as_ref());
                            graph.describe_all(all, &mut names);
                            spans.extend(read_spans(data, &mut names, note));
                        })?
                    }
                }
            }
            each_once(&mut spans);
            graph.add(&spans);
            let (topology, truncated) = cut(&graph.finish().topology, &query);
            let cut = Vec::from_iter(truncated);
            // What a budget left out of the lines isn't left out of the topology: few lines name them all.
            if std::mem::take(&mut reader.budget.is_cut) {
                reader.note_all(vec!["not all lines of the time were read".to_owned()]);
            }
            Ok(reader.answer(Signal::Traces, window, Content::Inventory(topology), cut))
        })
        .await
    }
}

#[async_trait]
impl Probe for OtlpFiles {
    async fn probe(&self) -> Result<Health, Error> {
        self.reading("whether files are there", |reader| {
            let files = reader.files()?;
            let mut notes = Vec::new();
            if files.is_empty() {
                notes.push("no file of JSON lines (`*.json`, `*.jsonl`) is there".to_owned());
            }
            Ok(Health { system: "OTLP files".to_owned(), version: None, notes })
        })
        .await
    }
}
