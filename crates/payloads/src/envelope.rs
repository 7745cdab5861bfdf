//! Messages around messages: what carries an alert without saying anything of it.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

use crate::base64;
use crate::body::{Body, find, kind_of, shorten};
use crate::draft::Draft;
use crate::refusal::Refusal;

/// A form of envelope: how it is called, how it is recognised, how it is opened.
pub(crate) struct Envelope {
    pub(crate) name: &'static str,
    /// Where the letter stands, for what is said about it.
    pub(crate) place: &'static str,
    /// Whether the message has this shape.
    pub(crate) fits: fn(&Value) -> bool,
    /// The letter in it; none where the envelope is all there is.
    pub(crate) open: fn(&Value) -> Result<Option<Letter<'_>>, Refusal>,
}

/// All of them.
pub(crate) const ENVELOPES: [Envelope; 3] = [
    Envelope { name: "sns", place: "Message", fits: sns_fits, open: open_sns },
    Envelope { name: "pubsub", place: "message.data", fits: pubsub_fits, open: open_pubsub },
    Envelope {
        name: "cloudevents",
        place: "data",
        fits: crate::cloudevents::fits,
        open: open_cloudevent,
    },
];

/// What was in an envelope.
pub(crate) struct Letter<'a> {
    pub(crate) content: Cow<'a, Value>,
    sent_at: Option<Timestamp>,
    /// A label and its value.
    mark: Option<(&'static str, String)>,
    notes: Vec<String>,
}

impl Letter<'_> {
    /// Puts onto an alert what the envelope says.
    pub(crate) fn mark(&self, draft: &mut Draft) {
        draft.sent_at = draft.sent_at.or(self.sent_at);
        if let Some((name, value)) = &self.mark {
            draft.label(name, Some(value.clone()));
        }
        draft.notes.extend(self.notes.iter().cloned());
    }
}

fn sns_fits(message: &Value) -> bool {
    find(message, "Message").is_some()
        && ["TopicArn", "SigningCertURL"].iter().any(|mark| find(message, mark).is_some())
}

fn open_sns(message: &Value) -> Result<Option<Letter<'_>>, Refusal> {
    let mut body = Body::new(message);
    if let Some(kind) = body.text("Type")
        && kind != "Notification"
    {
        return Err(Refusal::NoAlert(format!(
            "`Type` should be `Notification`; found `{}`, which carries no alarm",
            shorten(&kind)
        )));
    }
    let content = match body.find("Message") {
        Some(Value::String(text)) => Cow::Owned(serde_json::from_str(text).map_err(|error| {
            format!("`Message` should be the JSON of an alert; found `{}` ({error})", shorten(text))
        })?),
        Some(other) => Cow::Borrowed(other),
        None => return Ok(None),
    };
    let mark = body.text("TopicArn").map(|topic| ("topic", topic));
    let sent_at = body.time("Timestamp");
    Ok(Some(Letter { content, sent_at, mark, notes: body.notes }))
}

/// A push of Google Cloud Pub/Sub.
fn pubsub_fits(message: &Value) -> bool {
    find(message, "message.data").is_some()
        && ["subscription", "message.messageId"].iter().any(|mark| find(message, mark).is_some())
}

fn open_pubsub(message: &Value) -> Result<Option<Letter<'_>>, Refusal> {
    let mut body = Body::new(message);
    let text = body.need(&["message.data"])?;
    let content = Cow::Owned(of_base64("message.data", &text)?);
    let mark = body.text("subscription").map(|name| ("subscription", name));
    let sent_at = body.time("message.publishTime");
    Ok(Some(Letter { content, sent_at, mark, notes: body.notes }))
}

fn open_cloudevent(message: &Value) -> Result<Option<Letter<'_>>, Refusal> {
    let Some(content) = data_of_event(message)? else { return Ok(None) };
    let mut body = Body::new(message);
    let mark = body.text("source").map(|source| ("event_source", source));
    let sent_at = body.time("time");
    Ok(Some(Letter { content, sent_at, mark, notes: body.notes }))
}

/// The data of a CloudEvent: JSON as it stands, as a text, or in base64; a text that is no JSON
/// stays a text.
pub(crate) fn data_of_event(message: &Value) -> Result<Option<Cow<'_, Value>>, Refusal> {
    let body = Body::new(message);
    if body.has("data") {
        return Ok(body.embedded("data"));
    }
    match body.find("data_base64") {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(Cow::Owned(of_base64("data_base64", text)?))),
        Some(other) => Err(Refusal::Unreadable(format!(
            "`data_base64` should be a text; found {}",
            kind_of(other)
        ))),
    }
}

/// The JSON in a text in base64.
fn of_base64(place: &str, text: &str) -> Result<Value, Refusal> {
    let bytes = base64::decode(text)
        .ok_or_else(|| format!("`{place}` should be in base64; found `{}`", shorten(text)))?;
    crate::json(&bytes).map_err(|reason| Refusal::Unreadable(format!("in `{place}`: {reason}")))
}
