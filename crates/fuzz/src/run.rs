//! The runner: mutations of a kept corpus until the time is up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::Target;
use crate::mutate::mutate;

/// An input that a target didn't come back from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The target.
    pub target: &'static str,
    /// The input.
    pub input: Vec<u8>,
}

/// The kept inputs of a target, in the order of their names; an empty one stands for none.
pub fn corpus(root: &Path, target: &Target) -> std::io::Result<Vec<Vec<u8>>> {
    let folder = root.join(target.name);
    let mut inputs = Vec::new();
    if folder.is_dir() {
        let mut files: Vec<_> = folder.read_dir()?.collect::<Result<_, _>>()?;
        files.sort_by_key(std::fs::DirEntry::path);
        for file in files {
            inputs.push(std::fs::read(file.path())?);
        }
    }
    if inputs.is_empty() {
        inputs.push(Vec::new());
    }
    Ok(inputs)
}

/// Gives a target its kept inputs and then mutations of them until the time is up; says how many
/// it came back from, or the first one it didn't. The same seed tries the same inputs in the same
/// order.
pub fn run(
    target: &Target,
    corpus: &[Vec<u8>],
    seed: u64,
    budget: Duration,
) -> Result<u64, Finding> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    // Xorshift (Marsaglia 2003): a number below a limit.
    let mut draw = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let below = (state >> 11) % u64::try_from(limit.max(1)).unwrap_or(u64::MAX);
        usize::try_from(below).unwrap_or(0)
    };
    let begun = Instant::now();
    let mut tried = 0;
    let mut kept = corpus.iter();
    loop {
        let input = match kept.next() {
            Some(input) => input.clone(),
            None if begun.elapsed() >= budget => return Ok(tried),
            None => mutate(corpus, &mut draw),
        };
        if catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err() {
            return Err(Finding { target: target.name, input });
        }
        tried += 1;
    }
}
