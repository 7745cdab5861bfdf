//! The queue against a model of it, and with many who take at once.

mod model;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};
use nightjar_incident::SpaceId;
use serde_json::json;
use tempfile::TempDir;

use super::{Job, JobKind};
use crate::{MasterKeyFile, NewSpace, Options, Priority, Space, Store};

const LEASE: Duration = Duration::from_secs(60);

fn t0() -> Timestamp {
    "2026-11-23T03:00:00Z".parse().unwrap()
}

/// Random numbers of a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let limit = u64::try_from(all.len()).unwrap();
        all[usize::try_from(self.below(limit)).unwrap()]
    }
}

/// A process: a store of its own over a database.
async fn process(folder: &TempDir, database: &str, name: &str) -> Store {
    let options = Options {
        database: database.to_owned(),
        blobs: format!("file://{}", folder.path().join("blobs").display()),
        blob_options: Vec::new(),
        master: Arc::new(MasterKeyFile::open(&folder.path().join("master.key"), true).unwrap()),
        location: None,
        max_connections: 6,
        process: name.to_owned(),
    };
    Store::open(options).await.unwrap()
}

async fn new_space(store: &Store) -> Space {
    let new = NewSpace { name: "s".into(), ..NewSpace::default() };
    let record = store.create_space(new, None, t0()).await.unwrap().into_inner();
    store.space(&record.id).await.unwrap()
}

async fn set_limit(store: &Store, space: &SpaceId, most: i64) {
    let set = sqlx::query("UPDATE spaces SET most_running = $2 WHERE id = $1");
    let set = set.bind(space.as_str().to_owned()).bind(most);
    set.execute(store.db().write()).await.unwrap();
}

async fn watch(space: &Space, investigation: &str, priority: Priority, due: Timestamp) {
    let mut tx = space.begin().await.unwrap();
    space.enqueue_watch(&mut tx, investigation, priority, due).await.unwrap();
    tx.commit().await.unwrap();
    space.store.tell_workers();
}

async fn hasten(space: &Space, investigation: &str, now: Timestamp) -> bool {
    let mut tx = space.begin().await.unwrap();
    let is_there = space.hasten(&mut tx, investigation, now).await.unwrap();
    tx.commit().await.unwrap();
    space.store.tell_workers();
    is_there
}

#[tokio::test]
async fn a_job_that_was_hastened_while_it_was_worked_on_is_due_at_once_and_never_finished() {
    let folder = tempfile::tempdir().unwrap();
    let store = process(&folder, "sqlite::memory:", "one").await;
    let space = new_space(&store).await;
    assert!(!hasten(&space, "inv-1", t0()).await);
    watch(&space, "inv-1", Priority::High, t0() + 1.hour()).await;
    assert!(store.take_job(LEASE, t0()).await.unwrap().is_none());
    assert_eq!(store.next_due(t0()).await.unwrap(), Some(t0() + 1.hour()));
    assert!(hasten(&space, "inv-1", t0()).await);
    let job = store.take_job(LEASE, t0()).await.unwrap().unwrap();
    assert_eq!((&job.kind, job.attempts), (&JobKind::Watch, 1));

    let later = t0() + 10.seconds();
    assert!(hasten(&space, "inv-1", later).await);
    store.reschedule_job(&job, later + 3.minutes()).await.unwrap();
    let again = store.take_job(LEASE, later).await.unwrap().unwrap();
    assert_eq!((again.attempts, again.lease), (1, 2));
    // An earlier lease counts for nothing, although the process and the attempts are the same.
    assert!(!store.keep_lease(&job, LEASE, later).await.unwrap());
    assert!(store.finish_job(&job).await.is_err());

    // News that came during what was to be the last look.
    assert!(hasten(&space, "inv-1", later).await);
    store.finish_job(&again).await.unwrap();
    let last = store.take_job(LEASE, later).await.unwrap().unwrap();
    store.finish_job(&last).await.unwrap();
    assert_eq!(store.queue_depth().await.unwrap(), (0, 0));
}

#[tokio::test]
async fn a_watch_that_waits_blocks_nothing_and_a_running_one_blocks_its_investigation() {
    let folder = tempfile::tempdir().unwrap();
    let store = process(&folder, "sqlite::memory:", "one").await;
    let space = new_space(&store).await;
    watch(&space, "inv-1", Priority::Critical, t0() + 1.minute()).await;
    let mut tx = space.begin().await.unwrap();
    space.enqueue_request(&mut tx, "inv-1", &json!({}), t0()).await.unwrap();
    tx.commit().await.unwrap();
    let request = store.take_job(LEASE, t0()).await.unwrap().unwrap();
    assert_eq!(request.kind, JobKind::Request(json!({})));
    hasten(&space, "inv-1", t0()).await;
    assert!(store.take_job(LEASE, t0()).await.unwrap().is_none());
    store.finish_job(&request).await.unwrap();
    let watched = store.take_job(LEASE, t0()).await.unwrap().unwrap();
    assert_eq!(watched.kind, JobKind::Watch);
}

