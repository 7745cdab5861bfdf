//! Runs the engine over cases whose truth is known.

use std::num::NonZero;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context as _;
use nightjar_agent::Policy;
use nightjar_evaluation::{CaseResult, Judged};

use crate::cases::{self, Case, Cases};
use crate::conduct;
use crate::progress::Progress;

/// Judges the cases, `jobs` at a time and the results in the order of the cases;
/// by default as many as there are processors.
pub(crate) fn judge_all(
    cases: Cases,
    jobs: Option<u16>,
    policy: &Policy,
) -> anyhow::Result<Vec<CaseResult>> {
    let jobs = jobs
        .map_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get), usize::from);
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
                    let result = case.and_then(|case| judge(case, policy));
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

fn judge(case: Case, policy: &Policy) -> anyhow::Result<CaseResult> {
    let recording = Arc::new(case.recording);
    let begun = Instant::now();
    let outcome = conduct::quietly(Arc::clone(&recording), policy.clone())
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
pub(crate) fn peak_rss_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib.div_ceil(1024))
}
