//! OpenSearch and Elasticsearch, by the search API that both have: log lines, and who wrote them.
//!
//! Written after <https://docs.opensearch.org/latest/api-reference/search-apis/search/> and
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-search>. Nothing is opened that
//! would have to be closed again: pages follow each other by `search_after`, without a point in time.

mod answer;
mod fields;
mod lines;
mod search;

use std::sync::Arc;

use async_trait::async_trait;
use nightjar_connect::{
    Answer, BadConfig, Capability, Connection, Error, ErrorKind, Health, Inventory, Logs, Probe,
    Query, Question, Tested,
};
use nightjar_incident::{Content, Source, Window};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use self::answer::{About, Reply};
use self::fields::{Fields, Names};
use crate::http::{Ask, Door, Http};
use crate::kind::Kind;
use crate::limits::Allowance;

/// Settings of a connection to OpenSearch or Elasticsearch.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// The indices with log lines, as a pattern: `logs-*,app-*`.
    #[serde(default = "index")]
    index: String,
    /// Fields that hold what is needed, the most telling first. Those that an index lacks are passed over.
    #[serde(default)]
    fields: Names,
    /// The indices with the service map that OpenSearch's Data Prepper makes of traces; `null` where there is
    /// none.
    #[serde(default = "service_map")]
    service_map_index: Option<String>,
}

fn index() -> String {
    "logs-*,filebeat-*,fluent-bit*,logstash-*,otel-logs-*".to_owned()
}

fn service_map() -> Option<String> {
    Some("otel-v1-apm-service-map*".to_owned())
}

pub(crate) struct OpenSearch {
    door: Door,
    index: String,
    names: Names,
    service_map: Option<String>,
}

impl Kind for OpenSearch {
    const KIND: &'static str = "opensearch";
    const SUMMARY: &'static str = "Log lines from OpenSearch or Elasticsearch.";
    const CAPABILITIES: &'static [Capability] =
        &[Capability::Answers(Question::Logs), Capability::Answers(Question::Inventory)];
    const TESTED: &'static [Tested] = &[
        Tested { how: "fake", system: "OpenSearch", version: "2.x" },
        Tested { how: "fake", system: "Elasticsearch", version: "8.x" },
    ];
    type Reach = Http;
    type Config = Config;

    fn connect(http: Http, config: Config, source: Source) -> Result<Connection, BadConfig> {
        for (field, pattern) in [
            ("index", Some(&config.index)),
            ("service_map_index", config.service_map_index.as_ref()),
        ] {
            if pattern.is_some_and(|pattern| !is_pattern(pattern)) {
                let reason = "names of indices with `*` and commas are expected";
                return Err(BadConfig::field(field, reason));
            }
        }
        config.fields.check()?;
        let search = Arc::new(Self {
            door: Door::new(&http)?,
            index: config.index,
            names: config.fields,
            service_map: config.service_map_index,
        });
        Ok(Connection {
            logs: Some(search.clone()),
            inventory: Some(search.clone()),
            probe: Some(search),
            ..Connection::new(source)
        })
    }
}

/// Whether a text is a pattern of indices, and can't be taken for another part of the API.
fn is_pattern(text: &str) -> bool {
    let fits = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'*' | b',' | b'-' | b'_' | b'.' | b':' | b'+')
    };
    !text.is_empty()
        && text.len() <= 1024
        && text.bytes().all(fits)
        && text.split(',').all(|name| !name.is_empty() && !name.starts_with(['_', '+']))
}

impl OpenSearch {
    /// Asks which of the fields are there.
    async fn fields(&self, allowance: &mut Allowance) -> Result<Fields, Error> {
        let ask = Ask::get(&[&self.index, "_field_caps"])
            .param("fields", self.names.all().join(","))
            .param("ignore_unavailable", "true")
            .param("allow_no_indices", "true")
            .told(format!("GET /{}/_field_caps", self.index));
        Ok(self.names.found(&self.door.json(&ask, allowance).await?))
    }

    /// One search.
    async fn search(
        &self,
        index: &str,
        body: &serde_json::Value,
        allowance: &mut Allowance,
    ) -> Result<Reply, Error> {
        let ask = Ask::body(&[index, "_search"], "application/json", body.to_string())
            .param("ignore_unavailable", "true")
            .param("allow_no_indices", "true")
            .told(told(index, body));
        self.door.json(&ask, allowance).await
    }

    /// Calls between services, from the map that Data Prepper makes.
    async fn calls(
        &self,
        index: &str,
        topology: &mut Topology,
        allowance: &mut Allowance,
    ) -> Result<String, Error> {
        let body = json!({
            "size": 0,
            "aggs": { "from": {
                "terms": { "field": "serviceName", "size": 1000 },
                "aggs": { "to": { "terms": { "field": "destination.domain", "size": 100 } } },
            } },
        });
        let reply = self.search(index, &body, allowance).await?;
        for from in reply.buckets("from") {
            let Ok(caller) = EntityId::new(from.key.text()) else { continue };
            for to in from.buckets("to") {
                let Ok(callee) = EntityId::new(to.key.text()) else { continue };
                if caller != callee {
                    let (from, kind) = (caller.clone(), RelationKind::Calls);
                    topology.relate(Relation { from, to: callee, kind });
                }
            }
        }
        Ok(told(index, &body))
    }
}

