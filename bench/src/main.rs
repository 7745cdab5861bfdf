//! Measures the engine.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use nightjar_agent::{Outcome, Policy, Setup};
use nightjar_capsule::import::{self, Options};
use nightjar_incident::{Recording, SpaceId};

fn conduct(recording: &Arc<Recording>) -> anyhow::Result<Outcome> {
    let policy = Policy { digest_answers: false, ..Policy::default() };
    let connections = [nightjar_capsule::connection(Arc::clone(recording), &recording.name)];
    let setup = Setup { space: SpaceId::new("bench"), connections: &connections, policy };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    Ok(runtime.block_on(nightjar_agent::conduct(&setup, &mut |_| {}))?)
}

fn main() -> anyhow::Result<()> {
    let repeats: usize = std::env::args().nth(1).map_or(Ok(5), |n| n.parse())?;
    let options = Options { normal: None, quiet_splits: vec![50, 60, 70, 80, 90] };
    let mut out = std::io::stdout().lock();
    let mut all = Vec::new();
    for case in import::cases(Path::new("../shared/data/petshop"), &options)? {
        let recording = Arc::new(case?.recording);
        let mut best = f64::INFINITY;
        let mut executions = 0;
        for _ in 0..repeats {
            let begun = Instant::now();
            let outcome = conduct(&recording)?;
            best = best.min(begun.elapsed().as_secs_f64() * 1e3);
            executions = outcome.investigations.iter().map(|i| i.executions.len()).sum();
        }
        all.push(best);
        let samples: usize = recording.metrics.iter().map(|m| m.column.len()).sum();
        writeln!(out, "{:<40} {best:8.3} ms executions={executions} series={} samples={samples} entities={}", recording.name, recording.metrics.len(), recording.topology.len())?;
    }
    all.sort_by(f64::total_cmp);
    writeln!(out, "median {:.3} ms", all.get(all.len() / 2).copied().unwrap_or(f64::NAN))?;
    Ok(())
}
