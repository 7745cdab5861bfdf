//! Nightjar judged by the AWS SDK for Rust, as published: it refuses an answer that isn't what the model says,
//! where other clients look away. It knows nothing of Nightjar but where it listens.
//!
//! Environment: `NIGHTJAR_URL`, `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.

mod loopback;
mod refusals;
mod spaces;
mod tasks;

use std::io::Write as _;

use aws_sdk_devopsagent::Client;
use aws_sdk_devopsagent::config::{BehaviorVersion, Config, Credentials, Region};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let client = client()?;
    let space = spaces::live(&client).await?;
    tasks::live(&client, &space).await?;
    refusals::each_kind(&client, &space).await?;
    spaces::end(&client, &space).await?;
    writeln!(std::io::stdout(), "all is well")?;
    Ok(())
}

fn client() -> anyhow::Result<Client> {
    let id = std::env::var("AWS_ACCESS_KEY_ID")?;
    let secret = std::env::var("AWS_SECRET_ACCESS_KEY")?;
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new(id, secret, None, None, "environment"))
        .endpoint_url(loopback::endpoint(&std::env::var("NIGHTJAR_URL")?)?)
        .http_client(loopback::http_client())
        .build();
    Ok(Client::from_conf(config))
}

/// Tells what was found.
fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "- {line}")
}
