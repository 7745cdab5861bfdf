//! ClickHouse over HTTP: logs, traces and metrics in the tables of OpenTelemetry's collector.
//!
//! The tables are those of the collector's `clickhouseexporter` (opentelemetry-collector-contrib,
//! `exporter/clickhouseexporter/internal/sql_templates`), the interface is that of
//! <https://clickhouse.com/docs/interfaces/http>. What can be computed there is: counts by pattern, samples,
//! increases, quantiles and the call graph are SQL.

mod ask;
mod inventory;
mod logs;
mod metrics;
mod peers;
mod tables;
mod traces;

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use nightjar_connect::{
    Answer, BadConfig, Capability, Connection, Error, Health, Inventory, Logs, Metrics, Probe,
    Query, Question, Tested, Traces,
};
use nightjar_incident::Source;

use self::ask::{Client, Sql};
use self::tables::{Config, Found, Tables};
use crate::http::{Door, Http};
use crate::kind::Kind;
use crate::limits::Allowance;

pub(crate) struct ClickHouse {
    client: Client,
    tables: Tables,
    /// Which of the tables are there, once all of them are.
    found: OnceLock<Arc<Found>>,
}

impl Kind for ClickHouse {
    const KIND: &'static str = "clickhouse";
    const SUMMARY: &'static str =
        "Logs, traces and metrics from ClickHouse, in the tables of OpenTelemetry's collector.";
    const CAPABILITIES: &'static [Capability] = &[
        Capability::Answers(Question::Metrics),
        Capability::Answers(Question::Logs),
        Capability::Answers(Question::Traces),
        Capability::Answers(Question::Inventory),
    ];
    const TESTED: &'static [Tested] = &[
        Tested { how: "server", system: "ClickHouse's engine (chdb)", version: "26.9" },
        Tested { how: "server", system: "ClickHouse (HTTP and errors alone)", version: "18.16" },
    ];
    type Reach = Http;
    type Config = Config;

    fn connect(http: Http, config: Config, source: Source) -> Result<Connection, BadConfig> {
        let client = Client { door: Door::new(&http)?, sends_settings: config.limits_in_query };
        let tables = Tables::new(config)?;
        let house = Arc::new(Self { client, tables, found: OnceLock::new() });
        let tables = &house.tables;
        let (has_logs, has_traces) = (tables.logs.is_some(), tables.traces.is_some());
        let has_metrics = tables.metrics.is_some();
        Ok(Connection {
            logs: has_logs.then(|| house.clone() as Arc<dyn Logs>),
            traces: has_traces.then(|| house.clone() as Arc<dyn Traces>),
            metrics: has_metrics.then(|| house.clone() as Arc<dyn Metrics>),
            inventory: Some(house.clone()),
            probe: Some(house),
            ..Connection::new(source)
        })
    }
}

impl ClickHouse {
    /// Which tables are there; asked until all are.
    async fn found(&self, allowance: &mut Allowance) -> Result<Arc<Found>, Error> {
        if let Some(found) = self.found.get() {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(self.tables.look(&self.client, allowance).await?);
        if found.is_complete() {
            // Whoever was first knows the same.
            let _ = self.found.set(Arc::clone(&found));
        }
        Ok(found)
    }
}

#[async_trait]
impl Logs for ClickHouse {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.client.door.allowance();
        let table = self.found(&mut allowance).await?.logs()?;
        logs::answer(&self.client, &table, query, &mut allowance).await
    }
}

#[async_trait]
impl Traces for ClickHouse {
    async fn traces(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.client.door.allowance();
        let table = self.found(&mut allowance).await?.traces()?;
        traces::answer(&self.client, &table, query, &mut allowance).await
    }
}

#[async_trait]
impl Metrics for ClickHouse {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.client.door.allowance();
        let tables = self.found(&mut allowance).await?.metrics()?;
        metrics::answer(&self.client, &tables, query, &mut allowance).await
    }
}

#[async_trait]
impl Inventory for ClickHouse {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.client.door.allowance();
        let found = self.found(&mut allowance).await?;
        inventory::answer(&self.client, &found, query, &mut allowance).await
    }
}

#[async_trait]
impl Probe for ClickHouse {
    async fn probe(&self) -> Result<Health, Error> {
        let mut allowance = self.client.door.allowance();
        let version = Sql::new("SELECT version()");
        let version: Vec<(String,)> = self.client.rows(&version, &mut allowance).await?;
        let mut notes = Vec::new();
        let found = match self.tables.look(&self.client, &mut allowance).await {
            Ok(found) => {
                notes.extend(found.notes());
                Some(found)
            }
            Err(error) => {
                notes.push(format!("the tables can't be looked up: {}", error.message));
                None
            }
        };
        if found.is_some() && tables::may_write(&self.client, &mut allowance).await {
            notes.push(
                "the user may write: a user with SELECT on the tables alone is enough".to_owned(),
            );
        }
        let version = version.into_iter().next().map(|(version,)| version);
        Ok(Health { system: "ClickHouse".to_owned(), version, notes })
    }
}