#[tokio::test]
async fn waiting_ends_when_the_next_job_becomes_due() {
    let folder = tempfile::tempdir().unwrap();
    let store = process(&folder, "sqlite::memory:", "one").await;
    let space = new_space(&store).await;
    watch(&space, "inv-1", Priority::High, t0() + 50.milliseconds()).await;
    store.wait_for_job(Duration::ZERO, t0()).await;
    let waiting = store.wait_for_job(Duration::from_secs(3600), t0());
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it is due");
}

/// What the index spares, as SQLite plans it: no step reads all of the queue.
#[tokio::test]
async fn taking_a_job_reads_no_more_of_a_long_queue_than_of_a_short_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = process(&folder, "sqlite::memory:", "one").await;
    for statement in [super::next::all_firsts(), super::LOOK.to_owned(), super::AHEAD.to_owned()] {
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
            .bind(0_i64)
            .fetch_all(store.db().read())
            .await
            .unwrap();
        for step in plan {
            let step = crate::db::Columns::text(&step, "detail").unwrap();
            // What is leased is little, and has an index of its own.
            let is_whole = step.starts_with("SCAN work") && !step.contains("work_leased");
            assert!(!is_whole && !step.starts_with("SCAN w "), "{step}");
        }
    }
}

/// Four processes that take, finish, reschedule and die, while others bring news: never two of an
/// investigation at a time, never more of a space than it may run, and no news is lost.
#[tokio::test(flavor = "multi_thread")]
async fn many_takers_keep_to_the_limits_and_lose_no_news() {
    let Some(postgres) = nightjar_pgtest::database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let first = process(&folder, &postgres.url, "p-0").await;
    let mut spaces = Vec::new();
    for most in [1, 2, 4] {
        let space = new_space(&first).await;
        set_limit(&first, space.id(), most).await;
        spaces.push((space, usize::try_from(most).unwrap()));
    }
    let news: BTreeMap<(SpaceId, String), AtomicU64> = spaces
        .iter()
        .flat_map(|(space, _)| {
            (0..5).map(|n| ((space.id().clone(), format!("inv-{n}")), AtomicU64::new(0)))
        })
        .collect();
    let limits: BTreeMap<SpaceId, usize> =
        spaces.iter().map(|(space, most)| (space.id().clone(), *most)).collect();
    let shared = Arc::new(Shared {
        news,
        limits,
        seen: Mutex::default(),
        running: Mutex::default(),
        is_over: AtomicU64::new(0),
    });
    let mut workers = Vec::new();
    for number in 0..4_u64 {
        let store = process(&folder, &postgres.url, &format!("p-{number}")).await;
        for _ in 0..2 {
            workers.push(tokio::spawn(take_and_look(store.clone(), Arc::clone(&shared))));
        }
    }
    let mut random = Random(7);
    for _ in 0..200 {
        let (space, _) = &spaces[usize::try_from(random.below(3)).unwrap()];
        let investigation = format!("inv-{}", random.below(5));
        shared.news[&(space.id().clone(), investigation.clone())].fetch_add(1, Ordering::SeqCst);
        if !hasten(space, &investigation, t0()).await {
            watch(space, &investigation, random.one_of(&Priority::ALL), t0()).await;
        }
    }
    shared.is_over.store(1, Ordering::SeqCst);
    for worker in workers {
        worker.await.unwrap();
    }
    let seen = shared.seen.lock().unwrap();
    for (key, brought) in &shared.news {
        let brought = brought.load(Ordering::SeqCst);
        assert_eq!(seen.get(key).copied().unwrap_or_default(), brought, "{key:?}");
    }
}

struct Shared {
    /// How much there is to know of each investigation.
    news: BTreeMap<(SpaceId, String), AtomicU64>,
    /// How much somebody has seen.
    seen: Mutex<BTreeMap<(SpaceId, String), u64>>,
    limits: BTreeMap<SpaceId, usize>,
    running: Mutex<BTreeSet<(SpaceId, String)>>,
    is_over: AtomicU64,
}

async fn take_and_look(store: Store, shared: Arc<Shared>) {
    loop {
        // Asked before looking: what comes until then is found by the look.
        let is_over = shared.is_over.load(Ordering::SeqCst) > 0;
        let Some(job) = store.take_job(LEASE, t0()).await.unwrap() else {
            if is_over && store.queue_depth().await.unwrap().1 == 0 {
                return;
            }
            store.wait_for_job(Duration::from_millis(5), t0()).await;
            continue;
        };
        let key = begin(&shared, &job);
        let looked = shared.news[&key].load(Ordering::SeqCst);
        tokio::task::yield_now().await;
        shared.seen.lock().unwrap().insert(key.clone(), looked);
        let is_end = looked.is_multiple_of(3);
        shared.running.lock().unwrap().remove(&key);
        match is_end {
            true => store.finish_job(&job).await.unwrap(),
            false => store.reschedule_job(&job, t0() + 1.hour()).await.unwrap(),
        }
    }
}

fn begin(shared: &Shared, job: &Job) -> (SpaceId, String) {
    let key = (job.space.clone(), job.investigation.clone());
    let mut running = shared.running.lock().unwrap();
    assert!(running.insert(key.clone()), "two jobs of {key:?} at a time");
    let of_space = running.iter().filter(|(space, _)| *space == job.space).count();
    assert!(of_space <= shared.limits[&job.space], "{of_space} jobs of {}", job.space);
    key
}
