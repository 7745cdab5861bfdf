//! Jaeger, and what speaks the API of its pages: whole traces by service, and who calls whom.
//!
//! Written after <https://www.jaegertracing.io/docs/1.76/architecture/apis/> ("Query JSON over HTTP")
//! and what its pages ask for; the API is called internal there and has kept its form since 1.0.

mod answer;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{
    Answer, BadConfig, Capability, Connection, Error, ErrorKind, Health, Inventory, Probe, Query,
    Question, Tested, Traces,
};
use nightjar_incident::{Content, Source, Window};
use nightjar_otlp::{CallGraph, Traced};
use nightjar_topology::EntityId;
use schemars::JsonSchema;
use serde::Deserialize;

use self::answer::{Dependency, Envelope, Reading, Trace};
use crate::beside::{Brought, ask_all};
use crate::http::{Ask, Door, Http};
use crate::kind::Kind;
use crate::limits::Allowance;
use crate::spans::{cut, each_once, parts, pick};

/// Settings of a connection to Jaeger.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// How many traces of a service are read at most for one question.
    #[serde(default = "traces_per_service")]
    #[schemars(range(min = 2, max = 1500))]
    traces_per_service: usize,
}

fn traces_per_service() -> usize {
    60
}

/// Of how many services, and how many traces of each, are looked at for what they call beside other
/// services: the summed-up graph knows services only.
const LOOKED_AT: (usize, usize) = (40, 10);

/// How far back the summed-up graph looks: it is made once a day where storage can't sum up by itself.
const GRAPH: SignedDuration = SignedDuration::from_hours(24);

pub(crate) struct Jaeger {
    door: Door,
    traces_per_service: usize,
}

impl Kind for Jaeger {
    const KIND: &'static str = "jaeger";
    const SUMMARY: &'static str = "Traces and the call graph from Jaeger.";
    const CAPABILITIES: &'static [Capability] =
        &[Capability::Answers(Question::Traces), Capability::Answers(Question::Inventory)];
    const TESTED: &'static [Tested] =
        &[Tested { how: "fake", system: "Jaeger Query", version: "1.76" }];
    type Reach = Http;
    type Config = Config;

    fn connect(http: Http, config: Config, source: Source) -> Result<Connection, BadConfig> {
        if !(2..=1500).contains(&config.traces_per_service) {
            let reason = "a number from 2 to 1500 is expected";
            return Err(BadConfig::field("traces_per_service", reason));
        }
        let door = Door::new(&http)?;
        let jaeger = Arc::new(Self { door, traces_per_service: config.traces_per_service });
        Ok(Connection {
            traces: Some(jaeger.clone()),
            inventory: Some(jaeger.clone()),
            probe: Some(jaeger),
            ..Connection::new(source)
        })
    }
}

/// A search for traces.
struct Search {
    service: String,
    window: Window,
    limit: usize,
}

impl Search {
    fn ask(&self) -> Ask<'static> {
        let told = self.told();
        let ask = Ask::get(&["api", "traces"]).told(format!("GET {told}"));
        self.params().into_iter().fold(ask, |ask, (name, value)| ask.param(name, value))
    }

    fn params(&self) -> [(&'static str, String); 4] {
        [
            ("service", self.service.clone()),
            // The end is taken as within: the last microsecond before ours.
            ("start", micros_up(self.window.from).to_string()),
            ("end", (micros_up(self.window.to) - 1).to_string()),
            ("limit", self.limit.to_string()),
        ]
    }

    /// As a person would ask it again.
    fn told(&self) -> String {
        let params = self.params().map(|(name, value)| format!("{name}={value}"));
        let told = format!("/api/traces?{}", params.join("&"));
        // The name comes from outside, and this is shown.
        crate::files::readable(&told)
    }
}

/// Unix microseconds, the first at or after a time.
fn micros_up(at: Timestamp) -> i128 {
    at.as_nanosecond().div_euclid(1000) + i128::from(at.as_nanosecond().rem_euclid(1000) > 0)
}

/// What searches brought.
#[derive(Default)]
struct Found {
    reading: Reading,
    /// Searches that gave as many traces as they may.
    full: usize,
    /// Searches that time or bytes weren't left for.
    missing: usize,
    searches: usize,
    asked: Vec<String>,
}

impl Jaeger {
    async fn services(&self, allowance: &mut Allowance) -> Result<Vec<String>, Error> {
        let ask = Ask::get(&["api", "services"]);
        let told: Envelope<Vec<String>> = self.door.json(&ask, allowance).await?;
        let mut services = told.data("services")?;
        services.sort_unstable();
        services.dedup();
        Ok(services)
    }

    async fn search(
        &self,
        searches: Vec<Search>,
        allowance: &mut Allowance,
    ) -> Result<Found, Error> {
        let mut found = Found { searches: searches.len(), ..Found::default() };
        found.asked = searches.iter().map(Search::told).collect();
        let Brought { answers, missing } =
            ask_all(searches, self.door.at_once(), allowance, |search, mut shared| async move {
                let told: Result<Envelope<Vec<Trace>>, Error> =
                    self.door.json(&search.ask(), &mut shared).await;
                let traces = told.and_then(|told| told.data("traces"));
                traces.map(|traces| (traces.len() >= search.limit, traces))
            })
            .await?;
        found.missing = missing;
        for (is_full, traces) in answers {
            found.full += usize::from(is_full);
            traces.into_iter().for_each(|trace| found.reading.take(trace));
        }
        each_once(&mut found.reading.spans);
        Ok(found)
    }
}

