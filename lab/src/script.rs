//! What the scripts of faults do with the stack, by its door.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::stack::deployment;

/// A deployment.
#[derive(Debug, clap::Args)]
pub(crate) struct Deploy {
    /// The service, which is a folder of the repository.
    service: String,
    /// What is deployed.
    #[arg(long)]
    message: String,
    /// Who does it, `Name <address>`.
    #[arg(long)]
    author: String,
    /// Commit only.
    #[arg(long)]
    without_restart: bool,
}

/// A deployment taken back.
#[derive(Debug, clap::Args)]
pub(crate) struct Revert {
    /// The service.
    service: String,
    /// Who does it, `Name <address>`.
    #[arg(long, default_value = "Tom Lindqvist <tom@shop.example>")]
    author: String,
    /// Commit only.
    #[arg(long)]
    without_restart: bool,
}

pub(crate) async fn deploy(told: Deploy) -> anyhow::Result<()> {
    deployment::commit(&repository()?, &told.message, &told.author)?;
    if told.without_restart { Ok(()) } else { restart(&told.service).await }
}

pub(crate) async fn revert(told: Revert) -> anyhow::Result<()> {
    deployment::revert(&repository()?, &told.author)?;
    if told.without_restart { Ok(()) } else { restart(&told.service).await }
}

pub(crate) async fn restart(service: &str) -> anyhow::Result<()> {
    ask(reqwest::Method::POST, &format!("/restart/{service}"), String::new()).await
}

pub(crate) async fn task(name: &str, command: Option<String>) -> anyhow::Result<()> {
    let path = format!("/task/{name}");
    match command {
        Some(command) => ask(reqwest::Method::POST, &path, command).await,
        None => ask(reqwest::Method::DELETE, &path, String::new()).await,
    }
}

/// Says what is answered.
#[expect(clippy::print_stdout, reason = "the answer is what was asked for")]
pub(crate) async fn redis(port: u16, words: Vec<String>) -> anyhow::Result<()> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/"))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut words = words.into_iter();
    let mut command = redis::cmd(&words.next().context("a command has a name")?);
    for word in words {
        command.arg(word);
    }
    let answer: redis::Value = command.query_async(&mut connection).await?;
    println!("{answer:?}");
    Ok(())
}

async fn ask(method: reqwest::Method, path: &str, body: String) -> anyhow::Result<()> {
    let control =
        std::env::var("LAB_CONTROL").context("`LAB_CONTROL` isn't set: there is no stack")?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let answer = client.request(method, format!("{control}{path}")).body(body).send().await?;
    let is_ok = answer.status().is_success();
    let text = answer.text().await?;
    anyhow::ensure!(is_ok, "{}", text.trim());
    Ok(())
}

fn repository() -> anyhow::Result<PathBuf> {
    Ok(std::env::var_os("LAB_DEPLOY").context("`LAB_DEPLOY` isn't set: there is no stack")?.into())
}
