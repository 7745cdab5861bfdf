//! What the live incidents of a space are looked at with: its connections, opened once and kept for a
//! while, and their topology, prepared for triage.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use nightjar_connect::{Connection, Query, Question};
use nightjar_incident::{Content, SpaceId, Window};
use nightjar_store::Space;
use nightjar_topology::Topology;
use nightjar_triage::Estate;

use crate::error::compute;
use crate::redaction::names;
use crate::task::end;
use crate::{Recordings, Result, connectors};

/// One connection, opened.
pub(crate) struct Source {
    pub(crate) connection: Connection,
    /// The last moment it knows of; none for a live system.
    pub(crate) ends_at: Option<Timestamp>,
}

/// What triage knows of a space.
pub(crate) struct Surroundings {
    pub(crate) estate: Arc<Estate>,
    /// Names of entities, which are never taken for those of people.
    pub(crate) names: Vec<String>,
    /// The connection it comes from.
    connection: Option<String>,
}

/// Opened connections and prepared topologies, shared by all who work in this process.
#[derive(Clone)]
pub struct Sources(Arc<Shared>);

/// A space, and the id of a connection of it.
type Key = (SpaceId, String);

struct Shared {
    recordings: Arc<dyn Recordings>,
    /// Whose, by which connection; the one used last at the end.
    opened: tokio::sync::Mutex<Vec<(Key, Arc<Source>)>>,
    surroundings: Mutex<BTreeMap<SpaceId, Arc<Surroundings>>>,
}

/// How many recordings are kept opened: one may take hundreds of megabytes.
const OPENED: usize = 4;

/// How many entities a topology may have for triage.
const INVENTORY: usize = 50_000;

impl Sources {
    /// None is open yet.
    pub fn new(recordings: Arc<dyn Recordings>) -> Self {
        Self(Arc::new(Shared {
            recordings,
            opened: tokio::sync::Mutex::default(),
            surroundings: Mutex::default(),
        }))
    }

    /// How recordings are read.
    pub(crate) fn recordings(&self) -> &Arc<dyn Recordings> {
        &self.0.recordings
    }

    /// What the live incidents of a space are looked at with. Of recordings that is the newest alone: two
    /// of them are two pasts.
    pub(crate) async fn of(&self, space: &Space) -> Result<Vec<Arc<Source>>> {
        let Some(record) = space.newest_connection().await? else { return Ok(Vec::new()) };
        let key = (space.id().clone(), record.id.clone());
        // Held while it is opened, so that two who want the same don't open it twice.
        let mut opened = self.0.opened.lock().await;
        if let Some(place) = opened.iter().position(|(known, _)| *known == key) {
            let found = opened.remove(place);
            let source = Arc::clone(&found.1);
            opened.push(found);
            return Ok(vec![source]);
        }
        let recording = connectors::recording(&record, space, &self.0.recordings).await?;
        let ends_at = end(&recording);
        let recordings = Arc::clone(&self.0.recordings);
        let connection = compute(move || {
            let name = recording.name.clone();
            recordings.connection(Arc::new(recording), &name)
        })
        .await?;
        let source = Arc::new(Source { connection, ends_at });
        opened.push((key, Arc::clone(&source)));
        if opened.len() > OPENED {
            opened.remove(0);
        }
        Ok(vec![source])
    }

    /// What triage knows of a space; asked again when it has another connection.
    pub(crate) async fn surroundings(
        &self,
        space: &Space,
        now: Timestamp,
    ) -> Result<Arc<Surroundings>> {
        let newest = space.newest_connection().await?.map(|record| record.id);
        let known = self.lock().get(space.id()).cloned();
        if let Some(known) = known.filter(|known| known.connection == newest) {
            return Ok(known);
        }
        let mut topology = Topology::default();
        for source in self.of(space).await? {
            let at = source.ends_at.map_or(now, |end| end.min(now));
            let query = Query {
                question: Question::Inventory,
                entities: Vec::new(),
                window: Window { from: at, to: at },
                limit: INVENTORY,
            };
            // Without an answer triage has the words of the alerts alone.
            if let Some(Ok(answer)) = source.connection.ask(&query).await
                && let Content::Inventory(snapshot) = answer.content
            {
                topology.merge(snapshot);
            }
        }
        let found = Arc::new(Surroundings {
            names: names(&topology),
            estate: Arc::new(Estate::new(topology)),
            connection: newest,
        });
        self.lock().insert(space.id().clone(), Arc::clone(&found));
        Ok(found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<SpaceId, Arc<Surroundings>>> {
        self.0.surroundings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
