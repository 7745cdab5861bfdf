use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::Timestamp;
use nightjar_store::{Checkpoint, Report};
use serde_json::json;

use crate::arguments::Place;
use crate::command::keys::known_space;
use crate::exit::Exit;
use crate::installation::Installation;
use crate::output::{self, advise};
use crate::runtime;
use crate::terminal::text::{BAD, GOOD, WIDTH, Words, count};

/// Checks all that a service wrote.
pub(super) fn verify(
    place: &Place,
    checkpoints: &[PathBuf],
    is_json: bool,
) -> anyhow::Result<Exit> {
    let installation = Installation::existing(place)?;
    let exported: Vec<Checkpoint> =
        checkpoints.iter().map(|path| read(path)).collect::<anyhow::Result<_>>()?;
    let report = runtime::wait(async {
        let store = installation.store().await?;
        let report = store.verify(&exported).await.context("verifying the journals");
        store.close().await;
        report
    })?;
    let is_sound = report.findings.is_empty();
    if is_json {
        output::print_json(&json!({ "sound": is_sound, "report": report }))?;
    } else {
        output::print(&told(&report))?;
    }
    Ok(if is_sound { Exit::Done } else { Exit::Differs })
}

/// Signs where a space's journal stands, or the audit trail.
pub(super) fn checkpoint(place: &Place, space: Option<&str>) -> anyhow::Result<Exit> {
    let installation = Installation::existing(place)?;
    let checkpoint = runtime::wait(async {
        let store = installation.store().await?;
        let now = Timestamp::now();
        let checkpoint = match space {
            Some(space) => {
                let space = store.space(&known_space(&store, space).await?).await?;
                space.checkpoint(now).await
            }
            None => store.audit_checkpoint(now).await,
        };
        store.close().await;
        checkpoint.context("making a checkpoint")
    })?;
    output::print_json(&checkpoint)?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> anyhow::Result<Checkpoint> {
    let hint = "give what `nightjar journal checkpoint` printed";
    let told = || format!("cannot read the checkpoint `{}`", path.display());
    let text = fs::read(path).map_err(|error| advise(error, told(), hint))?;
    serde_json::from_slice(&text).map_err(|error| advise(error, told(), hint))
}

fn told(report: &Report) -> String {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let seen = format!(
        ": {} in {}, {} opened, {} of checkpoints",
        count(number(report.entries), "entry"),
        count(number(report.chains), "chain"),
        report.opened,
        count(number(report.checkpoints), "signature"),
    );
    let words = match report.findings.is_empty() {
        true => Words::new().styled(GOOD, "sound"),
        false => Words::new().styled(BAD, "not sound"),
    };
    let mut out = words.plain(&seen).flow("", WIDTH);
    for (chain, checkpoint) in &report.pruned {
        let pruned = format!(" dropped on purpose, up to checkpoint {checkpoint}");
        out.push_str(&Words::new().strong(chain).faint(&pruned).flow("  ", WIDTH));
    }
    for finding in &report.findings {
        let space = finding.space.as_ref().map_or("audit trail", |space| space.as_str());
        let seq = finding.seq.map(|seq| format!(", entry {seq}")).unwrap_or_default();
        let told = format!(" {}{seq}: {}", finding.chain, finding.problem);
        out.push_str(&Words::new().strong(space).plain(&told).flow("  ", WIDTH));
    }
    out
}
