//! Tempo: traces found by TraceQL and fetched whole.
//!
//! Written after the HTTP API of Grafana Tempo 2.x: <https://grafana.com/docs/tempo/latest/api_docs/>.

mod answer;
mod json;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_connect::{
    Answer, BadConfig, Capability, Connection, Error, ErrorKind, Health, Inventory, Probe, Query,
    Question, Tested, Traces,
};
use nightjar_incident::{Content, Source, Window};
use nightjar_otlp::{CallGraph, Names, Traced, TracesData, read_spans};
use nightjar_topology::{EntityId, Topology};
use reqwest::header::HeaderValue;
use schemars::JsonSchema;
use serde::Deserialize;

use self::answer::{Build, Hit, Hits, Values};
use crate::beside::{Brought, ask_all};
use crate::http::{Ask, Door, Http};
use crate::kind::Kind;
use crate::limits::{Allowance, Shared};
use crate::quoting::quoted;
use crate::spans::{cut, each_once, parts, pick, spread};

/// Settings of a connection to Tempo.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// The tenant, where there are several (`X-Scope-OrgID`).
    #[serde(default)]
    tenant: Option<String>,
    /// How many traces are fetched at most for one question; each is a request.
    #[serde(default = "traces")]
    #[schemars(range(min = 2, max = 1000))]
    traces: usize,
}

fn traces() -> usize {
    60
}

/// How many services are looked at, and how many traces of each, for the call graph.
const LOOKED_AT: (usize, usize) = (30, 3);

pub(crate) struct Tempo {
    door: Door,
    traces: usize,
}

impl Kind for Tempo {
    const KIND: &'static str = "tempo";
    const SUMMARY: &'static str = "Traces and the call graph from Grafana Tempo.";
    const CAPABILITIES: &'static [Capability] =
        &[Capability::Answers(Question::Traces), Capability::Answers(Question::Inventory)];
    const TESTED: &'static [Tested] =
        &[Tested { how: "fake", system: "Grafana Tempo", version: "2.x" }];
    type Reach = Http;
    type Config = Config;

    fn connect(mut http: Http, config: Config, source: Source) -> Result<Connection, BadConfig> {
        if !(2..=1000).contains(&config.traces) {
            return Err(BadConfig::field("traces", "a number from 2 to 1000 is expected"));
        }
        if let Some(tenant) = config.tenant {
            http.set_header("X-Scope-OrgID", tenant);
        }
        let tempo = Arc::new(Self { door: Door::new(&http)?, traces: config.traces });
        Ok(Connection {
            traces: Some(tempo.clone()),
            inventory: Some(tempo.clone()),
            probe: Some(tempo),
            ..Connection::new(source)
        })
    }
}

/// A search for traces of a service.
struct Search {
    /// In TraceQL.
    query: String,
    window: Window,
    limit: usize,
}

/// What was found and fetched.
#[derive(Default)]
struct Found {
    spans: Vec<Traced>,
    graph: CallGraph,
    asked: Vec<String>,
    cut: Vec<String>,
    notes: Vec<String>,
}

/// Unix seconds: the last at or before a time, and the first at or after it.
fn seconds(window: Window) -> (i64, i64) {
    let up = |at: Timestamp| at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    (window.from.as_second(), up(window.to))
}

/// `{resource.service.name="cart"}`; names come from outside, and TraceQL reads strings as Go writes them.
fn of_service(name: &str) -> String {
    format!("{{resource.service.name={}}}", quoted(name))
}

impl Tempo {
    /// Services that sent traces within a window.
    async fn services(
        &self,
        window: Window,
        allowance: &mut Allowance,
    ) -> Result<Vec<String>, Error> {
        let (start, end) = seconds(window);
        let ask = Ask::get(&["api", "v2", "search", "tag", "resource.service.name", "values"])
            .param("start", start.to_string())
            .param("end", end.to_string());
        let values: Values = self.door.json(&ask, allowance).await?;
        let mut services = values.texts();
        services.sort_unstable();
        services.dedup();
        Ok(services)
    }

