//! The live journal.

use std::time::Duration;

use axum::Router;
use axum::body::BodyDataStream;
use axum::http::{Method, Request, header};
use futures::StreamExt;
use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_server::{Config, Limits};
use tower::ServiceExt;

use crate::sample::append;
use crate::stage::{Stage, ask};

/// A stream that is being read.
struct Follower {
    body: BodyDataStream,
    text: String,
}

/// An event, or a comment with no id.
#[derive(Clone, Debug, Default, PartialEq)]
struct Event {
    id: Option<u64>,
    event: String,
    data: String,
}

impl Follower {
    async fn new(stage: &Stage, token: &str, path: &str, last: Option<u64>) -> Self {
        Self::at(&stage.router, token, path, last).await
    }

    async fn at(router: &Router, token: &str, path: &str, last: Option<u64>) -> Self {
        let mut request = ask(Method::GET, path, token, None);
        if let Some(last) = last {
            request.headers_mut().insert("last-event-id", last.into());
        }
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; `None` when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let mut event = Event::default();
                for line in block.lines() {
                    match line.split_once(": ") {
                        Some(("id", id)) => event.id = Some(id.parse().unwrap()),
                        Some(("event", kind)) => event.event = kind.to_owned(),
                        Some(("data", data)) => event.data = data.to_owned(),
                        _ => event.event = line.to_owned(),
                    }
                }
                self.text = rest.to_owned();
                return Some(event);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.body.next());
            let chunk = chunk.await.expect("nothing came").transpose().unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Ids of so many entries.
    async fn ids(&mut self, count: usize) -> Vec<u64> {
        let mut ids = Vec::new();
        while ids.len() < count {
            let event = self.next().await.expect("the stream is over");
            ids.extend(event.id);
        }
        ids
    }

    /// Whether nothing but signs of life comes until the end.
    async fn ends(mut self) -> bool {
        while let Some(event) = self.next().await {
            if event.id.is_some() {
                return false;
            }
        }
        true
    }
}

fn quick() -> Config {
    let limits =
        Limits { heartbeat_milliseconds: 40, recheck_milliseconds: 60, ..Limits::default() };
    Config { limits, rate_limits: false, ..Config::default() }
}

#[tokio::test]
async fn a_stream_goes_on_where_it_was_cut_without_loss_or_repeats() {
    let stage = Stage::new().await;
    let id = stage.space("own").await;
    let space = stage.open(&id).await;
    let path = format!("/api/v1/spaces/{id}/journal/stream");
    let viewer = stage.key("viewer", Some(&id)).await;
    append(&space, "inc-1-1/exec-1", 150).await;
    let mut first = Follower::new(&stage, &viewer, &path, None).await;
    assert_eq!(first.ids(70).await, (1..=70).collect::<Vec<_>>());
    drop(first);
    append(&space, "inc-1-1/exec-1", 10).await;
    let mut second = Follower::new(&stage, &viewer, &path, Some(70)).await;
    assert_eq!(second.ids(90).await, (71..=160).collect::<Vec<_>>());
    // What is written while somebody waits comes at once.
    let (ids, ()) = tokio::join!(second.ids(3), append(&space, "inc-1-1/exec-1", 3));
    assert_eq!(ids, [161, 162, 163]);
}

#[tokio::test]
async fn a_stream_goes_on_at_another_replica_without_loss_or_repeats() {
    let Some(database) = nightjar_pgtest::database() else { return };
    let config = Config { rate_limits: false, ..Config::default() };
    let stage = Stage::at(&database.url, config).await;
    let other = stage.beside(&database.url).await;
    let id = stage.space("own").await;
    let space = stage.open(&id).await;
    let viewer = stage.key("viewer", Some(&id)).await;
    let path = format!("/api/v1/spaces/{id}/journal/stream");
    append(&space, "inc-1-1/exec-1", 5).await;
    // Both replicas write while the other one is followed.
    let theirs = other.1.space(space.id()).await.unwrap();
    let writing = async {
        for _ in 0..20 {
            append(&space, "inc-1-1/exec-1", 2).await;
            append(&theirs, "inc-1-1/exec-2", 1).await;
        }
    };
    let mut first = Follower::at(&other.0, &viewer, &path, None).await;
    let (ids, ()) = tokio::join!(first.ids(40), writing);
    assert_eq!(ids, (1..=40).collect::<Vec<_>>());
    drop(first);
    let mut second = Follower::at(&stage.router, &viewer, &path, Some(40)).await;
    assert_eq!(second.ids(25).await, (41..=65).collect::<Vec<_>>());
    // What another replica writes comes soon, not only when a reader is looked at again.
    let began = std::time::Instant::now();
    let (ids, ()) = tokio::join!(second.ids(3), append(&theirs, "inc-1-1/exec-2", 3));
    assert_eq!(ids, [66, 67, 68]);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    other.1.close().await;
    stage.store.close().await;
}

