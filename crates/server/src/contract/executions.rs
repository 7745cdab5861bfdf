//! Executions: the runs of an investigation.

use nightjar_oncall::{Run, RunState, runs};
use nightjar_store::Page;
use serde_json::{Value, json};

use super::input::Asked;
use super::wire::{list as write_list, seconds};
use crate::page::Shelf;
use crate::problem::Problem;

pub(super) async fn list(asked: Asked) -> Result<Value, Problem> {
    let space = asked.space()?;
    let task = space.task(asked.need("taskId")?).await?;
    let shelf = Shelf::of_space(space, "ListExecutions", &[Some(&task.id)]);
    let request = asked.page(&shelf, "limit")?;
    // Runs are numbered and never taken away: a page begins behind the number of the last one.
    let after = request.after.as_deref().and_then(|after| after.parse().ok()).unwrap_or(0_usize);
    let found = runs(space, &task).await?;
    let end = after + request.limit;
    let next = (found.len() > end).then(|| end.to_string());
    let items = found.into_iter().skip(after).take(request.limit).collect();
    let id = space.id().to_string();
    Ok(write_list(&shelf, "executions", Page { items, next }, |run| wire(&id, &run)))
}

fn wire(space: &str, run: &Run) -> Value {
    json!({
        "agentSpaceId": space,
        "executionId": id(&run.id),
        "agentSubTask": run.occasion,
        "agentType": "investigation",
        "executionStatus": match run.state {
            RunState::Running => "RUNNING",
            RunState::Finished => "STOPPED",
            RunState::Failed => "FAILED",
            RunState::Cancelled => "CANCELED",
        },
        "createdAt": seconds(run.created_at),
        "updatedAt": seconds(run.updated_at),
    })
}

/// A chain's name as an id of the contract, which has no slash: `inc-1-1/exec-2` is `inc-1-1.exec-2`.
pub(crate) fn id(chain: &str) -> String {
    chain.replace('/', ".")
}

/// The chain that an id stands for.
pub(super) fn chain(id: &str) -> String {
    id.replace('.', "/")
}
