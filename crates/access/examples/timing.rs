//! Prints what it costs to make a guard and to ask it, as one line of JSON.
//!
//!     cargo run --release -p nightjar-access --example timing
#![expect(clippy::print_stdout, reason = "a program for people")]
#![expect(clippy::disallowed_methods, reason = "it measures time, and reads its own memory")]

use std::hint::black_box;
use std::time::Instant;

use nightjar_access::{Action, Guard, Identity, Role};

const ROUNDS: u32 = 1_000_000;

fn main() {
    let before = anonymous_kib();
    let start = Instant::now();
    let guard = Guard::new();
    let first = start.elapsed();
    let grown = anonymous_kib().saturating_sub(before);

    let start = Instant::now();
    black_box(Guard::new());
    let second = start.elapsed();

    let who = Identity::new("key-1".to_owned(), Role::Operator, Some("shop".to_owned()))
        .expect("invariant: an operator of a space");
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(guard.decide(black_box(&who), Action::ReadIncident, Some("shop")));
    }
    let decide = start.elapsed() / ROUNDS;
    println!(
        r#"{{"first_ms":{:.2},"second_ms":{:.2},"kept_kib":{grown},"decide_ns":{}}}"#,
        first.as_secs_f64() * 1e3,
        second.as_secs_f64() * 1e3,
        decide.as_nanos()
    );
}

fn anonymous_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
