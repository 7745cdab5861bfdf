//! Hands an investigation to the agent, on a thread where it may compute as long as it likes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_agent::{Names, Outcome, Policy, Setup, Start, State, UserRequest};
use nightjar_connect::Connection;
use nightjar_incident::journal::{Chain, Entry};
use nightjar_incident::{IncidentId, Investigation, TriageNote};
use nightjar_store::{Error as StoreError, InvestigationRecord, Space};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::Result;
use crate::budgets::Budgets;
use crate::keeper::{Halt, Kept, Stop, StoreKeeper};
use crate::meter::Meter;
use crate::plan::Ended;
use crate::worker::Clock;

/// Everything an investigation needs.
pub(crate) struct Assignment {
    pub(crate) space: Space,
    pub(crate) record: InvestigationRecord,
    /// None in a space without any.
    pub(crate) connection: Option<Connection>,
    /// What it begins with, if a person started it.
    pub(crate) start: Option<Start>,
    pub(crate) policy: Policy,
    pub(crate) budgets: Budgets,
    pub(crate) clock: Clock,
    pub(crate) halt: watch::Receiver<Halt>,
    pub(crate) work: Work,
}

/// What to conduct.
pub(crate) enum Work {
    /// From the beginning, with what people asked, onto what is stored.
    Play { requests: Vec<UserRequest>, stored: Vec<Entry> },
    /// From a state, doing what a person asks.
    Continue { state: Box<State>, request: UserRequest },
}

impl Assignment {
    /// Conducts it; ends early when told to halt.
    pub(crate) async fn conduct(self) -> Ended {
        let handle = Handle::current();
        let thread = tokio::task::spawn_blocking(move || handle.block_on(self.run()));
        match thread.await {
            Ok(ended) => ended,
            Err(error) => Ended::Broken(error.to_string()),
        }
    }

    async fn run(self) -> Ended {
        let Self { space, record, connection, start, budgets, clock, mut halt, work, .. } = self;
        let policy = match &work {
            Work::Play { stored, .. } if !stored.is_empty() => self.policy.as_told(stored),
            Work::Play { .. } | Work::Continue { .. } => self.policy,
        };
        let connections: Vec<Connection> = connection.into_iter().collect();
        let setup = Setup {
            space: space.id().clone(),
            names: Names::play(record.number),
            connections: &connections,
            policy,
        };
        let (stored, is_request) = match &work {
            Work::Play { requests, stored } => (stored.clone(), !requests.is_empty()),
            Work::Continue { .. } => (Vec::new(), true),
        };
        let mut keeper = StoreKeeper {
            space: space.clone(),
            investigation: record.id,
            connection: record.connection,
            stored: stored.into(),
            clock,
            halt: halt.clone(),
            stop: None,
            message: (0, Vec::new()),
            tasks: BTreeMap::new(),
            kept: Kept::All,
            meter: Meter::new(budgets, is_request),
        };
        let agent = async {
            match work {
                Work::Play { requests, .. } => {
                    let asked = requests.len();
                    let outcome =
                        nightjar_agent::replay(&setup, start.as_ref(), &requests, &mut keeper)
                            .await?;
                    let is_met = UserRequest::of_journal(&outcome.journal).len() == asked;
                    Ok((outcome, is_met))
                }
                Work::Continue { state, request } => {
                    let requests = [request];
                    let outcome =
                        nightjar_agent::resume(&setup, *state, &requests, &mut keeper).await?;
                    Ok((outcome, true))
                }
            }
        };
        let ended = tokio::select! {
            biased;
            halted = halted(&mut halt) => return of_halt(halted),
            ended = agent => ended,
        };
        let (outcome, is_met) = match ended {
            Ok(done) => done,
            Err(error) => return of_error(error, keeper.stop),
        };
        if let Err(stop) = keeper.check_end() {
            return of_stop(stop);
        }
        if !is_met {
            return Ended::Unmet("what was asked can't be done any more".to_owned());
        }
        if is_request && let Err(error) = keep_notes(&space, &outcome).await {
            return of_stop(Stop::Store(error));
        }
        Ended::Done
    }
}

