//! The tape: what a connection answered, kept word for word and played back.
//!
//! A [`Recorder`] stands before a real connection and keeps every question with its answer; a
//! [`Player`] answers from the tape alone. What was never recorded is an error, never a guess, so
//! a replay that asks something new says so.

mod play;
mod record;

use jiff::Timestamp;
use nightjar_incident::{RawAlert, Source};
use serde::{Deserialize, Serialize};

use crate::{Answer, Capability, Error, Query};

pub use play::Player;
pub use record::Recorder;

/// Everything one connection was asked, in the order of asking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tape {
    /// Who answered.
    pub source: Source,
    /// What it could be asked; a replay can be asked the same.
    pub capabilities: Vec<Capability>,
    /// The questions with their answers.
    pub takes: Vec<Take>,
}

/// One question with what came of it; one line of a tape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Take {
    /// What was asked.
    pub query: Asked,
    /// What came of it.
    pub result: Result<Given, Error>,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A query.
    Query(Query),
    /// The alerts that had arrived by then.
    AlertsUntil(Timestamp),
}

/// What was given in answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// To a query.
    Answer(Answer),
    /// To a question for alerts.
    Alerts(Vec<RawAlert>),
}

/// The first line of a tape.
#[derive(Serialize, Deserialize)]
struct Head {
    source: Source,
    capabilities: Vec<Capability>,
}

/// A line that is no part of a tape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What was expected and what was found.
    pub message: String,
}

impl Tape {
    /// The tape as lines of JSON: first who answered and what it can be asked, then one
    /// `{"query": …, "result": …}` per question.
    ///
    /// # Errors
    /// When an alert's payload holds what JSON can't write.
    pub fn to_lines(&self) -> Result<String, serde_json::Error> {
        let head = Head { source: self.source.clone(), capabilities: self.capabilities.clone() };
        let mut lines = serde_json::to_string(&head)? + "\n";
        for take in &self.takes {
            lines += &serde_json::to_string(take)?;
            lines.push('\n');
        }
        Ok(lines)
    }