    /// Searches, picks evenly from what was found, and fetches each trace whole.
    async fn find(
        &self,
        searches: Vec<Search>,
        most: usize,
        allowance: &mut Allowance,
    ) -> Result<Found, Error> {
        let mut found = Found::default();
        let told = |search: &Search| {
            let (start, end) = seconds(search.window);
            format!("{} start={start} end={end} limit={}", search.query, search.limit)
        };
        found.asked = searches.iter().map(told).collect();
        let count = searches.len();
        let at_once = self.door.at_once();
        let hits = ask_all(searches, at_once, allowance, |search, mut shared| async move {
            let (start, end) = seconds(search.window);
            let ask = Ask::get(&["api", "search"])
                .param("q", search.query.clone())
                .param("start", start.to_string())
                .param("end", end.to_string())
                .param("limit", search.limit.to_string())
                // Which spans matched isn't of interest: the whole trace is.
                .param("spss", "1")
                .told(told(&search));
            let hits: Result<Hits, Error> = self.door.json(&ask, &mut shared).await;
            hits.map(|hits| (hits.traces.len() >= search.limit, hits.traces))
        });
        let Brought { answers, missing } = hits.await?;
        if missing > 0 {
            found.cut.push(format!("cut here: {missing} of {count} searches didn't fit into the time or bytes of a question"));
        }
        let full = answers.iter().filter(|(is_full, _)| *is_full).count();
        if full > 0 {
            found.cut.push(format!(
                "{full} of {count} searches gave as many traces as they may; there may be more"
            ));
        }
        // In turns over the searches, so that no service and no part of the time is left out.
        let mut turns: Vec<(usize, String)> = Vec::new();
        let mut seen = BTreeSet::new();
        for (_, mut hits) in answers {
            hits.sort_by_key(Hit::start);
            let ids = spread(hits).into_iter().filter_map(|hit| hit.id());
            turns.extend(ids.filter(|id| seen.insert(id.clone())).enumerate());
        }
        turns.sort_by_key(|(turn, _)| *turn);
        let ids: Vec<String> = turns.into_iter().map(|(_, id)| id).collect();
        if ids.len() > most {
            found.cut.push(format!("cut here: {most} of {} traces that were found", ids.len()));
        }
        self.fetch(ids.into_iter().take(most).collect(), &mut found, allowance).await?;
        Ok(found)
    }

    async fn fetch(
        &self,
        ids: Vec<String>,
        found: &mut Found,
        allowance: &mut Allowance,
    ) -> Result<(), Error> {
        let count = ids.len();
        let fetched = ask_all(ids, self.door.at_once(), allowance, |id, mut shared| async move {
            self.trace(&id, &mut shared).await
        });
        let Brought { answers, missing } = fetched.await?;
        if missing > 0 {
            found.cut.push(format!("cut here: {missing} of {count} traces didn't fit into the time or bytes of a question"));
        }
        let topology = Topology::default();
        let mut names = Names::new(&topology);
        let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
        let mut gone = 0;
        for answer in answers {
            let Some((data, partial)) = answer else {
                gone += 1;
                continue;
            };
            if partial {
                found.cut.push("a trace came in part: it is larger than Tempo gives".to_owned());
            }
            let resources = data.resource_spans.iter().filter_map(|of| of.resource.as_ref());
            found.graph.describe_all(resources, &mut names);
            found.spans.extend(read_spans(data, &mut names, &mut |why| {
                if left_out.len() < 20 || left_out.contains_key(&why) {
                    *left_out.entry(why).or_default() += 1;
                }
            }));
        }
        if gone > 0 {
            found.notes.push(format!("{gone} traces that were found aren't there any more"));
        }
        found.notes.extend(left_out.into_iter().map(|(why, times)| format!("{why} ({times})")));
        found.cut.dedup();
        each_once(&mut found.spans);
        found.graph.add(&found.spans);
        Ok(())
    }

