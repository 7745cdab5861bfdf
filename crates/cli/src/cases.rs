//! Incidents whose truth is known, from wherever they are: data sets, capsules, scenarios.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use nightjar_capsule::import::{self, Kind, Options};
use nightjar_incident::{
    Conclusion, Expectation, Investigation, Recording, Stage, Verdict, Window,
};

use crate::arguments::Eval;
use crate::capsule_folder;
use crate::output::{advice, remark};

/// One incident to be judged.
pub(crate) struct Case {
    pub(crate) recording: Recording,
    pub(crate) expectation: Expectation,
    pub(crate) scenario: String,
    pub(crate) modalities: Vec<String>,
}

/// Cases made one by one as they are asked for.
pub(crate) type Cases = Box<dyn Iterator<Item = anyhow::Result<Case>> + Send>;

/// The cases of a folder, and what the set is called.
pub(crate) fn of(arguments: &Eval) -> anyhow::Result<(&'static str, Cases)> {
    let folder = arguments.folder.clone();
    let limit = arguments.limit.unwrap_or(usize::MAX);
    let options =
        Options { normal: arguments.normal.clone(), quiet_splits: arguments.quiet_splits.clone() };
    let (set, cases): (_, Cases) = match import::detect(&folder) {
        Some(Kind::PetShop) => ("petshop", imported(&folder, &options)?),
        Some(Kind::Nezha) => ("nezha", imported(&folder, &options)?),
        Some(Kind::OpenSre) => ("opensre", imported(&folder, &options)?),
        Some(Kind::Capsule) => ("capsule", capsules(vec![folder])),
        Some(Kind::Capsules) => ("capsules", capsules(folders(&folder)?)),
        Some(Kind::Scenarios) => ("scenarios", scenarios(&folder)?),
        None => {
            return Err(advice(
                format!("`{}` holds nothing that can be judged", folder.display()),
                "give capsules, scenarios (folders with world.toml), PetShop or Nezha",
            ));
        }
    };
    Ok((set, Box::new(cases.take(limit))))
}

fn imported(folder: &Path, options: &Options) -> anyhow::Result<Cases> {
    let cases = import::cases(folder, options)
        .with_context(|| format!("importing `{}`", folder.display()))?;
    Ok(Box::new(cases.map(|case| {
        let import::Case { recording, modalities, scenario, .. } = case?;
        let expectation = recording.expect.clone().context("an imported case without its truth")?;
        let modalities = modalities.into_iter().map(str::to_owned).collect();
        Ok(Case { recording, expectation, scenario, modalities })
    })))
}

fn capsules(folders: Vec<PathBuf>) -> Cases {
    let read = |folder: PathBuf| {
        let recording = match capsule_folder::read(&folder) {
            Ok(recording) => recording,
            Err(error) => return Some(Err(error)),
        };
        let Some(expectation) = recording.expect.clone() else {
            remark(&format!("`{}` has no expect.toml: not judged", folder.display()));
            return None;
        };
        Some(Ok(Case {
            expectation,
            scenario: "capsule".to_owned(),
            modalities: modalities(&recording),
            recording,
        }))
    };
    Box::new(folders.into_iter().filter_map(read))
}

/// The capsules in a folder, by name.
fn folders(above: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = above.read_dir().with_context(|| format!("listing `{}`", above.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("listing `{}`", above.display()))?.path();
        if path.join("capsule.toml").is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Every scenario at each of its seeds.
fn scenarios(root: &Path) -> anyhow::Result<Cases> {
    // One scenario is the folder above with all others left out.
    let one = root.join("world.toml").is_file().then(|| root.file_name()).flatten();
    let above = if one.is_some() { root.join("..") } else { root.to_owned() };
    let mut scenarios = nightjar_testkit::scenarios(&above)
        .with_context(|| format!("reading the scenarios in `{}`", above.display()))?;
    scenarios.retain(|scenario| one.is_none_or(|one| one.to_string_lossy() == scenario.name));
    let seeded = scenarios.into_iter().flat_map(|scenario| {
        let seeds = scenario.seeds.clone();
        seeds.into_iter().map(move |seed| (scenario.clone(), seed))
    });
    Ok(Box::new(seeded.map(|(scenario, seed)| {
        let recording = scenario
            .record(seed)
            .with_context(|| format!("scenario `{}`, seed {seed}", scenario.name))?;
        Ok(Case {
            expectation: scenario.expect.clone(),
            scenario: scenario.name,
            modalities: modalities(&recording),
            recording,
        })
    })))
}

pub(crate) fn modalities(recording: &Recording) -> Vec<String> {
    let parts = [
        ("metrics", recording.metrics.is_empty()),
        ("logs", recording.logs.is_empty()),
        ("traces", recording.spans.is_empty()),
    ];
    parts.into_iter().filter(|(_, is_empty)| !is_empty).map(|(name, _)| name.to_owned()).collect()
}

/// One conclusion for a case, also where its alerts became several incidents: all claims, and
/// all leads, the most confident first.
pub(crate) fn overall(investigations: &[Investigation], window: Option<Window>) -> Conclusion {
    let mut conclusions = investigations.iter().filter_map(Investigation::conclusion);
    let Some(first) = conclusions.next() else { return nothing(window) };
    let mut overall = first.clone();
    for other in conclusions {
        overall.verdict = joined(overall.verdict, other.verdict.clone());
        overall.hypotheses.extend(other.hypotheses.iter().cloned());
        overall.gaps.extend(other.gaps.iter().cloned());
    }
    overall.hypotheses.sort_by(|a, b| b.confidence.value().total_cmp(&a.confidence.value()));
    overall
}

fn joined(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::CauseFound { mut causes }, Verdict::CauseFound { causes: more }) => {
            causes.extend(more);
            let confidence =
                |cause: &nightjar_incident::RootCause| cause.hypothesis.confidence.value();
            causes.sort_by(|a, b| confidence(b).total_cmp(&confidence(a)));
            Verdict::CauseFound { causes }
        }
        (found @ Verdict::CauseFound { .. }, _) | (_, found @ Verdict::CauseFound { .. }) => found,
        (open @ Verdict::NotFound { .. }, _) | (_, open @ Verdict::NotFound { .. }) => open,
        (quiet @ Verdict::NoIncident { .. }, Verdict::NoIncident { .. }) => quiet,
    }
}

/// What is concluded where no alert became an incident.
fn nothing(window: Option<Window>) -> Conclusion {
    let window =
        window.unwrap_or(Window { from: Timestamp::UNIX_EPOCH, to: Timestamp::UNIX_EPOCH });
    Conclusion {
        at: window.to,
        stage: Stage::Final,
        verdict: Verdict::NoIncident { reason: "no alert asked for an investigation".to_owned() },
        hypotheses: Vec::new(),
        observations: Vec::new(),
        gaps: Vec::new(),
        impact: None,
        blast_radius: Vec::new(),
        window,
        reference: window,
    }
}