    /// Reads several tapes, one after the other: each begins with its head.
    ///
    /// # Errors
    /// With the first line that can't be read.
    pub fn all_from_lines(text: &str) -> Result<Vec<Self>, BadLine> {
        let mut tapes: Vec<Self> = Vec::new();
        for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
            if let Ok(Head { source, capabilities }) = serde_json::from_str(line) {
                tapes.push(Self { source, capabilities, takes: Vec::new() });
                continue;
            }
            let bad = |message| BadLine { line: number, message };
            let Some(tape) = tapes.last_mut() else {
                let message = "the head of a tape (source, capabilities) expected".to_owned();
                return Err(bad(message));
            };
            tape.takes.push(serde_json::from_str(line).map_err(|error| {
                bad(format!("a query with its result expected, found: {error}"))
            })?);
        }
        Ok(tapes)
    }

    /// Reads what [`Tape::to_lines`] wrote. A tape with a broken line is no tape: a replay would
    /// differ without saying why.
    ///
    /// # Errors
    /// With the first line that can't be read.
    pub fn from_lines(text: &str) -> Result<Self, BadLine> {
        let mut lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
        let bad = |line, expected: &str, error: &serde_json::Error| BadLine {
            line,
            message: format!("{expected} expected, found: {error}"),
        };
        let Some((first, number)) = lines.next() else {
            let message = "the head of a tape expected, found nothing".to_owned();
            return Err(BadLine { line: 1, message });
        };
        let head: Head = serde_json::from_str(first)
            .map_err(|e| bad(number, "the head of a tape (source, capabilities)", &e))?;
        let mut takes = Vec::new();
        for (line, number) in lines {
            let take = serde_json::from_str(line);
            takes.push(take.map_err(|e| bad(number, "a query with its result", &e))?);
        }
        Ok(Self { source: head.source, capabilities: head.capabilities, takes })
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use async_trait::async_trait;
    use nightjar_incident::{Content, Window};
    use nightjar_topology::{EntityId, Topology};

    use super::*;
    use crate::{Alerts, Connection, ErrorKind, Inventory, Logs, Question};

    /// Nothing here ever waits, so one poll is enough and no runtime is needed.
    fn done<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("a future that is ready at once"),
        }
    }

    /// Knows the topology, has no rights to the logs, and gives one alert.
    struct Fake;

    #[async_trait]
    impl Inventory for Fake {
        async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
            Ok(Answer {
                query: format!("inventory limit={}", query.limit),
                content: Content::Inventory(Topology::default()),
                truncated: None,
                notes: vec!["as of today".to_owned()],
            })
        }
    }

    #[async_trait]
    impl Logs for Fake {
        async fn logs(&self, _: &Query) -> Result<Answer, Error> {
            Err(Error::new(ErrorKind::Denied, "logs", "no rights"))
        }
    }

    #[async_trait]
    impl Alerts for Fake {
        async fn alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error> {
            let payload = serde_json::json!({ "title": "slow" });
            Ok(vec![RawAlert { provider: None, received_at: until, payload }])
        }
    }

    fn fake() -> Connection {
        let source = Source { connection: "prod".to_owned(), system: "fake".to_owned() };
        let fake = Arc::new(Fake);
        Connection {
            logs: Some(fake.clone()),
            inventory: Some(fake.clone()),
            alerts: Some(fake),
            ..Connection::new(source)
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn query(question: Question, limit: usize) -> Query {
        let window = Window { from: at(0), to: at(60) };
        Query {
            question,
            entities: vec![EntityId::new("cart").unwrap()],
            window,
            limit,
            since: None,
        }
    }

    /// A tape on which the topology was asked for twice, the logs and the alerts once.
    fn recorded() -> Tape {
        let recorder = Recorder::new(fake());
        let connection = recorder.connection();
        done(connection.ask(&query(Question::Inventory, 1))).unwrap().unwrap();
        done(connection.ask(&query(Question::Inventory, 2))).unwrap().unwrap();
        done(connection.ask(&query(Question::Logs, 1))).unwrap().unwrap_err();
        done(connection.alerts.unwrap().alerts(at(5))).unwrap();
        recorder.tape()
    }

    #[test]
    fn a_player_gives_what_was_recorded_errors_and_alerts_included() {
        let real = fake();
        let played = Player::new(&recorded()).connection();
        assert_eq!(played.source, real.source);
        for limit in [2, 1] {
            let query = query(Question::Inventory, limit);
            assert_eq!(done(played.ask(&query)), done(real.ask(&query)));
        }
        let logs = query(Question::Logs, 1);
        assert_eq!(done(played.ask(&logs)), done(real.ask(&logs)));
        let alerts =
            |connection: &Connection| done(connection.alerts.clone().unwrap().alerts(at(5)));
        assert_eq!(alerts(&played), alerts(&real));
    }

    #[test]
    fn what_was_never_recorded_is_an_error() {
        let played = Player::new(&recorded()).connection();
        let error = done(played.ask(&query(Question::Inventory, 3))).unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotRecorded);
        assert!(error.asked.contains("\"limit\":3"), "{}", error.asked);
        let error = done(played.alerts.unwrap().alerts(at(6))).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotRecorded);
    }

    #[test]
    fn asking_once_more_than_was_recorded_is_an_error() {
        let played = Player::new(&recorded()).connection();
        let query = query(Question::Inventory, 1);
        assert!(done(played.ask(&query)).unwrap().is_ok());
        let error = done(played.ask(&query)).unwrap().unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotRecorded);
    }

    #[test]
    fn absent_capabilities_stay_absent() {
        for connection in
            [Recorder::new(fake()).connection(), Player::new(&recorded()).connection()]
        {
            assert!(connection.answers(Question::Logs) && connection.answers(Question::Inventory));
            assert!(!connection.answers(Question::Metrics));
            assert!(done(connection.ask(&query(Question::Metrics, 1))).is_none());
        }
    }

    #[test]
    fn a_tape_comes_back_from_its_lines() {
        let tape = recorded();
        let lines = tape.to_lines().unwrap();
        assert_eq!(lines.lines().count(), 5);
        assert_eq!(Tape::from_lines(&lines).unwrap(), tape);
    }

    #[test]
    fn a_broken_tape_names_its_line() {
        let both = recorded().to_lines().unwrap().repeat(2);
        assert_eq!(Tape::all_from_lines(&both).unwrap(), [recorded(), recorded()]);
        assert_eq!(Tape::all_from_lines("").unwrap(), []);
        assert_eq!(Tape::all_from_lines(&format!("{both}{{}}")).unwrap_err().line, 11);
        let mut lines = recorded().to_lines().unwrap();
        lines.truncate(lines.len() - 10);
        assert_eq!(Tape::from_lines(&lines).unwrap_err().line, 5);
        assert_eq!(Tape::from_lines("").unwrap_err().line, 1);
    }
}
