//! Loki, and what speaks its API: log lines by labels, asked in LogQL.
//!
//! Written after the HTTP API of Grafana Loki 3.x:
//! <https://grafana.com/docs/loki/latest/reference/loki-http-api/>.

mod answer;
mod lines;
mod query;
mod spread;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use nightjar_connect::{
    Answer, BadConfig, Capability, Connection, Error, Health, Inventory, Logs, Probe, Query,
    Question, Tested,
};
use nightjar_incident::{Content, Source, Window};
use nightjar_topology::{Entity, EntityId, EntityKind, Topology};
use schemars::JsonSchema;
use serde::Deserialize;

use self::answer::{Build, Labels};
use self::query::{Selector, nanos};
use crate::http::{Ask, Door, Http};
use crate::kind::Kind;
use crate::limits::Allowance;

/// Settings of a connection to Loki.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// The tenant, where there are several (`X-Scope-OrgID`).
    #[serde(default)]
    tenant: Option<String>,
    /// Labels that name the entity which wrote a line, the most telling first.
    #[serde(default = "entity_labels")]
    entity_labels: Vec<String>,
}

fn entity_labels() -> Vec<String> {
    ["service_name", "service", "app", "container", "job"].map(str::to_owned).to_vec()
}

pub(crate) struct Loki {
    door: Door,
    entity_labels: Vec<String>,
}

impl Kind for Loki {
    const KIND: &'static str = "loki";
    const SUMMARY: &'static str = "Log lines from Grafana Loki.";
    const CAPABILITIES: &'static [Capability] =
        &[Capability::Answers(Question::Logs), Capability::Answers(Question::Inventory)];
    const TESTED: &'static [Tested] = &[Tested { how: "fake", system: "Loki", version: "3.x" }];
    type Reach = Http;
    type Config = Config;

    fn connect(mut http: Http, config: Config, source: Source) -> Result<Connection, BadConfig> {
        for label in &config.entity_labels {
            if !query::is_label(label) {
                return Err(BadConfig::field("entity_labels", "this is no name of a label"));
            }
        }
        if let Some(tenant) = config.tenant {
            http.set_header("X-Scope-OrgID", tenant);
        }
        let loki = Self { door: Door::new(&http)?, entity_labels: config.entity_labels };
        let loki = Arc::new(loki);
        Ok(Connection {
            logs: Some(loki.clone()),
            inventory: Some(loki.clone()),
            probe: Some(loki),
            ..Connection::new(source)
        })
    }
}

impl Loki {
    /// Who writes lines within a window: the values of each label that names entities.
    async fn writers(
        &self,
        window: Window,
        allowance: &mut Allowance,
    ) -> Result<Vec<(&str, Vec<String>)>, Error> {
        let within = |ask: Ask<'static>| {
            ask.param("start", nanos(window.from)).param("end", nanos(window.to))
        };
        let ask = within(Ask::get(&["loki", "api", "v1", "labels"])).told("labels");
        let known: Labels = self.door.json(&ask, allowance).await?;
        let mut found = Vec::new();
        for label in self.entity_labels.iter().filter(|label| known.data.contains(label)) {
            let ask = within(Ask::get(&["loki", "api", "v1", "label", label, "values"]));
            let values: Labels =
                self.door.json(&ask.told(format!("values of {label}")), allowance).await?;
            found.push((label.as_str(), values.data));
        }
        Ok(found)
    }
}

#[async_trait]
impl Logs for Loki {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.door.allowance();
        let writers = self.writers(query.window, &mut allowance).await?;
        let selectors = selectors(&writers, &query.entities);
        lines::answer(self, &selectors, query, &mut allowance).await
    }
}

/// One selector per label that names some of the entities; without entities, of all that write. No stream is
/// in two of them.
fn selectors(writers: &[(&str, Vec<String>)], entities: &[EntityId]) -> Vec<Selector> {
    let mut found = Vec::new();
    let mut before: Vec<(&str, Vec<&String>)> = Vec::new();
    for (label, values) in writers {
        let asked = |value: &&String| {
            entities.is_empty() || entities.iter().any(|entity| entity.as_str() == value.as_str())
        };
        let values: Vec<&String> = values.iter().filter(asked).collect();
        if !values.is_empty() {
            found.push(Selector::new(label, &values, &before));
            before.push((label, values));
        }
    }
    found
}

#[async_trait]
impl Inventory for Loki {
    /// Who writes lines; how they depend on each other isn't known here.
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.door.allowance();
        // Labels are kept per day: a moment has none.
        let day = jiff::SignedDuration::from_hours(24);
        let from = query.window.to.saturating_sub(day).unwrap_or(query.window.from);
        let window = Window { from: from.min(query.window.from), to: query.window.to };
        let writers = self.writers(window, &mut allowance).await?;
        let mut names: BTreeMap<EntityId, ()> = BTreeMap::new();
        // The most telling label alone: a job and an app of the same streams are one thing twice.
        let values = writers.iter().take(1).flat_map(|(_, values)| values);
        names.extend(values.filter_map(|value| Some((EntityId::new(value.clone()).ok()?, ()))));
        let mut topology = Topology::default();
        let asked = |id: &&EntityId| query.entities.is_empty() || query.entities.contains(id);
        let wanted: Vec<&EntityId> = names.keys().filter(asked).collect();
        for id in wanted.iter().take(query.limit) {
            topology.add(Entity::new((*id).clone(), EntityKind::Unknown));
        }
        let truncated = (wanted.len() > query.limit)
            .then(|| format!("the first {} of {} entities", query.limit, wanted.len()));
        Ok(Answer {
            query: "values of the labels that name entities".to_owned(),
            content: Content::Inventory(topology),
            truncated,
            notes: Vec::new(),
        })
    }
}

#[async_trait]
impl Probe for Loki {
    async fn probe(&self) -> Result<Health, Error> {
        let mut allowance = self.door.allowance();
        let ask = Ask::get(&["loki", "api", "v1", "status", "buildinfo"]).told("buildinfo");
        // Hosted ones don't tell; whether labels can be read decides.
        let build = self.door.json::<Build>(&ask, &mut allowance).await;
        let ask = Ask::get(&["loki", "api", "v1", "labels"]).told("labels");
        let labels: Labels = self.door.json(&ask, &mut allowance).await?;
        let mut notes = Vec::new();
        if !self.entity_labels.iter().any(|label| labels.data.contains(label)) {
            notes.push(format!(
                "none of the labels {} is there: set `entity_labels` to those that name services",
                self.entity_labels.join(", ")
            ));
        }
        let version = build.ok().and_then(|build| build.version);
        Ok(Health { system: "Loki".to_owned(), version, notes })
    }
}
