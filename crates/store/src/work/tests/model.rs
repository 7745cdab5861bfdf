//! Random operations, on the queue and on a model that says in plain words what should come of them.

use sqlx::Row as _;

use super::*;
use crate::Error;

/// A row of the queue as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    id: i64,
    space: usize,
    investigation: String,
    kind: &'static str,
    priority: i64,
    due_at: Timestamp,
    hastened: bool,
    attempts: i64,
    lease_number: i64,
    /// By which process, until when.
    lease: Option<(usize, Timestamp)>,
}

#[derive(Default)]
struct Model {
    rows: Vec<Row>,
    limits: Vec<usize>,
}

impl Model {
    fn enqueue(
        &mut self,
        space: usize,
        investigation: &str,
        kind: &'static str,
        priority: i64,
        due_at: Timestamp,
    ) {
        self.rows.push(Row {
            id: 0,
            space,
            investigation: investigation.to_owned(),
            kind,
            priority,
            due_at,
            hastened: false,
            attempts: 0,
            lease_number: 0,
            lease: None,
        });
    }

    fn watching(&mut self, space: usize, investigation: &str) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| {
            row.kind == "watch" && row.space == space && row.investigation == investigation
        })
    }

    fn running(&self, space: usize) -> usize {
        self.rows.iter().filter(|row| row.space == space && row.lease.is_some()).count()
    }

    fn may_be_taken(&self, row: &Row, now: Timestamp) -> bool {
        let is_blocked = self.rows.iter().any(|other| {
            let is_sibling = other.id != row.id
                && other.space == row.space
                && other.investigation == row.investigation;
            let is_before = row.kind != "watch" && other.kind != "watch" && other.id < row.id;
            is_sibling && (other.lease.is_some() || is_before)
        });
        row.lease.is_none()
            && row.due_at <= now
            && !is_blocked
            && self.running(row.space) < self.limits[row.space]
    }

    /// Ends what ran out, and leases what is next.
    fn take(&mut self, process: usize, now: Timestamp) -> Option<i64> {
        for row in &mut self.rows {
            row.lease = row.lease.filter(|(_, until)| *until > now);
        }
        let first_of = |space: usize| {
            let candidates = self.rows.iter().filter(|row| row.space == space);
            candidates
                .filter(|row| self.may_be_taken(row, now))
                .min_by_key(|row| (-row.priority, row.due_at, row.id))
        };
        let firsts = (0..self.limits.len()).filter_map(first_of);
        let next = firsts
            .min_by_key(|row| {
                let running = self.running(row.space);
                (running > 0, -row.priority, running, row.due_at, row.id)
            })?
            .id;
        let row = self.rows.iter_mut().find(|row| row.id == next)?;
        row.lease = Some((process, now + jiff::SignedDuration::try_from(LEASE).unwrap()));
        row.attempts += 1;
        row.lease_number += 1;
        row.hastened = false;
        Some(next)
    }

    /// The row of a lease, if it is still that.
    fn held(&mut self, process: usize, job: &Job) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| {
            row.id == job.id
                && row.lease_number == job.lease
                && row.lease.is_some_and(|(owner, _)| owner == process)
        })
    }
}

async fn stored(store: &Store, spaces: &[Space]) -> Vec<Row> {
    let rows = sqlx::query("SELECT * FROM work ORDER BY id").fetch_all(store.db().read());
    let time = |micros: i64| Timestamp::from_microsecond(micros).unwrap();
    let row = |row: &sqlx::any::AnyRow| {
        let owner: Option<String> = row.get("lease_owner");
        let until: Option<i64> = row.get("lease_until");
        let space: String = row.get("space");
        let kind: String = row.get("kind");
        Row {
            id: row.get("id"),
            space: spaces.iter().position(|known| known.id().as_str() == space).unwrap(),
            investigation: row.get("investigation"),
            kind: ["investigate", "request", "watch"].into_iter().find(|k| *k == kind).unwrap(),
            priority: row.get("priority"),
            due_at: time(row.get("due_at")),
            hastened: row.get::<i64, _>("hastened") == 1,
            attempts: row.get("attempts"),
            lease_number: row.get("lease_number"),
            lease: owner.map(|owner| {
                (owner.trim_start_matches("p-").parse().unwrap(), time(until.unwrap()))
            }),
        }
    };
    rows.await.unwrap().iter().map(row).collect()
}

async fn enqueue(
    space: &Space,
    investigation: &str,
    kind: &str,
    priority: Priority,
    now: Timestamp,
) {
    let mut tx = space.begin().await.unwrap();
    match kind {
        "request" => space.enqueue_request(&mut tx, investigation, &json!({}), now).await.unwrap(),
        _ => space.enqueue_investigate(&mut tx, investigation, priority, now).await.unwrap(),
    }
    tx.commit().await.unwrap();
}

