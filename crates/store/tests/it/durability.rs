//! What was acknowledged is there after a process was killed. Takes a few seconds: it starts and kills
//! real processes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use nightjar_incident::SpaceId;
use nightjar_incident::journal::{Chain, Kind};
use nightjar_store::{AuditFilter, Options, Store};

use crate::fixture::call;
use crate::place::{Place, all, new_space, on_both, t0};

const CHILD: &str = "durability::appends_until_it_is_killed_if_it_is_the_child";
const SPACE: &str = "NIGHTJAR_TEST_CHILD_SPACE";
const DATABASE: &str = "NIGHTJAR_TEST_CHILD_DATABASE";
const FOLDER: &str = "NIGHTJAR_TEST_CHILD_FOLDER";

/// Not a test but the process that the test below kills; passes at once where it isn't that.
#[tokio::test]
async fn appends_until_it_is_killed_if_it_is_the_child() {
    let Ok(space) = std::env::var(SPACE) else { return };
    let folder = std::path::PathBuf::from(std::env::var(FOLDER).unwrap());
    let database = std::env::var(DATABASE).unwrap();
    let options = Options { database, ..Place::options_in(&folder) };
    let store = Store::open(options).await.unwrap();
    let space = store.space(&SpaceId::new(space)).await.unwrap();
    let (next, head) = space.chain_end("a").await.unwrap();
    let mut chain = Chain::continued(space.id().clone(), "a", next, head);
    for number in 0..100_000 {
        let entry = chain.append(t0(), Kind::Update, "child", serde_json::json!(number)).unwrap();
        let appended = space.append(&[entry], t0()).await.unwrap();
        store.audit(call(number)).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "durable {}", appended.position).unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let id = space.id().clone();
        store.close().await;
        // At another moment of the work each time.
        for (kills, acknowledged) in (0..).zip([1, 2, 7, 19, 31, 50]) {
            let last = kill_after(place, &id, acknowledged);
            let store = place.open().await;
            let space = store.space(&id).await.unwrap();
            let (entries, _) = space.chain_end("a").await.unwrap();
            assert!(entries >= last, "{entries} of {last}");
            // A page at most: on a fast disk there is more. Each kill before may have come between an entry
            // and its record, neither of which was acknowledged.
            let trail = store.audit_trail(&AuditFilter::default(), &all()).await.unwrap().items;
            assert!(u64::try_from(trail.len()).unwrap() + kills >= last.min(1000));
            assert_eq!(store.verify(&[]).await.unwrap().findings, []);
            store.close().await;
        }
    })
    .await;
}

/// Kills the child after so many acknowledgements and gives the last position it acknowledged.
fn kill_after(place: &Place, space: &SpaceId, acknowledged: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, "--exact", "--nocapture"])
        .env(SPACE, space.as_str())
        .env(DATABASE, &place.database)
        .env(FOLDER, place.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let position = |line: std::io::Result<String>| {
        line.unwrap().strip_prefix("durable ").map(|position| position.parse::<u64>().unwrap())
    };
    let before = lines.by_ref().filter_map(position).nth(acknowledged - 1).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // What it still said before it died was durable too.
    lines.filter_map(position).last().unwrap_or(before)
}
