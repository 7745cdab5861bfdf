//! Lines, to records.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nightjar_incident::{LogRecord, LogSeverity};
use nightjar_topology::EntityId;
use serde_json::{Map, Value};

use super::stamp::{Stamps, of_count};
use crate::lines::{severity_named, severity_within};

/// The longest text of a record, bytes: a stack trace of two hundred frames fits.
const BODY_BYTES: usize = 16 << 10;

/// How lines are read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) stamps: &'a Stamps,
    pub(super) zone: &'a TimeZone,
    /// The end of what is asked about: no line without a year is later.
    pub(super) now: Timestamp,
}

/// A line that begins a record.
struct Begun {
    at: Timestamp,
    severity: Option<LogSeverity>,
    body: String,
    trace_id: Option<String>,
    span_id: Option<String>,
}

/// Records as they are read; lines without a time go on with the record before.
pub(super) struct Records<'a> {
    reading: Reading<'a>,
    entity: EntityId,
    done: Vec<LogRecord>,
    open: Option<Begun>,
    notes: BTreeMap<&'static str, usize>,
    /// Whether any line had a time.
    is_timed: bool,
    lines: usize,
}

const TIME: [&str; 7] = ["time", "ts", "timestamp", "@timestamp", "datetime", "date", "t"];
const LEVEL: [&str; 7] =
    ["level", "severity", "lvl", "log.level", "severity_text", "levelname", "loglevel"];
const MESSAGE: [&str; 5] = ["msg", "message", "body", "log", "event"];
/// What went wrong, beside the message.
const TROUBLE: [&str; 6] = ["error", "err", "exception", "stack_trace", "stack", "exc_info"];
const TRACE: [&str; 4] = ["trace_id", "traceId", "trace.id", "traceID"];
const SPAN: [&str; 4] = ["span_id", "spanId", "span.id", "spanID"];

impl Reading<'_> {
    /// The time of a line, for whoever looks for a place in a file.
    pub(super) fn time(&self, line: &[u8]) -> Option<Timestamp> {
        let text = String::from_utf8_lossy(line);
        if let Some(fields) = object(&text) {
            return self.time_of(&fields);
        }
        self.stamps.of_line(&text, self.zone, self.now)
    }

    fn time_of(&self, fields: &Map<String, Value>) -> Option<Timestamp> {
        TIME.iter().find_map(|key| match fields.get(*key)? {
            Value::String(text) => self.stamps.of_text(text, self.zone, self.now),
            Value::Number(number) => of_count(&number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        })
    }

    fn begun(&self, text: &str) -> Option<Begun> {
        match object(text) {
            Some(fields) => self.of_object(&fields, text),
            None => self.of_text(text),
        }
    }

    fn of_text(&self, text: &str) -> Option<Begun> {
        let at = self.stamps.of_line(text, self.zone, self.now)?;
        // The container runtimes of Kubernetes write `<time> stdout F <line>`.
        let inner = [" stdout F ", " stderr F ", " stdout P ", " stderr P "]
            .iter()
            .find_map(|mark| text.split_once(mark).filter(|(time, _)| time.len() <= 35));
        let body = inner.map_or(text, |(_, line)| line);
        let severity = of_priority(text)
            .or_else(|| of_klog(text))
            .or_else(|| of_brackets(body))
            .or_else(|| severity_within(body))
            .or_else(|| of_access(body));
        Some(Begun { at, severity, body: body.to_owned(), trace_id: None, span_id: None })
    }

    fn of_object(&self, fields: &Map<String, Value>, text: &str) -> Option<Begun> {
        let at = self.time_of(fields)?;
        let first = |keys: &[&str]| {
            keys.iter().find_map(|key| fields.get(*key)?.as_str()).map(str::to_owned)
        };
        let mut body = first(&MESSAGE).map(|body| body.trim_end().to_owned());
        // `error: true` is a flag; a text says what went wrong.
        if let (Some(body), Some(trouble)) = (&mut body, first(&TROUBLE)) {
            body.push_str(": ");
            body.push_str(&trouble);
        }
        let body = body.unwrap_or_else(|| text.to_owned());
        let of_number = || {
            // The levels of bunyan and pino: 10 is trace, 60 fatal.
            match LEVEL.iter().find_map(|key| fields.get(*key)?.as_u64())? {
                10 => Some(LogSeverity::Trace),
                20 => Some(LogSeverity::Debug),
                30 => Some(LogSeverity::Info),
                40 => Some(LogSeverity::Warn),
                50 => Some(LogSeverity::Error),
                60 => Some(LogSeverity::Fatal),
                _ => None,
            }
        };
        let named = first(&LEVEL).and_then(|level| severity_named(&level));
        let severity = named.or_else(of_number).or_else(|| severity_within(&body));
        let hex = |id: String| {
            let is_hex =
                !id.is_empty() && id.len() <= 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
            is_hex.then(|| id.to_ascii_lowercase())
        };
        Some(Begun {
            at,
            severity,
            body,
            trace_id: first(&TRACE).and_then(hex),
            span_id: first(&SPAN).and_then(hex),
        })
    }
}

