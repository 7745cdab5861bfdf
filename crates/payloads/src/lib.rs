//! Alert messages of the outside world, to our normal form.
//!
//! One provider per file, known by its name or by the shape of its message, listed by hand in
//! `PROVIDERS`. Adding a provider is one file and one row. What wraps a message (SNS, Pub/Sub,
//! CloudEvents) is taken off first. What a sender writes is data: a field of the wrong type is
//! noted on the alert, a message that holds no alert is [`Rejected`] with the field that was
//! expected and what stood there instead.
//!
//! A message may tell of changes instead ([`changes`]): such are asked for first, and are no alerts.
//!
//! This room doesn't know the topology (names are handed on as the sender writes them), doesn't
//! verify signatures and never answers a sender.

use nightjar_incident::{Alert, AlertId, RawAlert};
use serde_json::Value;

use crate::body::{fold, kind_of, shorten};
use crate::draft::Draft;
use crate::envelope::{ENVELOPES, Envelope, Letter};
use crate::providers::{PROVIDERS, Provider};
use crate::refusal::Refusal;

mod alertmanager;
mod azure;
mod base64;
mod body;
mod change;
mod checkmk;
mod cloudevents;
mod cloudwatch;
mod datadog;
mod draft;
mod dynatrace;
mod envelope;
mod generic;
mod googlecloud;
mod grafana;
mod names;
mod newrelic;
mod opsgenie;
mod pagerduty;
mod pingdom;
mod providers;
mod refusal;
mod sentry;
mod servicenow;
mod severity;
mod signalfx;
mod signals;
mod site24x7;
mod splunk;
mod tags;
mod time;

pub use change::changes;

/// A message in which no alert could be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("alert message{} rejected: {reason}", provider.as_ref().map_or(String::new(), |p| format!(" of `{p}`")))]
pub struct Rejected {
    /// Whose shape it has or claims to have, if anyone's.
    pub provider: Option<String>,
    /// Which field was expected and what was found.
    pub reason: String,
    /// Whether anything is wrong with it.
    pub kind: Kind,
}

/// What a rejection asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It couldn't be read: a person should look at the sender or at what we know of it.
    Unreadable,
    /// It was understood and speaks of something else than the state of an alert (a note, a test
    /// of the connection, a confirmation of a subscription): nothing is lost.
    NoAlert,
}

/// How deep messages are taken out of each other. An alarm that EventBridge gives to SNS and a
/// relay passes on as a text is three.
const DEEPEST: usize = 4;

/// Reads the alerts of one message, in the sender's order.
///
/// The provider named by the message's receiver is tried first; where the shape is another's, that
/// one reads it and the alerts say so. A list of messages is read item by item.
///
/// # Errors
/// When there is no alert in it that can be read.
pub fn parse(raw: &RawAlert, next_id: &mut dyn FnMut() -> AlertId) -> Result<Vec<Alert>, Rejected> {
    let read = read(raw.provider.as_deref(), &raw.payload, 0)?;
    let finish =
        |(provider, draft): (&str, Draft)| draft.finish(next_id(), provider, raw.received_at);
    Ok(read.into_iter().map(finish).collect())
}

/// The JSON of a body, for [`RawAlert::payload`]; what is wrong with it where it is none.
///
/// # Errors
/// When the bytes aren't UTF-8, or the text isn't JSON or nests too deep, with the place.
pub fn json(bytes: &[u8]) -> Result<Value, String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        format!("the body should be UTF-8; byte {} is not", error.valid_up_to() + 1)
    })?;
    serde_json::from_str(text).map_err(|error| format!("the body should be JSON: {error}"))
}

/// The names of all providers whose shape a message has, what wraps it taken off; one for what a
/// sender made, none for a stranger's. A list of messages is asked item by item instead.
pub fn recognised(payload: &Value) -> Vec<&'static str> {
    shapes(payload, 0)
}

/// The names of all providers, in the order of the alphabet.
pub fn providers() -> Vec<&'static str> {
    let mut names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn shapes(payload: &Value, depth: usize) -> Vec<&'static str> {
    if depth < DEEPEST
        && let Some((_, Ok(letter))) = wrapped(payload)
    {
        return shapes(&letter.content, depth + 1);
    }
    PROVIDERS.iter().filter(|p| (p.fits)(payload)).map(|p| p.name).collect()
}

type Read = Vec<(&'static str, Draft)>;

fn read(hint: Option<&str>, payload: &Value, depth: usize) -> Result<Read, Rejected> {
    match payload {
        Value::String(text) if depth < DEEPEST => {
            let embedded = serde_json::from_str(text).map_err(|error| {
                let reason = format!("the message is a text that should hold JSON: {error}");
                rejected(hint, Refusal::Unreadable(reason))
            })?;
            read(hint, &embedded, depth + 1)
        }
        Value::Array(items) => read_batch(hint, items, depth),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            read_one(hint, payload, depth)
        }
    }
}

