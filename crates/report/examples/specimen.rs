//! Writes the report of a made-up investigation to standard output, to be looked at:
//! `cargo run -p nightjar-report --example specimen -- not_found > /tmp/report.html`.

#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fixture of the tests")]
#[path = "../tests/it/fixture.rs"]
mod fixture;

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let which = std::env::args().nth(1).unwrap_or_default();
    let investigation = match which.as_str() {
        "not_found" => fixture::not_found(),
        "no_incident" => fixture::no_incident(),
        "two_causes" => fixture::two_causes(),
        "not_investigated" => fixture::not_investigated(),
        _ => fixture::cause_found("inventory"),
    };
    let context = nightjar_report::Context {
        name: "specimen".into(),
        made_by: "nightjar".into(),
        command: Some("nightjar demo".into()),
    };
    let text = if which == "markdown" {
        nightjar_report::markdown(&investigation)
    } else if which == "summary" {
        nightjar_report::summary_markdown(&investigation)
    } else {
        nightjar_report::html(&investigation, &context)
    };
    std::io::stdout().write_all(text.as_bytes())
}
