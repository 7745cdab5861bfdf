//! Events of the built program: an investigation told of over a socket, past kill -9.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::done;
use crate::running::Running;

/// How long anything may take here before the test says that it doesn't come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Small pauses, and leases that end soon where another process has to wait for them.
const SETTINGS: [(&str, &str); 6] = [
    ("NIGHTJAR_SERVER__ALLOW_LOOPBACK_SUBSCRIBERS", "true"),
    ("NIGHTJAR_OUTBOX__ANSWER_MILLISECONDS", "300"),
    ("NIGHTJAR_OUTBOX__LEASE_SECONDS", "1"),
    ("NIGHTJAR_OUTBOX__FIRST_PAUSE_MILLISECONDS", "5"),
    ("NIGHTJAR_OUTBOX__LOOK_AGAIN_MILLISECONDS", "20"),
    ("NIGHTJAR_WORKER__LEASE_SECONDS", "2"),
];

/// A socket that takes every request and answers it, or doesn't.
struct Subscriber {
    address: SocketAddr,
    is_silent: Arc<AtomicBool>,
    events: Receiver<Value>,
}

impl Subscriber {
    fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let is_silent = Arc::new(AtomicBool::new(true));
        let (tell, events) = channel();
        let quiet = Arc::clone(&is_silent);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (tell, quiet) = (tell.clone(), Arc::clone(&quiet));
                std::thread::spawn(move || take(socket, &quiet, &tell));
            }
        });
        Self { address, is_silent, events }
    }

    fn next(&self) -> Value {
        self.events.recv_timeout(PATIENCE).expect("an event comes")
    }
}

fn take(mut socket: TcpStream, is_silent: &AtomicBool, tell: &Sender<Value>) {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let Ok(count @ 1..) = socket.read(&mut part) else { return };
        bytes.extend_from_slice(part.get(..count).expect("what was read"));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
        let Some(Ok(event)) = body.map(serde_json::from_str) else { continue };
        let silent = is_silent.load(Ordering::SeqCst);
        // Nobody listens any more when the test is over.
        let _ = tell.send(event);
        if silent {
            // Until the sender has enough of it.
            let _ = socket.read(&mut part);
            return;
        }
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        bytes.clear();
    }
}

/// Asks the service: curl, as a stranger would.
fn ask(running: &Running, method: &str, path: &str, body: &[&str]) -> Value {
    let asked = Command::new("curl")
        .args(["-sS", "-X", method, "-H", &format!("Authorization: Bearer {}", running.token)])
        .args(body)
        .arg(format!("{}{path}", running.base))
        .output()
        .expect("curl runs");
    let text = String::from_utf8_lossy(&asked.stdout).into_owned();
    serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{path}: {text}{}", String::from_utf8_lossy(&asked.stderr)))
}

fn post(running: &Running, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    ask(running, "POST", path, &["-H", "Content-Type: application/json", "-d", &body])
}

fn id(made: &Value) -> &str {
    made["id"].as_str().unwrap_or_else(|| panic!("{made}"))
}

/// Everything that the outbox holds, oldest first, once nothing waits any more.
fn all_delivered(running: &Running, space: &str) -> Vec<Value> {
    let begun = std::time::Instant::now();
    loop {
        let mut list = ask(running, "GET", &format!("{space}/events?limit=1000"), &[]);
        let items = list["items"].as_array_mut().expect("a list");
        if !items.is_empty() && items.iter().all(|event| event["state"] == "delivered") {
            items.reverse();
            return std::mem::take(items);
        }
        assert!(begun.elapsed() < PATIENCE, "{list}");
        std::thread::yield_now();
    }
}

fn an_investigation_is_told_past_kill_minus_nine(database: Option<&str>) {
    if Command::new("curl").arg("--version").output().is_err() {
        let _ = writeln!(std::io::stderr(), "skipped: curl isn't installed");
        return;
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let at = scratch.path();
    let recorded = ["--fault", "bad_deployment", "--seed", "5", "--out", "worlds"];
    done(at, &[&["simulate"], &recorded[..]].concat());
    let capsule = capsule_in(&at.join("worlds"));
    done(at, &["capsule", "pack", capsule.to_str().expect("a plain path"), "capsule.tar.gz"]);

    let subscriber = Subscriber::silent();
    let running = Running::start(at, database, &SETTINGS);
    let space = post(&running, "/api/v1/spaces", &json!({ "name": "told" }));
    let space = format!("/api/v1/spaces/{}", id(&space));
    let url = format!("http://{}/", subscriber.address);
    post(&running, &format!("{space}/subscriptions"), &json!({ "url": url }));
    let archive = format!("@{}", at.join("capsule.tar.gz").display());
    let upload = ["-H", "Content-Type: application/gzip", "--data-binary", archive.as_str()];
    let capsule = ask(&running, "POST", &format!("{space}/capsules"), &upload);
    let config = json!({ "kind": "capsule", "config": { "capsule": id(&capsule) } });
    let connection = post(&running, &format!("{space}/connections"), &config);
    let start = json!({ "connection": id(&connection) });
    post(&running, &format!("{space}/investigations"), &start);

    // What is committed is on its way to somebody who says nothing: dead before there is an answer.
    let first = subscriber.next();
    drop(running);
    let running = Running::start(at, database, &SETTINGS);
    // Once more, while the investigation goes on.
    subscriber.next();
    drop(running);
    subscriber.is_silent.store(false, Ordering::SeqCst);
    let running = Running::start(at, database, &SETTINGS);

    let mut told = vec![first];
    let is_final = |event: &Value| event["data"]["data"]["verdict"]["stage"] == "final";
    while !told.iter().any(is_final) {
        told.push(subscriber.next());
    }
    let rows = all_delivered(&running, &space);
    told.extend(subscriber.events.try_iter());

    // Nothing is left out, and what came more than once came as the same event.
    let mut seen: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut order: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in &told {
        let id = event["id"].as_str().expect("an id");
        match seen.get(id) {
            Some(known) => assert_eq!(*known, event),
            None => {
                seen.insert(id, event);
                order.entry(event["subject"].as_str().expect("a task")).or_default().push(id);
            }
        }
    }
    let mut written: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &rows {
        let text = |name: &str| row[name].as_str().expect("a text");
        written.entry(text("subject")).or_default().push(text("event_id"));
    }
    assert_eq!(order, written, "in the order of each task");
    let titles: Vec<_> = told.iter().map(|event| event["detailtype"].as_str().unwrap()).collect();
    for title in ["Investigation Created", "Investigation Completed", "Mitigation Completed"] {
        assert!(titles.contains(&title), "{titles:?}");
    }
    let last = told.iter().rfind(|event| is_final(event)).expect("a final verdict");
    let said = &last["data"]["data"];
    assert_eq!(said["verdict"]["kind"], "cause_found", "{last}");
    assert!(said["caller_id"].is_string() && said["summary_record_id"].is_string(), "{last}");
}

fn capsule_in(folder: &Path) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if folder.join("capsule.toml").is_file() {
            return folder;
        }
        let found = std::fs::read_dir(&folder).expect("a folder").flatten();
        folders.extend(found.map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    panic!("no capsule in {}", folder.display());
}

#[test]
fn an_investigation_is_told_past_kill_minus_nine_on_sqlite() {
    an_investigation_is_told_past_kill_minus_nine(None);
}

#[test]
fn an_investigation_is_told_past_kill_minus_nine_on_postgresql() {
    if let Some(database) = nightjar_pgtest::database() {
        an_investigation_is_told_past_kill_minus_nine(Some(&database.url));
    }
}
