//! A store, recordings and workers for tests.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::executor::block_on;
use jiff::{SignedDuration, Timestamp};
use nightjar_agent::{Names, Onlooker, Outcome, Setup, Start, UserRequest};
use nightjar_connect::{Connection, Registry};
use nightjar_incident::journal::Entry;
use nightjar_incident::{RawAlert, Recording, SpaceId};
use nightjar_oncall::{
    BadArchive, Clock, Intake, Pace, Played, Policy, Recordings, Rules, Sources, Unpacked, Worker,
    import_capsule,
};
use nightjar_store::{
    DispatchFilter, DispatchRecord, InvestigationRecord, InvestigationState, MasterKeyFile,
    NewConnection, NewSpace, NewSubscription, Options, PageRequest, Space, Store, Subscription,
    TaskFilter, TaskOrder, TaskRecord, TaskSort,
};
use nightjar_topology::{Entity, EntityId, EntityKind, Topology};
use serde_json::json;
use tokio::sync::watch;

pub(crate) const MORNING: &str = "2026-11-23T09:00:00Z";

/// Recordings as JSON: the archive's own form is tested where it is made.
pub(crate) struct Json;

impl Recordings for Json {
    fn read(&self, archive: &[u8]) -> Result<Unpacked, BadArchive> {
        let (recording, journal): (Recording, Option<Vec<Entry>>) = serde_json::from_slice(archive)
            .map_err(|error| BadArchive::Malformed(error.to_string()))?;
        Ok(Unpacked { recording, has_result: journal.is_some() })
    }

    fn write(&self, recording: &Recording, played: Option<&Played>) -> Result<Vec<u8>, BadArchive> {
        let journal = played.map(|played| &played.journal);
        serde_json::to_vec(&(recording, journal))
            .map_err(|error| BadArchive::Malformed(error.to_string()))
    }

    fn connection(&self, recording: Arc<Recording>, name: &str) -> Connection {
        nightjar_capsule::connection(recording, name)
    }
}

pub(crate) fn archive(recording: &Recording) -> Vec<u8> {
    Json.write(recording, None).unwrap()
}

/// A store of its own, with one space.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) space: Space,
    pub(crate) recordings: Arc<dyn Recordings>,
    pub(crate) registry: Registry,
    database: String,
    folder: tempfile::TempDir,
    _server: Option<nightjar_pgtest::Database>,
    /// Seconds after [`MORNING`]; shared by all clocks of the house.
    pub(crate) passed: Arc<AtomicI64>,
}

