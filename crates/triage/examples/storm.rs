//! Prints what triage costs in a storm and how well it sorts it, as one line of JSON per storm.
//!
//!     cargo run --release -p nightjar-triage --example storm -- [messages] [seeds] [first seed]
#![expect(clippy::print_stdout, reason = "a program for people and for `make bench`")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

#[path = "../tests/it/storm.rs"]
mod storm;
#[path = "../tests/it/storm_estate.rs"]
mod storm_estate;
#[path = "../tests/it/storm_monitors.rs"]
mod storm_monitors;
#[path = "../tests/it/storm_play.rs"]
mod storm_play;

use std::time::{Duration, Instant};

use storm::{Shape, Storm};

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let count = usize::try_from(arguments.next().unwrap_or(10_000)).unwrap_or(usize::MAX);
    let seeds = arguments.next().unwrap_or(1);
    let first = arguments.next().unwrap_or(101);
    // The background is a fortieth of the distinct alerts, a five-hundredth of the messages.
    let kinds = [
        ("apart", Shape::Apart, 0),
        ("neighbours", Shape::Neighbours, 0),
        ("background", Shape::Apart, 20),
    ];
    for (name, shape, background) in kinds {
        for seed in first..first + seeds {
            println!("{}", line(name, seed, &storm::storm(count, background, shape, seed)));
        }
    }
}

fn line(name: &str, seed: u64, storm: &Storm) -> String {
    let mut times: Vec<Duration> = Vec::with_capacity(storm.messages.len());
    let start = Instant::now();
    let mut last = start;
    let went = storm_play::play(storm, || {
        let now = Instant::now();
        times.push(now - last);
        last = now;
    });
    let mean = start.elapsed().as_secs_f64() * 1e6 / storm.messages.len() as f64;
    let (first, second) = times.split_at(times.len() / 2);
    let sum =
        |half: &[Duration]| half.iter().sum::<Duration>().as_secs_f64() * 1e6 / half.len() as f64;
    let halves = (sum(first), sum(second));
    times.sort();
    let at = |share: usize| {
        let place = (times.len() * share / 1_000).min(times.len() - 1);
        times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    let (p50, p99, most) = (at(500), at(990), at(1_000));
    let (messages, alerts) = storm_play::scores(storm, &went);
    format!(
        "{{\"storm\": \"{name}\", \"seed\": {seed}, \"messages\": {}, \"entities\": {}, \"us_per_message\": {mean:.1}, \
         \"first_half_us\": {:.1}, \"second_half_us\": {:.1}, \"p50_us\": {p50:.1}, \"p99_us\": {p99:.1}, \"most_us\": {most:.1}, \
         \"f1_of_messages\": {:.4}, \"f1_of_alerts\": {:.4}}}",
        storm.messages.len(),
        storm.topology.len(),
        halves.0,
        halves.1,
        messages.f1(),
        alerts.f1(),
    )
}
