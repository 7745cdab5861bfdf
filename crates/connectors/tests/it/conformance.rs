//! The contract of docs/specs/connector.md, held against every connector that speaks HTTP.
//!
//! A subject says how it is set up and what a well-behaved system answers it; then the system misbehaves in
//! every way that a real one does, and each question must end in time, with an error of the right kind and
//! without a word of what is secret.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Answer, Connection, Error, ErrorKind, Query, Question};
use nightjar_connectors::registry;
use nightjar_incident::{Content, Window};
use nightjar_topology::EntityId;
use serde_json::{Value, json};

use crate::fake::{Fake, Reply, Request};

/// A connector to be held to the contract.
pub(crate) struct Subject {
    pub(crate) kind: &'static str,
    /// Settings beside `url`, `auth` and `limits`.
    pub(crate) config: Value,
    /// What it can be asked, each with entities that the good system knows.
    pub(crate) questions: &'static [Question],
    pub(crate) entities: &'static [&'static str],
    /// The well-behaved system.
    pub(crate) good: fn(&Request) -> Reply,
    /// Whether a request is one that only reads.
    pub(crate) reads: fn(&Request) -> bool,
}

/// The password that must not come up anywhere.
const PASSWORD: &str = "hunter2-for-reading";

/// The time asked about: what the good systems of the tests know about.
pub(crate) fn window() -> Window {
    let to: Timestamp = "2026-11-23T03:30:00Z".parse().unwrap();
    Window { from: to - SignedDuration::from_mins(30), to }
}

pub(crate) fn query(question: Question, entities: &[&str], limit: usize) -> Query {
    let entities = entities.iter().map(|name| EntityId::new(*name).unwrap()).collect();
    Query { question, entities, window: window(), limit, since: None }
}

/// A connection to a fake, with time enough for a loaded machine.
pub(crate) fn open(kind: &str, url: &str, more: &Value) -> Connection {
    with_seconds(20, kind, url, more)
}

fn with_seconds(seconds: u64, kind: &str, url: &str, more: &Value) -> Connection {
    let mut config = json!({
        "url": url,
        "auth": { "type": "basic", "username": "reader", "password": PASSWORD },
        "limits": { "seconds": seconds, "concurrency": 2, "megabytes": 1, "requests_per_second": 1000 },
    });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    registry().open(kind, "mine", &config).unwrap_or_else(|error| panic!("{error}"))
}

/// Asks; answers with how it ended, after checking what an error says.
async fn ask(connection: &Connection, query: &Query) -> Result<Answer, Error> {
    let answer = connection.ask(query).await.expect("it can be asked that");
    if let Err(error) = &answer {
        let told = format!("{error} {error:?}");
        assert!(!told.contains(PASSWORD), "{told}");
        assert!(!told.chars().any(char::is_control), "{told:?}");
        assert!(!error.asked.is_empty() && !error.message.is_empty());
    }
    answer
}

impl Subject {
    pub(crate) async fn conforms(&self) {
        self.says_what_it_can().await;
        self.answers_as_it_should().await;
        self.tells_trouble_by_its_kind().await;
        self.ends_in_time().await;
        self.asks_again_where_that_helps().await;
        self.crowds_nobody().await;
    }

    async fn each(&self, connection: &Connection, kinds: &[ErrorKind], trouble: &str) {
        for &question in self.questions {
            let ended = ask(connection, &query(question, self.entities, 100)).await;
            match ended {
                Err(error) => assert!(
                    kinds.contains(&error.kind),
                    "{}: {question:?} with {trouble}: {error:?}",
                    self.kind
                ),
                Ok(answer) => panic!("{}: {question:?} with {trouble}: {answer:?}", self.kind),
            }
        }
    }

    async fn says_what_it_can(&self) {
        let registry = registry();
        let connector = registry.get(self.kind).unwrap();
        let fake = Fake::new(self.good).await;
        let connection = open(self.kind, &fake.url, &self.config);
        for capability in nightjar_connect::Capability::of(&connection) {
            assert!(connector.capabilities.contains(&capability), "{capability:?}");
        }
        assert!(fake.seen().is_empty(), "opening sends nothing");
        assert!(!connector.tested.is_empty() && !connector.summary.is_empty());
        let shown = connector.shown(&json!({ "auth": { "password": PASSWORD } }));
        assert!(!shown.to_string().contains(PASSWORD));
        let probe = connection.probe.expect("it can be probed");
        let health = probe.probe().await.unwrap();
        assert!(!health.system.is_empty());
        fake.answer(|_| Reply::status(401));
        assert_eq!(probe.probe().await.unwrap_err().kind, ErrorKind::Denied);
    }

    async fn answers_as_it_should(&self) {
        let fake = Fake::new(self.good).await;
        let connection = open(self.kind, &fake.url, &self.config);
        for &question in self.questions {
            let asked = query(question, self.entities, 100);
            let answer = ask(&connection, &asked).await.unwrap();
            assert!(!answer.content.is_empty(), "{}: {question:?} {answer:?}", self.kind);
            assert!(!answer.query.is_empty() && !answer.query.contains(PASSWORD));
            within(&answer, &asked);
            let requests = fake.seen();
            assert!(!requests.is_empty());
            for request in requests {
                assert!((self.reads)(&request), "{}: {request:?}", self.kind);
                let known = request.header("authorization");
                assert!(known.is_some_and(|sent| sent.starts_with("Basic ")), "{request:?}");
            }
            // A limit cuts, and what is cut is said.
            let few = ask(&connection, &query(question, self.entities, 1)).await.unwrap();
            assert!(few.content.len() <= 1, "{}: {question:?} {few:?}", self.kind);
            let is_cut = few.content.len() < answer.content.len();
            assert_eq!(few.truncated.is_some(), is_cut, "{}: {question:?} {few:?}", self.kind);
        }
    }

