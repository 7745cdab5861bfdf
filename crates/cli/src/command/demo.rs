use std::sync::Arc;
use std::time::Instant;

use crate::arguments::Demo;
use crate::conduct;
use crate::exit::Exit;
use crate::output;
use crate::pages;
use crate::story::Story;
use crate::terminal;
use crate::terminal::text::{FAINT, WIDTH, Words, count, heading, moment};

/// Simulates an incident, investigates it before the reader's eyes, writes the report.
pub(crate) fn run(arguments: &Demo, is_json: bool) -> anyhow::Result<Exit> {
    let begun = Instant::now();
    let recording = Arc::new(nightjar_world::demo());
    if !is_json {
        let first = recording.alerts.first().map(|alert| moment(alert.received_at));
        let words = Words::new().plain(&format!(
            "A simulated shop: {}, {} of telemetry. {} of different tools arrive from {} on. Times are UTC.",
            count(recording.topology.len(), "entity"),
            recording.window.map_or_else(String::new, |window| {
                format!("{} minutes", window.to.duration_since(window.from).as_mins())
            }),
            count(recording.alerts.len(), "alert"),
            first.unwrap_or_default(),
        ));
        output::print(&(heading("NIGHTJAR DEMO", "") + &words.flow("", WIDTH) + "\n"))?;
    }
    let mut story = Story::new(&recording.topology, !is_json);
    let outcome = conduct::conduct(Arc::clone(&recording), &mut |entry| story.tell(entry))?;
    story.end()?;
    let command = "nightjar demo";
    let reports = pages::html(&outcome.investigations, &arguments.html, "demo", command)?;
    let reports: Vec<String> = reports.iter().map(|path| path.display().to_string()).collect();
    if is_json {
        output::print_json(&conduct::json(&outcome, &reports))?;
        return Ok(Exit::Done);
    }
    let mut out = terminal::outcome::outcome(&outcome.investigations);
    for report in &reports {
        out.push_str(&Words::new().plain(report).flow("report  ", usize::MAX));
    }
    let seconds = begun.elapsed().as_secs_f64();
    let text = format!(
        "{} in {seconds:.1} s, simulation included; nothing left this machine",
        count(outcome.journal.len(), "journal entry"),
    );
    out.push_str(&Words::new().styled(FAINT, &text).flow("", WIDTH));
    output::print(&out)?;
    Ok(Exit::Done)
}
