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
mod load;
mod records;
mod running;
mod screening;
mod service;
mod signed;

use std::io::Write as _;
use std::path::Path;

use anyhow::bail;

const USAGE: &str = "usage: nightjar-bench cases FOLDER | screening | estates | chains \
                     | service NIGHTJAR CAPSULE [DATABASE] | contract NIGHTJAR [DATABASE] | records [DATABASE]";

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
        ["records"] => records::run(None),
        ["records", database] => records::run(Some(database)),
        _ => bail!("{USAGE}"),
    }
}

/// Prints a line.
fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}