impl House {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/nightjar.db", folder.path().display());
        Self::over(database, folder, None).await
    }

    /// One on each database there is.
    pub(crate) async fn each() -> Vec<Self> {
        let mut houses = vec![Self::new().await];
        if let Some(server) = nightjar_pgtest::database() {
            let folder = tempfile::tempdir().unwrap();
            houses.push(Self::over(server.url.clone(), folder, Some(server)).await);
        }
        houses
    }

    /// Over a database of a server of its own.
    pub(crate) async fn on(server: nightjar_pgtest::Database) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::over(server.url.clone(), folder, Some(server)).await
    }

    async fn over(
        database: String,
        folder: tempfile::TempDir,
        server: Option<nightjar_pgtest::Database>,
    ) -> Self {
        let store = open(&database, folder.path().into(), "first").await;
        let new = NewSpace { name: "shop".into(), ..NewSpace::default() };
        let now = MORNING.parse().unwrap();
        let record = store.create_space(new, None, now).await.unwrap().into_inner();
        let space = store.space(&record.id).await.unwrap();
        Self {
            store,
            space,
            recordings: Arc::new(Json),
            registry: Registry::default(),
            database,
            folder,
            _server: server,
            passed: Arc::default(),
        }
    }

    /// The same data, opened by another process.
    pub(crate) async fn opened_again(&self, process: &str) -> Store {
        open(&self.database, self.folder.path().into(), process).await
    }

    /// Where the blobs of the space are.
    pub(crate) fn blobs(&self) -> PathBuf {
        self.folder.path().join("blobs").join(self.space.id().as_str())
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock())()
    }

    pub(crate) fn clock(&self) -> Clock {
        let passed = Arc::clone(&self.passed);
        let morning: Timestamp = MORNING.parse().unwrap();
        Arc::new(move || morning + SignedDuration::from_secs(passed.load(Ordering::SeqCst)))
    }

    pub(crate) fn worker(&self) -> Worker {
        Worker {
            store: self.store.clone(),
            sources: self.sources(),
            rules: Rules::default(),
            pace: Pace { look_again: Duration::from_millis(20), ..Pace::default() },
            concurrency: 2,
            clock: self.clock(),
        }
    }

    pub(crate) fn sources(&self) -> Sources {
        Sources::new(Arc::clone(&self.recordings), self.registry.clone())
    }

    pub(crate) fn intake(&self) -> Intake {
        Intake::new(self.sources(), Rules::default(), self.clock())
    }

    /// Lets time pass, seconds.
    pub(crate) fn pass(&self, seconds: i64) {
        self.passed.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Uploads a recording, connects it and starts an investigation.
    pub(crate) async fn start(&self, recording: &Recording) -> InvestigationRecord {
        let connection = self.connect(recording).await;
        let now = self.now();
        self.space.start_investigation(&connection, None, now).await.unwrap().into_inner()
    }

    /// Uploads a recording and connects it.
    pub(crate) async fn connect(&self, recording: &Recording) -> String {
        let now = self.now();
        let capsule =
            import_capsule(&self.space, &self.recordings, archive(recording), None, now).await;
        let capsule = capsule.unwrap().into_inner();
        let new = NewConnection {
            kind: "capsule".into(),
            name: capsule.id.clone(),
            config: json!({ "capsule": capsule.id }),
        };
        self.space.create_connection(new, None, now).await.unwrap().into_inner().id
    }

    /// The only recording of the space as it is stored: redacted.
    pub(crate) async fn stored(&self) -> Recording {
        let archive = self.space.capsule_archive("cap-1").await.unwrap();
        self.recordings.read(&archive).unwrap().recording
    }

    pub(crate) async fn state(&self, id: &str) -> InvestigationState {
        self.space.investigation(id).await.unwrap().state
    }

    /// Works until an investigation waits for nothing more.
    pub(crate) async fn work(&self, id: &str) {
        self.work_with(self.worker(), id).await;
    }

    pub(crate) async fn work_with(&self, worker: Worker, id: &str) {
        let (stop, stopped) = watch::channel(false);
        let working = tokio::spawn(Arc::new(worker).run(stopped));
        self.wait(id).await;
        stop.send(true).unwrap();
        working.await.unwrap();
    }

    /// Waits until an investigation is done or failed, and its jobs are out of the queue.
    pub(crate) async fn wait(&self, id: &str) {
        let is_over = async || {
            let ended = matches!(
                self.state(id).await,
                InvestigationState::Done
                    | InvestigationState::Failed
                    | InvestigationState::Cancelled
            );
            ended && self.store.queue_depth().await.unwrap() == (0, 0)
        };
        let waiting = async {
            while !is_over().await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it ends");
    }

    /// The journal of the space's plays as stored, in the order of writing.
    pub(crate) async fn journal(&self) -> Vec<Entry> {
        let mut stored = self.entries("").await;
        stored.retain(|entry| !entry.chain.starts_with("work-"));
        stored
    }

    /// What the workflow noted.
    pub(crate) async fn ledger(&self) -> Vec<Entry> {
        self.entries("work-").await
    }

    async fn entries(&self, prefix: &str) -> Vec<Entry> {
        let mut found = Vec::new();
        let mut after = 0;
        loop {
            let page = self.space.journal(prefix, after, 1000).await.unwrap();
            let Some(last) = page.items.last() else { return found };
            after = last.position;
            found.extend(page.items.into_iter().map(|entry| entry.entry));
        }
    }

    /// All incidents' states with content, in the order of their numbers (below ten).
    pub(crate) async fn states(&self, id: &str) -> Vec<nightjar_incident::Investigation> {
        let mut states = Vec::new();
        let mut incidents = self.space.investigation(id).await.unwrap().incidents;
        incidents.sort();
        for incident in incidents {
            states.push(self.space.incident_state(&incident, true).await.unwrap());
        }
        states
    }

    /// All tasks of the space, oldest first.
    pub(crate) async fn tasks(&self) -> Vec<TaskRecord> {
        let order = TaskOrder { by: TaskSort::CreatedAt, is_descending: false };
        let page = PageRequest { limit: 1000, after: None };
        self.space.tasks(&TaskFilter::default(), order, &page).await.unwrap().items
    }

    /// Has events written from now on.
    pub(crate) async fn subscribe(&self) -> Subscription {
        let new = NewSubscription {
            name: "pager".into(),
            url: "https://hooks.example.com/".into(),
            kinds: None,
            secret: "whsec_c2VjcmV0".into(),
            created_by: "NJAK1".into(),
        };
        self.space.create_subscription(new, None, self.now()).await.unwrap().into_inner()
    }

    /// What the outbox holds, oldest first: what happened, and to what.
    pub(crate) async fn events(&self) -> Vec<(&'static str, String)> {
        let page = PageRequest { limit: 1000, after: None };
        let found = self.space.dispatches(&DispatchFilter::default(), &page).await.unwrap();
        let told = |row: DispatchRecord| (row.kind.title(), row.subject.unwrap_or_default());
        found.items.into_iter().rev().map(told).collect()
    }

    pub(crate) async fn alerts(&self) -> Vec<nightjar_store::AlertRecord> {
        let page = PageRequest { limit: 1000, after: None };
        self.space.alerts(None, &page).await.unwrap().items
    }
}

async fn open(database: &str, folder: PathBuf, process: &str) -> Store {
    let options = Options {
        database: database.to_owned(),
        blobs: format!("file://{}", folder.join("blobs").display()),
        blob_options: Vec::new(),
        master: Arc::new(MasterKeyFile::open(&folder.join("master.key"), true).unwrap()),
        location: None,
        max_connections: 4,
        process: process.to_owned(),
    };
    Store::open(options).await.unwrap()
}

/// What the agent makes of a recording by itself.
pub(crate) fn directly(space: &SpaceId, recording: &Recording, asked: &[UserRequest]) -> Outcome {
    started(space, recording, None, asked)
}

/// The same of a recording that somebody started by hand.
pub(crate) fn started(
    space: &SpaceId,
    recording: &Recording,
    start: Option<&Start>,
    asked: &[UserRequest],
) -> Outcome {
    let name = recording.name.clone();
    let connections = [nightjar_capsule::connection(Arc::new(recording.clone()), &name)];
    let setup = Setup {
        space: space.clone(),
        names: Names::play(1),
        connections: &connections,
        policy: Policy::default(),
    };
    block_on(nightjar_agent::replay(&setup, start, asked, &mut Onlooker(|_: &Entry| {}))).unwrap()
}

/// Two services that don't know each other, three alerts, and nothing measured: an investigation
/// of a millisecond.
pub(crate) fn small() -> Recording {
    let mut topology = Topology::default();
    for name in ["checkout", "search"] {
        topology.add(Entity::new(EntityId::new(name).unwrap(), EntityKind::Service));
    }
    let alerts = [
        (1, "checkout", "2026-11-23T03:00:00Z"),
        (2, "checkout", "2026-11-23T03:01:00Z"),
        (3, "search", "2026-11-23T03:01:20Z"),
    ];
    let alerts = alerts.map(|(number, service, at)| RawAlert {
        provider: None,
        received_at: at.parse().unwrap(),
        payload: json!({
            "eventType": "incident", "incidentId": format!("i-{number}"), "action": "created",
            "priority": "HIGH", "title": format!("{service} is slow"), "service": service,
            "data": { "metric": "latency" },
        }),
    });
    Recording { name: "small".into(), topology, alerts: alerts.to_vec(), ..Recording::default() }
}

/// The same, and a message that holds two alerts, and one that nobody understands.
pub(crate) fn several() -> Recording {
    let mut recording = small();
    let alert = |service: &str| {
        json!({
            "status": "firing", "startsAt": "2026-11-23T03:01:30Z", "fingerprint": service,
            "labels": { "alertname": "Errors", "service": service, "severity": "critical" },
            "annotations": { "summary": format!("{service} fails") },
        })
    };
    let payloads = [
        json!({
            "version": "4", "groupKey": "g", "status": "firing", "receiver": "nightjar",
            "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "",
            "alerts": [alert("checkout"), alert("search")],
        }),
        json!({ "hello": [1, 2, 3] }),
    ];
    recording.alerts.extend(payloads.map(|payload| RawAlert {
        provider: None,
        received_at: "2026-11-23T03:01:40Z".parse().unwrap(),
        payload,
    }));
    recording
}

/// Says where two journals part, instead of printing both.
pub(crate) fn assert_same(stored: &[Entry], expected: &[Entry]) {
    for (stored, expected) in stored.iter().zip(expected) {
        // The hash covers everything, numbers in their canonical form.
        assert_eq!(stored.compute_hash().unwrap(), stored.hash);
        assert_eq!(stored.hash, expected.hash, "{stored:?} and {expected:?}");
    }
    let ends = |journal: &[Entry]| journal.last().map(|e| (e.chain.clone(), e.seq));
    assert_eq!((stored.len(), ends(stored)), (expected.len(), ends(expected)));
}
