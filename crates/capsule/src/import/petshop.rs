//! PetShop (Hardt et al., CLeaR 2024): a shop on AWS with CloudWatch-like metrics every five
//! minutes.
//!
//! One case per `issue_<i>`, and on demand quiet cases cut out of the quiet period. Node names are
//! carried as they are; only what follows the last `_` is read, as the kind of the node.

mod graph;
mod table;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_incident::{
    Expectation, ExpectedCause, ExpectedVerdict, MetricSeries, RawAlert, Recording, Window,
};
use nightjar_series::Column;
use nightjar_topology::{EntityId, Topology};
use serde::Deserialize;

use super::detect::{folders, issues};
use super::notes::label;
use super::{Case, Cases, Error, Options};
use table::{Metric, Table};

/// Rows of a quiet case's window: as many as an issue has.
const WINDOW_ROWS: usize = 5;

const DAY_MILLIS: i64 = 86_400_000;

/// What is read of `target.json`; its `metadata` gives the fault away and is never looked at.
#[derive(Deserialize)]
struct Target {
    target: Alarm,
    root_cause: Option<Cause>,
}

#[derive(Clone, Deserialize)]
struct Alarm {
    node: EntityId,
    metric: Metric,
    timestamp: i64,
}

#[derive(Deserialize)]
struct Cause {
    node: EntityId,
}

/// The cases of a set, a scenario or a split, in the order of their names; quiet cases of a
/// scenario come behind its issues.
pub fn cases(path: &Path, options: &Options) -> Result<Cases, Error> {
    let path = fs::canonicalize(path).map_err(Error::read(path))?;
    let mut plans = VecDeque::new();
    if issues(&path).is_empty() {
        let own = scenario_splits(&path);
        let is_scenario = own.is_some() || path.join("graph.csv").is_file();
        let scenarios = if is_scenario { vec![path] } else { folders(&path) };
        for scenario in scenarios {
            for split in scenario_splits(&scenario).unwrap_or_default() {
                plans.extend(issues(&split).into_iter().map(Plan::Issue));
            }
            if scenario.join("noissue").is_dir() {
                for &percent in &options.quiet_splits {
                    for metric in [Metric::Latency, Metric::Availability] {
                        plans.push_back(Plan::Quiet {
                            scenario: scenario.clone(),
                            percent,
                            metric,
                        });
                    }
                }
            }
        }
    } else {
        plans.extend(issues(&path).into_iter().map(Plan::Issue));
    }
    let importer = Importer { plans, options: options.clone(), tables: BTreeMap::new() };
    Ok(Box::new(importer))
}

/// The split folders of a scenario, if it has any.
fn scenario_splits(scenario: &Path) -> Option<Vec<PathBuf>> {
    let splits: Vec<PathBuf> =
        folders(scenario).into_iter().filter(|split| !issues(split).is_empty()).collect();
    (!splits.is_empty()).then_some(splits)
}

enum Plan {
    Issue(PathBuf),
    Quiet { scenario: PathBuf, percent: u32, metric: Metric },
}

/// What a case is put together from.
struct Parts<'a> {
    name: String,
    scenario: &'a Path,
    alarm: &'a Alarm,
    normal: &'a Table,
    window: &'a Table,
    notes: Vec<String>,
}

struct Importer {
    plans: VecDeque<Plan>,
    options: Options,
    /// Normal periods, read once: many issues share one.
    tables: BTreeMap<PathBuf, Arc<Table>>,
}

impl Iterator for Importer {
    type Item = Result<Case, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.plans.pop_front()? {
            Plan::Issue(folder) => self.issue(&folder),
            Plan::Quiet { scenario, percent, metric } => self.quiet(&scenario, percent, metric),
        })
    }
}

impl Importer {
    fn issue(&mut self, folder: &Path) -> Result<Case, Error> {
        let target = read_target(&folder.join("target.json"))?;
        let window = Table::read(&folder.join("metrics.csv"))?;
        let scenario = folder.ancestors().nth(2).unwrap_or(folder);
        let (normal, whose) = self.normal(scenario)?;
        let mut notes = Vec::new();
        if whose != scenario.join("noissue") {
            notes.push(format!("the normal period is a stand-in: {}", label(&whose, 2)));
        }
        let mut case = self.case(Parts {
            name: label(folder, 3),
            scenario,
            alarm: &target.target,
            normal: &normal,
            window: &window,
            notes,
        })?;
        case.recording.expect = target.root_cause.map(|cause| Expectation {
            verdict: ExpectedVerdict::CauseFound,
            causes: vec![ExpectedCause {
                entity: cause.node,
                fault_mode: None,
                fault_label: None,
                trigger: None,
                accept: Vec::new(),
            }],
            category: None,
            must_say: Vec::new(),
            must_not_say: Vec::new(),
            must_not_blame: Vec::new(),
        });
        Ok(case)
    }

