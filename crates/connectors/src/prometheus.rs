//! Metrics, who is there, and alerts from Prometheus and what speaks its HTTP API: Mimir, Thanos, VictoriaMetrics.
//!
//! What a metric means comes from the table of `nightjar_incident::signal`; here it becomes PromQL. Where an
//! estate has more columns than may travel, the server itself compares each with its past, and only what is
//! abnormal is downloaded.

mod alerts;
mod answer;
mod api;
mod batch;
mod columns;
mod estate;
mod inquiry;
mod inventory;
mod metrics;
mod naming;
mod promql;
mod relations;
mod resolution;
mod score;
mod screen;
mod twice;
mod wanted;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use nightjar_connect::{
    BadConfig, Capability, Connection, Error, Health, Probe, Query, Question, Tested,
};
use nightjar_incident::Source;
use nightjar_topology::EntityId;
use schemars::JsonSchema;
use serde::Deserialize;

use self::api::{Api, Expression, Time};
use self::naming::Naming;
use self::promql::{is_label, is_one_of};
use crate::http::Http;
use crate::kind::Kind;

/// Settings of a connection to Prometheus.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// The tenant, where there are several (`X-Scope-OrgID`, as Mimir takes it).
    #[serde(default)]
    tenant: Option<String>,
    /// Only series with these labels: `{"cluster": "prod"}`.
    #[serde(default)]
    only: BTreeMap<String, String>,
    /// Labels of your own that name programs, databases, caches, brokers, gateways and what is probed, the most telling
    /// first: `["team_service"]`. They are asked before those that are known, such as `service` and `job`.
    #[serde(default)]
    #[schemars(length(max = 8))]
    entity_labels: Vec<String>,
    /// Labels of your own that name the machine on which a target runs, the most telling first: `["machine"]`. They
    /// are asked before `node`, `nodename` and the address; what is scraped with one of them runs on that machine.
    #[serde(default)]
    #[schemars(length(max = 8))]
    host_labels: Vec<String>,
    /// Seconds from one scrape to the next. Unless told it is seen from `up`, and 15 where there is none.
    #[serde(default)]
    #[schemars(range(min = 1, max = 3600))]
    scrape_seconds: Option<u32>,
    /// How many columns are downloaded at most for one question; of more, those that changed most.
    #[serde(default = "most_columns")]
    #[schemars(range(min = 1, max = 100_000))]
    most_columns: u32,
}

fn most_columns() -> u32 {
    3000
}

/// One server.
pub(crate) struct Prometheus {
    api: Api,
    /// What selects the series that may be looked at at all.
    matchers: Vec<String>,
    naming: Naming,
    scrape_seconds: Option<u32>,
    most_columns: usize,
}

impl Kind for Prometheus {
    const KIND: &'static str = "prometheus";
    const SUMMARY: &'static str = "Metrics from Prometheus, Mimir, Thanos or VictoriaMetrics, with the topology and the alerts they tell.";
    const CAPABILITIES: &'static [Capability] = &[
        Capability::Answers(Question::Metrics),
        Capability::Answers(Question::Inventory),
        Capability::Alerts,
    ];
    const TESTED: &'static [Tested] = &[
        Tested { how: "server", system: "Prometheus", version: "2.42.0" },
        Tested { how: "server", system: "VictoriaMetrics", version: "1.79.5" },
        Tested { how: "fake", system: "Mimir", version: "2.x" },
    ];
    type Reach = Http;
    type Config = Config;

    fn connect(mut http: Http, config: Config, source: Source) -> Result<Connection, BadConfig> {
        for label in config.only.keys() {
            if !is_label(label) {
                return Err(BadConfig::field("only", "this is no name of a label"));
            }
        }
        if config.scrape_seconds.is_some_and(|seconds| seconds == 0 || seconds > 3600) {
            return Err(BadConfig::field("scrape_seconds", "a number from 1 to 3600 is expected"));
        }
        if config.most_columns == 0 || config.most_columns > 100_000 {
            return Err(BadConfig::field("most_columns", "a number from 1 to 100000 is expected"));
        }
        if let Some(tenant) = config.tenant {
            http.set_header("X-Scope-OrgID", tenant);
        }
        let only = config.only.iter().map(|(label, value)| is_one_of(label, [value.as_str()]));
        let prometheus = Arc::new(Self {
            api: Api::new(&http)?,
            matchers: only.collect(),
            naming: Naming::new(config.entity_labels, config.host_labels)?,
            scrape_seconds: config.scrape_seconds,
            most_columns: usize::try_from(config.most_columns).unwrap_or(usize::MAX),
        });
        Ok(Connection {
            metrics: Some(prometheus.clone()),
            inventory: Some(prometheus.clone()),
            alerts: Some(prometheus.clone()),
            probe: Some(prometheus),
            ..Connection::new(source)
        })
    }
}

#[async_trait]
impl Probe for Prometheus {
    async fn probe(&self) -> Result<Health, Error> {
        let allowance = self.api.allowance();
        // Whether queries are answered decides; hosted servers keep their build to themselves.
        let up = promql::select("up", &self.matchers);
        let count = Expression { text: format!("count({up})"), time: Time::Now };
        let found = self.api.find(count, allowance.clone()).await?;
        let mut notes = found.warnings;
        let targets = found.data.first().and_then(|series| series.value);
        if targets.is_none() {
            notes.push(match self.matchers.is_empty() {
                true => "there is no series `up` now: nothing is scraped, or metrics are only written to it; \
                         set `scrape_seconds` then"
                    .to_owned(),
                false => format!("nothing is scraped that `only` selects: {up}"),
            });
        }
        let build = self.api.build(allowance.clone()).await.ok();
        let (system, version) = match build {
            Some(build) => {
                let version = build.version.map(|version| answer::one_line(&version));
                let is_victoria = build.application.is_none()
                    && version.as_deref().is_some_and(|version| version.contains("victoria"));
                let name = build.application.map(|name| answer::one_line(&name));
                let system = match is_victoria {
                    true => "VictoriaMetrics".to_owned(),
                    false => name.unwrap_or_else(|| "Prometheus".to_owned()),
                };
                (system, version.filter(|version| !version.is_empty()))
            }
            None => ("Prometheus' API".to_owned(), None),
        };
        if let Err(error) = self.api.alerts(allowance).await {
            notes.push(format!("its alerts can't be read: {}", error.message));
        }
        Ok(Health { system, version, notes })
    }
}

/// Whether a question is about an entity.
fn is_asked(query: &Query, entity: &EntityId) -> bool {
    query.entities.is_empty() || query.entities.contains(entity)
}