#[tokio::test]
async fn an_event_is_an_entry_in_one_line() {
    let stage = Stage::new().await;
    let id = stage.space("own").await;
    let space = stage.open(&id).await;
    append(&space, "inc-1-1/exec-1", 1).await;
    append(&space, "inc-1-2/exec-1", 1).await;
    let viewer = stage.key("viewer", Some(&id)).await;
    let path = format!("/api/v1/spaces/{id}/journal/stream?chain=inc-1-2/");
    let mut follower = Follower::new(&stage, &viewer, &path, None).await;
    assert_eq!(follower.next().await.unwrap().event, "retry: 2000");
    let event = follower.next().await.unwrap();
    assert_eq!((event.id, event.event.as_str()), (Some(2), "finding"));
    let page = stage.get(&viewer, &format!("/api/v1/spaces/{id}/journal?after=1")).await;
    let entry: serde_json::Value = serde_json::from_str(&event.data).unwrap();
    assert_eq!(entry, page.json()["items"][0]);
    let request = Request::get(format!("/api/v1/spaces/{id}/journal"))
        .header("authorization", format!("Bearer {viewer}"))
        .header("accept", "text/event-stream");
    let request = request.body(axum::body::Body::empty()).unwrap();
    let response = stage.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
}

#[tokio::test]
async fn nothing_is_sent_after_a_key_was_revoked() {
    let stage = Stage::with(quick()).await;
    let id = stage.space("own").await;
    let space = stage.open(&id).await;
    let (key, viewer) = stage.named_key("viewer", Some(&id)).await;
    append(&space, "inc-1-1/exec-1", 2).await;
    let path = format!("/api/v1/spaces/{id}/journal/stream");
    let mut follower = Follower::new(&stage, &viewer, &path, None).await;
    assert_eq!(follower.ids(2).await, [1, 2]);
    stage.store.revoke_key(Some(space.id()), &key, Timestamp::now()).await.unwrap();
    append(&space, "inc-1-1/exec-1", 2).await;
    assert!(follower.ends().await, "an entry came after the key was revoked");
}

#[tokio::test]
async fn a_quiet_stream_ends_with_its_space() {
    let stage = Stage::with(quick()).await;
    let id = stage.space("own").await;
    let path = format!("/api/v1/spaces/{id}/journal/stream");
    let mut follower = Follower::new(&stage, &stage.administrator, &path, None).await;
    follower.next().await.unwrap();
    assert_eq!(follower.next().await.unwrap().event, ": still here");
    let space = stage.store.space(&SpaceId::new(id)).await.unwrap();
    space.delete(Timestamp::now()).await.unwrap();
    assert!(follower.ends().await);
}

#[tokio::test]
async fn where_a_stream_begins_is_checked() {
    let stage = Stage::new().await;
    let id = stage.space("own").await;
    let path = format!("/api/v1/spaces/{id}/journal/stream");
    for last in ["x", "-1", "1.5", "99999999999999999999", "9007199254740992"] {
        let mut request = ask(Method::GET, &path, &stage.administrator, None);
        request.headers_mut().insert("last-event-id", last.parse().unwrap());
        assert_eq!(stage.send(request).await.status, 400, "{last}");
    }
}

#[tokio::test]
async fn streams_have_their_number() {
    let limits = Limits { streams: 1, ..Limits::default() };
    let stage = Stage::with(Config { limits, ..Config::default() }).await;
    let id = stage.space("own").await;
    let path = format!("/api/v1/spaces/{id}/journal/stream");
    let first = Follower::new(&stage, &stage.administrator, &path, None).await;
    let reply = stage.get(&stage.administrator, &path).await;
    assert_eq!((reply.status.as_u16(), reply.problem().as_str()), (503, "busy"));
    drop(first);
    Follower::new(&stage, &stage.administrator, &path, None).await;
}
