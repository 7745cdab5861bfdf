//! A commit as a change: what it is about, in one line that says what a tired engineer looks for.

use gix::objs::Kind;
use jiff::Timestamp;
use nightjar_incident::{Change, ChangeId, ChangeKind};
use nightjar_topology::EntityId;

use super::files::File;
use super::history::{Commit, short};
use super::reader::{Reader, Trouble};
use super::settings::{Altered, LARGEST, altered, format_of};
use super::sort::{is_migration, is_version, sort};
use super::words::line;

/// How many files of settings of one change are looked into.
const FILES: usize = 12;

/// How many settings are told by name and value.
const TOLD: usize = 5;

/// The longest subject line that is told, letters.
const SUBJECT: usize = 160;

/// What of a commit is told with it.
pub(super) struct Setting<'a> {
    pub(super) deploys: bool,
    pub(super) commit_url: Option<&'a str>,
}

/// The change that a commit is, for these entities, by the files that matter.
pub(super) fn of(
    reader: &mut Reader,
    (at, commit): (Timestamp, &Commit),
    files: &[File],
    entities: Vec<EntityId>,
    setting: &Setting<'_>,
) -> Change {
    let altered = settings(reader, files);
    let kind = sort(files, &altered, setting.deploys);
    let id = commit.id.to_string();
    Change {
        kind,
        at,
        entities,
        summary: summary(commit, files, &altered),
        author: commit.author.clone(),
        previous: previous(kind, commit, &altered),
        url: setting.commit_url.map(|url| url.replace("{commit}", &id)),
        id: ChangeId::new(id),
    }
}

/// The settings that the files say differently, as far as they can be read.
fn settings(reader: &mut Reader, files: &[File]) -> Vec<Altered> {
    let mut found = Vec::new();
    let known = files.iter().filter_map(|file| Some((file, format_of(&file.path)?)));
    for (file, format) in known.take(FILES) {
        let mut content = |id: Option<gix::ObjectId>| match id {
            Some(id) => reader.bytes(id, Kind::Blob, LARGEST),
            None => Ok(Vec::new()),
        };
        // A value that can't be read is told by nobody; that the file was touched is.
        let (Ok(before), Ok(after)) = (content(file.before), content(file.after)) else { continue };
        found.extend(altered(format, &before, &after).unwrap_or_default());
    }
    found
}

fn summary(commit: &Commit, files: &[File], altered: &[Altered]) -> String {
    let mut told = subject(&commit.message);
    if let Some(taken_back) = taken_back(&commit.message) {
        told = format!("{told} (takes back {taken_back})");
    }
    let mut parts = Vec::new();
    // Versions first, then what is new or gone behind what was altered.
    let mut order: Vec<&Altered> = altered.iter().collect();
    order.sort_by_key(|one| (!is_version(one), one.before.is_none() || one.after.is_none()));
    parts.extend(order.iter().take(TOLD).map(|one| setting(one)));
    if altered.len() > TOLD {
        parts.push(format!("{} more settings", altered.len() - TOLD));
    }
    let migrations = files.iter().filter(|file| is_migration(&file.path));
    let migrations: Vec<String> = migrations.take(3).map(|file| name(&file.path)).collect();
    if !migrations.is_empty() {
        parts.push(format!("schema migration {}", migrations.join(", ")));
    }
    if parts.is_empty() {
        parts.push(match files {
            [only] => line(&only.path, 100),
            many => format!("{} files", many.len()),
        });
    }
    format!("{told}: {}", parts.join(", "))
}

fn setting(one: &Altered) -> String {
    let name = brief(&one.name);
    match (&one.before, &one.after) {
        _ if one.is_secret => format!("{name} (values not shown)"),
        (Some(before), Some(after)) => format!("{name}: {before} → {after}"),
        (None, Some(after)) => format!("{name}: {after} (new)"),
        (Some(before), None) => format!("{name} taken out (was {before})"),
        (None, None) => name,
    }
}

/// The place of a setting, without the way there where that is long and without the word `value`.
fn brief(name: &str) -> String {
    let name = name.strip_suffix(".value").unwrap_or(name);
    let parts: Vec<&str> = name.split('.').collect();
    let kept = parts.len().saturating_sub(3);
    match name.chars().count() > 40 && kept > 0 {
        true => parts.get(kept..).unwrap_or_default().join("."),
        false => name.to_owned(),
    }
}

fn name(path: &str) -> String {
    line(path.rsplit('/').next().unwrap_or(path), 60)
}

/// The first line; of a merge that a forge made, the title of what was merged.
fn subject(message: &str) -> String {
    let first = line(message, SUBJECT);
    let by_forge = ["Merge pull request ", "Merge branch ", "Merged in ", "Merge remote-tracking "];
    if !by_forge.iter().any(|start| first.starts_with(start)) {
        return if first.is_empty() { "(without a subject)".to_owned() } else { first };
    }
    let mut paragraphs = message.lines().skip(1).map(|text| line(text, SUBJECT));
    let title = paragraphs.find(|text| !text.is_empty() && !text.starts_with("See merge request"));
    match title {
        Some(title) => format!("{title} ({first})"),
        None => first,
    }
}

/// The commit that this one says it takes back, in short.
fn taken_back(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("This reverts commit ")?;
    let id: String = rest.chars().take_while(char::is_ascii_hexdigit).take(10).collect();
    (id.len() >= 7).then_some(id)
}

/// What it replaced: the values before, or the version before.
fn previous(kind: ChangeKind, commit: &Commit, altered: &[Altered]) -> Option<String> {
    if kind == ChangeKind::Deployment
        && let Some(version) = altered.iter().find(|one| is_version(one) && !one.is_secret)
    {
        return version.before.clone();
    }
    let is_code = matches!(kind, ChangeKind::Deployment | ChangeKind::Commit);
    let before = altered.iter().filter(|one| !one.is_secret && !is_code);
    let before =
        before.filter_map(|one| Some(format!("{} = {}", brief(&one.name), one.before.as_ref()?)));
    let before: Vec<String> = before.take(TOLD).collect();
    match before.is_empty() {
        true => commit.parents.first().map(|parent| short(*parent)),
        false => Some(before.join(", ")),
    }
}

/// The word of an answer about a commit whose files can't be had.
pub(super) fn unseen(commit: &Commit, trouble: &Trouble) -> String {
    format!("what {} touched can't be told: {}", short(commit.id), trouble.reason())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_say_what_was_merged() {
        for (message, told) in [
            ("Make the pool smaller\n\nFor cost.", "Make the pool smaller"),
            (
                "Merge pull request #12 from x/y\n\nMake the pool smaller\n",
                "Make the pool smaller (Merge pull request #12 from x/y)",
            ),
            ("Merge branch 'x' into 'main'", "Merge branch 'x' into 'main'"),
            ("", "(without a subject)"),
        ] {
            assert_eq!(subject(message), told);
        }
        let revert = "Revert \"x\"\n\nThis reverts commit 0123456789abcdef.";
        assert_eq!(taken_back(revert).as_deref(), Some("0123456789"));
        assert_eq!(taken_back("This reverts commit xyz"), None);
    }
}
