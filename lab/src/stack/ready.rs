//! Whether what was started answers.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpStream;

use super::Place;
use super::processes::Stage;
use super::supervisor::Supervisor;

/// How long a stage may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(50);

/// Waits until everything of a stage answers.
pub(crate) async fn stage(
    place: &Place,
    stage: Stage,
    supervisor: &Supervisor,
) -> anyhow::Result<()> {
    let names: &[&str] = match stage {
        Stage::Stores => {
            &["shop-db", "shop-cache", "order-queue", "card-payments", "orders-card-payments"]
        }
        Stage::Collector => &["otlp", "agent"],
        Stage::Shop => &["storefront", "catalog", "cart", "orders", "worker", "gateway"],
        Stage::Monitoring => {
            &["prometheus", "alertmanager", "node-exporter", "postgres-exporter", "blackbox"]
        }
    };
    let end = Instant::now() + PATIENCE;
    for name in names {
        while TcpStream::connect(place.address(name)).await.is_err() {
            going_on(supervisor, name, end)?;
            tokio::time::sleep(LOOK).await;
        }
    }
    if stage == Stage::Stores && supervisor.id("clickhouse").is_some() {
        while TcpStream::connect(place.address("clickhouse")).await.is_err() {
            going_on(supervisor, "clickhouse", end)?;
            tokio::time::sleep(LOOK).await;
        }
    }
    if stage == Stage::Stores {
        // It listens before it lets anybody in.
        while !is_database_open(place) {
            going_on(supervisor, "shop-db", end)?;
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}

fn is_database_open(place: &Place) -> bool {
    let url = format!("postgres://postgres@{}/shop", place.address("shop-db"));
    let mut command = std::process::Command::new("psql");
    super::place::quiet(command.args(["--no-psqlrc", "-c", "SELECT 1", &url])).unwrap_or(false)
}

fn going_on(supervisor: &Supervisor, name: &str, end: Instant) -> anyhow::Result<()> {
    let ended = supervisor.ended();
    anyhow::ensure!(ended.is_empty(), "{ended:?} ended: see their logs");
    anyhow::ensure!(Instant::now() < end, "`{name}` doesn't answer: see its log");
    Ok(())
}

/// What is answered to a question, if it is JSON.
pub(crate) async fn json(url: &str) -> anyhow::Result<Value> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
    let text = client.get(url).send().await?.error_for_status()?.text().await?;
    Ok(serde_json::from_str(&text)?)
}
