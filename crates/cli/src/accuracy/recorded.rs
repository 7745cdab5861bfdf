//! Incidents that others recorded, and the scenarios of this repository.

use std::path::{Path, PathBuf};

use nightjar_agent::Policy;
use nightjar_evaluation::metamorphic::{Evidence, withhold};
use nightjar_evaluation::{Body, Section};

use super::{Heading, missing, report};
use crate::arguments::{Accuracy, Eval};
use crate::cases::{self, Case, Cases};
use crate::judge::judge_all;

/// Where PetShop's quiet periods are split, per cent of their rows.
pub(super) const QUIET_SPLITS: [u32; 5] = [50, 60, 70, 80, 90];

pub(super) fn petshop(arguments: &Accuracy) -> anyhow::Result<Vec<Section>> {
    let folder = arguments.data.join("petshop");
    let heading = Heading {
        title: "PetShop".to_owned(),
        about: "A pet adoption shop on AWS (Hardt et al., CLeaR 2024): metrics every five minutes, \
                20 incidents that all have the same faulty node, and 20 quiet windows. The best method \
                measured on these 20, ranked correlation, has 0.85 top-1 and 1.00 top-3.",
        command: format!("nightjar eval {} --quiet-splits 50,60,70,80,90", folder.display()),
    };
    Ok(vec![match missing(&folder) {
        Some(why) => heading.with(Body::Skipped(why)),
        None => heading.judged("petshop", of(&folder, &QUIET_SPLITS), arguments)?,
    }])
}

/// What is left of a case's evidence, and what is withheld for that.
const WITHHELD: [(&str, &[Evidence]); 4] = [
    ("metrics alone", &[Evidence::Logs, Evidence::Traces]),
    ("metrics and logs", &[Evidence::Traces]),
    ("metrics and traces", &[Evidence::Logs]),
    ("all", &[]),
];

pub(super) fn nezha(arguments: &Accuracy) -> anyhow::Result<Vec<Section>> {
    let mut sections = Vec::new();
    let mut rows = Vec::new();
    for day in days(&arguments.data.join("nezha")) {
        let name = day.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let heading = Heading {
            title: format!("Nezha, {name}"),
            about: "Faults injected into a benchmark on Kubernetes (Yu et al., FSE 2023): metrics \
                    every minute, logs and traces of some minutes. The search starts at the \
                    symptom; the time of injection isn't used.",
            command: format!("nightjar eval {}", day.display()),
        };
        sections.push(heading.judged("nezha", of(&day, &[]), arguments)?);
        for (left, kinds) in WITHHELD {
            let cases = of(&day, &[])?;
            let has_more = |case: &Case| case.modalities.len() > 1;
            let cases: Cases = Box::new(
                cases
                    .filter(move |case| case.as_ref().map_or(true, has_more))
                    .map(move |case| case.map(|case| without(case, kinds))),
            );
            let results = judge_all(cases, arguments.jobs, &Policy::default())?;
            if !results.is_empty() {
                rows.push((format!("{name}: {left}"), report("nezha", results)));
            }
        }
    }
    let heading = Heading {
        title: "Nezha, with kinds of evidence withheld".to_owned(),
        about: "The faults for which logs or traces are stored, with only some of them shown.",
        command: "nightjar accuracy --only nezha".to_owned(),
    };
    let body = match missing(&arguments.data.join("nezha")) {
        Some(why) => Body::Skipped(why),
        None => Body::Compared { what: "day and evidence".to_owned(), rows },
    };
    sections.push(heading.with(body));
    Ok(sections)
}

/// The days of the set, oldest first.
pub(super) fn days(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let mut days: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    days.sort();
    days
}

pub(super) fn opensre(arguments: &Accuracy) -> anyhow::Result<Vec<Section>> {
    let folder = arguments.data.join("opensre-synthetic");
    let heading = Heading {
        title: "opensre-synthetic".to_owned(),
        about: "Fixtures of RDS and EKS incidents with red herrings, missing telemetry and healthy \
                cases. What is expected is the category of the fault.",
        command: format!("nightjar eval {}", folder.display()),
    };
    Ok(vec![match missing(&folder) {
        Some(why) => heading.with(Body::Skipped(why)),
        None => heading.judged("opensre", of(&folder, &[]), arguments)?,
    }])
}

pub(super) fn scenarios(arguments: &Accuracy) -> anyhow::Result<Vec<Section>> {
    let folder = &arguments.scenarios;
    let heading = Heading {
        title: "Scenarios".to_owned(),
        about: "The incidents of this repository that must be solved, simulated at three seeds \
                each. The engine was built with them in view.",
        command: format!("nightjar eval {}", folder.display()),
    };
    Ok(vec![match missing(folder) {
        Some(why) => heading.with(Body::Skipped(why)),
        None => heading.judged("scenarios", of(folder, &[]), arguments)?,
    }])
}

/// The cases of a folder.
pub(super) fn of(folder: &Path, quiet_splits: &[u32]) -> anyhow::Result<Cases> {
    let (_, cases) = cases::of(&Eval {
        folder: folder.to_owned(),
        baseline: None,
        quiet_splits: quiet_splits.to_vec(),
        normal: None,
        limit: None,
        jobs: None,
    })?;
    Ok(cases)
}

/// A case with some kinds of evidence taken away.
pub(super) fn without(case: Case, kinds: &[Evidence]) -> Case {
    Case { recording: withhold(case.recording, kinds), ..case }
}
