//! One attempt at a job: look at what is stored, decide, act, and note how it ended.

use std::sync::Arc;

use jiff::Timestamp;
use nightjar_agent::UserRequest;
use nightjar_store::{
    Error as StoreError, InvestigationRecord, InvestigationState, Job, JobKind, Space, Store,
};
use tokio::sync::watch::Receiver;
use tracing::{info, warn};

use crate::conduct::{self, Assignment, Work, of_ours, time_of_request};
use crate::keeper::Halt;
use crate::ledger::Ledger;
use crate::plan::{Afterwards, Ended, Step, afterwards, plan};
use crate::request::Asked;
use crate::rules::InForce;
use crate::task::{of_incident, start_of};
use crate::worker::{Worker, later};
use crate::{Result, connectors, export};

/// What belongs to a job.
pub(crate) struct Opened {
    pub(crate) space: Space,
    pub(crate) record: InvestigationRecord,
    ledger: Ledger,
}

impl Opened {
    pub(crate) async fn of(
        store: &Store,
        job: &Job,
    ) -> std::result::Result<Self, nightjar_store::Error> {
        let space = store.space(&job.space).await?;
        let record = space.investigation(&job.investigation).await?;
        let ledger = Ledger::open(&space, record.number, job.id).await?;
        Ok(Self { space, record, ledger })
    }
}

/// What was made of a step.
enum Prepared {
    Ended(Ended),
    Work(Work),
}

impl Worker {
    /// Does what is to be done with a job.
    pub(crate) async fn attempt(
        &self,
        job: &Job,
        opened: &mut Opened,
        halt: Receiver<Halt>,
    ) -> Ended {
        let step = plan(job, opened.ledger.past(), &self.pace);
        info!(step = ?step, attempt = job.attempts, "job begun");
        match self.try_step(job, opened, step, halt).await {
            Ok(ended) => ended,
            Err(error) => of_ours(&error),
        }
    }

    async fn try_step(
        &self,
        job: &Job,
        opened: &mut Opened,
        step: Step,
        halt: Receiver<Halt>,
    ) -> Result<Ended> {
        if step == Step::Watch {
            return self.watch(opened, halt).await;
        }
        let (id, now) = (&opened.record.id, (self.clock)());
        let running = InvestigationState::Running;
        if !opened.space.set_investigation_state(id, running, None, now).await? {
            // It was cancelled, and the job with it.
            return Ok(Ended::Lost);
        }
        let work = match self.prepare(job, opened, step).await? {
            Prepared::Ended(ended) => return Ok(ended),
            Prepared::Work(work) => work,
        };
        let connection = match &opened.record.connection {
            Some(connection) => {
                let record = opened.space.connection(connection).await?;
                let recordings = self.sources.recordings();
                Some(connectors::open(&record, &opened.space, recordings).await?)
            }
            None => None,
        };
        let InForce { policy, budgets } = self.rules.of(&opened.space).await?;
        let job = Assignment {
            space: opened.space.clone(),
            record: opened.record.clone(),
            connection,
            start: start_of(&opened.space, &opened.record.id).await?,
            policy,
            budgets,
            clock: Arc::clone(&self.clock),
            halt,
            work,
        };
        Ok(job.conduct().await)
    }

