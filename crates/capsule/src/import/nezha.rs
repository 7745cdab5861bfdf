//! Nezha (Yu et al., FSE 2023): two applications on Kubernetes with metrics of every minute, and
//! logs and traces of some minutes.
//!
//! One case per injected fault. The alert fires three minutes after the injection on the service
//! that users meet first; the case holds the half hour before that and nothing later. Pods are
//! spoken of as their service, their names without the two hashes.

mod day;
mod measured;
mod metric;
mod minute;
mod sheet;

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use nightjar_incident::{
    Expectation, ExpectedCause, ExpectedVerdict, FaultMode, RawAlert, Recording, Window,
};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind};

use super::detect::{fault_list, folders};
use super::notes::label;
use super::{Case, Cases, Error};
use day::{Day, Fault};

/// From the injection to the alert: the data set's rule for judging.
const UNTIL_ALERT: SignedDuration = SignedDuration::from_mins(3);
/// From the beginning of the recording to the injection: the data set's rule for judging.
const BEFORE: SignedDuration = SignedDuration::from_mins(30);

/// The cases of a day, or of all days in a folder, in order of time.
pub fn cases(path: &Path) -> Result<Cases, Error> {
    let path = fs::canonicalize(path).map_err(Error::read(path))?;
    let days = if fault_list(&path).is_some() { vec![path] } else { folders(&path) };
    let days = days.into_iter().filter(|day| fault_list(day).is_some()).collect();
    Ok(Box::new(Importer { days, day: None }))
}

struct Importer {
    days: VecDeque<PathBuf>,
    /// The day whose cases are being made, and those still to come.
    day: Option<(Day, VecDeque<(String, Fault)>)>,
}

impl Iterator for Importer {
    type Item = Result<Case, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((day, faults)) = &mut self.day
                && let Some((name, fault)) = faults.pop_front()
            {
                return Some(case(day, name, &fault));
            }
            let folder = self.days.pop_front()?;
            self.day = None;
            match open(&folder) {
                Ok(day) => self.day = Some(day),
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

fn open(folder: &Path) -> Result<(Day, VecDeque<(String, Fault)>), Error> {
    let faults = day::faults(folder)?;
    // Numbers for names: a name that told the fault would give it away.
    let name = |index: usize| format!("{}/fault_{:02}", label(folder, 1), index + 1);
    let named = faults.into_iter().enumerate().map(|(index, fault)| (name(index), fault));
    Ok((Day::open(folder)?, named.collect()))
}

fn case(day: &mut Day, name: String, fault: &Fault) -> Result<Case, Error> {
    let malformed = |e: jiff::Error| Error::Format {
        path: name.clone(),
        expected: "a plausible time of injection",
        found: e.to_string(),
    };
    let from = fault.injected.checked_sub(BEFORE).map_err(malformed)?;
    let to = fault.injected.checked_add(UNTIL_ALERT).map_err(malformed)?;
    let window = Window { from, to };
    let (logs, spans) = day.events(window)?;
    let metrics = day.metrics(window);
    let front = day.front();
    let mut topology = day.topology(to);
    if topology.entity(&front).is_none() {
        topology.add(Entity::new(front.clone(), EntityKind::Service));
    }

    // What exists at the time of the fault itself, not left from an earlier one.
    let injected = i64::try_from(fault.injected.as_nanosecond()).unwrap_or(i64::MAX);
    let mut modalities = Vec::new();
    if !metrics.is_empty() {
        modalities.push("metrics");
    }
    if logs.iter().any(|line| line.at >= fault.injected) {
        modalities.push("logs");
    }
    if spans.iter().any(|span| span.start_nanos >= injected) {
        modalities.push("traces");
    }
    let recording = Recording {
        window: Some(window),
        sources: vec!["Nezha data set, IntelligentDDS, MIT".to_owned()],
        topology,
        alerts: vec![alert(&name, &front, to)],
        metrics,
        logs,
        spans,
        expect: Some(expectation(fault)),
        notes: day.notes(),
        name,
        ..Recording::default()
    };
    Ok(Case { recording, modalities, scenario: day.name().to_owned(), quiet: false })
}

fn alert(name: &str, front: &EntityId, at: Timestamp) -> RawAlert {
    let payload = serde_json::json!({
        "eventType": "incident",
        "incidentId": name,
        "action": "created",
        "priority": "HIGH",
        "title": format!("{front} does not behave as usual"),
        "timestamp": at.to_string(),
        "service": front.as_str(),
        "data": {"entities": [front.as_str()]},
    });
    RawAlert { provider: Some("generic".to_owned()), received_at: at, payload }
}

fn expectation(fault: &Fault) -> Expectation {
    let fault_mode = match fault.label.as_str() {
        "cpu_contention" | "cpu_consumed" => Some(FaultMode::CpuSaturation),
        "network_delay" => Some(FaultMode::NetworkDelay),
        "return" => Some(FaultMode::WrongResult),
        "exception" => Some(FaultMode::Failing),
        _ => None,
    };
    Expectation {
        verdict: ExpectedVerdict::CauseFound,
        causes: vec![ExpectedCause {
            entity: fault.service.clone(),
            fault_mode,
            fault_label: Some(fault.label.clone()),
            trigger: None,
            accept: Vec::new(),
        }],
        category: None,
        must_say: Vec::new(),
        must_not_say: Vec::new(),
        must_not_blame: Vec::new(),
    }
}

/// The service a pod belongs to: its name without the hash of the replica set and its own.
fn service_of(pod: &str) -> Option<EntityId> {
    let is_hash = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let mut parts = pod.rsplitn(3, '-');
    let service = match (parts.next(), parts.next(), parts.next()) {
        (Some(own), Some(set), Some(service)) if is_hash(own, 5..=5) && is_hash(set, 5..=10) => {
            service
        }
        _ => pod,
    };
    EntityId::new(service).ok()
}

fn calls(from: &EntityId, to: &EntityId) -> Relation {
    Relation { from: from.clone(), to: to.clone(), kind: RelationKind::Calls }
}

#[cfg(test)]
mod tests;
