//! One question, one connection, one task.

use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use nightjar_connect::{Answer, Error, ErrorKind, Query};
use nightjar_incident::{Content, LogSeverity};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::failure::Failure;
use super::server::Names;
use super::{Lines, Moment, Row, Server, Told};
use crate::limits::Allowance;

/// How often a connection is tried, and the pause before the second time; it grows.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(150);

/// The most rows of one statement: ours ask for fewer, so that more is no answer to them.
const MOST_ROWS: usize = 20_000;

/// A database server, and how it is asked.
pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) port: u16,
    pub(crate) names: Names,
    rate: DefaultDirectRateLimiter,
}

impl Place {
    pub(crate) fn new(server: Server, port: u16, names: Names) -> Arc<Self> {
        let rate = NonZeroU32::new(server.limits.requests_per_second).unwrap_or(NonZeroU32::MIN);
        Arc::new(Self { server, port, names, rate: RateLimiter::direct(Quota::per_second(rate)) })
    }

    /// Waits until one more thing may be asked.
    pub(crate) async fn turn(&self) {
        self.rate.until_ready().await;
    }

    pub(crate) fn allowance(&self) -> Allowance {
        self.server.limits.allowance()
    }
}

/// What is asked of a connection to a database that speaks SQL. All statements are ours and constant: no text
/// from outside ever becomes a part of one.
#[async_trait]
pub(crate) trait Sql: Send {
    /// All rows of a statement; takes their bytes from what is left.
    async fn rows(&mut self, sql: &'static str, left: &mut usize) -> Result<Vec<Row>, Failure>;
}

/// A connection that is being asked one question.
pub(crate) struct Ask {
    sql: Box<dyn Sql>,
    place: Arc<Place>,
    allowance: Allowance,
    pub(crate) told: Told,
}

impl Ask {
    pub(crate) fn new(sql: Box<dyn Sql>, place: Arc<Place>, allowance: Allowance) -> Self {
        Self { sql, place, allowance, told: Told::default() }
    }

    /// The rows of a statement; none where they can't be had, which is noted.
    pub(crate) async fn rows(&mut self, sql: &'static str) -> Vec<Row> {
        self.try_rows(sql).await.unwrap_or_default()
    }

    /// As [`Ask::rows`], where it matters whether it failed or nothing is there.
    pub(crate) async fn try_rows(&mut self, sql: &'static str) -> Option<Vec<Row>> {
        match self.quietly(sql).await {
            Ok(rows) => {
                self.told.answered(sql);
                Some(rows)
            }
            Err(error) => {
                self.told.failed(sql, error);
                None
            }
        }
    }

    /// The rows of a statement, without a word in the answer.
    pub(crate) async fn quietly(&mut self, sql: &'static str) -> Result<Vec<Row>, Error> {
        if !self.told.goes_on() {
            return Err(Error::new(ErrorKind::Unavailable, label(sql), "the connection is gone"));
        }
        let asked = async {
            self.place.turn().await;
            self.sql.rows(sql, &mut self.allowance.bytes).await
        };
        match timeout_at(self.allowance.until, asked).await {
            Ok(rows) => rows.map_err(|failure| failure.error),
            Err(_) => Err(Error::new(ErrorKind::Timeout, label(sql), "no answer in time")),
        }
    }

    /// Waits, as long as there is time; whether there was.
    pub(crate) async fn pause(&mut self, pause: Duration) -> bool {
        let is_time = Instant::now() + pause < self.allowance.until;
        if is_time {
            sleep(pause).await;
        }
        is_time
    }
}

/// A statement in errors: what it asks, not how.
pub(crate) fn label(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().take(400).collect();
    let is_view = |pair: &&[&str]| matches!(pair, [from, view] if from.eq_ignore_ascii_case("from") && view.contains('_') && !view.contains('('));
    let told = match words.windows(2).find(is_view) {
        Some([_, view]) => (*view).to_owned(),
        _ => words.iter().take(4).copied().collect::<Vec<_>>().join(" "),
    };
    told.chars().take(80).collect()
}

/// Checks and keeps what rows cost.
pub(crate) fn pay(asked: &str, rows: usize, bytes: usize, left: &mut usize) -> Result<(), Failure> {
    let Some(rest) = left.checked_sub(bytes).filter(|_| rows < MOST_ROWS) else {
        *left = 0;
        let message = "the answer is larger than is read";
        return Err(Error::new(ErrorKind::TooLarge, asked, message).into());
    };
    *left = rest;
    Ok(())
}

/// Connects, trying again where that may help.
pub(crate) async fn connected<T, F>(
    place: &Place,
    allowance: Allowance,
    connect: impl Fn() -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut tries = 1;
    loop {
        let attempt = async {
            place.turn().await;
            connect().await
        };
        let ended = timeout_at(allowance.until, attempt).await;
        let timeout = |_| Error::new(ErrorKind::Timeout, "to connect", "no answer in time").into();
        match ended.map_err(timeout).flatten() {
            Err(Failure { error, .. })
                if error.kind == ErrorKind::Unavailable
                    && tries < TRIES
                    && Instant::now() + PAUSE * tries < allowance.until =>
            {
                sleep(PAUSE * tries).await;
                tries += 1;
            }
            ended => return ended,
        }
    }
}

/// Asks in a task of its own, which ends with the question: a driver that stumbles over what a server sends takes
/// nothing else along.
pub(crate) async fn ask<T: Send + 'static>(
    asked: &str,
    question: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let mut tasks = JoinSet::new();
    tasks.spawn(question);
    match tasks.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(_)) | None => {
            Err(Error::new(ErrorKind::Protocol, asked, "the answer isn't of the system's protocol"))
        }
    }
}

/// What is answered to a question for lines by a server that has no connection left: its own words, which are
/// evidence. Everything else isn't answered, with the same words.
pub(crate) fn refused(
    failure: Failure,
    place: &Place,
    query: &Query,
    wants_lines: bool,
) -> Result<Answer, Error> {
    let moment = Moment::new(jiff::Timestamp::now(), query.window);
    if !failure.is_full || !wants_lines || moment.stamp().is_none() {
        return Err(failure.error);
    }
    let mut lines = Lines::default();
    let body = format!("refused a connection of Nightjar's: {}", failure.error.message);
    lines.add(moment.stamp(), LogSeverity::Fatal, body);
    let (lines, _) = lines.finish(&place.names.entity, query.limit);
    let cut = format!("cut here: no connection is left to ask for more: {}", failure.error.message);
    Ok(Answer {
        query: "to connect".to_owned(),
        content: Content::Logs(lines),
        truncated: Some(cut),
        notes: Vec::new(),
    })
}

/// The answer to a question about other entities.
pub(crate) fn not_ours(content: Content, place: &Place) -> Answer {
    let query = format!("nothing was asked: `{}` isn't among the entities", place.names.entity);
    Answer { query, content, truncated: None, notes: Vec::new() }
}
