//! Prints what mining costs and how well it groups, as one line of JSON.
//!
//!     cargo run --release -p nightjar-templates --example throughput -- [lines] [seed]
#![expect(clippy::print_stdout, reason = "a program for people and for `make bench`")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

#[path = "../tests/it/corpus.rs"]
mod corpus;

use std::time::Instant;

use nightjar_templates::{Limits, Miner, TemplateId};

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let count = arguments.next().unwrap_or(300_000);
    let seed = arguments.next().unwrap_or(1);
    let made = corpus::lines(usize::try_from(count).unwrap_or(usize::MAX), seed);
    let bytes: usize = made.iter().map(|(_, line)| line.len() + 1).sum();

    let before = resident_kib();
    let start = Instant::now();
    let mut miner = Miner::new(Limits::default());
    let mut ids: Vec<TemplateId> = Vec::with_capacity(made.len());
    for (_, line) in &made {
        ids.push(miner.learn(line));
    }
    let seconds = start.elapsed().as_secs_f64();
    let grown = resident_kib().saturating_sub(before);

    let ids: Vec<TemplateId> = ids.into_iter().map(|id| miner.resolve(id)).collect();
    let truth: Vec<usize> = made.iter().map(|(index, _)| *index).collect();
    let accuracy = corpus::grouping_accuracy(&truth, &ids);
    let templates = truth.iter().collect::<std::collections::BTreeSet<_>>().len();
    println!(
        "{{\"lines\": {}, \"lines_per_second\": {:.0}, \"mb_per_second\": {:.1}, \"memory_kib\": {grown}, \"templates\": {templates}, \"templates_found\": {}, \"grouping_accuracy\": {accuracy:.4}}}",
        made.len(),
        made.len() as f64 / seconds,
        bytes as f64 / seconds / 1e6,
        miner.len(),
    );
}

/// Memory this program holds, where the system tells (Linux); else 0.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
