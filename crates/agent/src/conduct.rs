//! Plays alerts and later looks in the order of their time, then what people asked.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use nightjar_connect::Connection;
use nightjar_incident::journal::{Chain, Entry, Kind};
use nightjar_incident::{IncidentId, Investigation, RawAlert, SpaceId, TriageNote};

use crate::conductor::Conductor;
use crate::error::Error;
use crate::keeper::Keeper;
use crate::names::Names;
use crate::policy::Policy;
use crate::request::{Start, UserRequest};

/// On whose behalf, whom to ask, and by which rules.
pub struct Setup<'a> {
    /// Whose incidents.
    pub space: SpaceId,
    /// How what comes of it is called.
    pub names: Names,
    /// The connections of the space.
    pub connections: &'a [Connection],
    /// The rules.
    pub policy: Policy,
}

/// Everything that came of the alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// One per incident, in the order they opened.
    pub investigations: Vec<Investigation>,
    /// What triage decided, in the order of the alerts; then what people decided.
    pub triage: Vec<TriageNote>,
    /// Messages that couldn't be understood.
    pub rejected: Vec<RejectedAlert>,
    /// The journal: the chain of the intake and one chain per execution, as written.
    pub journal: Vec<Entry>,
    /// The end of the intake's chain.
    pub intake: Chain,
}

/// A message that couldn't be understood, with the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectedAlert {
    /// The message.
    pub message: RawAlert,
    /// What was expected and what was found.
    pub reason: String,
}

/// What an earlier run ended with, from which another goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// All incidents, in the order they opened; those that were merged away as well.
    pub investigations: Vec<Investigation>,
    /// The end of the intake's chain.
    pub intake: Chain,
}

impl From<Outcome> for State {
    fn from(outcome: Outcome) -> Self {
        Self { investigations: outcome.investigations, intake: outcome.intake }
    }
}

impl State {
    /// The latest that is known: the last news or the last conclusion. A request is acted on then,
    /// since a recording has no time of its own after that. None if there is no incident.
    pub fn latest(&self) -> Option<Timestamp> {
        let of = |investigation: &Investigation| {
            let concluded = investigation.executions.iter().map(|run| run.conclusion.at).max();
            concluded.unwrap_or(Timestamp::MIN).max(investigation.incident.last_news_at)
        };
        self.investigations.iter().map(of).max()
    }
}

/// What happens next; the order of the variants is the order at the same instant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// A message arrives (its index).
    Arrives(usize),
    /// An incident is looked at again.
    LookAgain(IncidentId, SignedDuration),
}

/// Plays all alerts the connections hold, and looks again until every verdict is final. What comes
/// of it goes to the keeper as it comes.
///
/// Between the answers it computes, up to a second at a time on a large estate: give it a thread
/// where others wait.
///
/// # Errors
/// When the alerts themselves can't be read, or the keeper refuses; everything else becomes a gap.
pub async fn conduct(setup: &Setup<'_>, keeper: &mut dyn Keeper) -> Result<Outcome, Error> {
    replay(setup, None, &[], keeper).await
}

/// As [`conduct`], and then does what people asked for the first time. A request that can't be met
/// this time leaves no entry, which a comparison of the journals shows.
///
/// What somebody started by hand begins with the message they described; alerts that the connections
/// hold aren't played then.
///
/// # Errors
/// As [`conduct`].
pub async fn replay(
    setup: &Setup<'_>,
    start: Option<&Start>,
    requests: &[UserRequest],
    keeper: &mut dyn Keeper,
) -> Result<Outcome, Error> {
    let mut conductor = Conductor::new(setup, keeper);
    play(&mut conductor, start).await?;
    for request in requests {
        match conductor.meet(request).await {
            Ok(())
            | Err(
                Error::UnknownAlert { .. }
                | Error::UnknownIncident { .. }
                | Error::Pointless { .. },
            ) => {}
            Err(error @ (Error::Connection(_) | Error::Refused(_))) => return Err(error),
        }
    }
    Ok(conductor.into_outcome())
}

/// Goes on from what an earlier run ended with, doing what people ask, one request after the other.
/// Each is written down before it is acted on. The outcome holds all incidents, and of the notes
/// and the journal what is new.
///
/// # Errors
/// When a request can't be met: nothing of it is written, those before it are done. When the
/// keeper refuses.
pub async fn resume(
    setup: &Setup<'_>,
    state: State,
    requests: &[UserRequest],
    keeper: &mut dyn Keeper,
) -> Result<Outcome, Error> {
    let mut conductor = Conductor::resumed(setup, state, keeper);
    for request in requests {
        conductor.meet(request).await?;
    }
    Ok(conductor.into_outcome())
}

async fn play(conductor: &mut Conductor<'_, '_>, start: Option<&Start>) -> Result<(), Error> {
    let messages = match start {
        Some(start) => {
            conductor.started(start).await?;
            vec![start.message.clone()]
        }
        None => messages(conductor.setup.connections).await?,
    };
    if let Some((told, first)) = conductor.setup.policy.told().zip(messages.first()) {
        conductor.note(first.received_at, Kind::Decision, "agent", told);
    }
    let mut agenda: BTreeMap<(Timestamp, Event), ()> = messages
        .iter()
        .enumerate()
        .map(|(index, message)| ((message.received_at, Event::Arrives(index)), ()))
        .collect();
    while let Some(((now, event), ())) = agenda.pop_first() {
        let planned = match event {
            Event::Arrives(index) => match messages.get(index) {
                Some(message) => conductor.arrives(index, message, now).await?,
                None => Vec::new(),
            },
            Event::LookAgain(incident, after) => {
                conductor.look_again(&incident, after, now).await?;
                Vec::new()
            }
        };
        agenda.extend(planned.into_iter().map(|event| (event, ())));
    }
    Ok(())
}

/// All messages in the order of their arrival.
async fn messages(connections: &[Connection]) -> Result<Vec<RawAlert>, Error> {
    let mut found = Vec::new();
    for connection in connections {
        if let Some(alerts) = &connection.alerts {
            found.extend(alerts.alerts(Timestamp::MAX).await?);
        }
    }
    found.sort_by_key(|message| message.received_at);
    Ok(found)
}
