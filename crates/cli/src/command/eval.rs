use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context as _;
use nightjar_evaluation::{CaseResult, Judged, Report, changes, compare, table};

use crate::arguments::Eval;
use crate::cases::{self, Cases};
use crate::conduct;
use crate::exit::Exit;
use crate::output::{self, advice, advise};
use crate::progress::Progress;

/// Runs the engine over every case of a folder and scores it.
pub(crate) fn run(arguments: &Eval, is_json: bool) -> anyhow::Result<Exit> {
    let baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let (set, cases) = cases::of(arguments)?;
    let jobs = arguments
        .jobs
        .map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), usize::from);
    let results = judge_all(cases, jobs)?;
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

/// Judges the cases, `jobs` at a time; the results in the order of the cases.
fn judge_all(cases: Cases, jobs: usize) -> anyhow::Result<Vec<CaseResult>> {
    let progress = Progress::new("judging", None);
    let source = Mutex::new(cases.enumerate());
    let (sender, receiver) = mpsc::channel();
    let mut results = std::thread::scope(|scope| {
        for _ in 0..jobs {
            let sender = sender.clone();
            let source = &source;
            scope.spawn(move || {
                loop {
                    // A worker that died while it held the source left it usable.
                    let next = source.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((index, case)) = next else { break };
                    let result = case.and_then(judge);
                    let is_over = result.is_err();
                    // Nobody receives any more once an error ended the whole.
                    if sender.send((index, result)).is_err() || is_over {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut results = Vec::new();
        for (index, result) in receiver {
            let result = result?;
            progress.step(&result.name);
            results.push((index, result));
        }
        anyhow::Ok(results)
    })?;
    progress.finish();
    results.sort_by_key(|(index, _)| *index);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

fn judge(case: cases::Case) -> anyhow::Result<CaseResult> {
    let recording = Arc::new(case.recording);
    let begun = Instant::now();
    let outcome = conduct::quietly(Arc::clone(&recording))
        .with_context(|| format!("case `{}`", recording.name))?;
    let millis = begun.elapsed().as_secs_f64() * 1e3;
    let conclusion = cases::overall(&outcome.investigations, recording.window);
    Ok(CaseResult::judge(Judged {
        name: &recording.name,
        scenario: &case.scenario,
        modalities: &case.modalities,
        expectation: &case.expectation,
        conclusion: &conclusion,
        millis,
    }))
}

/// The most memory this process ever held, where the system tells (Linux).
fn peak_rss_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib.div_ceil(1024))
}