    fn quiet(&mut self, scenario: &Path, percent: u32, metric: Metric) -> Result<Case, Error> {
        let whole = self.table(&scenario.join("noissue"))?;
        let rows = whole.times.len();
        let split = rows * usize::try_from(percent.min(100)).unwrap_or(100) / 100;
        let normal = whole.rows(0, split);
        let window = whole.rows(split, split + WINDOW_ROWS);
        if window.times.len() < WINDOW_ROWS || normal.times.is_empty() {
            return Err(Error::Format {
                path: label(&scenario.join("noissue/metrics.csv"), 3),
                expected: "rows on both sides of the split",
                found: format!("{rows} rows, split at {percent} %"),
            });
        }
        // As in the issues, the alarm falls into the second row.
        let second = window.times.get(1).copied().unwrap_or_default();
        let alarm = Alarm {
            node: suspect(scenario, &whole, &self.topology(scenario, &whole)?.0)?,
            metric,
            timestamp: (second + window.step() / 2) / 1000,
        };
        let name =
            format!("{}/split_{percent}/{}", label(&scenario.join("noissue"), 2), metric.name());
        let mut case = self.case(Parts {
            name,
            scenario,
            alarm: &alarm,
            normal: &normal,
            window: &window,
            notes: Vec::new(),
        })?;
        case.quiet = true;
        case.recording.expect = Some(Expectation {
            verdict: ExpectedVerdict::NoIncident,
            causes: Vec::new(),
            category: None,
            must_say: Vec::new(),
            must_not_say: Vec::new(),
            must_not_blame: Vec::new(),
        });
        Ok(case)
    }

    fn case(&self, parts: Parts<'_>) -> Result<Case, Error> {
        let Parts { name, scenario, alarm, normal, window, mut notes } = parts;
        let format = |found: String| Error::Format {
            path: name.clone(),
            expected: "rows with plausible times",
            found,
        };
        let (Some(begin), Some(last)) = (window.times.first(), window.times.last()) else {
            return Err(format("no row in metrics.csv".to_owned()));
        };
        let end = last.saturating_add(window.step());
        let shift = days_back(normal, *begin);
        if shift != 0 {
            notes.push(format!(
                "the normal period was recorded later than the incident; it is shown {} days earlier, at the same time of day",
                shift / DAY_MILLIS
            ));
        }
        let from = normal.times.first().map_or(*begin, |first| (first - shift).min(*begin));
        let instant =
            |millis| Timestamp::from_millisecond(millis).map_err(|e| format(e.to_string()));
        let (topology, more) = self.topology(scenario, window)?;
        notes.extend(more);
        notes.extend(normal.notes.iter().chain(&window.notes).cloned());
        let received_at = instant(end)?;
        let recording = Recording {
            window: Some(Window { from: instant(from)?, to: received_at }),
            sources: vec!["PetShop data set, Amazon, CC-BY-4.0".to_owned()],
            topology: with_nodes(topology, normal),
            alerts: vec![alert(&name, alarm, received_at)?],
            metrics: join(normal, shift, window),
            notes,
            name,
            ..Recording::default()
        };
        Ok(Case {
            recording,
            modalities: vec!["metrics"],
            scenario: label(scenario, 1),
            quiet: false,
        })
    }

    /// The normal period of a scenario and the folder it was found in.
    fn normal(&mut self, scenario: &Path) -> Result<(Arc<Table>, PathBuf), Error> {
        let mut places = vec![scenario.join("noissue")];
        if let Some(set) = scenario.parent() {
            places.push(set.join("low_traffic/noissue"));
        }
        if let Some(normal) = &self.options.normal {
            places.push(normal.clone());
            places.push(normal.join("noissue"));
            places.push(normal.join(label(scenario, 1)).join("noissue"));
            places.push(normal.join("low_traffic/noissue"));
        }
        let found = places.into_iter().find(|place| place.join("metrics.csv").is_file());
        let Some(place) = found else {
            return Err(Error::NoNormal { scenario: label(scenario, 1) });
        };
        Ok((self.table(&place)?, place))
    }

    fn table(&mut self, folder: &Path) -> Result<Arc<Table>, Error> {
        if let Some(table) = self.tables.get(folder) {
            return Ok(Arc::clone(table));
        }
        let table = Arc::new(Table::read(&folder.join("metrics.csv"))?);
        self.tables.insert(folder.to_owned(), Arc::clone(&table));
        Ok(table)
    }

