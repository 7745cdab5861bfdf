//! Whole investigations over estates of growing size.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::ensure;
use nightjar_agent::{Outcome, Policy};

use crate::cases::conduct;
use crate::clock::{peak_mib, timed};
use crate::estate::{ROWS, Shape, estate};

/// Investigations of one estate at the same time, to see that they don't disturb each other.
const THREADS: usize = 4;

/// Trees of calls, with what is measured of their services.
pub(crate) fn trees() -> anyhow::Result<()> {
    measure(&[10, 100, 1_000].map(Shape::tree))
}

/// Chains of calls, in a process of their own since the most memory ever held counts.
pub(crate) fn chains() -> anyhow::Result<()> {
    measure(&[100, 1_000, 10_000].map(Shape::chain))
}

fn measure(shapes: &[Shape]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    // Whole estates, beyond what one round looks at by default.
    let policy = Policy { scope: usize::MAX, answer_limit: usize::MAX, ..Policy::default() };
    let mut least = None;
    for &shape in shapes {
        let recording = Arc::new(estate(shape)?);
        let (services, series) = (shape.services, recording.metrics.len());
        let (outcome, seconds) = timed(|| conduct(&recording, &policy));
        let outcome = outcome?;
        let executions: usize = outcome.investigations.iter().map(|i| i.executions.len()).sum();
        let each = seconds / executions.max(1) as f64;
        let per_series = each / series as f64 * 1e6;
        let base = *least.get_or_insert(per_series);
        writeln!(
            out,
            "{services:>6} services  {series:>6} series x {ROWS}  {executions} executions  {:9.2} ms each  \
             {per_series:5.2} µs a series ({:.2} of the smallest estate's)  peak {} MiB  first: {}",
            each * 1e3,
            per_series / base,
            peak_mib().unwrap_or(0),
            leading(&outcome)
        )?;
        let others: Vec<anyhow::Result<Outcome>> = std::thread::scope(|scope| {
            let work = || scope.spawn(|| conduct(&recording, &policy));
            let running: Vec<_> = (0..THREADS).map(|_| work()).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, anyhow::Result<Outcome>>| {
                thread.join().unwrap_or_else(|_| anyhow::bail!("a thread panicked"))
            };
            running.into_iter().map(join).collect()
        });
        for other in others {
            ensure!(other?.journal == outcome.journal, "a journal differs between threads");
        }
        writeln!(out, "       the same journal on each of {THREADS} threads at once")?;
    }
    Ok(())
}

fn leading(outcome: &Outcome) -> String {
    let conclusion = outcome.investigations.first().and_then(|i| i.conclusion());
    let leading = conclusion.and_then(|conclusion| conclusion.hypotheses.first());
    leading.map_or("nothing".to_owned(), |h| {
        format!("{} {} {:.2}", h.entity, h.fault_mode.row().name, h.confidence.value())
    })
}
