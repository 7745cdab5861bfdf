use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nightjar_capsule::Limits;
use nightjar_capsule::import::{self, Kind, Options};
use nightjar_incident::Recording;
use serde_json::json;

use crate::arguments::Capsule;
use crate::capsule_folder;
use crate::exit::Exit;
use crate::output::{self, advice, advise};
use crate::progress::Progress;
use crate::terminal;
use crate::terminal::text::{STRONG, WIDTH, Words, count};

/// Makes, checks and shows capsules.
pub(crate) fn run(command: &Capsule, is_json: bool) -> anyhow::Result<Exit> {
    match command {
        Capsule::Import { from, to, compress, limit } => {
            bring_in(from, to, *compress, limit.unwrap_or(usize::MAX), is_json)
        }
        Capsule::Pack { folder, archive } => pack(folder, archive, is_json),
        Capsule::Unpack { archive, folder } => unpack(archive, folder, is_json),
        Capsule::Verify { capsule } => verify(capsule, is_json),
        Capsule::Show { capsule } => show(capsule, is_json),
    }
}

fn bring_in(
    from: &Path,
    to: &Path,
    compress: bool,
    limit: usize,
    is_json: bool,
) -> anyhow::Result<Exit> {
    let progress = Progress::new("importing", None);
    let mut written = Vec::new();
    match import::detect(from) {
        Some(Kind::PetShop | Kind::Nezha) => {
            let cases = import::cases(from, &Options::default())
                .with_context(|| format!("importing `{}`", from.display()))?;
            for case in cases.take(limit) {
                let recording = case?.recording;
                // The name is a path within the data set; as a folder it must stay one step.
                let folder = to.join(recording.name.replace(['/', '\\'], "_").replace("..", "_"));
                written.push(write(&folder, &recording, compress)?);
                progress.step(&recording.name);
            }
        }
        Some(Kind::Capsule) | None => {
            let name = from.canonicalize().ok();
            let name = name.as_deref().and_then(Path::file_name).unwrap_or(from.as_os_str());
            let name = name.to_string_lossy();
            make_parent(to)?;
            let report =
                nightjar_capsule::import_folder(from, to, &name, &Limits::default(), compress)
                    .map_err(|error| capsule_folder::explain(error, from))?;
            output::remark(terminal::capsule::notes(&report.notes).trim_end());
            written.push(to.to_owned());
        }
        Some(Kind::Capsules | Kind::Scenarios | Kind::OpenSre) => {
            return Err(advice(
                format!("`{}` isn't something to import", from.display()),
                "give PetShop, Nezha, or one folder with OTLP files and a capsule.toml",
            ));
        }
    }
    progress.finish();
    if is_json {
        output::print_json(&json!({ "written": written }))?;
    } else {
        let names = written.iter().map(|path| path.display().to_string());
        let head = count(written.len(), "capsule");
        let mut out = Words::new().styled(STRONG, &head).plain(" written").flow("", WIDTH);
        out.extend(names.map(|name| Words::new().plain(&name).flow("  ", usize::MAX)));
        output::print(&out)?;
    }
    Ok(Exit::Done)
}

pub(crate) fn write(
    folder: &Path,
    recording: &Recording,
    compress: bool,
) -> anyhow::Result<PathBuf> {
    make_parent(folder)?;
    nightjar_capsule::write(folder, recording, compress)
        .map_err(|error| capsule_folder::explain(error, folder))?;
    Ok(folder.to_owned())
}

fn make_parent(folder: &Path) -> anyhow::Result<()> {
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        std::fs::create_dir_all(above).map_err(|error| {
            let hint = "choose a folder that you may write to";
            advise(error, format!("cannot make `{}`", above.display()), hint)
        })?;
    }
    Ok(())
}

fn pack(folder: &Path, archive: &Path, is_json: bool) -> anyhow::Result<Exit> {
    // What can't be read is no use to whoever gets it.
    capsule_folder::open(folder)?;
    let bytes =
        nightjar_capsule::pack(folder).map_err(|error| capsule_folder::explain(error, folder))?;
    let hint = "name a file that doesn't exist yet, in a folder that you may write to";
    let written = File::create_new(archive).and_then(|mut file| file.write_all(&bytes));
    written
        .map_err(|error| advise(error, format!("cannot write `{}`", archive.display()), hint))?;
    told(archive, &[], is_json)
}

fn unpack(archive: &Path, folder: &Path, is_json: bool) -> anyhow::Result<Exit> {
    let bytes = capsule_folder::bytes(archive)?;
    make_parent(folder)?;
    let notes = nightjar_capsule::unpack(&bytes, folder, &Limits::default())
        .map_err(|error| capsule_folder::explain(error, archive))?;
    told(folder, &notes, is_json)
}

/// Says what was written, and what was left out of it.
fn told(written: &Path, notes: &[String], is_json: bool) -> anyhow::Result<Exit> {
    if is_json {
        output::print_json(&json!({ "written": [written], "notes": notes }))?;
    } else {
        if !notes.is_empty() {
            output::remark(terminal::capsule::notes(notes).trim_end());
        }
        let path = written.display().to_string();
        output::print(&Words::new().plain(&path).flow("", usize::MAX))?;
    }
    Ok(Exit::Done)
}

fn verify(capsule: &Path, is_json: bool) -> anyhow::Result<Exit> {
    let report = if capsule.is_dir() {
        nightjar_capsule::verify(capsule, &Limits::default())
    } else {
        // An error, not a finding, where there is nothing to verify.
        nightjar_capsule::verify_archive(&capsule_folder::bytes(capsule)?, &Limits::default())
    };
    if is_json {
        output::print_json(&json!({ "sound": report.is_sound(), "report": report }))?;
    } else {
        output::print(&terminal::capsule::verified(&report))?;
    }
    Ok(if report.is_sound() { Exit::Done } else { Exit::Differs })
}

fn show(folder: &Path, is_json: bool) -> anyhow::Result<Exit> {
    let recording = capsule_folder::read(folder)?;
    if is_json {
        let samples: usize = recording.metrics.iter().map(|series| series.column.len()).sum();
        output::print_json(&json!({
            "name": recording.name,
            "window": recording.window,
            "sources": recording.sources,
            "entities": recording.topology.len(),
            "relations": recording.topology.relations().count(),
            "series": recording.metrics.len(),
            "samples": samples,
            "log_lines": recording.logs.len(),
            "spans": recording.spans.len(),
            "alerts": recording.alerts,
            "changes": recording.changes,
            "has_expectation": recording.expect.is_some(),
            "notes": recording.notes,
        }))?;
    } else {
        output::print(&terminal::capsule::recording(&recording))?;
    }
    Ok(Exit::Done)
}
