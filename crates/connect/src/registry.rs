//! The kinds of connectors, known to everybody else by name and settings alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Capability, Connection};

/// What stands in the place of a secret that is shown.
const HIDDEN: &str = "‹secret›";

/// A kind of connector.
#[derive(Clone, Debug)]
pub struct Connector {
    /// How it is called: `prometheus`.
    pub kind: &'static str,
    /// What it connects with, in one sentence.
    pub summary: &'static str,
    /// What its connections can be asked, at most: some systems have less.
    pub capabilities: Vec<Capability>,
    /// How it was seen to work.
    pub tested: Vec<Tested>,
    /// Its settings as JSON Schema: an object whose `properties` are all there are. Secrets are
    /// `writeOnly`.
    pub config: Value,
    /// Opens a connection of this name. Nothing is sent: whether the system answers is told by its probe.
    pub open: fn(&str, &Value) -> Result<Connection, BadConfig>,
}

/// What a connector is tested against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tested {
    /// `server` for a real one, `tape` for answers recorded from one, `fake` for one of ours that was
    /// written from public documentation.
    pub how: &'static str,
    /// Which system: `Prometheus`.
    pub system: &'static str,
    /// Its version, or that of the documentation.
    pub version: &'static str,
}

/// All kinds of connectors that there are.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    connectors: BTreeMap<&'static str, Connector>,
}

/// Settings that make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// There is no such kind of connector.
    #[error("there is no connector `{kind}`; there is: {known}")]
    UnknownKind {
        /// What was asked for.
        kind: String,
        /// What there is.
        known: String,
    },
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

impl BadConfig {
    /// One setting that is missing, unknown or wrong.
    pub fn field(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Field { field: field.into(), reason: reason.into() }
    }
}

impl Registry {
    /// Those of a list; of two with one name the later counts.
    pub fn new(connectors: impl IntoIterator<Item = Connector>) -> Self {
        let connectors = connectors.into_iter();
        Self { connectors: connectors.map(|connector| (connector.kind, connector)).collect() }
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Connector> {
        self.connectors.values()
    }

    /// One of them.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn get(&self, kind: &str) -> Result<&Connector, BadConfig> {
        self.connectors.get(kind).ok_or_else(|| BadConfig::UnknownKind {
            kind: kind.to_owned(),
            known: self.connectors.keys().copied().collect::<Vec<_>>().join(", "),
        })
    }

    /// Opens a connection; nothing is sent yet. It calls itself `name`.
    ///
    /// # Errors
    /// When there is no such kind, or the settings aren't what it needs.
    pub fn open(&self, kind: &str, name: &str, config: &Value) -> Result<Connection, BadConfig> {
        let connector = self.get(kind)?;
        let settings = config.as_object().ok_or(BadConfig::NotAnObject)?;
        let known = connector.settings();
        if let Some(field) = settings.keys().find(|key| !known.contains_key(*key)) {
            let mut known: Vec<String> = known.keys().map(|key| format!("`{key}`")).collect();
            known.sort();
            let reason = format!("there is no such setting; there is: {}", known.join(", "));
            return Err(BadConfig::field(field, reason));
        }
        (connector.open)(name, config)
    }
}

impl Connector {
    fn settings(&self) -> Map<String, Value> {
        let properties = self.config.get("properties").and_then(Value::as_object);
        properties.cloned().unwrap_or_default()
    }

    /// Settings as they may be shown: without their secrets.
    pub fn shown(&self, config: &Value) -> Value {
        let mut secrets = BTreeSet::new();
        secret_names(&self.config, &mut secrets);
        let mut shown = config.clone();
        hide(&mut shown, &secrets);
        shown
    }
}

/// The names of settings that are `writeOnly` somewhere in a schema.
fn secret_names(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(parts) => {
            if let Some(properties) = parts.get("properties").and_then(Value::as_object) {
                let is_secret = |schema: &Value| {
                    schema.get("writeOnly").and_then(Value::as_bool).unwrap_or(false)
                        || schema
                            .get("additionalProperties")
                            .and_then(|all| all.get("writeOnly"))
                            .is_some()
                };
                let names = properties.iter().filter(|(_, schema)| is_secret(schema));
                found.extend(names.map(|(name, _)| name.clone()));
            }
            parts.values().for_each(|part| secret_names(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| secret_names(part, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn hide(config: &mut Value, secrets: &BTreeSet<String>) {
    match config {
        Value::Object(settings) => {
            for (name, value) in settings {
                if secrets.contains(name) { conceal(value) } else { hide(value, secrets) }
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| hide(part, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Hides everything within.
fn conceal(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Object(parts) => parts.values_mut().for_each(conceal),
        Value::Array(parts) => parts.iter_mut().for_each(conceal),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => *value = HIDDEN.into(),
    }
}

#[cfg(test)]
mod tests {
    use nightjar_incident::Source;
    use serde_json::json;

    use super::*;

    fn registry() -> Registry {
        let open = |name: &str, config: &Value| {
            let url = config.get("url").and_then(Value::as_str);
            url.ok_or_else(|| BadConfig::field("url", "it is needed"))?;
            let source = Source { connection: name.to_owned(), system: "shelf".to_owned() };
            Ok(Connection::new(source))
        };
        Registry::new([Connector {
            kind: "shelf",
            summary: "A shelf.",
            capabilities: Vec::new(),
            tested: Vec::new(),
            config: json!({
                "type": "object",
                "properties": {
                    "url": { "type": "string" },
                    "headers": {
                        "type": "object",
                        "additionalProperties": { "type": "string", "writeOnly": true },
                    },
                    "auth": { "oneOf": [{
                        "type": "object",
                        "properties": {
                            "username": { "type": "string" },
                            "password": { "type": "string", "writeOnly": true },
                        },
                    }] },
                },
            }),
            open,
        }])
    }

    #[test]
    fn a_connection_is_opened_by_kind_and_settings() {
        let registry = registry();
        let opened = registry.open("shelf", "mine", &json!({ "url": "x" })).ok();
        assert_eq!(opened.unwrap().source.connection, "mine");
        let wrong = |kind: &str, config: Value| match registry.open(kind, "mine", &config) {
            Ok(_) => panic!("{config} is fine"),
            Err(error) => error.to_string(),
        };
        assert_eq!(wrong("crate", json!({})), "there is no connector `crate`; there is: shelf");
        assert_eq!(
            wrong("shelf", json!({ "uri": "x" })),
            "`uri`: there is no such setting; there is: `auth`, `headers`, `url`"
        );
        assert_eq!(wrong("shelf", json!({})), "`url`: it is needed");
        assert_eq!(wrong("shelf", json!([])), BadConfig::NotAnObject.to_string());
    }

    #[test]
    fn secrets_are_never_shown() {
        let config = json!({
            "url": "x",
            "auth": { "username": "reader", "password": "hunter2" },
            "headers": { "X-Token": "hunter2" },
        });
        let registry = registry();
        let shown = registry.get("shelf").unwrap().shown(&config);
        assert!(!shown.to_string().contains("hunter2"), "{shown}");
        assert_eq!(shown["auth"]["username"], "reader");
        assert_eq!(shown["url"], "x");
        assert_eq!(shown["headers"]["X-Token"], HIDDEN);
    }
}