/// Notes where alerts went that a person moved, unless that is noted.
async fn keep_notes(space: &Space, outcome: &Outcome) -> std::result::Result<(), StoreError> {
    for note in &outcome.triage {
        let known: Vec<TriageNote> = space.alert(&note.alert).await?.triage;
        if !known.contains(note) {
            space.keep_triage(note).await?;
        }
    }
    Ok(())
}

/// All incidents of an investigation with what they saw, in the order of their numbers, which is
/// that in which they came up; one that was unlinked may speak of earlier.
pub(crate) async fn incidents(
    space: &Space,
    record: &InvestigationRecord,
) -> Result<Vec<Investigation>> {
    let mut ids: Vec<&IncidentId> = record.incidents.iter().collect();
    let number = |id: &&IncidentId| id.as_str().rsplit('-').next()?.parse::<u64>().ok();
    ids.sort_by_key(number);
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(space.incident_state(id, true).await?);
    }
    Ok(found)
}

/// What is stored of an investigation, as the agent goes on from it.
pub(crate) async fn state(space: &Space, record: &InvestigationRecord) -> Result<State> {
    let investigations = incidents(space, record).await?;
    let intake = Names::play(record.number).intake();
    let (next_seq, head) = space.chain_end(&intake).await?;
    let intake = Chain::continued(space.id().clone(), intake, next_seq, head);
    Ok(State { investigations, intake })
}

/// When a request is acted on: a recording has no time of its own after its last news.
pub(crate) fn time_of_request(state: &State) -> Timestamp {
    state.latest().unwrap_or(Timestamp::UNIX_EPOCH)
}

pub(crate) async fn halted(halt: &mut watch::Receiver<Halt>) -> Halt {
    match halt.wait_for(|halt| *halt != Halt::Run).await {
        Ok(halt) => *halt,
        // Nobody watches the lease any more.
        Err(_) => Halt::Lost,
    }
}

pub(crate) fn of_halt(halt: Halt) -> Ended {
    match halt {
        Halt::Run | Halt::Stop => Ended::Stopped,
        Halt::Lost => Ended::Lost,
    }
}

pub(crate) fn of_stop(stop: Stop) -> Ended {
    match stop {
        Stop::Halted(halt) => of_halt(halt),
        Stop::Store(error) => of_store(&error),
        Stop::Diverges(reason) | Stop::Damaged(reason) => Ended::Failed(reason),
    }
}

fn of_error(error: nightjar_agent::Error, stop: Option<Stop>) -> Ended {
    match error {
        nightjar_agent::Error::Refused(refused) => match stop {
            Some(stop) => of_stop(stop),
            None => Ended::Broken(refused.to_string()),
        },
        nightjar_agent::Error::Connection(error) if error.kind.is_transient() => {
            Ended::Later(error.to_string())
        }
        nightjar_agent::Error::Connection(error) => Ended::Failed(error.to_string()),
        error @ (nightjar_agent::Error::UnknownAlert { .. }
        | nightjar_agent::Error::UnknownIncident { .. }
        | nightjar_agent::Error::Pointless { .. }) => Ended::Unmet(error.to_string()),
    }
}

/// What an error of the store means for a job.
pub(crate) fn of_store(error: &StoreError) -> Ended {
    match error {
        StoreError::Unavailable { .. } | StoreError::Full(_) => Ended::Later(error.to_string()),
        StoreError::Destroyed => Ended::Gone,
        // The head of a chain moved: another worker writes.
        StoreError::Conflict(_) => Ended::Lost,
        StoreError::NotFound { .. }
        | StoreError::KeyReused
        | StoreError::Damaged { .. }
        | StoreError::WrongLocation { .. }
        | StoreError::MasterKey(_)
        | StoreError::Migration(_)
        | StoreError::Invalid(_) => Ended::Failed(error.to_string()),
    }
}

/// What an error of this room means for a job.
pub(crate) fn of_ours(error: &crate::Error) -> Ended {
    match error {
        crate::Error::Store(error) => of_store(error),
        crate::Error::Archive(_) | crate::Error::Config(_) | crate::Error::Redaction(_) => {
            Ended::Failed(error.to_string())
        }
        crate::Error::Broken(reason) => Ended::Broken(reason.clone()),
    }
}
