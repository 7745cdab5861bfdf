use jiff::Timestamp;
use nightjar_incident::journal::Kind;
use nightjar_store::{ChainEnds, InvestigationState, Space, TaskRecord};

use crate::Result;

/// One execution for a task, as its chain of the journal tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id, which its chain is called too: `inc-1-1/exec-1`.
    pub id: String,
    /// What made it run.
    pub occasion: String,
    /// Where it stands.
    pub state: RunState,
    /// When its first entry was written.
    pub created_at: Timestamp,
    /// When its last entry was written.
    pub updated_at: Timestamp,
}

/// Where an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// A worker is at it, or will be again.
    Running,
    /// It came to a verdict.
    Finished,
    /// It stopped before.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

/// The executions of a task's incident, first to last, one that is going on too; none for a task that
/// is linked to another one. Those whose entries were pruned aren't told of.
pub async fn runs(space: &Space, task: &TaskRecord) -> Result<Vec<Run>> {
    let (Some(incident), Some(investigation)) = (&task.incident, &task.investigation) else {
        return Ok(Vec::new());
    };
    if task.primary.is_some() {
        return Ok(Vec::new());
    }
    let state = space.investigation(investigation).await?.state;
    let mut found = space.chain_ends(&format!("{incident}/exec-")).await?;
    found.sort_by_key(|ends| number(&ends.name));
    Ok(found.into_iter().map(|ends| run(ends, state)).collect())
}

fn number(chain: &str) -> Option<u64> {
    chain.rsplit('-').next()?.parse().ok()
}

fn run(ends: ChainEnds, investigation: InvestigationState) -> Run {
    // The summary is the last thing an execution writes.
    let state = match (ends.last.entry.kind, investigation) {
        (Kind::InvestigationSummaryMd, _) => RunState::Finished,
        (_, InvestigationState::Queued | InvestigationState::Running) => RunState::Running,
        (_, InvestigationState::Cancelled) => RunState::Cancelled,
        (_, InvestigationState::Done | InvestigationState::Failed) => RunState::Failed,
    };
    let occasion = ends.first.entry.body.get("occasion").and_then(serde_json::Value::as_str);
    Run {
        occasion: occasion.unwrap_or_default().to_owned(),
        state,
        created_at: ends.first.written_at,
        updated_at: ends.last.written_at,
        id: ends.name,
    }
}
