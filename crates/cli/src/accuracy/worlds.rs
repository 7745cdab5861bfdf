//! Simulated worlds as cases.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use nightjar_agent::Policy;
use nightjar_evaluation::metamorphic::{Holes, drift, thin};
use nightjar_evaluation::{Body, CaseResult, Reliability, Section};
use nightjar_incident::Recording;
use nightjar_testkit::START_SECONDS;
use nightjar_topology::EntityId;
use nightjar_world::{Family, Recipe, estates, simulate};

use super::{Heading, report};
use crate::arguments::Accuracy;
use crate::cases::{Case, Cases, modalities};
use crate::command::capsule;
use crate::judge::judge_all;

/// Seed of the streams of worlds; the families draw differently from it. Not 1: the judging worlds
/// of that seed were looked at one by one while the engine was built.
const SEED: u64 = 2;
/// What instrumentation misses of a worn world.
const HOLES: Holes = Holes { relations: 0.12, entities: 0.1 };
/// How far levels move in a worn world from a day to the next.
const DRIFT: f64 = 0.2;

/// How a world is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wear {
    /// As it is.
    None,
    /// With relations and entities unseen and levels that drift.
    Worn,
}

pub(super) fn measure(arguments: &Accuracy) -> anyhow::Result<Vec<Section>> {
    let command = format!("nightjar accuracy --only worlds --worlds {}", arguments.worlds);
    let plain = Heading {
        title: "Simulated worlds".to_owned(),
        about: "Estates of shapes, sizes and seeds that nothing was fitted on: every fault mode as \
                often as every other, and a fifth of alerts without an incident.",
        command: command.clone(),
    };
    let worn = Heading {
        title: "Simulated worlds, worn".to_owned(),
        about: "Other estates of the same kinds, with 12 % of the relations and 10 % of the \
                entities unseen, and with levels of latency and traffic that moved by up to a \
                fifth halfway before the fault.",
        command: command.clone(),
    };
    let confidence = Heading {
        title: "Confidence".to_owned(),
        about: "How often claims of a confidence are right, over the simulated worlds above. A bar \
                shows the share that is right; `|` stands where the confidence says that it should \
                end.",
        command,
    };
    let mut sections = Vec::new();
    let mut all = Vec::new();
    for (wear, heading) in [(Wear::None, plain), (Wear::Worn, worn)] {
        let cases = cases(Family::Judging, arguments.worlds, wear)?;
        let results = judge_all(cases, arguments.jobs, &Policy::default())?;
        all.extend(results.iter().cloned());
        sections.push(heading.with(Body::Figures(Box::new(report("worlds", results)))));
    }
    sections.push(confidence.with(Body::Reliability(Reliability::of(&all))));
    Ok(sections)
}

/// Simulated worlds to work on: those of the other family, so that nobody has to look at the ones
/// that judge. The cases that went wrong are kept as capsules where that was asked for.
pub(super) fn practise(arguments: &Accuracy) -> anyhow::Result<Vec<Section>> {
    let mut sections = Vec::new();
    for (wear, title) in [(Wear::None, "Fitting worlds"), (Wear::Worn, "Fitting worlds, worn")] {
        let heading = Heading {
            title: title.to_owned(),
            about: "Estates of the family that confidence is fitted on; not evidence of accuracy.",
            command: format!("nightjar accuracy --only practice --worlds {}", arguments.worlds),
        };
        let family = cases(Family::Fitting, arguments.worlds, wear)?;
        let results = judge_all(family, arguments.jobs, &Policy::default())?;
        if let Some(folder) = &arguments.keep {
            let wrong: BTreeSet<&str> =
                results.iter().filter(|case| is_wrong(case)).map(|case| &*case.name).collect();
            for case in cases(Family::Fitting, arguments.worlds, wear)? {
                let recording = case?.recording;
                if wrong.contains(&*recording.name) {
                    keep(folder, &recording)?;
                }
            }
        }
        sections.push(heading.with(Body::Figures(Box::new(report("practice", results)))));
    }
    Ok(sections)
}

/// Whether the place, the fault mode or the verdict of a quiet case is wrong.
fn is_wrong(case: &CaseResult) -> bool {
    if case.expected.is_empty() {
        return case.leading_claim().is_some();
    }
    case.rank != Some(1) || case.fault_rank != Some(1)
}

fn keep(folder: &Path, recording: &Recording) -> anyhow::Result<()> {
    let name = recording.name.replace('/', "-");
    capsule::write(&folder.join(name), recording, false)?;
    Ok(())
}

/// Half of the first `count` worlds of a family as cases: the even ones as they are, the odd ones
/// worn. A world whose fault nobody noticed is left out: without an alert there is nothing to
/// investigate.
pub(super) fn cases(family: Family, count: usize, wear: Wear) -> anyhow::Result<Cases> {
    let start = Timestamp::from_second(START_SECONDS).context("the start of simulated time")?;
    let first = usize::from(wear == Wear::Worn);
    let recipes = estates(family, SEED).take(count).skip(first).step_by(2);
    Ok(Box::new(recipes.filter_map(move |recipe| case(&recipe, start, wear).transpose())))
}

fn case(recipe: &Recipe, start: Timestamp, wear: Wear) -> anyhow::Result<Option<Case>> {
    let recording =
        simulate(recipe, start).with_context(|| format!("simulating `{}`", recipe.name))?;
    if recording.alerts.is_empty() && !recipe.faults.is_empty() {
        return Ok(None);
    }
    let recording = match wear {
        Wear::None => recording,
        Wear::Worn => worn(&recording, recipe, start),
    };
    Ok(Some(Case {
        expectation: recording.expect.clone().context("a world without its truth")?,
        scenario: recipe.kind(),
        modalities: modalities(&recording),
        recording,
    }))
}

/// The recording with holes, and with levels that moved before the fault began.
fn worn(recording: &Recording, recipe: &Recipe, start: Timestamp) -> Recording {
    let alerting = alerting(recording);
    let keep: Vec<&EntityId> = alerting.iter().collect();
    let half = SignedDuration::from_mins(i64::from(recipe.minutes_before) / 2);
    drift(&thin(recording, &keep, HOLES, recipe.seed), start + half, DRIFT, recipe.seed)
}

/// The entities that the alerts speak of.
fn alerting(recording: &Recording) -> BTreeSet<EntityId> {
    let texts: Vec<String> =
        recording.alerts.iter().map(|alert| alert.payload.to_string()).collect();
    let is_named = |id: &EntityId| texts.iter().any(|text| text.contains(id.as_str()));
    recording.topology.entities().map(|entity| entity.id.clone()).filter(is_named).collect()
}
