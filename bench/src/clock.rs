//! How long something took, and how much memory the process ever held.

use std::time::Instant;

/// Seconds of the processor this thread used so far (Linux); `None` where nobody counts them.
fn processor_seconds() -> Option<f64> {
    // The kernel brings the count up to date when a thread gives way, else only every few
    // milliseconds.
    std::thread::yield_now();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanos as f64 / 1e9)
}

/// Runs something and says how many seconds of this thread's processor time it took; by the
/// clock on the wall where the system doesn't count that.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let (wall, processor) = (Instant::now(), processor_seconds());
    let done = work();
    let used = processor_seconds().zip(processor).map(|(after, before)| after - before);
    (done, used.unwrap_or_else(|| wall.elapsed().as_secs_f64()))
}

/// The least seconds of several runs.
pub(crate) fn best_of(runs: usize, mut work: impl FnMut()) -> f64 {
    (0..runs).map(|_| timed(&mut work).1).fold(f64::INFINITY, f64::min)
}

/// The most memory this process ever held, MiB (Linux).
pub(crate) fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib.div_ceil(1024))
}