    async fn tells_trouble_by_its_kind(&self) {
        let fake = Fake::new(|_| Reply::status(500)).await;
        let connection = open(self.kind, &fake.url, &self.config);
        let limited = ErrorKind::RateLimited { after: Duration::from_secs(60) };
        for (status, kind) in [
            (401, ErrorKind::Denied),
            (403, ErrorKind::Denied),
            (400, ErrorKind::BadQuery),
            (429, limited),
            (500, ErrorKind::Unavailable),
            (503, ErrorKind::Unavailable),
            // Redirects aren't followed.
            (302, ErrorKind::Protocol),
        ] {
            fake.answer(move |_| {
                let headers = vec![
                    ("retry-after", "60".to_owned()),
                    ("location", "http://127.0.0.1:9/elsewhere".to_owned()),
                ];
                Reply::Whole(status, headers, "no\u{1b}[31m\nway".to_owned())
            });
            self.each(&connection, &[kind], &status.to_string()).await;
        }
        for (body, trouble) in [
            ("{\"status\":\"success\",\"data\":", "half a JSON"),
            ("<html>Please sign in</html>", "a page"),
            ("\"what is this\"", "another JSON"),
            ("", "nothing"),
        ] {
            fake.answer(move |_| Reply::json(body));
            self.each(&connection, &[ErrorKind::Protocol], trouble).await;
        }
        let deep = "[".repeat(100_000);
        fake.answer(move |_| Reply::json(deep.clone()));
        self.each(&connection, &[ErrorKind::Protocol], "a deep JSON").await;
        fake.answer(|_| Reply::Half("{\"status\":\"succ".to_owned()));
        let kinds = [ErrorKind::Unavailable, ErrorKind::Protocol];
        self.each(&connection, &kinds, "half an answer").await;
        fake.answer(|_| Reply::Garbage);
        self.each(&connection, &kinds, "another protocol").await;
        let url = fake.url.clone();
        drop((fake, connection));
        let nobody = open(self.kind, &url, &self.config);
        self.each(&nobody, &[ErrorKind::Unavailable], "nobody there").await;
    }

    async fn ends_in_time(&self) {
        let fake = Fake::new(|_| Reply::Silence).await;
        let connection = with_seconds(1, self.kind, &fake.url, &self.config);
        let begun = Instant::now();
        self.each(&connection, &[ErrorKind::Timeout], "silence").await;
        // A second each; the rest is a loaded machine.
        let most = Duration::from_secs(20 * self.questions.len() as u64);
        assert!(begun.elapsed() < most, "{:?}", begun.elapsed());
        fake.answer(|_| Reply::Endless);
        let kinds = [ErrorKind::TooLarge, ErrorKind::Timeout];
        self.each(&connection, &kinds, "an endless answer").await;
    }

    async fn asks_again_where_that_helps(&self) {
        for status in [429, 503] {
            let fake = Fake::new(self.good).await;
            let connection = open(self.kind, &fake.url, &self.config);
            for &question in self.questions {
                let good = self.good;
                let failed = std::sync::atomic::AtomicBool::new(false);
                fake.answer(move |request| {
                    match failed.swap(true, std::sync::atomic::Ordering::SeqCst) {
                        false => {
                            Reply::Whole(status, vec![("retry-after", "0".into())], "x".into())
                        }
                        true => good(request),
                    }
                });
                let answer = ask(&connection, &query(question, self.entities, 100)).await;
                assert!(!answer.unwrap().content.is_empty());
            }
        }
    }

    async fn crowds_nobody(&self) {
        let fake = Fake::new(self.good).await;
        let connection = open(self.kind, &fake.url, &self.config);
        let question = self.questions[0];
        let many = (0..12).map(|_| async {
            let query = query(question, self.entities, 100);
            ask(&connection, &query).await.unwrap();
        });
        futures::future::join_all(many).await;
        assert!(fake.most_at_once() <= 2, "{} at once", fake.most_at_once());
    }
}

/// That an answer keeps to what was asked.
pub(crate) fn within(answer: &Answer, query: &Query) {
    assert!(answer.content.len() <= query.limit);
    let Window { from, to } = query.window;
    let is_in = |at: Timestamp| from <= at && at < to;
    match &answer.content {
        Content::Series(series) => {
            for series in series {
                let times = series.column.times();
                assert!(times.windows(2).all(|two| two[0] < two[1]), "{}", series.name);
                for &time in times {
                    assert!(is_in(Timestamp::from_millisecond(time).unwrap()), "{}", series.name);
                }
            }
        }
        Content::Logs(lines) => {
            assert!(lines.iter().all(|line| is_in(line.at)));
            assert!(lines.windows(2).all(|two| two[0].at <= two[1].at));
        }
        Content::Spans(spans) => {
            for span in spans {
                assert!(is_in(Timestamp::from_nanosecond(span.start_nanos.into()).unwrap()));
                assert!(span.end_nanos >= span.start_nanos);
            }
        }
        Content::Changes(changes) => {
            assert!(changes.iter().all(|change| change.at < to));
            assert!(changes.windows(2).all(|two| two[0].at <= two[1].at));
        }
        Content::Inventory(_) | Content::Text(_) => {}
    }
}
