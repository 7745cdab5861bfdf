//! An investigation from its start to its journal.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use aws_sdk_devopsagent::Client;
use aws_sdk_devopsagent::types::{
    ExecutionStatus, OrderType, Priority, Task, TaskFilter, TaskStatus, TaskType,
};

use crate::say;

/// How long an investigation may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn live(client: &Client, space: &str) -> anyhow::Result<()> {
    let made = client
        .create_backlog_task()
        .agent_space_id(space)
        .task_type(TaskType::Investigation)
        .title("Payments answer slowly")
        .priority(Priority::High)
        .send()
        .await?;
    let task = made.task().context("no task")?.task_id().to_owned();
    let ended = followed(client, space, &task).await?;
    ensure!(ended.status() == &TaskStatus::Completed, "{ended:?}");
    listed(client, space, &ended).await?;
    let pages = client.list_executions().agent_space_id(space).task_id(&task);
    let runs = pages.into_paginator().page_size(1).items().send();
    let runs = runs.collect::<Result<Vec<_>, _>>().await?;
    ensure!(!runs.is_empty(), "{task} has no execution");
    let mut records = 0;
    for run in &runs {
        ensure!(is_known(run.execution_status()), "{run:?}");
        records += journal(client, space, run.execution_id()).await?;
    }
    say(&format!("{task} is COMPLETED; {} executions with {records} records", runs.len()))?;
    Ok(())
}

/// A status that the SDK knows by name.
fn is_known(status: &ExecutionStatus) -> bool {
    ExecutionStatus::values().contains(&status.as_str())
}

async fn followed(client: &Client, space: &str, task: &str) -> anyhow::Result<Task> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let got = client.get_backlog_task().agent_space_id(space).task_id(task).send().await?;
        let task = got.task().context("no task")?;
        match task.status() {
            TaskStatus::PendingTriage | TaskStatus::PendingStart | TaskStatus::InProgress => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            _ => return Ok(task.clone()),
        }
    }
    bail!("{task} hasn't ended after {PATIENCE:?}");
}

/// It is in the list, by the time it was made too.
async fn listed(client: &Client, space: &str, task: &Task) -> anyhow::Result<()> {
    let filter = TaskFilter::builder()
        .created_after(*task.created_at())
        .status(TaskStatus::Completed)
        .task_type(TaskType::Investigation)
        .build();
    let list = client.list_backlog_tasks().agent_space_id(space).filter(filter);
    let found = list.into_paginator().page_size(1).items().send();
    let found = found.collect::<Result<Vec<_>, _>>().await?;
    // A later look may have come in between; then it is a later version of the same.
    let is_same = |one: &Task| {
        one == task || (one.task_id() == task.task_id() && one.version() > task.version())
    };
    ensure!(found.len() == 1 && found.iter().all(is_same), "{found:?} isn't {task:?}");
    Ok(())
}

/// Reads it both ways; gives how many records there are.
async fn journal(client: &Client, space: &str, run: &str) -> anyhow::Result<usize> {
    let mut ids = Vec::new();
    for order in [OrderType::Asc, OrderType::Desc] {
        let list = client.list_journal_records().agent_space_id(space).execution_id(run);
        let pages = list.order(order).into_paginator().page_size(2).items().send();
        let records = pages.collect::<Result<Vec<_>, _>>().await?;
        ids.push(records.iter().map(|one| one.record_id().to_owned()).collect::<Vec<_>>());
    }
    let (there, back) = (ids.first().context("read once")?, ids.last().context("read twice")?);
    ensure!(there.iter().rev().eq(back), "{there:?} backwards isn't {back:?}");
    ensure!(!there.is_empty(), "{run} has no record");
    Ok(there.len())
}
