use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use nightjar_incident::{MetricSeries, Window};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use crate::import::Error;
use crate::import::notes::{Notes, label};

use super::metric::{self, Side, Table, Whose};
use super::sheet::{Sheet, cell};
use super::{calls, service_of};

/// The folder `metric` of a day: columns, and what they tell of the topology.
pub(super) struct Measured {
    series: Vec<MetricSeries>,
    /// Pods as services, machines where they are written, the written dependencies.
    pub(super) known: Topology,
    /// The name that `front_service.csv` gives the service that users meet first.
    pub(super) front_name: Option<String>,
    /// Columns of the front, held back until it is known who that is.
    front: Vec<(&'static metric::Row, metric::Samples)>,
    /// Columns of the machine under a pod, held back until it is known which that is.
    machines: BTreeMap<String, Vec<(&'static metric::Row, metric::Samples)>>,
    pub(super) notes: Vec<String>,
}

impl Measured {
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let mut measured = Self {
            series: Vec::new(),
            known: Topology::default(),
            front_name: None,
            front: Vec::new(),
            machines: BTreeMap::new(),
            notes: Vec::new(),
        };
        measured.read_files(folder)?;
        Ok(measured)
    }

    fn read_files(&mut self, folder: &Path) -> Result<(), Error> {
        let entries = fs::read_dir(folder).map_err(Error::read(folder))?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        let mut tick = None;
        for path in &paths {
            let file = label(path, 3);
            let Some(name) = label(path, 1).strip_suffix(".csv.gz").map(str::to_owned) else {
                self.notes.push(format!("{file}: expected a .csv.gz; left out"));
                continue;
            };
            let mut notes = Notes::default();
            match name.as_str() {
                "dependency" => self.read_dependencies(path, &mut notes)?,
                "front_service" => self.read_front(path, &mut tick, &mut notes)?,
                "source_50" | "destination_50" => {
                    let side = if name == "source_50" { Side::Source } else { Side::Destination };
                    let table = Table::read(path, &mut tick, &mut notes)?;
                    self.series.extend(metric::edges(table, side));
                }
                _ => match name.strip_suffix("_metric") {
                    Some(pod) => {
                        let table = Table::read(path, &mut tick, &mut notes)?;
                        self.take_pod(pod, table);
                    }
                    None => self.notes.push(format!("{file}: not a known file; left out")),
                },
            }
            self.notes.extend(notes.into_lines(&file));
        }
        Ok(())
    }

    fn take_pod(&mut self, pod: &str, mut table: Table) {
        let Some(service) = service_of(pod) else {
            self.notes.push(format!("metric: `{pod}` can't be the name of a pod"));
            return;
        };
        self.add_pod(pod, &service);
        for row in metric::POD {
            let Some(samples) = table.take(row) else { continue };
            match row.whose {
                Whose::Machine => {
                    self.machines.entry(pod.to_owned()).or_default().push((row, samples));
                }
                Whose::Pod => match self.measured(row, samples, &service) {
                    Some(series) => self.series.push(series),
                    None => continue,
                },
            }
        }
    }

    /// The series, unless it is a rate of success that is 0 at all times: the collector writes
    /// that where it measured none.
    fn measured(
        &mut self,
        row: &metric::Row,
        samples: metric::Samples,
        entity: &EntityId,
    ) -> Option<MetricSeries> {
        let never = samples.iter().all(|(_, value)| *value == 0.0);
        let series = row.series(entity, samples);
        if never && series.name == "availability" {
            let note = "metric: rates of success that are 0 all day are left out".to_owned();
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
            return None;
        }
        Some(series)
    }

    fn read_front(
        &mut self,
        path: &Path,
        tick: &mut Option<i64>,
        notes: &mut Notes,
    ) -> Result<(), Error> {
        let mut sheet = Sheet::open(path)?;
        let place = sheet.needed("ServiceName")?;
        let mut record = csv::StringRecord::new();
        if sheet.next(&mut record, notes).is_some() {
            self.front_name = Some(cell(&record, place).to_owned());
        }
        let mut table = Table::read(path, tick, notes)?;
        let columns = metric::FRONT.iter().filter_map(|row| Some((row, table.take(row)?)));
        self.front = columns.collect();
        Ok(())
    }

    /// Reads who depends on whom; a target that is an address is the machine of the source.
    fn read_dependencies(&mut self, path: &Path, notes: &mut Notes) -> Result<(), Error> {
        let mut sheet = Sheet::open(path)?;
        let (source, target) = (sheet.needed("Source")?, sheet.needed("Target")?);
        let mut record = csv::StringRecord::new();
        while let Some(line) = sheet.next(&mut record, notes) {
            let (from, to) = (cell(&record, source), cell(&record, target));
            match (EntityId::new(from), EntityId::new(to)) {
                (Ok(from), Ok(to)) if to.as_str().parse::<std::net::IpAddr>().is_ok() => {
                    self.known.add(Entity::new(to.clone(), EntityKind::Host));
                    self.known.relate(Relation { from, to, kind: RelationKind::RunsOn });
                }
                (Ok(from), Ok(to)) => self.known.relate(calls(&from, &to)),
                _ => notes.add(&sheet.file, line, "two names", &format!("{from}, {to}")),
            }
        }
        Ok(())
    }

    /// Takes a pod into the topology, as another name of its service.
    pub(super) fn add_pod(&mut self, pod: &str, service: &EntityId) {
        let mut entity = Entity::new(service.clone(), EntityKind::Service);
        if pod != service.as_str() {
            entity.aliases.push(pod.to_owned());
        }
        self.known.add(entity);
    }

    /// The metrics within a window, given who the front is and where the logs saw the pods run.
    pub(super) fn within(
        &self,
        window: Window,
        front: &EntityId,
        placed: &BTreeMap<String, EntityId>,
    ) -> Vec<MetricSeries> {
        let (from, to) = (window.from.as_millisecond(), window.to.as_millisecond());
        let mut found: Vec<MetricSeries> = Vec::new();
        let mut add = |series: &MetricSeries| {
            let column = series.column.between(from, to);
            if column.values().iter().any(|value| !value.is_nan()) {
                found.push(MetricSeries {
                    column,
                    entity: series.entity.clone(),
                    peer: series.peer.clone(),
                    name: series.name.clone(),
                    unit: series.unit.clone(),
                    attributes: series.attributes.clone(),
                    ..*series
                });
            }
        };
        self.series.iter().for_each(&mut add);
        for (row, samples) in &self.front {
            if samples.iter().any(|(_, value)| *value != 0.0) {
                add(&row.series(front, samples.clone()));
            }
        }
        // Several pods share a machine and report the same of it: one of them is enough.
        let mut told = BTreeSet::new();
        for (pod, columns) in &self.machines {
            let Some(machine) = self.machine_of(pod, placed) else { continue };
            if told.insert(machine.clone()) {
                for (row, samples) in columns {
                    add(&row.series(&machine, samples.clone()));
                }
            }
        }
        found
    }

    fn machine_of(&self, pod: &str, placed: &BTreeMap<String, EntityId>) -> Option<EntityId> {
        let seen = placed.get(pod).cloned();
        seen.or_else(|| {
            let service = service_of(pod)?;
            let machines = self.known.dependencies(&service);
            machines.filter(|r| r.kind == RelationKind::RunsOn).map(|r| r.to.clone()).next()
        })
    }
}
