//! A service for one test: the router in this process, over a store in memory.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use jiff::Timestamp;
use nightjar_connect::Connection;
use nightjar_connect::Registry;
use nightjar_incident::{Recording, Source, SpaceId};
use nightjar_oncall::{BadArchive, Intake, Played, Recordings, Rules, Sources, Unpacked};
use nightjar_server::{Config, Parts, router};
use nightjar_store::{MasterKeyFile, NewKey, NewSpace, Options, Space, Store};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

/// Recordings whose archives are their JSON.
pub(crate) struct Plain;

impl Recordings for Plain {
    fn read(&self, archive: &[u8]) -> Result<Unpacked, BadArchive> {
        assert!(archive != b"panic", "somebody asked for it");
        let recording: Recording = serde_json::from_slice(archive)
            .map_err(|error| BadArchive::Malformed(error.to_string()))?;
        Ok(Unpacked { recording, has_result: false })
    }
    fn write(&self, recording: &Recording, _: Option<&Played>) -> Result<Vec<u8>, BadArchive> {
        serde_json::to_vec(recording).map_err(|error| BadArchive::Malformed(error.to_string()))
    }
    fn connection(&self, _: Arc<Recording>, name: &str) -> Connection {
        // Nothing is investigated here, and triage is told nothing.
        Connection::new(Source { connection: name.to_owned(), system: "plain".to_owned() })
    }
}

/// What incidents are looked at with, in tests: recordings that are JSON.
pub(crate) fn sources() -> Sources {
    Sources::new(Arc::new(Plain), Registry::default())
}

/// Takes messages in, for a service whose recordings nobody looks at.
pub(crate) fn intake(sources: Sources) -> Intake {
    Intake::new(sources, Rules::default(), Arc::new(Timestamp::now))
}

pub(crate) struct Stage {
    pub(crate) router: Router,
    pub(crate) store: Store,
    pub(crate) administrator: String,
    pub(crate) folder: TempDir,
    secrets: Mutex<Vec<String>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    /// The last part of the problem's type; empty where it went well.
    pub(crate) fn problem(&self) -> String {
        if self.status.as_u16() < 400 {
            return String::new();
        }
        self.json()["type"].as_str().unwrap().replace("/problems/", "")
    }
    /// The body without what differs between two requests.
    pub(crate) fn without_id(&self) -> String {
        self.text().replace(self.header("x-request-id"), "ID")
    }
}

/// A store in memory.
pub(crate) async fn store(folder: &std::path::Path) -> Store {
    store_at(folder, "sqlite::memory:").await
}

/// A store over any database.
pub(crate) async fn store_at(folder: &std::path::Path, database: &str) -> Store {
    let master = MasterKeyFile::open(&folder.join("master.key"), true).unwrap();
    let blobs = folder.join("blobs");
    std::fs::create_dir_all(&blobs).unwrap();
    Store::open(Options {
        database: database.to_owned(),
        blobs: format!("file://{}", blobs.display()),
        blob_options: Vec::new(),
        master: Arc::new(master),
        location: None,
        max_connections: 4,
        process: "test".to_owned(),
    })
    .await
    .unwrap()
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(Config { rate_limits: false, ..Config::default() }).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        Self::at("sqlite::memory:", config).await
    }

    pub(crate) async fn at(database: &str, config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = store_at(folder.path(), database).await;
        let sources = sources();
        let intake = intake(sources.clone());
        let router = router(Parts { store: store.clone(), sources, intake, config });
        let mut stage =
            Self { router, store, administrator: String::new(), folder, secrets: Mutex::default() };
        stage.administrator = stage.key("administrator", None).await;
        stage
    }

    /// Another replica over the same database and blobs, and its store.
    pub(crate) async fn beside(&self, database: &str) -> (Router, Store) {
        let store = store_at(self.folder.path(), database).await;
        let config = Config { rate_limits: false, ..Config::default() };
        let sources = sources();
        let intake = intake(sources.clone());
        let parts = Parts { store: store.clone(), sources, intake, config };
        (router(parts), store)
    }

    /// Issues a key; no answer may ever hold its secrets.
    pub(crate) async fn key(&self, role: &str, space: Option<&str>) -> String {
        self.named_key(role, space).await.1
    }

    pub(crate) async fn named_key(&self, role: &str, space: Option<&str>) -> (String, String) {
        let new = NewKey {
            role: role.to_owned(),
            space: space.map(SpaceId::new),
            name: format!("{role} of a test"),
            expires_at: None,
        };
        let issued = self.store.issue_key(new, None, Timestamp::now()).await.unwrap().into_inner();
        let mut secrets = self.secrets.lock().unwrap();
        secrets.extend([issued.token.clone(), issued.secret_access_key.clone()]);
        (issued.key.id, issued.token)
    }

    pub(crate) async fn space(&self, name: &str) -> String {
        let new = NewSpace { name: name.to_owned(), ..NewSpace::default() };
        let made = self.store.create_space(new, None, Timestamp::now()).await.unwrap();
        made.into_inner().id.to_string()
    }

    pub(crate) async fn open(&self, space: &str) -> Space {
        self.store.space(&SpaceId::new(space)).await.unwrap()
    }

    /// Sends a request, and looks at what holds for every answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let reply = self.send_unchecked(request).await;
        let all = format!("{:?} {}", reply.headers, reply.text());
        for secret in self.secrets.lock().unwrap().iter() {
            assert!(!all.contains(secret), "an answer holds a secret: {all}");
        }
        reply
    }

    pub(crate) async fn send_unchecked(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let reply = Reply { status: parts.status, headers: parts.headers, body };
        assert!(reply.header("x-request-id").len() >= 8, "no request id: {reply:?}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        if reply.status.as_u16() >= 400 && !reply.body.is_empty() && is_problem(&reply) {
            let problem = reply.json();
            assert_eq!(problem["status"], reply.status.as_u16());
            assert_eq!(problem["instance"], reply.header("x-request-id"));
            assert!(problem["title"].is_string() && problem["detail"].is_string());
        }
        reply
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Reply {
        self.send(ask(Method::GET, path, token, None)).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        self.send(ask(Method::POST, path, token, Some(body))).await
    }
}

fn is_problem(reply: &Reply) -> bool {
    reply.header("content-type") == "application/problem+json"
}

/// A request with a token and perhaps a JSON body.
pub(crate) fn ask(method: Method, path: &str, token: &str, body: Option<&Value>) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"));
    match body {
        None => request.body(Body::empty()).unwrap(),
        Some(body) => request
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap(),
    }
}
