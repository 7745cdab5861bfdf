//! What the live incidents of a space are looked at with: its connections, opened once and kept for a
//! while, and their topology, prepared for triage.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Answer, Connection, Query, Question, Registry};
use nightjar_incident::{Content, SpaceId, Window};
use nightjar_store::{ConnectionRecord, PageRequest, Space};
use nightjar_topology::{Names, Topology};
use nightjar_triage::Estate;
use tokio::time::timeout;

use crate::changes::told_changes;
use crate::error::compute;
use crate::redaction::names;
use crate::task::end;
use crate::{Recordings, Result, connectors};

/// One connection, opened.
pub(crate) struct Source {
    pub(crate) connection: Connection,
    /// Whether it is asked how things are now; a recording knows how they were.
    pub(crate) is_live: bool,
    /// The last moment it knows of; none for a live system.
    pub(crate) ends_at: Option<Timestamp>,
}

/// What triage knows of a space.
pub(crate) struct Surroundings {
    pub(crate) estate: Arc<Estate>,
    /// Names of entities, which are never taken for those of people.
    pub(crate) names: Vec<String>,
    /// The connections it comes from.
    connections: Vec<String>,
    /// When it was asked for.
    at: Timestamp,
}

/// Opened connections and prepared topologies, shared by all who work in this process.
#[derive(Clone)]
pub struct Sources(Arc<Shared>);

/// A space, and the id of a connection of it.
type Key = (SpaceId, String);

struct Shared {
    recordings: Arc<dyn Recordings>,
    registry: Registry,
    /// Recordings: whose, by which connection; the one used last at the end.
    opened: tokio::sync::Mutex<Vec<(Key, Arc<Source>)>>,
    /// Live systems.
    live: Mutex<BTreeMap<Key, Arc<Source>>>,
    surroundings: Mutex<BTreeMap<SpaceId, Arc<Surroundings>>>,
    /// Whose topology is being asked for.
    refreshing: Mutex<BTreeSet<SpaceId>>,
}

/// How many recordings are kept opened: one may take hundreds of megabytes.
const OPENED: usize = 4;

/// How many entities a topology may have for triage.
const INVENTORY: usize = 50_000;

/// How old the topology of live systems may be before it is asked for again.
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// How long an alert waits for the first topology of its space: its sender waits as well.
const FIRST: Duration = Duration::from_secs(3);

/// Connections read at a time.
const PAGE: usize = 1000;

impl Sources {
    /// None is open yet.
    pub fn new(recordings: Arc<dyn Recordings>, registry: Registry) -> Self {
        Self(Arc::new(Shared {
            recordings,
            registry,
            opened: tokio::sync::Mutex::default(),
            live: Mutex::default(),
            surroundings: Mutex::default(),
            refreshing: Mutex::default(),
        }))
    }

    /// How recordings are read.
    pub fn recordings(&self) -> &Arc<dyn Recordings> {
        &self.0.recordings
    }

    /// The kinds of connectors that there are.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// What the live incidents of a space are looked at with: all its live systems, and the changes that it
    /// was told of. Where it has recordings alone it is the newest of them: two are two pasts.
    pub(crate) async fn of(&self, space: &Space) -> Result<Vec<Arc<Source>>> {
        let records = connections(space).await?;
        let live: Vec<_> = records.iter().filter(|record| connectors::is_live(record)).collect();
        if let (true, Some(newest)) = (live.is_empty(), records.last()) {
            return Ok(vec![self.recording(space, newest).await?]);
        }
        let mut found = self.live(space, &live);
        // What systems told of over webhooks needs no connection.
        found.extend(
            told_changes(space)
                .await?
                .map(|connection| Arc::new(Source { connection, is_live: true, ends_at: None })),
        );
        Ok(found)
    }

    /// Live systems, opened.
    fn live(&self, space: &Space, records: &[&ConnectionRecord]) -> Vec<Arc<Source>> {
        let mut opened = self.0.live.lock().unwrap_or_else(PoisonError::into_inner);
        let is_there = |id: &String| records.iter().any(|record| record.id == *id);
        opened.retain(|(of, id), _| of != space.id() || is_there(id));
        let open = |record: &&ConnectionRecord| {
            let key = (space.id().clone(), record.id.clone());
            let source = opened.entry(key).or_insert_with(|| {
                let connection = connectors::open_live(record, &self.0.registry);
                Arc::new(Source { connection, is_live: true, ends_at: None })
            });
            Arc::clone(source)
        };
        records.iter().map(open).collect()
    }

