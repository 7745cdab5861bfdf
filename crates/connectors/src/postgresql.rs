//! PostgreSQL: what its statistics views tell, with a role that may monitor and nothing else.

mod changes;
mod inventory;
mod levels;
mod lines;
mod open;
mod probe;
mod sql;

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

use self::open::open;
use crate::database::session::{not_ours, refused};
use crate::database::{Ask, Place, Server, ask};
use crate::kind::Kind;

/// Settings of a connection to PostgreSQL.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// The database to connect with. Any will do, for nearly everything is told of the whole server; names of
    /// locked tables and `pg_stat_statements` are known in their own database alone.
    #[serde(default = "postgres")]
    database: String,
}

fn postgres() -> String {
    "postgres".to_owned()
}

/// The port that PostgreSQL usually has.
const PORT: u16 = 5432;

#[derive(Clone)]
pub(crate) struct Postgresql {
    place: Arc<Place>,
    database: Arc<str>,
}

impl Kind for Postgresql {
    const KIND: &'static str = "postgresql";
    const SUMMARY: &'static str =
        "Connections, locks, statements, replication and settings of a PostgreSQL server.";
    const CAPABILITIES: &'static [Capability] = &[
        Capability::Answers(Question::Metrics),
        Capability::Answers(Question::Logs),
        Capability::Answers(Question::Changes),
        Capability::Answers(Question::Inventory),
    ];
    const TESTED: &'static [Tested] =
        &[Tested { how: "server", system: "PostgreSQL", version: "15" }];
    type Reach = Server;
    type Config = Config;

    fn connect(server: Server, config: Config, source: Source) -> Result<Connection, BadConfig> {
        let (port, names) = server.checked(PORT)?;
        if server.user.as_deref().is_none_or(str::is_empty) {
            return Err(BadConfig::field("user", "it is needed"));
        }
        if config.database.is_empty() {
            return Err(BadConfig::field("database", "a name is expected"));
        }
        let place = Place::new(server, port, names);
        let postgresql = Arc::new(Self { place, database: config.database.into() });
        Ok(Connection {
            metrics: Some(postgresql.clone()),
            logs: Some(postgresql.clone()),
            changes: Some(postgresql.clone()),
            inventory: Some(postgresql.clone()),
            probe: Some(postgresql),
            ..Connection::new(source)
        })
    }
}

impl Postgresql {
    /// Answers a question with what `tell` makes of a connection; a server without a free one answers a question
    /// for lines with its own words.
    async fn answer<F>(
        &self,
        query: &Query,
        nothing: Content,
        tell: impl FnOnce(Ask, Arc<Place>, Query) -> F + Send + 'static,
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
                Ok(asked) => tell(asked, this.place, query).await,
                Err(failure) => refused(failure, &this.place, &query, is_lines),
            }
        })
        .await
    }
}

#[async_trait]
impl Metrics for Postgresql {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Series(Vec::new()), levels::tell).await
    }
}

#[async_trait]
impl Logs for Postgresql {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Logs(Vec::new()), lines::tell).await
    }
}

#[async_trait]
impl Changes for Postgresql {
    async fn changes(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Changes(Vec::new()), changes::tell).await
    }
}

#[async_trait]
impl Inventory for Postgresql {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Inventory(Topology::default()), inventory::tell).await
    }
}

#[async_trait]
impl Probe for Postgresql {
    async fn probe(&self) -> Result<Health, Error> {
        let this = self.clone();
        ask("whether it works", async move {
            let asked = open(&this).await.map_err(|failure| failure.error)?;
            probe::health(asked).await
        })
        .await
    }
}