    /// A whole trace, and whether Tempo says that it is only a part; `None` if it isn't there.
    async fn trace(
        &self,
        id: &str,
        allowance: &mut Shared,
    ) -> Result<Option<(TracesData, bool)>, Error> {
        let protobuf = HeaderValue::from_static("application/protobuf");
        let asking = |path: &[&str]| Ask::get(path).header("accept", protobuf.clone());
        let newer = asking(&["api", "v2", "traces", id]);
        let read = |bytes: Vec<u8>, ask: &str, read: fn(&[u8]) -> Result<_, String>| {
            read(&bytes).map_err(|why| Error::new(ErrorKind::Protocol, ask, why))
        };
        match self.door.bytes(&newer, allowance).await {
            Ok(bytes) => return read(bytes, "a trace by its id", answer::newer).map(Some),
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // Before 2.7 there is no second version.
        match self.door.bytes(&asking(&["api", "traces", id]), allowance).await {
            Ok(bytes) => read(bytes, "a trace by its id", answer::older).map(Some),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Traces for Tempo {
    async fn traces(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.door.allowance();
        let parts = parts(query);
        let services = self.services(query.window, &mut allowance).await?;
        let is_asked = |service: &String| {
            query.entities.is_empty()
                || query.entities.iter().any(|entity| entity.as_str() == service)
        };
        let asked: Vec<String> = services.into_iter().filter(is_asked).collect();
        let limit = (self.traces / (asked.len() * parts.len()).max(1)).max(5);
        let searches = asked.iter().flat_map(|service| {
            let query = of_service(service);
            parts.iter().map(move |&window| Search { query: query.clone(), window, limit })
        });
        let found = self.find(searches.collect(), self.traces, &mut allowance).await?;
        let calls = found.graph.finish();
        // Tempo found the traces by service: each is one that was asked for.
        let of_all = Query { entities: Vec::new(), ..query.clone() };
        let picked = pick(found.spans, &calls, &of_all);
        let cut: Vec<String> = found.cut.into_iter().chain(picked.truncated).collect();
        Ok(Answer {
            query: match found.asked.is_empty() {
                true => "no service of these names sent traces".to_owned(),
                false => found.asked.join("\n"),
            },
            content: Content::Spans(picked.spans),
            truncated: (!cut.is_empty()).then(|| cut.join("; ")),
            notes: found.notes.into_iter().chain(picked.notes).collect(),
        })
    }
}

#[async_trait]
impl Inventory for Tempo {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.door.allowance();
        let services = self.services(query.window, &mut allowance).await?;
        let (most, each) = LOOKED_AT;
        let searches = services.iter().take(most).map(|service| Search {
            query: of_service(service),
            window: query.window,
            limit: each,
        });
        let found = self.find(searches.collect(), most * each, &mut allowance).await?;
        let mut graph = found.graph;
        let nothing = BTreeMap::new();
        let ids = services.iter().filter_map(|name| EntityId::new(name.as_str()).ok());
        ids.for_each(|id| graph.describe(&id, &nothing));
        let (topology, truncated) = cut(&graph.finish().topology, query);
        let mut notes = found.notes;
        notes.push(format!(
            "calls are known from {} traces of {} of {} services",
            each,
            most.min(services.len()),
            services.len()
        ));
        let asked = "values of resource.service.name".to_owned();
        Ok(Answer {
            query: [asked].into_iter().chain(found.asked).collect::<Vec<_>>().join("\n"),
            content: Content::Inventory(topology),
            truncated,
            notes,
        })
    }
}

#[async_trait]
impl Probe for Tempo {
    async fn probe(&self) -> Result<Health, Error> {
        let mut allowance = self.door.allowance();
        let ask = Ask::get(&["api", "status", "buildinfo"]);
        // Hosted ones don't tell; whether names can be read decides.
        let build = self.door.json::<Build>(&ask, &mut allowance).await;
        let ask = Ask::get(&["api", "v2", "search", "tag", "resource.service.name", "values"]);
        let values: Values = self.door.json(&ask, &mut allowance).await?;
        let mut notes = Vec::new();
        if values.texts().is_empty() {
            notes.push("no service has sent a trace lately".to_owned());
        }
        let version = build.ok().and_then(|build| build.version);
        Ok(Health { system: "Tempo".to_owned(), version, notes })
    }
}
