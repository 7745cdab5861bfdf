//! MySQL and MariaDB: what they tell of themselves, with a user who may look and nothing else.

mod changes;
mod deadlock;
mod inventory;
mod levels;
mod lines;
mod open;
mod probe;
mod server;
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

/// Settings of a connection to MySQL or MariaDB.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// The database to connect with; none is needed.
    #[serde(default)]
    database: Option<String>,
}

/// The port that MySQL usually has.
const PORT: u16 = 3306;

#[derive(Clone)]
pub(crate) struct Mysql {
    place: Arc<Place>,
    database: Option<Arc<str>>,
}

impl Kind for Mysql {
    const KIND: &'static str = "mysql";
    const SUMMARY: &'static str =
        "Connections, locks, statements, replication and settings of a MySQL or MariaDB server.";
    const CAPABILITIES: &'static [Capability] = &[
        Capability::Answers(Question::Metrics),
        Capability::Answers(Question::Logs),
        Capability::Answers(Question::Changes),
        Capability::Answers(Question::Inventory),
    ];
    const TESTED: &'static [Tested] =
        &[Tested { how: "server", system: "MariaDB", version: "10.11" }];
    type Reach = Server;
    type Config = Config;

    fn connect(server: Server, config: Config, source: Source) -> Result<Connection, BadConfig> {
        let (port, names) = server.checked(PORT)?;
        if server.user.as_deref().is_none_or(str::is_empty) {
            return Err(BadConfig::field("user", "it is needed"));
        }
        let database = config.database.filter(|name| !name.is_empty()).map(Into::into);
        let mysql = Arc::new(Self { place: Place::new(server, port, names), database });
        Ok(Connection {
            metrics: Some(mysql.clone()),
            logs: Some(mysql.clone()),
            changes: Some(mysql.clone()),
            inventory: Some(mysql.clone()),
            probe: Some(mysql),
            ..Connection::new(source)
        })
    }
}

impl Mysql {
    /// Answers a question with what `tell` makes of a connection.
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
impl Metrics for Mysql {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Series(Vec::new()), levels::tell).await
    }
}

#[async_trait]
impl Logs for Mysql {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Logs(Vec::new()), lines::tell).await
    }
}

#[async_trait]
impl Changes for Mysql {
    async fn changes(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Changes(Vec::new()), changes::tell).await
    }
}

#[async_trait]
impl Inventory for Mysql {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        self.answer(query, Content::Inventory(Topology::default()), inventory::tell).await
    }
}

#[async_trait]
impl Probe for Mysql {
    async fn probe(&self) -> Result<Health, Error> {
        let this = self.clone();
        ask("whether it works", async move {
            let asked = open(&this).await.map_err(|failure| failure.error)?;
            probe::health(asked).await
        })
        .await
    }
}
