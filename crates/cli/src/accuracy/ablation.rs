//! What each kind of evidence and each step of the method contributes: the same cases without it.

use nightjar_agent::Policy;
use nightjar_evaluation::metamorphic::Evidence;
use nightjar_evaluation::{Body, Section};
use nightjar_rootcause::Step;
use nightjar_world::Family;

use super::recorded::{QUIET_SPLITS, days, of, without};
use super::worlds::{self, Wear};
use super::{Heading, report};
use crate::arguments::Accuracy;
use crate::cases::Cases;
use crate::judge::judge_all;

/// Simulated worlds that are enough to see a difference of a tenth; half of them are worn.
const WORLDS: usize = 120;

/// A set, made anew each time.
type Set = Box<dyn Fn() -> anyhow::Result<Cases>>;

/// What is left out.
#[derive(Clone, Copy)]
enum Without {
    Nothing,
    Evidence(Evidence),
    Step(Step),
}

impl Without {
    fn all() -> impl Iterator<Item = Self> {
        let evidence = Evidence::ALL.into_iter().map(Self::Evidence);
        let steps = Step::ALL.into_iter().map(Self::Step);
        std::iter::once(Self::Nothing).chain(evidence).chain(steps)
    }

    fn label(self) -> String {
        match self {
            Self::Nothing => "nothing".to_owned(),
            Self::Evidence(kind) => kind.label().to_owned(),
            Self::Step(step) => step.label().to_owned(),
        }
    }
}

pub(super) fn measure(arguments: &Accuracy) -> anyhow::Result<Vec<Section>> {
    let data = &arguments.data;
    let mut sets: Vec<(String, Set)> = Vec::new();
    let petshop = data.join("petshop");
    if petshop.is_dir() {
        sets.push(("PetShop".to_owned(), Box::new(move || of(&petshop, &QUIET_SPLITS))));
    }
    for day in days(&data.join("nezha")) {
        let name = day.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sets.push((format!("Nezha, {name}"), Box::new(move || of(&day, &[]))));
    }
    let opensre = data.join("opensre-synthetic");
    if opensre.is_dir() && of(&opensre, &[]).is_ok() {
        sets.push(("opensre-synthetic".to_owned(), Box::new(move || of(&opensre, &[]))));
    }
    let count = WORLDS.min(arguments.worlds);
    let judging = move || worlds::cases(Family::Judging, count, Wear::Worn);
    sets.push(("Simulated worlds, worn".to_owned(), Box::new(judging)));
    sets.into_iter().map(|(name, cases)| ablate(&name, &cases, arguments)).collect()
}

fn ablate(set: &str, cases: &Set, arguments: &Accuracy) -> anyhow::Result<Section> {
    let mut rows = Vec::new();
    for left_out in Without::all() {
        let (kinds, steps) = match left_out {
            Without::Nothing => (Vec::new(), Vec::new()),
            Without::Evidence(kind) => (vec![kind], Vec::new()),
            Without::Step(step) => (Vec::new(), vec![step]),
        };
        let cases: Cases =
            Box::new(cases()?.map(move |case| case.map(|case| without(case, &kinds))));
        let policy = Policy { without: steps, ..Policy::default() };
        let results = judge_all(cases, arguments.jobs, &policy)?;
        rows.push((left_out.label(), report(set, results)));
    }
    let heading = Heading {
        title: format!("Ablation: {set}"),
        about: "The same cases without one kind of evidence or one step of the method.",
        command: "nightjar accuracy --only ablation".to_owned(),
    };
    Ok(heading.with(Body::Compared { what: "without".to_owned(), rows }))
}
