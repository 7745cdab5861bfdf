//! One question in SQL: parameters beside the text, settings that only read, and what errors mean.

use std::time::Duration;

use nightjar_connect::{Error, ErrorKind};
use nightjar_topology::EntityId;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use tokio::time::Instant;

use crate::http::{Ask, Door, words};
use crate::limits::Allowance;

/// A query with its parameters. Nothing from outside stands in its text.
#[derive(Clone, Debug)]
pub(super) struct Sql {
    text: String,
    params: Vec<(String, String)>,
}

impl Sql {
    /// A query as it is written in code: lines and indentation are taken out.
    pub(super) fn new(text: &str) -> Self {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        Self { text: words.join(" "), params: Vec::new() }
    }

    /// With a number as a parameter.
    pub(super) fn number(self, name: &str, number: impl Into<i128>) -> Self {
        self.with(name, number.into().to_string())
    }

    /// With a text as a parameter of the type `String`.
    pub(super) fn text(self, name: &str, text: &str) -> Self {
        let escaped = escaped(text);
        self.with(name, escaped)
    }

    /// With texts as a parameter of the type `Array(String)`.
    pub(super) fn texts<'a>(self, name: &str, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let texts: Vec<String> =
            texts.into_iter().map(|text| format!("'{}'", escaped(text))).collect();
        self.with(name, format!("[{}]", texts.join(",")))
    }

    /// With names of entities as a parameter of the type `Array(String)`.
    pub(super) fn entities(self, name: &str, entities: &[EntityId]) -> Self {
        self.texts(name, entities.iter().map(EntityId::as_str))
    }

    fn with(mut self, name: &str, value: String) -> Self {
        // A query that doesn't ask for a parameter isn't burdened with it.
        if self.text.contains(&format!("{{{name}:")) {
            self.params.push((format!("param_{name}"), value));
        }
        self
    }

    /// The query as `clickhouse-client` takes it, on one line.
    pub(super) fn told(&self) -> String {
        let mut told = String::new();
        for (name, value) in &self.params {
            told.push_str(&format!("SET {name} = '{}'; ", escaped(value)));
        }
        told.push_str(&self.text);
        told
    }
}

