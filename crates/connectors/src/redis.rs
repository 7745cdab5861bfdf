//! Redis (and Valkey): what `INFO` and its few siblings tell, with a user who may run nothing else.

mod changes;
mod inventory;
mod levels;
mod lines;
mod open;
mod probe;
mod resp;
mod told;

use std::sync::Arc;

use async_trait::async_trait;
use nightjar_connect::{
    Answer, BadConfig, Capability, Changes, Connection, Error, Health, Inventory, Logs, Metrics,
    Probe, Query, Question, Tested,
};
use nightjar_incident::{Content, Source};
use nightjar_topology::Topology;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio_rustls::TlsConnector;

use self::open::{Client, open, tls};
use crate::database::session::{not_ours, refused};
use crate::database::{Place, Server, ask};
use crate::kind::Kind;

/// Settings of a connection to Redis; there are none beside the shared ones.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {}

/// The port that Redis usually has.
const PORT: u16 = 6379;

#[derive(Clone)]
pub(crate) struct Redis {
    place: Arc<Place>,
    tls: Option<TlsConnector>,
}

impl Kind for Redis {
    const KIND: &'static str = "redis";
    const SUMMARY: &'static str =
        "Memory, evictions, clients, slow commands, persistence and replication of a Redis server.";
    const CAPABILITIES: &'static [Capability] = &[
        Capability::Answers(Question::Metrics),
        Capability::Answers(Question::Logs),
        Capability::Answers(Question::Changes),
        Capability::Answers(Question::Inventory),
    ];
    const TESTED: &'static [Tested] = &[Tested { how: "server", system: "Redis", version: "7.0" }];
    type Reach = Server;
    type Config = Config;

    fn connect(server: Server, _: Config, source: Source) -> Result<Connection, BadConfig> {
        let (port, names) = server.checked(PORT)?;
        let tls = tls(&server)?;
        let redis = Arc::new(Self { place: Place::new(server, port, names), tls });
        Ok(Connection {
            metrics: Some(redis.clone()),
            logs: Some(redis.clone()),
            changes: Some(redis.clone()),
            inventory: Some(redis.clone()),
            probe: Some(redis),
            ..Connection::new(source)
        })
    }
}

impl Redis {
    /// Answers a question with what `tell` makes of a connection.
    async fn answer<F>(
        &self,
        query: &Query,
        nothing: Content,
        tell: impl FnOnce(Client, Arc<Place>, Query) -> F + Send + 'static,
    ) -> Result<Answer, Error>
    where
        F: Future<Output = Result<Answer, Error>> + Send,
    {
        if !self.place.names.are_asked(&query.entities) {
            return Ok(not_ours(nothing, &self.place));
        }
        let (this, query) = (self.clone(), query.clone());
        ask(query.question.label(), async move {
            let is_lines = query.question == Question::Logs;
            match open(&this).await {
                Ok(client) => tell(client, this.place, query).await,
                Err(failure) => refused(failure, &this.place, &query, is_lines),
            }
        })
        .await
    }
}

#[async_trait]
impl Metrics for Redis {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Series(Vec::new()), levels::tell).await
    }
}

#[async_trait]
impl Logs for Redis {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Logs(Vec::new()), lines::tell).await
    }
}

#[async_trait]
impl Changes for Redis {
    async fn changes(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Changes(Vec::new()), changes::tell).await
    }
}

#[async_trait]
impl Inventory for Redis {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Inventory(Topology::default()), inventory::tell).await
    }
}

#[async_trait]
impl Probe for Redis {
    async fn probe(&self) -> Result<Health, Error> {
        let this = self.clone();
        ask("whether it works", async move {
            let client = open(&this).await.map_err(|failure| failure.error)?;
            probe::health(client).await
        })
        .await
    }
}
