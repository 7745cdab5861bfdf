//! Everything the engine is measured by, in parts that can be run one by one.

mod ablation;
pub(crate) mod fit;
mod metamorphic;
mod recorded;
mod worlds;

use std::path::Path;

use nightjar_agent::Policy;
use nightjar_evaluation::{Body, CaseResult, Report, Section};

use crate::arguments::{Accuracy, Part};
use crate::cases::{Case, Cases};
use crate::judge::judge_all;

/// Measures one part: its sections of the page.
pub(crate) fn measure(part: Part, arguments: &Accuracy) -> anyhow::Result<Vec<Section>> {
    match part {
        Part::Petshop => recorded::petshop(arguments),
        Part::Metamorphic => metamorphic::measure(arguments),
        Part::Nezha => recorded::nezha(arguments),
        Part::Opensre => recorded::opensre(arguments),
        Part::Scenarios => recorded::scenarios(arguments),
        Part::Worlds => worlds::measure(arguments),
        Part::Practice => worlds::practise(arguments),
        Part::Ablation => ablation::measure(arguments),
    }
}

/// A heading with what stands below it.
struct Heading {
    title: String,
    about: &'static str,
    command: String,
}

impl Heading {
    fn with(self, body: Body) -> Section {
        let Self { title, about, command } = self;
        Section { title, about: about.to_owned(), command, body }
    }

    /// The figures of some cases; where there are none, why.
    fn judged(
        self,
        set: &str,
        cases: anyhow::Result<Cases>,
        arguments: &Accuracy,
    ) -> anyhow::Result<Section> {
        let cases = match cases {
            Ok(cases) => cases,
            Err(error) => return Ok(self.with(Body::Skipped(format!("{error:#}")))),
        };
        let results = judge_all(cases, arguments.jobs, &Policy::default())?;
        Ok(self.with(Body::Figures(Box::new(report(set, results)))))
    }
}

/// Why a set isn't measured, if it isn't there.
fn missing(folder: &Path) -> Option<String> {
    (!folder.is_dir()).then(|| format!("`{}` isn't there", folder.display()))
}

/// Without times, so that two runs give the same.
fn report(set: &str, results: Vec<CaseResult>) -> Report {
    Report::new(set, env!("CARGO_PKG_VERSION"), "core", results, None)
}

/// Cases that are all in memory already.
fn ready(cases: Vec<Case>) -> Cases {
    Box::new(cases.into_iter().map(Ok))
}
