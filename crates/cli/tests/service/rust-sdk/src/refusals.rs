//! One error of each main kind, each of the type the SDK has for it.

use anyhow::{Context as _, ensure};
use aws_sdk_devopsagent::Client;
use aws_sdk_devopsagent::config::Credentials;
use aws_sdk_devopsagent::types::{Priority, TaskStatus, TaskType};

use crate::say;

pub(crate) async fn each_kind(client: &Client, space: &str) -> anyhow::Result<()> {
    not_found(client, space).await?;
    invalid(client, space).await?;
    conflict(client, space).await?;
    denied(client).await?;
    to_come(client, space).await?;
    say("each kind of error is of its type")?;
    Ok(())
}

async fn not_found(client: &Client, space: &str) -> anyhow::Result<()> {
    let answer = client.get_backlog_task().agent_space_id(space).task_id("none").send().await;
    let error = answer.err().context("it isn't there")?.into_service_error();
    ensure!(error.is_resource_not_found_exception(), "{error:?}");
    Ok(())
}

async fn invalid(client: &Client, space: &str) -> anyhow::Result<()> {
    let made = client
        .create_backlog_task()
        .agent_space_id(space)
        .task_type(TaskType::from("UNHEARD_OF"))
        .title("x".repeat(401))
        .priority(Priority::Low)
        .send()
        .await;
    let error = made.err().context("it is invalid")?.into_service_error();
    ensure!(error.is_validation_exception(), "{error:?}");
    Ok(())
}

async fn conflict(client: &Client, space: &str) -> anyhow::Result<()> {
    let listed = client.list_backlog_tasks().agent_space_id(space).limit(1).send().await?;
    let task = listed.tasks().first().context("no task")?;
    let update = client.update_backlog_task().agent_space_id(space).task_id(task.task_id());
    let answer = update.task_status(TaskStatus::Canceled).send().await;
    let error = answer.err().context("it has ended")?.into_service_error();
    ensure!(error.is_conflict_exception(), "{error:?}");
    Ok(())
}

async fn denied(client: &Client) -> anyhow::Result<()> {
    let wrong = Credentials::new("NJAKAAAAAAAAAAAAAAAA", "wrong", None, None, "nobody");
    let config = client.config().to_builder().credentials_provider(wrong).build();
    let answer = Client::from_conf(config).list_agent_spaces().send().await;
    let error = answer.err().context("nobody may")?.into_service_error();
    ensure!(error.is_access_denied_exception(), "{error:?}");
    Ok(())
}

/// A stream of events, which is refused until there are chats.
async fn to_come(client: &Client, space: &str) -> anyhow::Result<()> {
    let message = client.send_message().agent_space_id(space).execution_id("x".repeat(36));
    let answer = message.content("What is going on?").send().await;
    let error = answer.err().context("there are no chats")?.into_service_error();
    ensure!(error.is_validation_exception(), "{error:?}");
    Ok(())
}