    /// The scenario's call graph with all nodes that have metrics, and notes on what was mended.
    fn topology(&self, scenario: &Path, table: &Table) -> Result<(Topology, Vec<String>), Error> {
        let mut places = vec![scenario.join("graph.csv")];
        if let Some(normal) = &self.options.normal {
            places.push(normal.join("graph.csv"));
            places.push(normal.join(label(scenario, 1)).join("graph.csv"));
        }
        let (topology, notes) = match places.iter().find(|place| place.is_file()) {
            Some(place) => graph::read(place)?,
            None => {
                let note = format!("{}: no graph.csv; the topology is unknown", label(scenario, 1));
                (Topology::default(), vec![note])
            }
        };
        Ok((with_nodes(topology, table), notes))
    }
}

fn with_nodes(mut topology: Topology, table: &Table) -> Topology {
    for key in table.columns.keys() {
        if topology.entity(&key.node).is_none() {
            topology.add(graph::entity(key.node.clone()));
        }
    }
    topology
}

/// How far a normal period must be moved back, in whole days, to end before the window begins.
///
/// The quiet periods were recorded months after most incidents. Nothing later than the alert may
/// be seen in an investigation, and whole days keep the time of day.
fn days_back(normal: &Table, begin: i64) -> i64 {
    let Some(last) = normal.times.last() else { return 0 };
    let overlap = last.saturating_add(normal.step()).saturating_sub(begin);
    if overlap <= 0 { 0 } else { ((overlap - 1) / DAY_MILLIS + 1) * DAY_MILLIS }
}

/// Normal period and window as one column per (node, metric, statistic). A column that only one
/// of them has is kept: no column means the same as a column of empty cells.
fn join(normal: &Table, shift: i64, window: &Table) -> Vec<MetricSeries> {
    let keys: BTreeSet<_> = normal.columns.keys().chain(window.columns.keys()).collect();
    let samples = |table: &Table, key, shift: i64| -> Vec<(i64, f64)> {
        let values = table.columns.get(key).into_iter().flatten().copied();
        let all = table.times.iter().map(|time| time - shift).zip(values);
        all.filter(|(_, value)| !value.is_nan()).collect()
    };
    let mut joined = Vec::new();
    for key in keys {
        let mut all = samples(normal, key, shift);
        all.extend(samples(window, key, 0));
        let (column, repairs) = Column::from_samples(all);
        joined.push(MetricSeries {
            entity: key.node.clone(),
            peer: None,
            name: key.metric.name().to_owned(),
            statistic: key.statistic,
            unit: key.metric.unit().to_owned(),
            attributes: BTreeMap::new(),
            column,
            repairs,
        });
    }
    joined
}

/// The alarm as a message in the generic form, received when the last row is complete.
fn alert(name: &str, alarm: &Alarm, received_at: Timestamp) -> Result<RawAlert, Error> {
    let at = Timestamp::from_second(alarm.timestamp).map_err(|e| Error::Format {
        path: format!("{name}/target.json"),
        expected: "target.timestamp in Unix seconds",
        found: e.to_string(),
    })?;
    let payload = serde_json::json!({
        "eventType": "incident",
        "incidentId": name,
        "action": "created",
        "priority": "HIGH",
        "title": format!("{} of {} is abnormal", alarm.metric.name(), alarm.node),
        "timestamp": at.to_string(),
        "service": alarm.node.as_str(),
        "data": {"metric": alarm.metric.name(), "entities": [alarm.node.as_str()]},
    });
    Ok(RawAlert { provider: Some("generic".to_owned()), received_at, payload })
}

/// Whom a quiet case suspects: the node that the scenario's issues name as their target, else the
/// root of the graph with most requests.
fn suspect(scenario: &Path, table: &Table, topology: &Topology) -> Result<EntityId, Error> {
    for split in scenario_splits(scenario).unwrap_or_default() {
        for issue in issues(&split) {
            if let Ok(target) = read_target(&issue.join("target.json")) {
                return Ok(target.target.node);
            }
        }
    }
    let roots = topology.entities().filter(|e| topology.dependents(&e.id).next().is_none());
    let busiest = roots.max_by(|a, b| table.requests(&a.id).total_cmp(&table.requests(&b.id)));
    busiest.map(|entity| entity.id.clone()).ok_or_else(|| Error::Format {
        path: label(&scenario.join("graph.csv"), 2),
        expected: "a node that nothing calls",
        found: "none".to_owned(),
    })
}

fn read_target(path: &Path) -> Result<Target, Error> {
    let text = fs::read_to_string(path).map_err(Error::read(path))?;
    serde_json::from_str(&text).map_err(|e| Error::Format {
        path: label(path, 4),
        expected: "target.node, target.metric (latency or availability), target.timestamp, root_cause.node",
        found: e.to_string(),
    })
}

#[cfg(test)]
mod tests;
