//! Hands a recording to the engine.

use std::sync::Arc;

use anyhow::Context as _;
use nightjar_agent::{
    Keeper, Names, Onlooker, Outcome, Policy, Retelling, Setup, Start, UserRequest,
};
use nightjar_connect::{Connection, Player, Tape};
use nightjar_incident::journal::Entry;
use nightjar_incident::{Recording, SpaceId, Verdict};
use serde_json::json;

use crate::exit::Exit;

/// The space of a command line that serves one person.
const SPACE: &str = "local";

/// Sees each journal entry.
pub(crate) type Sink<'a> = &'a mut (dyn FnMut(&Entry) + Send);

/// Investigates everything a recording holds; `sink` sees each journal entry as it is written.
pub(crate) fn conduct(recording: Arc<Recording>, sink: Sink<'_>) -> anyhow::Result<Outcome> {
    let mut keeper = Onlooker(sink);
    with(recording, Names::default(), Policy::default(), &Asked::default(), &mut keeper)
}

/// As [`conduct`], where only the verdict counts: answers aren't digested for the journal.
pub(crate) fn quietly(recording: Arc<Recording>, policy: Policy) -> anyhow::Result<Outcome> {
    let policy = Policy { digest_answers: false, ..policy };
    let mut keeper = Onlooker(|_: &Entry| {});
    with(recording, Names::default(), policy, &Asked::default(), &mut keeper)
}

/// Does again what a stored journal tells of, under its names and with what people asked then. What live
/// systems answered is played, where there are tapes of it.
pub(crate) fn again(
    recording: Arc<Recording>,
    stored: &[Entry],
    tapes: &[Tape],
) -> anyhow::Result<Outcome> {
    let looks = nightjar_agent::tells_of_looks(stored).then_some(stored);
    let (start, requests) = (Start::of_journal(stored), UserRequest::of_journal(stored));
    let asked = Asked { start, requests, looks, tapes };
    let policy = Policy::default().as_told(stored);
    with(recording, Names::of_journal(stored), policy, &asked, &mut Retelling(stored))
}

/// What people had a part in, or a service that took alerts in as they came.
#[derive(Default)]
struct Asked<'a> {
    start: Option<Start>,
    requests: Vec<UserRequest>,
    /// The journal, where it tells when which alerts were looked at.
    looks: Option<&'a [Entry]>,
    /// What live systems answered; nothing where it was the recording that was asked.
    tapes: &'a [Tape],
}

fn with(
    recording: Arc<Recording>,
    names: Names,
    policy: Policy,
    asked: &Asked<'_>,
    keeper: &mut dyn Keeper,
) -> anyhow::Result<Outcome> {
    let name = recording.name.clone();
    let connections: Vec<Connection> = match asked.tapes {
        [] => vec![nightjar_capsule::connection(recording, &name)],
        tapes => tapes.iter().map(|tape| Player::new(tape).connection()).collect(),
    };
    let setup = Setup { space: SpaceId::new(SPACE), names, connections: &connections, policy };
    // One thread: an investigation waits for its connections and computes in between.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .context("starting the runtime")?;
    runtime
        .block_on(async {
            match asked.looks {
                Some(journal) => nightjar_agent::look_as_told(&setup, journal, keeper).await,
                None => {
                    let (start, requests) = (asked.start.as_ref(), &asked.requests);
                    nightjar_agent::replay(&setup, start, requests, keeper).await
                }
            }
        })
        .with_context(|| format!("investigating `{name}`"))
}

/// An outcome as JSON for programs.
pub(crate) fn json(outcome: &Outcome, reports: &[String]) -> serde_json::Value {
    let rejected: Vec<_> = outcome
        .rejected
        .iter()
        .map(|alert| json!({ "message": alert.message, "reason": alert.reason }))
        .collect();
    json!({
        "schema": 1,
        "engine": env!("CARGO_PKG_VERSION"),
        "investigations": outcome.investigations,
        "triage": outcome.triage,
        "rejected": rejected,
        "journal_entries": outcome.journal.len(),
        "reports": reports,
    })
}

/// Whether every incident has a verdict that needs nobody to look further.
pub(crate) fn exit(outcome: &Outcome) -> Exit {
    let is_answered = |investigation: &nightjar_incident::Investigation| {
        investigation.conclusion().is_some_and(|conclusion| match conclusion.verdict {
            Verdict::CauseFound { .. } | Verdict::NoIncident { .. } => true,
            Verdict::NotFound { .. } => false,
        })
    };
    if !outcome.investigations.is_empty() && outcome.investigations.iter().all(is_answered) {
        Exit::Done
    } else {
        Exit::NoAnswer
    }
}