async fn check(stores: &[Store], seed: u64, steps: u32) {
    let mut random = Random(seed);
    let (mut model, mut spaces) = (Model::default(), Vec::new());
    for most in [1, 2, 3] {
        let space = new_space(&stores[0]).await;
        set_limit(&stores[0], space.id(), most).await;
        model.limits.push(usize::try_from(most).unwrap());
        spaces.push(space);
    }
    let (mut now, mut last_id) = (t0(), 0);
    // What processes believe they have; a killed one forgets, and some of it isn't true any more.
    let mut held: Vec<(usize, Job)> = Vec::new();
    for step in 0..steps {
        let place = usize::try_from(random.below(3)).unwrap();
        let process = usize::try_from(random.below(u64::try_from(stores.len()).unwrap())).unwrap();
        let investigation = format!("inv-{}", random.below(4));
        let priority = random.one_of(&Priority::ALL);
        let due = now + jiff::SignedDuration::from_secs(i64::try_from(random.below(90)).unwrap());
        let action = random.below(21);
        let job = (!held.is_empty())
            .then(|| usize::try_from(random.below(u64::try_from(held.len()).unwrap())).unwrap());
        match (action, job) {
            (0..=1, _) => {
                enqueue(&spaces[place], &investigation, "investigate", priority, now).await;
                model.enqueue(place, &investigation, "investigate", priority.rank(), now);
            }
            (2, _) => {
                enqueue(&spaces[place], &investigation, "request", priority, now).await;
                model.enqueue(place, &investigation, "request", Priority::High.rank(), now);
            }
            (3..=4, _) => {
                watch(&spaces[place], &investigation, priority, due).await;
                match model.watching(place, &investigation) {
                    None => model.enqueue(place, &investigation, "watch", priority.rank(), due),
                    Some(row) => {
                        row.priority = row.priority.max(priority.rank());
                        row.due_at = row.due_at.min(due);
                        row.hastened = true;
                    }
                }
            }
            (5..=6, _) => {
                let is_there = hasten(&spaces[place], &investigation, now).await;
                let row = model.watching(place, &investigation);
                assert_eq!(is_there, row.is_some());
                if let Some(row) = row {
                    let is_first = row.lease.is_some() && !row.hastened;
                    row.due_at = if is_first { now } else { row.due_at.min(now) };
                    row.hastened = true;
                }
            }
            (7, _) => now += 20.seconds(),
            (8..=13, _) | (14.., None) => {
                let taken = stores[process].take_job(LEASE, now).await.unwrap();
                let expected = model.take(process, now);
                assert_eq!(taken.as_ref().map(|job| job.id), expected, "seed {seed}, step {step}");
                held.extend(taken.map(|job| (process, job)));
            }
            (14, Some(at)) => drop(held.remove(at)),
            (15, Some(at)) => {
                let (owner, job) = &held[at];
                let kept = stores[*owner].keep_lease(job, LEASE, now).await.unwrap();
                let row = model.held(*owner, job);
                assert_eq!(kept, row.is_some());
                let until = now + jiff::SignedDuration::try_from(LEASE).unwrap();
                if let Some(row) = row {
                    row.lease = Some((*owner, until));
                }
            }
            (16.., Some(at)) => {
                let (owner, job) = held.remove(at);
                let row = model.held(owner, &job);
                let is_held = row.is_some();
                let ended = match (action, row) {
                    (16..=17, row) => {
                        match row {
                            Some(row) if row.hastened => (row.lease, row.attempts) = (None, 0),
                            Some(row) => {
                                let id = row.id;
                                model.rows.retain(|row| row.id != id);
                            }
                            None => {}
                        }
                        stores[owner].finish_job(&job).await
                    }
                    (18, row) => {
                        if let Some(row) = row {
                            (row.lease, row.attempts) = (None, 0);
                            row.due_at = if row.hastened { row.due_at } else { due };
                        }
                        stores[owner].reschedule_job(&job, due).await
                    }
                    (19, row) => {
                        if let Some(row) = row {
                            (row.lease, row.due_at) = (None, due);
                        }
                        stores[owner].postpone_job(&job, due, "later").await
                    }
                    (_, row) => {
                        if let Some(row) = row {
                            (row.lease, row.due_at) = (None, due);
                            row.attempts -= 1;
                        }
                        stores[owner].return_job(&job, due, "not now").await
                    }
                };
                match is_held {
                    true => ended.unwrap(),
                    false => assert!(matches!(ended, Err(Error::Conflict(_))), "{ended:?}"),
                }
            }
        }
        let stored = stored(&stores[0], &spaces).await;
        // Ids grow; which numbers the database leaves out is its own affair.
        if let (Some(new), Some(last)) = (model.rows.last_mut(), stored.last())
            && new.id == 0
        {
            assert!(last.id > last_id);
            (new.id, last_id) = (last.id, last.id);
        }
        assert_eq!(stored, model.rows, "seed {seed}, step {step}");
    }
    assert!(last_id > 10);
}

#[tokio::test]
async fn the_queue_does_what_its_model_does_on_sqlite() {
    for seed in 1..=8 {
        let folder = tempfile::tempdir().unwrap();
        let store = process(&folder, "sqlite::memory:", "p-0").await;
        check(&[store], seed, 300).await;
    }
}

#[tokio::test]
async fn the_queue_does_what_its_model_does_on_postgres() {
    let Some(postgres) = nightjar_pgtest::database() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut stores = Vec::new();
    for number in 0..3 {
        stores.push(process(&folder, &postgres.url, &format!("p-{number}")).await);
    }
    check(&stores, 11, 250).await;
}
