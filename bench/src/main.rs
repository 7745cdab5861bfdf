//! Measures the engine (recorded incidents, screening, estates of growing size) and the service.
//!
//! Everything is printed and nothing written; the figures that count are ratios within one run, since
//! other programs may be using the machine. For the same reason times are processor time of the
//! measuring thread where the system tells it. It knows no truth: what the engine gets right is
//! the business of `nightjar eval`.

mod cases;
mod clock;
mod contract;
mod estate;
mod estates;
mod intake;
mod load;
mod records;
mod running;
mod screening;
mod service;
mod signed;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};

const USAGE: &str = "usage: nightjar-bench cases FOLDER | screening | estates | chains \
                     | service NIGHTJAR CAPSULE [DATABASE] | contract NIGHTJAR [DATABASE] | records [DATABASE] \
                     | intake NIGHTJAR [--alerts N] [--capsule FILE] [DATABASE]";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["cases", folder] => cases::run(Path::new(folder)),
        ["screening"] => screening::run(),
        ["estates"] => estates::trees(),
        ["chains"] => estates::chains(),
        ["service", program, capsule] => service::run(Path::new(program), Path::new(capsule), None),
        ["service", program, capsule, database] => {
            service::run(Path::new(program), Path::new(capsule), Some(database))
        }
        ["contract", program] => contract::run(Path::new(program), None),
        ["contract", program, database] => contract::run(Path::new(program), Some(database)),
        ["intake", program, words @ ..] => intake(Path::new(program), words),
        ["records"] => records::run(None),
        ["records", database] => records::run(Some(database)),
        _ => bail!("{USAGE}"),
    }
}

/// Alerts of the storm after which memory is looked at, unless told.
const ALERTS: usize = 100_000;

fn intake(program: &Path, words: &[&str]) -> anyhow::Result<()> {
    let mut options = intake::Options { database: None, archive: None, alerts: ALERTS };
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "--alerts" => options.alerts = words.next().context(USAGE)?.parse()?,
            "--capsule" => options.archive = Some(Path::new(words.next().context(USAGE)?)),
            database => options.database = Some(database),
        }
    }
    intake::run(program, &options)
}

/// Prints a line.
fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}
