use std::sync::Arc;

use nightjar_connect::Connection;
use nightjar_incident::Recording;
use nightjar_store::{ConnectionRecord, Space};
use serde_json::{Value, json};

use crate::error::compute;
use crate::{Recordings, Result};

/// A kind of connector and how its settings look.
#[derive(Clone, Debug)]
pub struct ConnectorKind {
    /// How it is called: `capsule`.
    pub kind: &'static str,
    /// What it connects with, in one sentence.
    pub summary: &'static str,
    /// Its settings as JSON Schema.
    pub config: Value,
}

/// Settings that make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// There is no such kind of connector.
    #[error("there is no connector `{0}`; there is: {known}", known = CAPSULE)]
    UnknownKind(String),
    /// The settings aren't a JSON object.
    #[error("the settings of a connection are a JSON object")]
    NotAnObject,
    /// One of the settings is missing, unknown or wrong.
    #[error("`{field}`: {reason}")]
    Field {
        /// Which.
        field: String,
        /// What was expected.
        reason: String,
    },
}

const CAPSULE: &str = "capsule";

/// All kinds of connectors.
pub fn kinds() -> Vec<ConnectorKind> {
    vec![ConnectorKind {
        kind: CAPSULE,
        summary: "A recorded incident that was uploaded; it answers like a live system.",
        config: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["capsule"],
            "properties": {
                "capsule": {
                    "type": "string",
                    "description": "The id of the uploaded capsule.",
                    "examples": ["cap-1"],
                },
            },
        }),
    }]
}

/// Whether a connection of this kind could be made with these settings.
///
/// # Errors
/// [`BadConfig`] with the setting that is wrong, or an error of the store.
pub async fn check(kind: &str, config: &Value, space: &Space) -> Result<()> {
    let id = capsule_of(kind, config)?;
    match space.capsule(&id).await {
        Ok(_) => Ok(()),
        Err(nightjar_store::Error::NotFound { .. }) => {
            Err(wrong(format!("there is no capsule `{id}`")).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The capsule that settings name.
pub(crate) fn capsule_of(kind: &str, config: &Value) -> std::result::Result<String, BadConfig> {
    if kind != CAPSULE {
        return Err(BadConfig::UnknownKind(kind.to_owned()));
    }
    let settings = config.as_object().ok_or(BadConfig::NotAnObject)?;
    if let Some(field) = settings.keys().find(|key| *key != CAPSULE) {
        let reason = "there is no such setting; there is: `capsule`".to_owned();
        return Err(BadConfig::Field { field: field.clone(), reason });
    }
    let id = settings.get(CAPSULE).ok_or_else(|| wrong("the id of a capsule is needed"))?;
    let id = id.as_str().filter(|id| !id.is_empty());
    Ok(id.ok_or_else(|| wrong("a text such as `cap-1` is expected"))?.to_owned())
}

fn wrong(reason: impl Into<String>) -> BadConfig {
    BadConfig::Field { field: CAPSULE.to_owned(), reason: reason.into() }
}

/// Opens a connection that was configured.
///
/// It is called as the recording calls itself, so that a replay of the exported capsule, which
/// knows nothing else, writes the same journal.
pub(crate) async fn open(
    record: &ConnectionRecord,
    space: &Space,
    recordings: &Arc<dyn Recordings>,
) -> Result<Connection> {
    let recording = recording(record, space, recordings).await?;
    let recordings = Arc::clone(recordings);
    compute(move || {
        let recording = Arc::new(recording);
        let name = recording.name.clone();
        recordings.connection(recording, &name)
    })
    .await
}

/// The recording that a connection answers from.
pub(crate) async fn recording(
    record: &ConnectionRecord,
    space: &Space,
    recordings: &Arc<dyn Recordings>,
) -> Result<Recording> {
    let id = capsule_of(&record.kind, &record.config)?;
    let archive = space.capsule_archive(&id).await?;
    let recordings = Arc::clone(recordings);
    Ok(compute(move || recordings.read(&archive)).await??.recording)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_told_by_their_name() {
        let check = |config| capsule_of("capsule", &config);
        assert_eq!(check(json!({ "capsule": "cap-1" })).unwrap(), "cap-1");
        assert_eq!(check(json!("cap-1")).unwrap_err(), BadConfig::NotAnObject);
        for (config, wrong) in [
            (json!({}), "capsule"),
            (json!({ "capsule": 7 }), "capsule"),
            (json!({ "capsule": "" }), "capsule"),
            (json!({ "capsule": "cap-1", "url": "http://x" }), "url"),
        ] {
            match check(config) {
                Err(BadConfig::Field { field, .. }) => assert_eq!(field, wrong),
                other => panic!("{other:?}"),
            }
        }
        let unknown = capsule_of("prometheus", &json!({})).unwrap_err();
        assert_eq!(unknown.to_string(), "there is no connector `prometheus`; there is: capsule");
    }
}
