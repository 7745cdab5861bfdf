//! One fault after another: the stack comes up, the fault is injected, an alert fires, Nightjar investigates, and what
//! it says is compared with the truth, which it never sees.

mod nightjar;
mod outcome;
mod truth;
mod watch;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::StreamExt as _;
use tokio::process::Command;

use crate::stack::{Place, Stack, place, tell};
use crate::up;
use nightjar::Nightjar;
use outcome::{Outcome, Seen};
use truth::Truth;

/// What is tried.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// One fault, a folder of `lab/faults`; all of them unless told.
    #[arg(long)]
    fault: Option<String>,
    /// How often each is tried.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// How many run beside each other, each with a stack of its own.
    #[arg(long, default_value_t = 1)]
    at_once: usize,
    /// The program that investigates; without it alerts are waited for and nothing is asked.
    #[arg(long)]
    nightjar: Option<PathBuf>,
    /// How long everything is well before the fault, seconds.
    #[arg(long, default_value_t = 60)]
    warm_up: u64,
    /// How long an alert is waited for, seconds.
    #[arg(long, default_value_t = 90)]
    patience: u64,
    /// How long a final verdict is waited for after the alert, seconds.
    #[arg(long, default_value_t = 100)]
    verdict_patience: u64,
    /// Fail unless every run comes to the right end.
    #[arg(long)]
    strict: bool,
    /// Also wait until no alert is left after the end of the fault.
    #[arg(long)]
    healing: bool,
    /// Where a line is added for each run; nowhere unless told.
    #[arg(long)]
    results: Option<PathBuf>,
    /// Where capsules go, as `<fault>-<run>.tar.zst`.
    #[arg(long)]
    capsules: Option<PathBuf>,
}

/// How long a script may take.
const LONGEST_SCRIPT: Duration = Duration::from_secs(60);
/// A script's status when it can't do here what it should.
const CANNOT_BE_DONE_HERE: i32 = 75;

/// Tries until all is tried, or somebody wants it to end.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let stop = up::stopped();
    let all = all(&arguments);
    tokio::pin!(stop);
    tokio::select! {
        () = &mut stop => anyhow::bail!("ended before all was tried"),
        done = all => done,
    }
}

async fn all(arguments: &Arguments) -> anyhow::Result<()> {
    let faults = place::root()?.join("lab/faults");
    let names = match &arguments.fault {
        Some(name) => vec![name.clone()],
        None => folders(&faults)?,
    };
    // What is tried is what there is now, not what somebody works on meanwhile.
    let commit = outcome::commit(&place::root()?);
    let tries = names.iter().flat_map(|name| (1..=arguments.runs).map(move |run| (name, run)));
    let tries = tries.map(|(name, run)| {
        let (folder, commit) = (faults.join(name), commit.clone());
        async move { (name, run, one(arguments, &folder, name, run, commit).await) }
    });
    let mut tries = futures::stream::iter(tries).buffer_unordered(arguments.at_once.max(1));
    let mut failed = Vec::new();
    let (mut right, mut count) = (0, 0);
    while let Some((name, run, tried)) = tries.next().await {
        match tried {
            Ok(Some(outcome)) => {
                outcome.tell();
                count += 1;
                right += u32::from(outcome.is_right());
                if let Some(results) = &arguments.results {
                    outcome.append(results)?;
                }
            }
            Ok(None) => {}
            Err(error) => {
                tell(&format!("{name}, run {run}: {error:#}"));
                failed.push(format!("{name} ({run})"));
            }
        }
    }
    tell(&format!("{right} of {count} runs came to the right end"));
    anyhow::ensure!(failed.is_empty(), "not carried out: {}", failed.join(", "));
    anyhow::ensure!(!arguments.strict || right == count, "{} runs went wrong", count - right);
    Ok(())
}

/// One run; nothing where the fault can't be had on this machine.
async fn one(
    arguments: &Arguments,
    folder: &Path,
    fault: &str,
    run: u32,
    commit: String,
) -> anyhow::Result<Option<Outcome>> {
    let truth = Truth::read(folder)?;
    let stack = Stack::new(Place::of_a_trial()?)?;
    tell(&format!("{fault}, run {run}: starting the stack in {}", stack.place.run.display()));
    let nightjar = match &arguments.nightjar {
        Some(program) => {
            Some(Nightjar::start(&stack, program).await.context("Nightjar doesn't start")?)
        }
        None => None,
    };
    stack.bring_up(nightjar.as_ref().map(|nightjar| nightjar.webhook())).await?;
    if let Some(nightjar) = &nightjar {
        nightjar.connect(&stack).await?;
    }
    tokio::time::sleep(Duration::from_secs(arguments.warm_up)).await;
    stack.until_quiet(Duration::from_secs(60)).await.context("the healthy stack isn't quiet")?;
    let injected = Instant::now();
    let seen = if truth.is_healthy() {
        let nightjar = nightjar.as_ref().context("there is nothing to see without `--nightjar`")?;
        nightjar.suspect().await?;
        Seen { seconds_to_alert: None, alerts: Vec::new() }
    } else {
        match script(&stack, &folder.join("inject")).await? {
            Some(CANNOT_BE_DONE_HERE) => {
                tell(&format!("skipped: {fault}, which can't be had on this machine"));
                return Ok(None);
            }
            Some(0) => {}
            status => anyhow::bail!("inject ended with {status:?}"),
        }
        let alerts =
            watch::until_alert(&stack, injected, Duration::from_secs(arguments.patience)).await?;
        tell(&format!(
            "{fault}, run {run}: an alert after {:.0} s: {}",
            alerts.0,
            alerts.1.join(", ")
        ));
        Seen { seconds_to_alert: Some(alerts.0), alerts: alerts.1 }
    };
    let told = match &nightjar {
        Some(nightjar) => {
            Some(nightjar.verdict(Duration::from_secs(arguments.verdict_patience)).await?)
        }
        None => None,
    };
    let alerts = watch::names(&stack).unwrap_or_default();
    let seen = Seen { alerts: if alerts.is_empty() { seen.alerts } else { alerts }, ..seen };
    if let (Some(nightjar), Some(capsules)) = (&nightjar, &arguments.capsules) {
        nightjar.capsule(capsules, &format!("{fault}-{run}"), &truth).await?;
    }
    if !truth.is_healthy() {
        let status = script(&stack, &folder.join("heal")).await?;
        anyhow::ensure!(status == Some(0), "heal ended with {status:?}");
        if arguments.healing {
            let begun = Instant::now();
            stack.until_quiet(Duration::from_secs(120)).await.context("it doesn't heal")?;
            tell(&format!(
                "{fault}, run {run}: quiet {:.0} s after the end of it",
                begun.elapsed().as_secs_f64()
            ));
        }
    }
    Ok(Some(Outcome::new(commit, fault, run, &truth, seen, told)))
}

/// Runs a script of a fault to its end, which gives its status. The stack goes on meanwhile: its door answers on this
/// very thread.
async fn script(stack: &Stack, script: &Path) -> anyhow::Result<Option<i32>> {
    let mut command = Command::new(script);
    command.envs(stack.environment()).current_dir(&stack.place.root).kill_on_drop(true);
    let output = tokio::time::timeout(LONGEST_SCRIPT, command.output()).await;
    let output = output.with_context(|| format!("`{}` doesn't end", script.display()))?;
    let output = output.with_context(|| format!("cannot run `{}`", script.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !said.trim().is_empty() {
        tell(said.trim());
    }
    Ok(output.status.code())
}

fn folders(faults: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(faults)? {
        let entry = entry?;
        if entry.path().join("expect.toml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
