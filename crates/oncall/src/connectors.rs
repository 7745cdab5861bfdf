use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_connect::{
    Answer, Answers, BadConfig, Capability, Connection, Connector, Error, ErrorKind, Health, Probe,
    Query, Registry, Tested, all_through,
};
use nightjar_incident::{RawAlert, Recording, Source};
use nightjar_store::{ConnectionRecord, Space};
use serde_json::{Value, json};

use crate::error::compute;
use crate::{Recordings, Result, Sources};

/// The kind of connection that answers from a recording of the space.
const CAPSULE: &str = "capsule";

/// That kind, as it is told to people. It is opened here, since only a space knows its capsules.
pub fn capsule() -> Connector {
    let questions = Capability::ALL;
    Connector {
        kind: CAPSULE,
        summary: "A recorded incident that was uploaded; it answers like a live system.",
        capabilities: questions.to_vec(),
        tested: vec![Tested { how: "server", system: "nightjar", version: "this one" }],
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
        open: |_, _| Err(wrong("a capsule is opened by its space")),
    }
}

/// Whether a connection asks a live system.
pub(crate) fn is_live(record: &ConnectionRecord) -> bool {
    record.kind != CAPSULE
}

/// Whether a connection of this kind could be made with these settings.
///
/// # Errors
/// [`BadConfig`] with the setting that is wrong, or an error of the store.
pub async fn check(registry: &Registry, kind: &str, config: &Value, space: &Space) -> Result<()> {
    if kind != CAPSULE {
        return Ok(registry.open(kind, kind, config).map(drop)?);
    }
    let id = capsule_of(config)?;
    match space.capsule(&id).await {
        Ok(_) => Ok(()),
        Err(nightjar_store::Error::NotFound { .. }) => {
            Err(wrong(format!("there is no capsule `{id}`")).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks a connection's system whether it would answer; a recording always does.
///
/// # Errors
/// Of the store, such as a connection that isn't there.
pub async fn probe(
    sources: &Sources,
    space: &Space,
    connection: &str,
) -> Result<std::result::Result<Health, Error>> {
    let record = space.connection(connection).await?;
    if !is_live(&record) {
        let notes = vec!["a recording, which is always there".to_owned()];
        return Ok(Ok(Health { system: "capsule".to_owned(), version: None, notes }));
    }
    let opened = open_live(&record, sources.registry());
    Ok(match &opened.probe {
        Some(probe) => probe.probe().await,
        None => Err(Error::new(ErrorKind::NotFound, "whether it works", "it can't be probed")),
    })
}

/// Opens a live system. One whose settings aren't understood any more answers every question with that.
pub(crate) fn open_live(record: &ConnectionRecord, registry: &Registry) -> Connection {
    registry.open(&record.kind, &record.name, &record.config).unwrap_or_else(|error| {
        let (connection, system) = (record.name.clone(), record.kind.clone());
        let capabilities = registry.get(&record.kind).map(|kind| kind.capabilities.clone());
        let capabilities = capabilities.unwrap_or_else(|_| Capability::ALL.to_vec());
        let source = Source { connection, system };
        let unusable = Arc::new(Unusable(error.to_string()));
        let mut opened = all_through(unusable.clone(), source, &capabilities);
        opened.probe = Some(unusable);
        opened
    })
}

/// Why a connection can't be opened.
struct Unusable(String);

impl Unusable {
    fn error(&self, asked: &str) -> Error {
        Error::new(ErrorKind::BadQuery, asked, format!("its settings aren't usable: {}", self.0))
    }
}

#[async_trait]
impl Probe for Unusable {
    async fn probe(&self) -> std::result::Result<Health, Error> {
        Err(self.error("whether it works"))
    }
}

#[async_trait]
impl Answers for Unusable {
    async fn answer(&self, query: &Query) -> std::result::Result<Answer, Error> {
        Err(self.error(query.question.label()))
    }

    async fn give_alerts(&self, _: Timestamp) -> std::result::Result<Vec<RawAlert>, Error> {
        Err(self.error("alerts"))
    }
}

/// The capsule that settings name.
pub(crate) fn capsule_of(config: &Value) -> std::result::Result<String, BadConfig> {
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
    BadConfig::field(CAPSULE, reason)
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
    let id = capsule_of(&record.config)?;
    let archive = space.capsule_archive(&id).await?;
    let recordings = Arc::clone(recordings);
    Ok(compute(move || recordings.read(&archive)).await??.recording)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_told_by_their_name() {
        let check = |config| capsule_of(&config);
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
    }
}
