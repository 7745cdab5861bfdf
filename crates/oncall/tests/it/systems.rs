//! Live incidents asked of live systems, which never answer the same twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_agent::{Names, Onlooker, Setup, look_as_told};
use nightjar_connect::{
    Answer, Answers, Capability, Connection, Connector, Error, ErrorKind, Player, Query, Question,
    Registry, all_through,
};
use nightjar_incident::journal::{Digest, Entry};
use nightjar_incident::{Content, IncidentId, LogRecord, LogSeverity, RawAlert, Recording, Source};
use nightjar_oncall::{
    BadArchive, NewTask, Played, Policy, Recordings, StartingPoint, Unpacked, export_capsule,
    start_task,
};
use nightjar_store::{DeliveryStatus, NewConnection, Once, Priority, TaskKind, TaskStatus};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};
use serde_json::{Value, json};

use crate::crashes::{LEASE_IS_OVER, mortal};
use crate::house::{House, assert_same};
use crate::live::{alert, occasions, send};

/// How often any of the systems was asked. Each test is a process of its own.
static ASKED: AtomicU32 = AtomicU32::new(0);

/// A system that names things in its own way and answers something new each time.
struct Shelf {
    system: &'static str,
}

fn id(text: &str) -> EntityId {
    EntityId::new(text).unwrap()
}

#[async_trait]
impl Answers for Shelf {
    async fn answer(&self, query: &Query) -> Result<Answer, Error> {
        let number = ASKED.fetch_add(1, SeqCst);
        let content = match (self.system, query.question) {
            ("broken", _) => {
                let message = format!("out of order, for the {number}. time");
                return Err(Error::new(ErrorKind::Unavailable, "everything", message));
            }
            ("traces", Question::Inventory) => {
                let mut topology = Topology::default();
                topology.add(Entity::new(id("checkout"), EntityKind::Service));
                topology.add(Entity::new(id("10.0.0.7:5432"), EntityKind::External));
                let (from, to) = (id("checkout"), id("10.0.0.7:5432"));
                topology.relate(Relation { from, to, kind: RelationKind::Reads });
                Content::Inventory(topology)
            }
            (_, Question::Inventory) => {
                let mut entity = Entity::new(id("orders-db"), EntityKind::Database);
                entity.aliases = vec!["10.0.0.7:5432".to_owned()];
                let mut topology = Topology::default();
                topology.add(entity);
                Content::Inventory(topology)
            }
            (system, _) => {
                let own = if system == "traces" { "10.0.0.7:5432" } else { "orders-db" };
                assert!(query.entities.contains(&id(own)), "{system}: {query:?}");
                let line = LogRecord {
                    at: query.window.from,
                    entity: id(own),
                    severity: LogSeverity::Error,
                    body: format!("{number}: connection of jane.doe@example.com refused"),
                    trace_id: None,
                    span_id: None,
                };
                Content::Logs(vec![line])
            }
        };
        let notes = vec![format!("answer {number}")];
        Ok(Answer { query: format!("{:?}", query.question), content, truncated: None, notes })
    }

    async fn give_alerts(&self, _: Timestamp) -> Result<Vec<RawAlert>, Error> {
        Ok(Vec::new())
    }
}

fn open(system: &'static str, name: &str) -> Connection {
    let source = Source { connection: name.to_owned(), system: system.to_owned() };
    let capabilities =
        [Capability::Answers(Question::Inventory), Capability::Answers(Question::Logs)];
    all_through(Arc::new(Shelf { system }), source, &capabilities)
}

fn registry() -> Registry {
    let connector = |kind, open| Connector {
        kind,
        summary: "A shelf.",
        capabilities: Vec::new(),
        tested: Vec::new(),
        config: json!({ "type": "object", "properties": {} }),
        open,
    };
    Registry::new([
        connector("traces", |name, _: &Value| Ok(open("traces", name))),
        connector("database", |name, _: &Value| Ok(open("database", name))),
        connector("broken", |name, _: &Value| Ok(open("broken", name))),
    ])
}

async fn connect(house: &House, kinds: &[&str]) {
    for kind in kinds {
        let (kind, name) = ((*kind).to_owned(), format!("my-{kind}"));
        let new = NewConnection { kind, name, config: json!({}) };
        house.space.create_connection(new, None, house.now()).await.unwrap();
    }
}

async fn houses() -> Vec<House> {
    let mut houses = House::each().await;
    houses.iter_mut().for_each(|house| house.registry = registry());
    houses
}

