use jiff::Timestamp;
use nightjar_agent::Request;
use nightjar_incident::journal::Kind;
use nightjar_store::{
    Cancel, Created, Error as StoreError, InvestigationState, NewEntry, Once, Space, TaskRecord,
    TaskStatus,
};
use serde_json::json;

use crate::Result;
use crate::ledger;
use crate::moves;
use crate::request::Asked;

/// Ends the work on a task: its whole investigation is cancelled, with the other tasks of it that wait
/// or are worked on. `actor` is the id of the key or session.
///
/// # Errors
/// [`StoreError::Conflict`] if it has ended, or is linked to one that has.
pub async fn cancel_task(
    space: &Space,
    task: &str,
    actor: &str,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Created<TaskRecord>> {
    let record = space.task(task).await?;
    let Some(investigation) = &record.investigation else {
        let told = format!("task `{task}` has ended: it is {}", record.status.label());
        return Err(StoreError::Conflict(told).into());
    };
    let entry = NewEntry {
        chain: ledger::chain(space.investigation(investigation).await?.number),
        kind: Kind::UserRequest,
        actor: actor.to_owned(),
        body: json!({ "actor": actor, "request": { "cancel": { "task": task } } }),
    };
    let reason = format!("cancelled by {actor}");
    let cancel = Cancel { task, reason: &reason, entry: &entry };
    Ok(space.cancel_task(&cancel, once, now).await?)
}

/// Runs a task once more: one that is linked gets an incident of its own, one that ended is looked at
/// again, and what was cancelled or failed is conducted to its end. `actor` is the id of the key or
/// session.
///
/// # Errors
/// [`StoreError::Conflict`] if it waits or runs already, or can't run.
pub async fn run_task_again(
    space: &Space,
    task: &str,
    actor: &str,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Created<TaskRecord>> {
    let known = space.task(task).await?;
    if let Some(alert) = &known.alert
        && space.alert(alert).await?.delivery.is_some()
    {
        moves::run_again(space, &known, actor, once, now).await?;
        return Ok(Created::New(space.task(task).await?));
    }
    let decide = |task: &TaskRecord, state: Option<InvestigationState>| {
        let request = again(task, state)?;
        Ok(request.map(|request| {
            serde_json::to_value(Asked::new(actor, &request))
                .expect("invariant: a request is texts under names")
        }))
    };
    Ok(space.run_task_again(task, &decide, once, now).await?)
}

/// What makes a task run again: a request, or none to conduct all of its investigation.
fn again(
    task: &TaskRecord,
    state: Option<InvestigationState>,
) -> std::result::Result<Option<Request>, String> {
    let id = &task.id;
    let Some(state) = state else {
        return Err(format!("task `{id}` can't be run: {}", task.reason.as_deref().unwrap_or("")));
    };
    // What is left of these may be half of something: it is conducted to its end first.
    let is_cut = matches!(state, InvestigationState::Cancelled | InvestigationState::Failed);
    let is_queued = matches!(state, InvestigationState::Queued | InvestigationState::Running);
    match task.status {
        TaskStatus::PendingTriage
        | TaskStatus::PendingStart
        | TaskStatus::InProgress
        | TaskStatus::PendingCustomerApproval
        | TaskStatus::Waiting => {
            Err(format!("task `{id}` waits or runs already: it is {}", task.status.label()))
        }
        TaskStatus::Skipped => Err(format!(
            "task `{id}` was skipped: {}",
            task.reason.as_deref().unwrap_or("it asks for nothing")
        )),
        TaskStatus::Linked => match (&task.incident, &task.alert) {
            _ if is_cut => Err(format!(
                "the investigation of task `{id}` didn't get to its end: run `{}` again first",
                task.primary.as_deref().unwrap_or("its primary task")
            )),
            (Some(incident), Some(alert)) => {
                Ok(Some(Request::Unlink { incident: incident.clone(), alert: alert.clone() }))
            }
            _ => Err(format!("task `{id}` is linked to nothing that is known")),
        },
        TaskStatus::Completed
        | TaskStatus::Failed
        | TaskStatus::TimedOut
        | TaskStatus::Canceled => match &task.incident {
            _ if is_cut => Ok(None),
            Some(incident) => Ok(Some(Request::LookAgain { incident: incident.clone() })),
            None if is_queued => {
                Err(format!("the investigation of task `{id}` waits or runs already"))
            }
            None => Ok(None),
        },
    }
}
