//! The deployment repository: what runs, and who changed it when.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde::Deserialize;

use super::Place;

/// How it came about.
const HISTORY: &str = include_str!("../../config/history.toml");
/// Who began it, and when.
const FOUNDER: &str = "Tom Lindqvist <tom@shop.example>";
const FOUNDED_HOURS_AGO: f64 = 1900.0;

#[derive(Debug, Deserialize)]
struct History {
    commit: Vec<Commit>,
}

#[derive(Debug, Deserialize)]
struct Commit {
    hours_ago: f64,
    author: String,
    message: String,
    file: String,
    before: String,
    after: String,
}

/// Makes the repository with its history.
pub(crate) fn create(place: &Place) -> anyhow::Result<()> {
    let folder = place.deploy();
    copy(&place.lab().join("shop"), &folder)?;
    let history: History = toml::from_str(HISTORY).context("the history")?;
    for commit in history.commit.iter().rev() {
        edit(&folder.join(&commit.file), &commit.after, &commit.before)?;
    }
    git(&folder, &["init", "--quiet", "--initial-branch=main"])?;
    record(&folder, "production, as it is", FOUNDER, FOUNDED_HOURS_AGO)?;
    for commit in &history.commit {
        edit(&folder.join(&commit.file), &commit.before, &commit.after)?;
        record(&folder, &commit.message, &commit.author, commit.hours_ago)?;
    }
    Ok(())
}

/// Records what was changed in the working tree, as of now.
pub(crate) fn commit(folder: &Path, message: &str, author: &str) -> anyhow::Result<String> {
    record(folder, message, author, 0.0)?;
    git(folder, &["rev-parse", "HEAD"])
}

/// Takes back the newest commit, by a commit.
pub(crate) fn revert(folder: &Path, author: &str) -> anyhow::Result<String> {
    let subject = git(folder, &["log", "-1", "--format=%s"])?;
    git(folder, &["revert", "--no-commit", "HEAD"])?;
    commit(folder, &format!("Revert \"{subject}\""), author)
}

/// The newest commit that touches a service, in short.
pub(crate) fn revision(place: &Place, service: &str) -> String {
    git(&place.deploy(), &["log", "-1", "--format=%h", "--", service]).unwrap_or_default()
}

fn record(folder: &Path, message: &str, author: &str, hours_ago: f64) -> anyhow::Result<()> {
    let (name, rest) = author.split_once(" <").context("an author is `Name <address>`")?;
    let seconds = jiff::Timestamp::now().as_duration().as_secs_f64() - hours_ago * 3600.0;
    let date = format!("{seconds:.0} +0000");
    git(folder, &["add", "--all"])?;
    let mut command = Command::new("git");
    command.current_dir(folder).args(["commit", "--quiet", "--message", message]);
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), name)
            .env(format!("GIT_{who}_EMAIL"), rest.trim_end_matches('>'));
        command.env(format!("GIT_{who}_DATE"), &date);
    }
    said(command).map(drop)
}

fn git(folder: &Path, words: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(words);
    said(command)
}

/// Without the settings of whoever runs the lab.
fn said(mut command: Command) -> anyhow::Result<String> {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.args::<_, &str>([]);
    let output = command.output().context("cannot run `git`")?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    anyhow::ensure!(
        output.status.success(),
        "git: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    Ok(text(&output.stdout))
}

fn edit(file: &Path, from: &str, to: &str) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read `{}`", file.display()))?;
    anyhow::ensure!(text.contains(from), "`{}` doesn't say `{from}`", file.display());
    Ok(std::fs::write(file, text.replacen(from, to, 1))?)
}

pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in
        std::fs::read_dir(from).with_context(|| format!("cannot read `{}`", from.display()))?
    {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_leads_to_what_is_deployed() {
        let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("shop");
        let history: History = toml::from_str(HISTORY).unwrap();
        let hours: Vec<f64> = history.commit.iter().map(|commit| commit.hours_ago).collect();
        assert!(hours.windows(2).all(|pair| pair[0] > pair[1]));
        let folder =
            std::env::temp_dir().join(format!("nightjar-lab-history-{}", std::process::id()));
        copy(&shop, &folder).unwrap();
        for commit in history.commit.iter().rev() {
            edit(&folder.join(&commit.file), &commit.after, &commit.before).unwrap();
        }
        git(&folder, &["init", "--quiet"]).unwrap();
        record(&folder, "begin", FOUNDER, 1.0).unwrap();
        edit(&folder.join("cart/service.toml"), "3600", "7200").unwrap();
        commit(&folder, "later", FOUNDER).unwrap();
        revert(&folder, FOUNDER).unwrap();
        assert_eq!(git(&folder, &["log", "-1", "--format=%s"]).unwrap(), "Revert \"later\"");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