fn read_batch(hint: Option<&str>, items: &[Value], depth: usize) -> Result<Read, Rejected> {
    let mut read = Read::new();
    let mut refused: Option<Rejected> = None;
    let mut notes = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match read_one(hint, item, depth) {
            Ok(drafts) => read.extend(drafts),
            Err(rejected) => {
                notes.push(format!("item {index} of the batch was set aside: {}", rejected.reason));
                // What couldn't be read outweighs what was of no interest.
                let outweighs = |first: &Rejected| {
                    first.kind == Kind::NoAlert && rejected.kind == Kind::Unreadable
                };
                if refused.as_ref().is_none_or(outweighs) {
                    refused = Some(rejected);
                }
            }
        }
    }
    if let Some((_, first)) = read.first_mut() {
        first.notes.extend(notes);
        return Ok(read);
    }
    Err(refused.unwrap_or_else(|| {
        rejected(hint, Refusal::Unreadable("an alert was expected; found an empty list".into()))
    }))
}

fn read_one(hint: Option<&str>, payload: &Value, depth: usize) -> Result<Read, Rejected> {
    if depth < DEEPEST
        && let Some((envelope, letter)) = wrapped(payload)
    {
        let letter = letter.map_err(|refusal| rejected(Some(envelope.name), refusal))?;
        // Who is told to expect the envelope may find anyone's letter in it.
        let hint = hint.filter(|hint| fold(hint) != envelope.name);
        let read = read(hint, &letter.content, depth + 1);
        let mut read = read.map_err(|rejected| Rejected {
            reason: format!("in `{}`: {}", envelope.place, rejected.reason),
            ..rejected
        })?;
        read.iter_mut().for_each(|(_, draft)| letter.mark(draft));
        return Ok(read);
    }
    read_plain(hint, payload)
}

/// The envelope that a message is, opened. A CloudEvent is one only around what someone else
/// knows; else it speaks for itself.
fn wrapped(payload: &Value) -> Option<(&'static Envelope, Result<Letter<'_>, Refusal>)> {
    let envelope = ENVELOPES.iter().find(|envelope| (envelope.fits)(payload))?;
    match (envelope.open)(payload) {
        Ok(letter) => {
            let letter = letter?;
            let speaks_for_itself = PROVIDERS.iter().any(|p| p.name == envelope.name);
            (!speaks_for_itself || is_known(&letter.content)).then_some((envelope, Ok(letter)))
        }
        Err(refusal) => Some((envelope, Err(refusal))),
    }
}

/// Whether someone's shape is in it.
fn is_known(content: &Value) -> bool {
    match content {
        Value::Array(items) => items.iter().any(|item| item.is_object() && is_known(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            ENVELOPES.iter().any(|envelope| (envelope.fits)(content))
                || PROVIDERS.iter().any(|provider| (provider.fits)(content))
        }
    }
}

fn read_plain(hint: Option<&str>, payload: &Value) -> Result<Read, Rejected> {
    let is_hinted = |provider: &Provider| {
        hint.is_some_and(|hint| {
            let hint = fold(hint);
            hint == provider.name || provider.aliases.contains(&hint.as_str())
        })
    };
    let mut candidates: Vec<&Provider> = PROVIDERS.iter().filter(|p| (p.fits)(payload)).collect();
    // Stable: within the hinted and the others the order of the table stays.
    candidates.sort_by_key(|provider| !is_hinted(provider));
    if candidates.is_empty() {
        // Templates can be edited: a message that says who sent it is read even where nothing in
        // its shape gives it away, and the error then names the field that is missing.
        candidates.extend(PROVIDERS.iter().filter(|p| is_hinted(p)).take(1));
    }
    let mut refused: Option<Rejected> = None;
    for provider in candidates {
        match (provider.read)(payload) {
            Ok(mut drafts) => {
                if let Some(hint) = hint
                    && !is_hinted(provider)
                {
                    let note = format!(
                        "said to come from `{}`, read as `{}` by its shape",
                        shorten(hint),
                        provider.name
                    );
                    drafts.iter_mut().for_each(|draft| draft.notes.push(note.clone()));
                }
                return Ok(drafts.into_iter().map(|draft| (provider.name, draft)).collect());
            }
            Err(refusal) => {
                refused.get_or_insert_with(|| rejected(Some(provider.name), refusal));
            }
        }
    }
    Err(refused.unwrap_or_else(|| {
        let reason = format!(
            "the shape of no known provider; expected one of {}; found {}",
            providers::names().join(", "),
            outline(payload)
        );
        rejected(hint, Refusal::Unreadable(reason))
    }))
}

fn rejected(provider: Option<&str>, refusal: Refusal) -> Rejected {
    let (reason, kind) = match refusal {
        Refusal::Unreadable(reason) => (reason, Kind::Unreadable),
        Refusal::NoAlert(reason) => (reason, Kind::NoAlert),
    };
    Rejected { provider: provider.map(str::to_owned), reason, kind }
}

/// What a message looks like from outside, for a person who wonders why nobody knew it.
fn outline(payload: &Value) -> String {
    let Value::Object(fields) = payload else { return kind_of(payload).into() };
    if fields.is_empty() {
        return "an empty object".into();
    }
    let mut names: Vec<String> =
        fields.keys().take(8).map(|key| format!("`{}`", shorten(key))).collect();
    if fields.len() > names.len() {
        names.push(format!("{} more", fields.len() - names.len()));
    }
    format!("an object with {}", names.join(", "))
}