impl<'a> Records<'a> {
    pub(super) fn new(reading: Reading<'a>, entity: EntityId) -> Self {
        let (done, notes) = (Vec::new(), BTreeMap::new());
        Self { reading, entity, done, open: None, notes, is_timed: false, lines: 0 }
    }

    /// Takes a line; one that is cut is kept as far as it goes.
    pub(super) fn take(&mut self, line: &[u8], is_whole: bool) {
        self.lines += 1;
        if std::str::from_utf8(line).is_err() {
            self.note("lines that aren't UTF-8 were mended");
        }
        if !is_whole && line.len() >= super::LINE_BYTES {
            self.note("lines were cut: they are longer than 64 KiB");
        }
        let text = String::from_utf8_lossy(line);
        let text = harmless(&text);
        if let Some(begun) = self.reading.begun(&text) {
            self.is_timed = true;
            self.close();
            self.open = Some(begun);
        } else if let Some(open) = &mut self.open {
            // A stack trace, or the other lines of a statement.
            if open.body.len() < BODY_BYTES {
                open.body.push('\n');
                open.body.push_str(&text);
            }
        }
    }

    fn close(&mut self) {
        let Some(mut begun) = self.open.take() else { return };
        if begun.body.len() > BODY_BYTES {
            begun.body.truncate(begun.body.floor_char_boundary(BODY_BYTES));
            begun.body.push('…');
            self.note("records were cut: they are longer than 16 KiB");
        }
        let body = begun.body.trim_end().to_owned();
        self.done.push(LogRecord {
            at: begun.at,
            entity: self.entity.clone(),
            severity: begun.severity.unwrap_or(LogSeverity::Unspecified),
            body,
            trace_id: begun.trace_id,
            span_id: begun.span_id,
        });
    }

    fn note(&mut self, why: &'static str) {
        *self.notes.entry(why).or_default() += 1;
    }

    /// The records, and what had to be mended.
    pub(super) fn finish(mut self) -> (Vec<LogRecord>, Vec<String>) {
        self.close();
        let mut notes: Vec<String> =
            self.notes.iter().map(|(why, times)| format!("{times} {why}")).collect();
        if self.lines > 0 && !self.is_timed {
            notes.push(format!("none of {} lines has a time that we know", self.lines));
        }
        (self.done, notes)
    }
}

/// A line that is one JSON object. One that goes on behind it, or is cut, isn't.
fn object(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim();
    if !text.starts_with('{') { None } else { serde_json::from_str(text).ok() }
}

/// Text without colours and other commands of terminals.
fn harmless(text: &str) -> String {
    if !text.chars().any(|letter| letter.is_control() && letter != '\t') {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' && letters.peek() == Some(&'[') {
            // `ESC [ 31 m`: up to the letter that ends it.
            letters.next();
            while letters.next_if(|c| matches!(c, '0'..='9' | ';' | '?' | ':')).is_some() {}
            letters.next_if(|c| ('@'..='~').contains(c));
        } else if letter.is_control() && letter != '\t' {
            clean.push(char::REPLACEMENT_CHARACTER);
        } else {
            clean.push(letter);
        }
    }
    clean
}

/// The severity in a priority of syslog: `<34>`.
fn of_priority(text: &str) -> Option<LogSeverity> {
    let (number, _) = text.strip_prefix('<')?.split_once('>')?;
    Some(match number.parse::<u8>().ok().filter(|number| *number < 192)? % 8 {
        0..=2 => LogSeverity::Fatal,
        3 => LogSeverity::Error,
        4 => LogSeverity::Warn,
        5 | 6 => LogSeverity::Info,
        _ => LogSeverity::Debug,
    })
}

/// The letter that klog begins with.
fn of_klog(text: &str) -> Option<LogSeverity> {
    let mut letters = text.chars();
    let (first, rest) = (letters.next()?, letters.as_str());
    let is_klog = rest.get(..4).is_some_and(|date| date.bytes().all(|b| b.is_ascii_digit()));
    match first {
        'I' if is_klog => Some(LogSeverity::Info),
        'W' if is_klog => Some(LogSeverity::Warn),
        'E' if is_klog => Some(LogSeverity::Error),
        'F' if is_klog => Some(LogSeverity::Fatal),
        _ => None,
    }
}

/// A word in brackets near the beginning: `[error]` of nginx and Apache, `[Warning]` of MySQL.
fn of_brackets(text: &str) -> Option<LogSeverity> {
    let beginning = text.get(..text.floor_char_boundary(100)).unwrap_or(text);
    let words = beginning.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    // Apache writes `[core:error]`.
    words.map(|(word, _)| word.rsplit(':').next().unwrap_or(word)).find_map(severity_named)
}

/// Of a line of an access log, by the status behind the request.
fn of_access(text: &str) -> Option<LogSeverity> {
    let status = text.split("\" ").skip(1).find_map(|part| {
        let status = part.get(..3)?.parse::<u16>().ok()?;
        (100..600).contains(&status).then_some(status)
    })?;
    Some(if status >= 500 { LogSeverity::Error } else { LogSeverity::Info })
}
