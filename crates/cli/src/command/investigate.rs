use std::sync::Arc;

use crate::arguments::Investigate;
use crate::capsule_folder;
use crate::conduct;
use crate::exit::Exit;
use crate::output::{self, advice};
use crate::pages;
use crate::story::Story;
use crate::terminal;
use crate::terminal::text::{NOTABLE, WIDTH, Words};

/// Investigates a capsule, tells it as it goes, writes the reports asked for.
pub(crate) fn run(arguments: &Investigate, is_json: bool) -> anyhow::Result<Exit> {
    let folder = &arguments.capsule;
    if arguments.record && folder.is_file() {
        return Err(advice(
            format!("`{}` is an archive: nothing can be stored in it", folder.display()),
            format!("unpack it first: nightjar capsule unpack {} DIR", folder.display()),
        ));
    }
    let recording = Arc::new(capsule_folder::read(folder)?);
    let name = recording.name.clone();
    if !is_json {
        output::print(&terminal::capsule::notes(&recording.notes))?;
    }
    if recording.alerts.is_empty() {
        let text = format!("{} holds no alerts: there is nothing to investigate", folder.display());
        output::remark(&Words::new().styled(NOTABLE, &text).flow("", WIDTH));
    }
    let mut story = Story::new(&recording.topology, !is_json);
    let outcome = conduct::conduct(Arc::clone(&recording), &mut |entry| story.tell(entry))?;
    story.end()?;

    if arguments.record {
        nightjar_capsule::write_result(folder, &outcome.journal, &outcome.investigations, &[])
            .map_err(|error| capsule_folder::explain(error, folder))?;
    }
    let mut reports = Vec::new();
    if let Some(file) = &arguments.html {
        let command = format!("nightjar investigate {}", folder.display());
        reports.extend(pages::html(&outcome.investigations, file, &name, &command)?);
    }
    if let Some(file) = &arguments.markdown {
        reports.extend(pages::markdown(&outcome.investigations, file)?);
    }
    let reports: Vec<String> = reports.iter().map(|path| path.display().to_string()).collect();

    if is_json {
        output::print_json(&conduct::json(&outcome, &reports))?;
    } else {
        output::print(&terminal::outcome::outcome(&outcome.investigations))?;
        for report in &reports {
            output::print(&Words::new().plain(report).flow("report  ", usize::MAX))?;
        }
    }
    Ok(conduct::exit(&outcome))
}