/// A search as people run it again.
fn told(index: &str, body: &serde_json::Value) -> String {
    format!("POST /{index}/_search {body}")
}

#[async_trait]
impl Logs for OpenSearch {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.door.allowance();
        let fields = self.fields(&mut allowance).await?;
        lines::answer(self, &fields, query, &mut allowance).await
    }
}

#[async_trait]
impl Inventory for OpenSearch {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.door.allowance();
        let fields = self.fields(&mut allowance).await?;
        let day = jiff::SignedDuration::from_hours(24);
        let from = query.window.to.saturating_sub(day).unwrap_or(query.window.from);
        let window = Window { from: from.min(query.window.from), to: query.window.to };
        let mut topology = Topology::default();
        let mut notes = Vec::new();
        let mut asked = Vec::new();
        let mut more = 0;
        // The most telling field alone: a container and a service of the same lines are one thing twice.
        if let (Some(entity), Some(time)) = (fields.entities.first(), &fields.time) {
            let size = query.limit.saturating_add(1).min(10_000);
            let body = json!({
                "size": 0,
                "query": { "bool": { "filter": [search::within(time, window)] } },
                "aggs": { "who": { "terms": { "field": entity, "size": size } } },
            });
            let reply = self.search(&self.index, &body, &mut allowance).await?;
            notes.extend(reply.trouble());
            more = reply.others("who");
            for bucket in reply.buckets("who") {
                if let Ok(id) = EntityId::new(bucket.key.text()) {
                    topology.add(Entity::new(id, EntityKind::Unknown));
                }
            }
            asked.push(told(&self.index, &body));
        } else {
            notes.push(format!(
                "`{}` has no field for the time or for who wrote a line",
                self.index
            ));
        }
        if let Some(index) = &self.service_map {
            match self.calls(index, &mut topology, &mut allowance).await {
                Ok(query) => asked.push(query),
                // It needn't be there, and needn't be read.
                Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Denied) => {
                    notes.push(format!("no service map: {}", error.message));
                }
                Err(error) => return Err(error),
            }
        }
        if asked.is_empty() {
            asked.push(format!("GET /{}/_field_caps", self.index));
        }
        let is_asked = |id: &EntityId| query.entities.is_empty() || query.entities.contains(id);
        let wanted: Vec<Entity> =
            topology.entities().filter(|entity| is_asked(&entity.id)).cloned().collect();
        let mut kept = Topology::default();
        wanted.iter().take(query.limit).for_each(|entity| kept.add(entity.clone()));
        for relation in topology.relations() {
            if kept.entity(&relation.from).is_some() && kept.entity(&relation.to).is_some() {
                kept.relate(relation.clone());
            }
        }
        let is_cut = wanted.len() > query.limit || more > 0;
        let truncated =
            is_cut.then(|| format!("cut here: {} entities; there are more", kept.len()));
        let content = Content::Inventory(kept);
        Ok(Answer { query: asked.join("\n"), content, truncated, notes })
    }
}

#[async_trait]
impl Probe for OpenSearch {
    async fn probe(&self) -> Result<Health, Error> {
        let mut allowance = self.door.allowance();
        let fields = self.fields(&mut allowance).await?;
        let ask = Ask::get(&[]).told("GET /");
        // Whoever may read an index needn't be allowed to ask for the version.
        let about = self.door.json::<About>(&ask, &mut allowance).await.ok();
        let mut notes = Vec::new();
        for (what, is_there) in [
            ("time", fields.time.is_some()),
            ("message", !fields.messages.is_empty()),
            ("entity", !fields.entities.is_empty()),
        ] {
            if !is_there {
                notes.push(format!(
                    "no field for the {what} in `{}`: set `fields.{what}`, or `index`",
                    self.index
                ));
            }
        }
        let (system, version) = about.map_or((None, None), |about| {
            let is_open = about.version.distribution.as_deref() == Some("opensearch");
            let system = if is_open { "OpenSearch" } else { "Elasticsearch" };
            (Some(system), about.version.number)
        });
        let system = system.unwrap_or("OpenSearch or Elasticsearch").to_owned();
        Ok(Health { system, version, notes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_can_name_indices_alone() {
        assert!(
            ["logs-*", "a,b-*", ".ds-logs-x", "remote:logs-*", "a,-b"]
                .iter()
                .all(|p| is_pattern(p))
        );
        assert!(
            ["", "_all", "a/_delete", "a,,b", "Logs", "a b", "a?x", "a,_b"]
                .iter()
                .all(|p| !is_pattern(p))
        );
    }
}
