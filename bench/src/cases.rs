//! Recorded incidents through the whole conductor, alert to plan.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use nightjar_agent::{Names, Onlooker, Outcome, Policy, Setup};
use nightjar_capsule::import::{self, Options};
use nightjar_incident::journal::Entry;
use nightjar_incident::{Recording, SpaceId};

use crate::clock::timed;

/// Runs of each case; the fastest counts.
const RUNS: usize = 10;

/// One line for each case and the median at the end.
pub(crate) fn run(folder: &Path) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut all = Vec::new();
    for case in import::cases(folder, &Options::default())? {
        let recording = Arc::new(case?.recording);
        let mut best = f64::INFINITY;
        for _ in 0..RUNS {
            let (outcome, seconds) = timed(|| conduct(&recording, &Policy::default()));
            outcome?;
            best = best.min(seconds * 1e3);
        }
        let samples: usize = recording.metrics.iter().map(|series| series.column.len()).sum();
        let series = recording.metrics.len();
        writeln!(out, "{:<36} {best:7.3} ms  {series} series  {samples} samples", recording.name)?;
        all.push(best);
    }
    all.sort_by(f64::total_cmp);
    let median = all.get(all.len() / 2).copied().unwrap_or(f64::NAN);
    writeln!(out, "median {median:.3} ms of {} cases", all.len())?;
    Ok(())
}

/// Everything a recording holds, investigated as `nightjar eval` does.
pub(crate) fn conduct(recording: &Arc<Recording>, policy: &Policy) -> anyhow::Result<Outcome> {
    let policy = Policy { digest_answers: false, ..policy.clone() };
    let connections = [nightjar_capsule::connection(Arc::clone(recording), &recording.name)];
    let setup = Setup {
        space: SpaceId::new("bench"),
        names: Names::default(),
        connections: &connections,
        policy,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    Ok(runtime.block_on(nightjar_agent::conduct(&setup, &mut Onlooker(|_: &Entry| {})))?)
}