#[tokio::test]
async fn all_systems_are_asked_each_in_its_own_names() {
    for house in houses().await {
        connect(&house, &["traces", "database", "broken", "gone"]).await;
        let receipt = send(&house, &house.intake(), &alert("i-1", "checkout", "created")).await;
        assert_eq!(receipt.status, DeliveryStatus::Accepted);
        house.worker().work_off().await.unwrap();
        let incident = receipt.foremost().unwrap().incident.clone().unwrap();
        let state = house.space.incident_state(&incident, true).await.unwrap();
        assert_eq!(state.topology.len(), 2, "{:?}", state.topology);
        assert_eq!(state.topology.kind(&id("orders-db")), EntityKind::Database);
        let lines: Vec<(&str, &LogRecord)> = state
            .evidence
            .iter()
            .filter_map(|piece| match &piece.content {
                Content::Logs(lines) => Some((piece.source.connection.as_str(), &lines[0])),
                _ => None,
            })
            .collect();
        assert_eq!(
            lines.iter().map(|(of, _)| *of).collect::<Vec<_>>(),
            ["my-traces", "my-database"]
        );
        for (_, line) in lines {
            assert_eq!(line.entity, id("orders-db"));
            assert!(!line.body.contains("jane.doe"), "{}", line.body);
        }
        let told = serde_json::to_string(&house.journal().await).unwrap();
        assert!(!told.contains("jane.doe"));
        // What couldn't be asked is told with the reason.
        let gaps = &state.conclusion().unwrap().gaps;
        let reason = |of: &str| {
            let found = gaps.iter().find(|gap| gap.wanted == format!("logs from `{of}`"));
            found.map(|gap| gap.reason.clone()).unwrap_or_default()
        };
        assert!(reason("my-broken").starts_with("unavailable: out of order"), "{gaps:?}");
        assert!(reason("my-gone").contains("there is no connector `gone`"), "{gaps:?}");
        assert_eq!(house.store.verify(&[]).await.unwrap().findings, []);
    }
}

#[tokio::test]
async fn a_look_that_is_taken_up_again_is_given_what_was_answered_before() {
    for house in houses().await {
        connect(&house, &["traces", "broken", "database"]).await;
        let receipt = send(&house, &house.intake(), &alert("i-1", "checkout", "created")).await;
        let incident = receipt.foremost().unwrap().incident.clone().unwrap();
        // Killed at every step; a record that differs from the one before would fail it.
        let mut deaths = 0;
        for looks in 1.. {
            let (worker, left) = mortal(&house, looks);
            let _ = tokio::spawn(async move { worker.work_off().await }).await;
            if left.load(SeqCst) > 0 {
                break;
            }
            deaths += 1;
            house.pass(LEASE_IS_OVER);
        }
        assert!(deaths > 5, "{deaths}");
        let state = house.space.incident_state(&incident, true).await.unwrap();
        assert!(!state.executions.is_empty());
        let investigation = house.space.investigation("inv-1").await.unwrap();
        assert_eq!(investigation.reason, None);
        let takes = house.space.takes(&format!("{incident}/exec-1")).await.unwrap();
        assert_eq!(takes.len(), 6, "each question once");
        assert_eq!(house.store.verify(&[]).await.unwrap().findings, []);
        assert_eq!(house.store.maintain(house.now()).await.unwrap().blobs, 0);
        for take in takes {
            let again = house.space.take(&format!("{incident}/exec-1"), &take.key).await.unwrap();
            assert_eq!(again, Some(take));
        }
    }
}

/// Recordings as capsules, of which this test only writes.
struct Capsules;

impl Recordings for Capsules {
    fn read(&self, _: &[u8]) -> Result<Unpacked, BadArchive> {
        Err(BadArchive::Malformed("nothing is read here".to_owned()))
    }

    fn write(&self, recording: &Recording, played: Option<&Played>) -> Result<Vec<u8>, BadArchive> {
        let result = played
            .map(|played| (&played.journal[..], &played.investigations[..], &played.tapes[..]));
        let written = nightjar_capsule::write_archive(recording, result);
        written.map_err(|error| BadArchive::Malformed(error.to_string()))
    }

    fn connection(&self, recording: Arc<Recording>, name: &str) -> Connection {
        nightjar_capsule::connection(recording, name)
    }
}

