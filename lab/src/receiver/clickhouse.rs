//! The ClickHouse engine behind its front: tables as the OpenTelemetry collector makes them, and rows.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

/// The collector's tables.
const SCHEMA: &str = include_str!("../../clickhouse/schema.sql");
/// How long one insert may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct ClickHouse {
    url: String,
    client: reqwest::Client,
}

impl ClickHouse {
    pub(crate) fn new(url: String) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .context("the client")?;
        Ok(Self { url, client })
    }

    /// Makes the tables.
    pub(crate) async fn prepare(&self) -> anyhow::Result<()> {
        for statement in SCHEMA.split(';').filter(|statement| !statement.trim().is_empty()) {
            self.send(statement.to_owned()).await.with_context(|| statement.trim().to_owned())?;
        }
        Ok(())
    }

    /// Puts rows into a table. What can't be put is lost, as with a collector whose exporter fails.
    #[expect(clippy::print_stderr, reason = "a process's only way to tell what it can't do")]
    pub(crate) async fn insert(&self, table: &str, rows: &[Value]) {
        if rows.is_empty() {
            return;
        }
        let mut statement = format!("INSERT INTO {table} FORMAT JSONEachRow\n");
        for row in rows {
            statement.push_str(&row.to_string());
            statement.push('\n');
        }
        if let Err(error) = self.send(statement).await {
            eprintln!("{} rows of {table} are lost: {error:#}", rows.len());
        }
    }

    async fn send(&self, statement: String) -> anyhow::Result<()> {
        let answer = self.client.post(&self.url).body(statement).send().await?;
        let status = answer.status();
        if !status.is_success() {
            anyhow::bail!("{status}: {}", answer.text().await.unwrap_or_default());
        }
        Ok(())
    }
}