impl Found {
    /// What was cut already before the spans were picked.
    fn cut(&self, of_picking: Option<String>) -> Option<String> {
        let mut words = Vec::from_iter(of_picking);
        if self.full > 0 {
            words.push(format!(
                "{} of {} searches gave as many traces as they may; there may be more",
                self.full, self.searches
            ));
        }
        if self.missing > 0 {
            words.push(format!(
                "cut here: {} of {} searches didn't fit into the time or bytes of a question",
                self.missing, self.searches
            ));
        }
        (!words.is_empty()).then(|| words.join("; "))
    }
}

#[async_trait]
impl Traces for Jaeger {
    async fn traces(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.door.allowance();
        let services = self.services(&mut allowance).await?;
        let is_asked = |service: &String| {
            query.entities.is_empty()
                || query.entities.iter().any(|entity| entity.as_str() == service)
        };
        let parts = parts(query);
        let limit = (self.traces_per_service / parts.len()).max(1);
        let searches: Vec<Search> = services
            .into_iter()
            .filter(is_asked)
            .flat_map(|service| {
                parts.iter().map(move |&window| Search { service: service.clone(), window, limit })
            })
            .collect();
        let mut found = self.search(searches, &mut allowance).await?;
        let spans = std::mem::take(&mut found.reading.spans);
        let calls = graph(&found.reading, &spans).finish();
        // Jaeger found the traces by service: each is one that was asked for.
        let of_all = Query { entities: Vec::new(), ..query.clone() };
        let picked = pick(spans, &calls, &of_all);
        let mut notes = picked.notes;
        notes.extend(found.reading.notes());
        Ok(Answer {
            query: match found.asked.is_empty() {
                true => "/api/services: none of the entities".to_owned(),
                false => found.asked.join("\n"),
            },
            content: Content::Spans(picked.spans),
            truncated: found.cut(picked.truncated),
            notes,
        })
    }
}

/// The graph that spans and those who wrote them tell.
fn graph(reading: &Reading, spans: &[Traced]) -> CallGraph {
    let mut graph = CallGraph::new();
    for (id, process) in &reading.processes {
        graph.describe(id, process);
    }
    graph.add(spans);
    graph
}

#[async_trait]
impl Inventory for Jaeger {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.door.allowance();
        let services = self.services(&mut allowance).await?;
        let to = query.window.to;
        let back = to.duration_since(query.window.from).max(GRAPH).as_millis();
        let ask = Ask::get(&["api", "dependencies"])
            .param("endTs", to.as_millisecond().to_string())
            .param("lookback", back.to_string());
        let told: Result<Envelope<Vec<Dependency>>, Error> =
            self.door.json(&ask, &mut allowance).await;
        let mut notes = Vec::new();
        let dependencies = match told.and_then(|told| told.data("dependencies")) {
            Ok(dependencies) => dependencies,
            // Some that speak this API have no such page.
            Err(error) if error.kind == ErrorKind::NotFound => {
                notes.push(format!("no summed-up graph: {}", error.message));
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let of_each = services.iter().take(LOOKED_AT.0);
        let searches: Vec<Search> = of_each
            .map(|service| Search {
                service: service.clone(),
                window: query.window,
                limit: LOOKED_AT.1,
            })
            .collect();
        let found = self.search(searches, &mut allowance).await?;
        let mut graph = graph(&found.reading, &found.reading.spans);
        let nothing = BTreeMap::new();
        let ids = services.iter().filter_map(|name| EntityId::new(name.as_str()).ok());
        ids.for_each(|id| graph.describe(&id, &nothing));
        for Dependency { parent, child } in dependencies {
            if let (Ok(parent), Ok(child)) = (EntityId::new(parent), EntityId::new(child)) {
                graph.relate(&parent, &child);
            }
        }
        let (topology, mut truncated) = cut(&graph.finish().topology, query);
        if found.missing > 0 {
            truncated = found.cut(truncated);
        }
        notes.extend(found.reading.notes());
        if services.len() > LOOKED_AT.0 {
            notes.push(format!(
                "what {} of {} services call beside other services was looked at",
                LOOKED_AT.0,
                services.len()
            ));
        }
        let asked = format!(
            "/api/services\n/api/dependencies?endTs={}&lookback={back}",
            to.as_millisecond()
        );
        let asked: Vec<String> = [asked].into_iter().chain(found.asked).collect();
        Ok(Answer {
            query: asked.join("\n"),
            content: Content::Inventory(topology),
            truncated,
            notes,
        })
    }
}

#[async_trait]
impl Probe for Jaeger {
    async fn probe(&self) -> Result<Health, Error> {
        let services = self.services(&mut self.door.allowance()).await?;
        let mut notes = Vec::new();
        if services.is_empty() {
            notes.push("no service has sent a trace yet".to_owned());
        }
        // Its pages know the version, its API doesn't.
        Ok(Health { system: "Jaeger".to_owned(), version: None, notes })
    }
}
