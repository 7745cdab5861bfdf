use std::path::Path;

use nightjar_agent::Policy;
use nightjar_evaluation::{Report, changes, compare, table};

use crate::arguments::Eval;
use crate::cases;
use crate::exit::Exit;
use crate::judge::{judge_all, peak_rss_mib};
use crate::output::{self, advice, advise};

/// Runs the engine over every case of a folder and scores it.
pub(crate) fn run(arguments: &Eval, is_json: bool) -> anyhow::Result<Exit> {
    let baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let (set, cases) = cases::of(arguments)?;
    let results = judge_all(cases, arguments.jobs, &Policy::default())?;
    if results.is_empty() {
        return Err(advice(
            format!("`{}` holds no incident whose truth is known", arguments.folder.display()),
            "a capsule needs an expect.toml to be judged (docs/specs/capsule.md)",
        ));
    }
    let report = Report::new(set, env!("CARGO_PKG_VERSION"), "core", results, peak_rss_mib());
    let comparison = baseline.map(|baseline| compare(&baseline, &report));
    if is_json {
        output::print_json(&report)?;
        if let Some(comparison) = &comparison {
            output::remark(changes(comparison).trim_end());
        }
    } else {
        output::print(&table(&report))?;
        if let Some(comparison) = &comparison {
            output::print(&format!("\n{}", changes(comparison)))?;
        }
    }
    let became_worse = comparison
        .is_some_and(|comparison| comparison.changed.iter().any(|case| case.better == Some(false)));
    Ok(if became_worse { Exit::Differs } else { Exit::Done })
}

fn read_baseline(file: &Path) -> anyhow::Result<Report> {
    let hint = "write one with: nightjar eval FOLDER --json > FILE";
    let text = std::fs::read_to_string(file)
        .map_err(|error| advise(error, format!("cannot read `{}`", file.display()), hint))?;
    serde_json::from_str(&text)
        .map_err(|error| advise(error, format!("`{}` is no report of eval", file.display()), hint))
}
