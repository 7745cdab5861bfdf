//! `capsule.toml`.

use jiff::Timestamp;
use nightjar_incident::Window;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::folder::MANIFEST;

/// Version of the format in docs/specs/capsule.md.
pub(crate) const SCHEMA: u32 = 1;

/// What `capsule.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) schema: u32,
    pub(crate) name: String,
    /// Where the telemetry comes from, one line each.
    #[serde(default)]
    pub(crate) sources: Vec<String>,
    /// What was redacted, one line each.
    #[serde(default)]
    pub(crate) redacted: Vec<String>,
    /// What had to be mended or set aside before it was written.
    #[serde(default)]
    pub(crate) notes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<Span>,
}

/// The time a capsule covers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Span {
    from: Moment,
    to: Moment,
}

/// A time as text, or as TOML's own kind of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Moment {
    Text(String),
    Native(toml::value::Datetime),
}

impl Manifest {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let malformed = |message| Error::Malformed { file: MANIFEST.to_owned(), message };
        // The version first: the rest may look different in another one.
        let table: toml::Table = toml::from_str(text).map_err(|e| malformed(e.to_string()))?;
        match table.get("schema") {
            Some(toml::Value::Integer(found)) if *found == i64::from(SCHEMA) => {}
            found => {
                let found = found.map_or_else(|| "none".to_owned(), ToString::to_string);
                return Err(Error::Schema { ours: SCHEMA, found });
            }
        }
        toml::from_str(text).map_err(|e| malformed(e.to_string()))
    }

    /// The window, checked.
    pub(crate) fn window(&self) -> Result<Option<Window>, Error> {
        let Some(span) = &self.window else { return Ok(None) };
        let window = Window { from: span.from.parse("from")?, to: span.to.parse("to")? };
        if window.to < window.from {
            return Err(Error::Malformed {
                file: MANIFEST.to_owned(),
                message: "a window whose `to` isn't before its `from` expected".to_owned(),
            });
        }
        Ok(Some(window))
    }
}

impl From<Window> for Span {
    fn from(window: Window) -> Self {
        let text = |at: Timestamp| Moment::Text(at.to_string());
        Self { from: text(window.from), to: text(window.to) }
    }
}

impl Moment {
    fn parse(&self, key: &str) -> Result<Timestamp, Error> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::Native(time) => time.to_string(),
        };
        text.parse().map_err(|_| Error::Malformed {
            file: MANIFEST.to_owned(),
            message: format!(
                "window.{key}: a time with its offset like 2026-05-04T03:02:01Z expected, found `{}`",
                crate::notes::readable(&text)
            ),
        })
    }
}