#[tokio::test]
async fn what_is_exported_holds_what_was_seen_and_is_looked_at_again_in_the_same_way() {
    for house in houses().await {
        connect(&house, &["traces", "broken", "database"]).await;
        let intake = house.intake();
        send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        house.worker().work_off().await.unwrap();
        house.pass(61);
        send(&house, &intake, &alert("i-2", "checkout", "created")).await;
        house.worker().work_off().await.unwrap();
        let capsules: Arc<dyn Recordings> = Arc::new(Capsules);
        let exported = export_capsule(&house.space, &capsules, "inv-1").await.unwrap();
        let archive =
            nightjar_capsule::read_archive(&exported.archive, &nightjar_capsule::Limits::upload());
        let nightjar_capsule::Archive { recording, result } = archive.unwrap();
        assert_eq!((recording.alerts.len(), recording.topology.len()), (2, 2));
        assert_eq!(recording.logs.len(), 4, "two lines a look");
        assert_eq!(recording.sources, ["database", "traces"]);
        let nightjar_capsule::Outcome { journal, tapes, .. } = result.unwrap();
        assert_eq!(tapes.len(), 3);
        let connections: Vec<Connection> =
            tapes.iter().map(|tape| Player::new(tape).connection()).collect();
        let setup = Setup {
            space: house.space.id().clone(),
            names: Names::of_journal(&journal),
            connections: &connections,
            policy: Policy::default(),
        };
        let again = look_as_told(&setup, &journal, &mut Onlooker(|_: &Entry| {})).await.unwrap();
        assert_eq!(again.investigations[0].executions.len(), 2);
        assert_same(&again.journal, &journal);
    }
}

#[tokio::test]
async fn a_person_starts_a_live_incident() {
    for house in houses().await {
        connect(&house, &["traces", "database"]).await;
        let new = NewTask {
            title: "error-rate spike".to_owned(),
            description: "jane.doe@example.com complains".to_owned(),
            priority: Priority::Low,
            kind: TaskKind::Investigation,
            reference: None,
            connection: None,
            from: StartingPoint::ErrorRateSpike(Some("checkout".to_owned())),
            at: None,
        };
        let digest = Digest::of(b"the same");
        let once = Once { caller: "NJAK1".into(), key: "k".into(), digest };
        let (sources, now) = (house.sources(), house.now());
        let start = async || {
            let made = start_task(&house.space, &sources, "NJAK1", &new, Some(&once), now).await;
            made.unwrap().into_inner()
        };
        let task = start().await;
        assert_eq!(start().await.id, task.id);
        assert_eq!((task.status, task.priority), (TaskStatus::PendingStart, Priority::Low));
        assert!(task.description.ends_with(" complains"), "{}", task.description);
        assert!(!task.description.contains("jane.doe"));
        house.worker().work_off().await.unwrap();
        let task = house.space.task(&task.id).await.unwrap();
        assert_eq!(task.status, TaskStatus::Completed);
        assert_eq!((task.title.as_str(), task.priority), ("error-rate spike", Priority::Low));
        let incident = task.incident.clone().unwrap();
        assert_eq!(occasions(&house, incident.as_str()).await, ["first alert: error-rate spike"]);
        let state = house.space.incident_state(&incident, true).await.unwrap();
        assert_eq!(state.incident.entities, [id("checkout")]);
        assert!(state.evidence.len() >= 4);
        // It grows like any other.
        house.pass(61);
        house.worker().work_off().await.unwrap();
        let told = occasions(&house, incident.as_str()).await;
        assert_eq!(told.last().unwrap(), "1 min after it opened");
        let linked = send(&house, &house.intake(), &alert("i-1", "checkout", "created")).await;
        assert_eq!(linked.status, DeliveryStatus::Linked);
    }
}

#[tokio::test]
async fn what_triage_knows_of_live_systems_is_asked_again_after_a_while() {
    let mut house = House::new().await;
    house.registry = registry();
    connect(&house, &["traces"]).await;
    let intake = house.intake();
    let asked = async |service: &str| {
        send(&house, &intake, &alert(service, service, "created")).await;
        ASKED.load(SeqCst)
    };
    assert_eq!(asked("checkout").await, 1);
    house.pass(30);
    assert_eq!(asked("search").await, 1, "it is fresh");
    house.pass(45);
    asked("cart").await;
    let waiting = async {
        while ASKED.load(SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.unwrap();
    // A new system is asked at once.
    connect(&house, &["database"]).await;
    assert!(asked("catalog").await >= 4);
    let incident = IncidentId::new("inc-1-1");
    assert!(house.space.live_incident(&incident).await.unwrap().is_open);
}