/// A text as it stands in a literal of ClickHouse, without the quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '\'' => escaped.push_str("\\'"),
            '\t' => escaped.push_str("\\t"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\0' => escaped.push_str("\\0"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// The connection that queries go through.
pub(super) struct Client {
    pub(super) door: Door,
    /// Whether limits are sent with each query.
    pub(super) sends_settings: bool,
}

/// An answer in the format JSONCompact.
#[derive(Deserialize)]
struct Reply<T> {
    data: Vec<T>,
}

impl Client {
    /// Asks, and reads the rows.
    pub(super) async fn rows<T: DeserializeOwned>(
        &self,
        sql: &Sql,
        allowance: &mut Allowance,
    ) -> Result<Vec<T>, Error> {
        let told = sql.told();
        let mut ask = Ask::body(&[], "text/plain; charset=utf-8", sql.text.clone())
            .param("default_format", "JSONCompact")
            // Without it a query that fails half-way has begun to answer with success.
            .param("wait_end_of_query", "1")
            .told(told.clone())
            .judged(judge);
        if self.sends_settings {
            let left = allowance.until.saturating_duration_since(Instant::now());
            ask = ask
                .param("readonly", "2")
                .param("max_execution_time", left.as_secs().max(1).to_string())
                .param("max_result_bytes", allowance.bytes.to_string())
                .param("result_overflow_mode", "throw")
                .param("cancel_http_readonly_queries_on_client_close", "1");
        }
        for (name, value) in &sql.params {
            ask = ask.param(name, value.as_str());
        }
        let bytes = self.door.bytes(&ask, allowance).await?;
        let parsed = serde_json::from_slice::<Reply<T>>(&bytes).or_else(|error| {
            // Lines may hold what isn't UTF-8.
            let text = String::from_utf8_lossy(&bytes);
            serde_json::from_str::<Reply<T>>(&text).map_err(|_| error)
        });
        parsed.map(|reply| reply.data).map_err(|error| {
            // An exception that came after the beginning of an answer stands at its end.
            let tail = bytes.get(bytes.len().saturating_sub(4096)..).unwrap_or_default();
            match exception(tail).and_then(kind_of) {
                Some(kind) => Error::new(kind, told, words(tail)),
                None => {
                    let message = format!("the answer isn't the JSON that is expected: {error}");
                    Error::new(ErrorKind::Protocol, told, message)
                }
            }
        })
    }
}

/// What an error is by ClickHouse's own code.
fn judge(headers: &HeaderMap, body: &[u8]) -> Option<ErrorKind> {
    let told = headers.get("x-clickhouse-exception-code");
    let told = told.and_then(|code| code.to_str().ok()?.parse().ok());
    kind_of(told.or_else(|| exception(body))?)
}

/// The code of an exception that a text speaks of: `Code: 60. DB::Exception: …`.
fn exception(body: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(body);
    let (_, behind) = text.rsplit_once("Code: ")?;
    let digits = behind.split(|letter: char| !letter.is_ascii_digit()).next()?;
    behind.get(digits.len()..).filter(|rest| rest.contains("DB::Exception"))?;
    digits.parse().ok()
}

/// The kind of an error by its code, as ClickHouse's `ErrorCodes` names them.
fn kind_of(code: u32) -> Option<ErrorKind> {
    Some(match code {
        0 => return None,
        // UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, IP_ADDRESS_NOT_ALLOWED, READONLY,
        // DATABASE_ACCESS_DENIED, SETTING_CONSTRAINT_VIOLATION, ACCESS_DENIED, AUTHENTICATION_FAILED
        192..=195 | 164 | 291 | 452 | 497 | 516 => ErrorKind::Denied,
        // UNKNOWN_TABLE, UNKNOWN_DATABASE
        60 | 81 => ErrorKind::NotFound,
        // TIMEOUT_EXCEEDED, TOO_SLOW, SOCKET_TIMEOUT, QUERY_WAS_CANCELLED
        159 | 160 | 209 | 394 => ErrorKind::Timeout,
        // QUOTA_EXCEEDED, TOO_MANY_SIMULTANEOUS_QUERIES
        201 | 202 => ErrorKind::RateLimited { after: Duration::from_secs(1) },
        // TOO_MANY_ROWS, TOO_MANY_BYTES, SET_SIZE_LIMIT_EXCEEDED, MEMORY_LIMIT_EXCEEDED,
        // TOO_MANY_ROWS_OR_BYTES
        158 | 191 | 241 | 307 | 396 => ErrorKind::TooLarge,
        // NETWORK_ERROR, TABLE_IS_READ_ONLY, ALL_CONNECTION_TRIES_FAILED, KEEPER_EXCEPTION
        210 | 242 | 279 | 999 => ErrorKind::Unavailable,
        _ => ErrorKind::BadQuery,
    })
}

/// A whole number that may stand in quotes, as 64 bits do in older versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Whole(pub(super) i128);

impl Whole {
    /// As a count; none is below zero.
    pub(super) fn count(self) -> u64 {
        u64::try_from(self.0.max(0)).unwrap_or(u64::MAX)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Signed(i64),
            Unsigned(u64),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Signed(number) => Ok(Self(number.into())),
            Either::Unsigned(number) => Ok(Self(number.into())),
            Either::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_can_be_run_again() {
        let sql = Sql::new("SELECT 1\n  WHERE a IN {who:Array(String)} AND b > {from:Int64}");
        let who = [EntityId::new("it's").unwrap(), EntityId::new("b\\c").unwrap()];
        let sql = sql.entities("who", &who).number("from", 7).number("other", 8);
        assert_eq!(
            sql.told(),
            r"SET param_who = '[\'it\\\'s\',\'b\\\\c\']'; SET param_from = '7'; SELECT 1 WHERE a IN {who:Array(String)} AND b > {from:Int64}"
        );
    }

    #[test]
    fn codes_are_read_where_they_stand() {
        assert_eq!(exception(b"Code: 60. DB::Exception: no such table"), Some(60));
        assert_eq!(exception(b"{\"data\":[Code: 241. DB::Exception: memory"), Some(241));
        assert_eq!(exception(b"Code: 241, e.displayText() = DB::Exception: x"), Some(241));
        assert_eq!(exception(b"error Code: 60"), None);
        assert_eq!(exception(b"Code: 99999999999. DB::Exception"), None);
    }

    #[test]
    fn numbers_are_read_with_and_without_quotes() {
        let read: Vec<Whole> = serde_json::from_str(r#"[1, "-2", 18446744073709551615]"#).unwrap();
        assert_eq!(read, [Whole(1), Whole(-2), Whole(u64::MAX.into())]);
        assert!(serde_json::from_str::<Whole>(r#""x""#).is_err());
    }
}