    /// A recording, opened.
    async fn recording(&self, space: &Space, record: &ConnectionRecord) -> Result<Arc<Source>> {
        let key = (space.id().clone(), record.id.clone());
        // Held while it is opened, so that two who want the same don't open it twice.
        let mut opened = self.0.opened.lock().await;
        if let Some(place) = opened.iter().position(|(known, _)| *known == key) {
            let found = opened.remove(place);
            let source = Arc::clone(&found.1);
            opened.push(found);
            return Ok(source);
        }
        let recording = connectors::recording(record, space, &self.0.recordings).await?;
        let ends_at = end(&recording);
        let recordings = Arc::clone(&self.0.recordings);
        let connection = compute(move || {
            let name = recording.name.clone();
            recordings.connection(Arc::new(recording), &name)
        })
        .await?;
        let source = Arc::new(Source { connection, is_live: false, ends_at });
        opened.push((key, Arc::clone(&source)));
        if opened.len() > OPENED {
            opened.remove(0);
        }
        Ok(source)
    }

    /// What triage knows of a space. It is asked for again when the space has other connections; what live
    /// systems tell also after a while, behind the back of whoever asks, who is given what is known.
    pub(crate) async fn surroundings(
        &self,
        space: &Space,
        now: Timestamp,
    ) -> Result<Arc<Surroundings>> {
        let records = connections(space).await?;
        let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
        let known = self.lock().get(space.id()).cloned();
        let is_live = records.iter().any(connectors::is_live);
        if let Some(known) = known.filter(|known| known.connections == ids) {
            if is_live && now.duration_since(known.at) > FRESH {
                self.refresh(space, ids, now);
            }
            return Ok(known);
        }
        if !is_live {
            return self.ask(space, ids, now).await;
        }
        match timeout(FIRST, self.ask(space, ids.clone(), now)).await {
            Ok(found) => found,
            Err(_) => {
                // Without an answer triage has the words of the alerts alone.
                self.refresh(space, ids.clone(), now);
                Ok(self.keep(space, Topology::default(), ids, now))
            }
        }
    }

    /// Asks again, unless somebody does.
    fn refresh(&self, space: &Space, ids: Vec<String>, now: Timestamp) {
        let refreshing = || self.0.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        if !refreshing().insert(space.id().clone()) {
            return;
        }
        let (sources, space) = (self.clone(), space.clone());
        tokio::spawn(async move {
            if let Err(error) = sources.ask(&space, ids, now).await {
                tracing::warn!(error = %error, "the topology can't be asked for");
            }
            let refreshing = sources.0.refreshing.lock();
            refreshing.unwrap_or_else(PoisonError::into_inner).remove(space.id());
        });
    }

    async fn ask(
        &self,
        space: &Space,
        ids: Vec<String>,
        now: Timestamp,
    ) -> Result<Arc<Surroundings>> {
        let sources = self.of(space).await?;
        let answers = join_all(sources.iter().map(|source| async move {
            let at = source.ends_at.map_or(now, |end| end.min(now));
            let query = Query {
                question: Question::Inventory,
                entities: Vec::new(),
                window: Window { from: at, to: at },
                limit: INVENTORY,
                since: None,
            };
            match source.connection.ask(&query).await {
                Some(Ok(Answer { content: Content::Inventory(snapshot), .. })) => snapshot,
                _ => Topology::default(),
            }
        }))
        .await;
        let names = Names::of(&answers.iter().collect::<Vec<_>>());
        let mut topology = Topology::default();
        for (part, snapshot) in answers.iter().enumerate() {
            match names.is_plain(part) && answers.len() == 1 {
                true => topology.merge(snapshot.clone()),
                false => topology.merge(names.translated(part, snapshot)),
            }
        }
        Ok(self.keep(space, topology, ids, now))
    }

    fn keep(
        &self,
        space: &Space,
        topology: Topology,
        connections: Vec<String>,
        at: Timestamp,
    ) -> Arc<Surroundings> {
        let found = Arc::new(Surroundings {
            names: names(&topology),
            estate: Arc::new(Estate::new(topology)),
            connections,
            at,
        });
        self.lock().insert(space.id().clone(), Arc::clone(&found));
        found
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<SpaceId, Arc<Surroundings>>> {
        self.0.surroundings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All connections of a space, oldest first.
async fn connections(space: &Space) -> Result<Vec<ConnectionRecord>> {
    let mut page = PageRequest { limit: PAGE, after: None };
    let mut found = Vec::new();
    loop {
        let more = space.connections(&page).await?;
        found.extend(more.items);
        match more.next {
            Some(next) => page.after = Some(next),
            None => return Ok(found),
        }
    }
}
