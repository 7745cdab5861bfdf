//! Recorded incidents altered so that the answer is known to follow.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use jiff::SignedDuration;
use nightjar_capsule::import::{self, Options, petshop};
use nightjar_evaluation::metamorphic::{Graft, Shape, graft, rename, swap};
use nightjar_evaluation::{Body, Section};
use nightjar_incident::{Recording, Signal, Window};
use nightjar_topology::{EntityId, EntityKind};

use super::recorded::QUIET_SPLITS;
use super::{Heading, missing, ready};
use crate::arguments::Accuracy;
use crate::cases::Case;

/// Seed of the new names.
const RENAMED: u64 = 7;
/// Each incident has two of its nodes exchanged this many times, with another partner each time.
const SWAPS: std::ops::RangeInclusive<u64> = 1..=2;
/// A fault fills the window but for the first half of its first row.
const FAULT: SignedDuration = SignedDuration::from_secs(22 * 60 + 30);

/// Fewer splits, for tests.
const QUICK_SPLITS: [u32; 2] = [55, 75];

pub(super) fn measure(arguments: &Accuracy) -> anyhow::Result<Vec<Section>> {
    let folder = arguments.data.join("petshop");
    let heading = |load: &str| Heading {
        title: format!("PetShop altered: {load}"),
        about: "Incidents under other names and with two nodes exchanged, and quiet windows with a \
                fault's shape (slow, failing, saturated) put on every node that takes it and \
                carried up the call graph: the verdict must follow.",
        command: "nightjar accuracy --only metamorphic".to_owned(),
    };
    if let Some(why) = missing(&folder) {
        return Ok(vec![heading("all").with(Body::Skipped(why))]);
    }
    let splits: &[u32] = if arguments.quick { &QUICK_SPLITS } else { &QUIET_SPLITS };
    petshop(&folder, splits)?
        .into_iter()
        .map(|(load, cases)| heading(&load).judged("petshop altered", Ok(ready(cases)), arguments))
        .collect()
}

/// The incidents renamed and swapped, and faults grafted into the quiet windows behind these per
/// cent of the quiet period; by scenario.
fn petshop(folder: &Path, splits: &[u32]) -> anyhow::Result<BTreeMap<String, Vec<Case>>> {
    let options = Options { normal: None, quiet_splits: splits.to_vec() };
    let cases = petshop::cases(folder, &options)
        .with_context(|| format!("importing `{}`", folder.display()))?;
    let mut altered: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for case in cases {
        let import::Case { recording, quiet, scenario, .. } = case?;
        // Of a scenario's path the first part is its name.
        let load = scenario.split('/').next().unwrap_or(&scenario);
        let found: Vec<(String, Recording)> =
            if quiet { grafted(&recording) } else { renamed_and_swapped(&recording) };
        for (how, recording) in found {
            altered.entry(load.to_owned()).or_default().push(Case {
                expectation: recording.expect.clone().context("an altered case without truth")?,
                scenario: how,
                modalities: vec!["metrics".to_owned()],
                recording,
            });
        }
    }
    Ok(altered)
}

fn renamed_and_swapped(recording: &Recording) -> Vec<(String, Recording)> {
    let named = |how: &str, new: Recording| {
        (how.to_owned(), Recording { name: format!("{} {how}", recording.name), ..new })
    };
    let mut found = vec![named("renamed", rename(recording, RENAMED))];
    for seed in SWAPS {
        found.extend(swap(recording, seed).map(|new| {
            let (how, new) = named("swapped", new);
            (how, Recording { name: format!("{} {seed}", new.name), ..new })
        }));
    }
    found
}

/// Each shape on every node that takes it, where the alert is about its symptom.
fn grafted(quiet: &Recording) -> Vec<(String, Recording)> {
    let Some((symptom, signal, window)) = alarm(quiet) else { return Vec::new() };
    let mut found = Vec::new();
    for shape in Shape::ALL.into_iter().filter(|shape| shape.symptom() == signal) {
        for (seed, entity) in (1..).zip(quiet.topology.entities()) {
            let spec = Graft { target: &entity.id, symptom: &symptom, shape, window, seed };
            if let Some(new) = graft(quiet, &spec) {
                let name = format!("{} {} on {}", quiet.name, shape.label(), entity.id);
                let how = format!("{} {}", shape.label(), kind(entity.kind));
                found.push((how, Recording { name, ..new }));
            }
        }
    }
    found
}

/// Who alarms, about what, and the time in which a fault is put.
fn alarm(recording: &Recording) -> Option<(EntityId, Signal, Window)> {
    let alert = recording.alerts.first()?;
    let data = alert.payload.get("data")?;
    let symptom = EntityId::new(data.get("entities")?.get(0)?.as_str()?).ok()?;
    let signal = match data.get("metric")?.as_str()? {
        "availability" => Signal::Availability,
        _ => Signal::Latency,
    };
    Some((symptom, signal, Window { from: alert.received_at - FAULT, to: alert.received_at }))
}

fn kind(kind: EntityKind) -> String {
    let name = serde_json::to_value(kind).ok();
    name.as_ref().and_then(serde_json::Value::as_str).unwrap_or("unknown").to_owned()
}
