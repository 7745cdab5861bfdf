//! Tells live streams that a space's journal has grown: at once for this process's writes, within a
//! quarter of a second for those of others.
//!
//! Asking is one look at a primary key per watched space, and only while somebody watches. LISTEN and NOTIFY
//! would need a connection outside of the pool and its own way back after an outage, to save what no
//! reader notices.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nightjar_incident::SpaceId;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::db::{Columns as _, Db};

/// How often other processes' writes are looked for while somebody watches.
const EVERY: Duration = Duration::from_millis(250);

pub(crate) struct Watchers {
    db: Db,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    spaces: BTreeMap<SpaceId, watch::Sender<u64>>,
    poller: Option<JoinHandle<()>>,
}

impl Watchers {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, state: Arc::default() }
    }

    /// The last position of a space; 0 until it is known, within a moment.
    pub(crate) fn watch(&self, space: &SpaceId) -> watch::Receiver<u64> {
        let mut state = lock(&self.state);
        let receiver =
            state.spaces.entry(space.clone()).or_insert_with(|| watch::channel(0).0).subscribe();
        if state.poller.as_ref().is_none_or(JoinHandle::is_finished) {
            let (db, shared) = (self.db.clone(), Arc::clone(&self.state));
            state.poller = Some(tokio::spawn(poll(db, shared)));
        }
        receiver
    }

    /// Tells watchers of this process's own write.
    pub(crate) fn tell(&self, space: &SpaceId, position: u64) {
        if let Some(sender) = lock(&self.state).spaces.get(space) {
            raise(sender, position);
        }
    }

    /// Ends polling, and every stream with it.
    pub(crate) fn stop(&self) {
        let mut state = lock(&self.state);
        state.spaces.clear();
        if let Some(poller) = state.poller.take() {
            poller.abort();
        }
    }
}

impl Drop for Watchers {
    fn drop(&mut self) {
        self.stop();
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Positions only grow: a slow answer of the database doesn't take back what was told.
fn raise(sender: &watch::Sender<u64>, position: u64) {
    sender.send_if_modified(|last| {
        let grown = position > *last;
        if grown {
            *last = position;
        }
        grown
    });
}

/// Asks for the positions of watched spaces until nobody watches any more.
async fn poll(db: Db, shared: Arc<Mutex<State>>) {
    loop {
        let watched: Vec<SpaceId> = {
            let mut state = lock(&shared);
            state.spaces.retain(|_, sender| sender.receiver_count() > 0);
            if state.spaces.is_empty() {
                state.poller = None;
                return;
            }
            state.spaces.keys().cloned().collect()
        };
        for space in watched {
            let row = sqlx::query("SELECT position FROM heads WHERE scope = $1")
                .bind(space.as_str().to_owned())
                .fetch_optional(db.read())
                .await;
            // A database that is away for a while is asked again soon.
            let Ok(Some(row)) = row else { continue };
            let Ok(position) = row.count("position") else { continue };
            if let Some(sender) = lock(&shared).spaces.get(&space) {
                raise(sender, position);
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}