    /// Fetches what a step needs, and notes that a request begins.
    async fn prepare(&self, job: &Job, opened: &mut Opened, step: Step) -> Result<Prepared> {
        let Opened { space, record, ledger } = opened;
        let asked = match &job.kind {
            JobKind::Investigate | JobKind::Watch => None,
            JobKind::Request(body) => match serde_json::from_value::<Asked>(body.clone()) {
                Ok(asked) => Some(asked),
                Err(error) => {
                    let reason = format!("the request can't be understood: {error}");
                    return Ok(Prepared::Ended(Ended::Unmet(reason)));
                }
            },
        };
        let request =
            |asked: Asked, at| UserRequest { at, request: asked.request(), actor: asked.actor };
        let work = match (step, asked) {
            (Step::GiveUp { reason }, _) => return Ok(Prepared::Ended(Ended::Failed(reason))),
            (Step::Play | Step::Continue | Step::Repeat { .. } | Step::Watch, None) => {
                let stored = export::entries(space, record.number).await?;
                // There are some where it was cancelled or failed after people had asked for something.
                let requests = UserRequest::of_journal(&stored);
                Work::Play { requests, stored }
            }
            (Step::Play | Step::Continue | Step::Watch, Some(asked)) => {
                let state = conduct::state(space, record).await?;
                let after = UserRequest::of_journal(&export::entries(space, record.number).await?);
                let at = time_of_request(&state);
                ledger.begin(&asked, at, after.len(), (self.clock)()).await?;
                Work::Continue { state: Box::new(state), request: request(asked, at) }
            }
            (Step::Repeat { at, after }, Some(asked)) => {
                let stored = export::entries(space, record.number).await?;
                let mut requests = UserRequest::of_journal(&stored);
                requests.truncate(after);
                requests.push(request(asked, at));
                Work::Play { requests, stored }
            }
        };
        Ok(Prepared::Work(work))
    }

    /// Does what is to be done after an attempt.
    pub(crate) async fn conclude(
        &self,
        job: &Job,
        ended: Ended,
        opened: &mut Opened,
    ) -> Result<()> {
        let Opened { space, record, ledger } = opened;
        let now = (self.clock)();
        match afterwards(ended, job, &self.pace) {
            Afterwards::Leave => {
                warn!("somebody else has the job now, or it was cancelled");
                Ok(())
            }
            Afterwards::Drop => Ok(self.store.finish_job(job).await?),
            Afterwards::Finish { state, reason } => {
                if let Some(reason) = &reason {
                    warn!(reason, "job ended without its result");
                    ledger.error(reason, now).await?;
                }
                settle_tasks(space, &record.id, state, reason.as_deref(), now).await?;
                space.set_investigation_state(&record.id, state, reason.as_deref(), now).await?;
                info!("job done");
                Ok(self.store.finish_job(job).await?)
            }
            Afterwards::Again { due } => Ok(self.store.reschedule_job(job, due).await?),
            Afterwards::Hold { due, reason } => {
                info!(reason, until = %due, "job put off");
                Ok(self.store.hold_job(job, due, &reason).await?)
            }
            Afterwards::Postpone { pause, reason, is_noted } => {
                warn!(reason, pause_seconds = pause.as_secs(), "job put off");
                let noted = match is_noted {
                    true => ledger.put_off(&reason, now).await,
                    false => ledger.error(&reason, now).await,
                };
                if let Err(error @ StoreError::Unavailable { .. }) = noted {
                    // Given back without a note it would count as a crash; the worker comes again.
                    return Err(error.into());
                }
                let queued = InvestigationState::Queued;
                let told = space.set_investigation_state(&record.id, queued, Some(&reason), now);
                // Whatever else is wrong, the job is given back.
                let told = noted.and(told.await);
                self.store.postpone_job(job, later(now, pause), &reason).await?;
                told?;
                Ok(())
            }
        }
    }
}

/// Gives the tasks of an investigation that ended what came of it. Most have it already: this is for
/// those that wait for what was asked, or that an earlier end had cancelled or failed.
async fn settle_tasks(
    space: &Space,
    investigation: &str,
    state: InvestigationState,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    if !space.has_unsettled_tasks(investigation).await? {
        return Ok(());
    }
    let record = space.investigation(investigation).await?;
    // Of a live one each look has kept what came of it.
    if state == InvestigationState::Done && !record.is_live {
        for incident in &record.incidents {
            let incident = space.incident_state(incident, false).await?;
            let tasks = of_incident(&incident, record.connection.as_deref());
            space.keep_tasks(investigation, &tasks, now).await?;
        }
    }
    let reason = reason.unwrap_or("no incident came of it");
    Ok(space.fail_tasks(investigation, reason, now).await?)
}
