//! Alert messages of the outside world, to our normal form.
//!
//! One provider per file, known by its name or by the shape of its message, listed by hand in
//! `PROVIDERS`. Adding a provider is one file and one row. What a sender writes is data: a field
//! of the wrong type is noted on the alert, a message that holds no alert is [`Rejected`] with the
//! field that was expected and what stood there instead.
//!
//! This room doesn't know the topology (names are handed on as the sender writes them), doesn't
//! verify signatures and never answers a sender.

use nightjar_incident::{Alert, AlertId, RawAlert};
use serde_json::Value;

use crate::body::{fold, kind_of, shorten};
use crate::draft::Draft;

mod alertmanager;
mod body;
mod cloudwatch;
mod datadog;
mod draft;
mod generic;
mod names;
mod pagerduty;
mod servicenow;
mod severity;
mod signals;
mod time;

/// One form of message: how it is called, how it is recognised, how it is read.
struct Provider {
    /// The name on the alerts. Two forms of one system share it, so that the same alert over two
    /// ways is one alert.
    name: &'static str,
    /// Other names a configuration may use, folded (lower case, letters and digits only).
    aliases: &'static [&'static str],
    /// Whether the message has this shape.
    fits: fn(&Value) -> bool,
    /// The alerts in it, or which field stood in the way.
    read: fn(&Value) -> Result<Vec<Draft>, String>,
}

/// All forms, the more particular shapes first.
const PROVIDERS: [Provider; 9] = [
    Provider {
        name: "cloudwatch",
        aliases: &["aws", "awscloudwatch", "sns", "cloudwatchsns"],
        fits: cloudwatch::sns::fits,
        read: cloudwatch::sns::read,
    },
    Provider {
        name: "cloudwatch",
        aliases: &["aws", "awscloudwatch", "eventbridge", "cloudwatcheventbridge"],
        fits: cloudwatch::event::fits,
        read: cloudwatch::event::read,
    },
    Provider {
        name: "pagerduty",
        aliases: &["pagerdutyv3"],
        fits: pagerduty::fits,
        read: pagerduty::read,
    },
    Provider {
        name: "servicenow",
        aliases: &["snow"],
        fits: servicenow::fits,
        read: servicenow::read,
    },
    Provider {
        name: "grafana",
        aliases: &["grafanaalerting"],
        fits: alertmanager::grafana_fits,
        read: alertmanager::read,
    },
    Provider {
        name: "grafana",
        aliases: &["grafanalegacy"],
        fits: alertmanager::legacy_fits,
        read: alertmanager::read_legacy,
    },
    Provider {
        name: "alertmanager",
        aliases: &["prometheus", "prometheusalertmanager", "mimir"],
        fits: alertmanager::fits,
        read: alertmanager::read,
    },
    Provider {
        name: "generic",
        aliases: &["webhook", "genericwebhook"],
        fits: generic::fits,
        read: generic::read,
    },
    Provider { name: "datadog", aliases: &["dd"], fits: datadog::fits, read: datadog::read },
];

/// A message in which no alert could be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("alert message{} rejected: {reason}", provider.as_ref().map_or(String::new(), |p| format!(" of `{p}`")))]
pub struct Rejected {
    /// Whose shape it has or claims to have, if anyone's.
    pub provider: Option<String>,
    /// Which field was expected and what was found.
    pub reason: String,
}

/// Reads the alerts of one message, in the sender's order.
///
/// The provider named by the message's receiver is tried first; where the shape is another's, that
/// one reads it and the alerts say so. A list of messages is read item by item.
///
/// # Errors
/// When there is no alert in it that can be read.
pub fn parse(raw: &RawAlert, next_id: &mut dyn FnMut() -> AlertId) -> Result<Vec<Alert>, Rejected> {
    let hint = raw.provider.as_deref();
    let embedded;
    let payload = match &raw.payload {
        Value::String(text) => {
            embedded = serde_json::from_str(text).map_err(|error| Rejected {
                provider: hint.map(str::to_owned),
                reason: format!("the message is a text that should hold JSON: {error}"),
            })?;
            &embedded
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            &raw.payload
        }
    };
    let read = match payload {
        Value::Array(items) => read_batch(hint, items)?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            read_one(hint, payload)?
        }
    };
    let finish =
        |(provider, draft): (&str, Draft)| draft.finish(next_id(), provider, raw.received_at);
    Ok(read.into_iter().map(finish).collect())
}

type Read = Vec<(&'static str, Draft)>;

fn read_batch(hint: Option<&str>, items: &[Value]) -> Result<Read, Rejected> {
    let mut read = Read::new();
    let mut refused: Option<Rejected> = None;
    let mut notes = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match read_one(hint, item) {
            Ok(drafts) => read.extend(drafts),
            Err(rejected) => {
                notes.push(format!("item {index} of the batch was set aside: {}", rejected.reason));
                refused.get_or_insert(rejected);
            }
        }
    }
    if let Some((_, first)) = read.first_mut() {
        first.notes.extend(notes);
        return Ok(read);
    }
    Err(refused.unwrap_or_else(|| Rejected {
        provider: hint.map(str::to_owned),
        reason: "an alert was expected; found an empty list".into(),
    }))
}

fn read_one(hint: Option<&str>, payload: &Value) -> Result<Read, Rejected> {
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
            Err(reason) => {
                refused.get_or_insert(Rejected { provider: Some(provider.name.into()), reason });
            }
        }
    }
    Err(refused.unwrap_or_else(|| Rejected {
        provider: hint.map(str::to_owned),
        reason: format!(
            "the shape of no known provider; expected one of {}; found {}",
            known().join(", "),
            outline(payload)
        ),
    }))
}

/// The names of the providers, each once.
fn known() -> Vec<&'static str> {
    let mut names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
    names.dedup();
    names
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
