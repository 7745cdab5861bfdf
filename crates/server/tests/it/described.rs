//! The description of the API, and that it is whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nightjar_access::Action;
use serde_json::Value;

/// One operation of the description.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) document: Value,
}

impl Operation {
    /// The action whose policies decide; `None` where nobody has to be permitted.
    pub(crate) fn action(&self) -> Option<Action> {
        let like = match self.name.as_str() {
            "exportInvestigation" => "exportCapsule",
            "listIncidentAlerts" => "listAlerts",
            "readIncidentJournal" => "readJournal",
            "probeConnection" => "readConnection",
            "deleteSignIn" => "updateSignIn",
            "rotateSubscriptionSecret" | "testSubscription" => "updateSubscription",
            "startTask" => "startInvestigation",
            "cancelTask" | "runTaskAgain" => "updateTask",
            other => other,
        };
        like.parse().ok()
    }

    /// The path with ids in it.
    pub(crate) fn path(&self, space: &str, ids: &BTreeMap<&str, &str>) -> String {
        let parts = self.path.split('/').map(|part| {
            match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
                Some("space") => space,
                Some(name) => ids.get(name).copied().unwrap_or("nothing-1"),
                None => part,
            }
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// A body that is read, with its media type.
    pub(crate) fn body(&self) -> Option<(&'static str, Vec<u8>)> {
        let content = self.document["requestBody"]["content"].as_object()?;
        let Some(json) = content.get("application/json") else {
            return Some(("application/zstd", crate::sample::recording()));
        };
        let name = json["schema"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let document = document();
        let example = document["components"]["schemas"][name]["example"].clone();
        let example = if example.is_null() { serde_json::json!({}) } else { example };
        Some(("application/json", example.to_string().into_bytes()))
    }
}

pub(crate) fn document() -> Value {
    serde_json::from_str(&nightjar_server::openapi()).unwrap()
}

pub(crate) fn operations() -> Vec<Operation> {
    let document = document();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                name: operation["operationId"].as_str().unwrap().to_owned(),
                document: operation.clone(),
            });
        }
    }
    found
}

/// `UPDATE_OPENAPI=1` writes it anew: read the difference before you keep it.
#[test]
fn the_description_is_the_one_that_was_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let now = nightjar_server::openapi();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "openapi.json isn't what the types say: run with UPDATE_OPENAPI=1");
}

#[test]
fn every_operation_has_a_name_of_its_own_that_the_policies_know() {
    let open = [
        "isAlive",
        "isReady",
        "describe",
        "signIn",
        "whoAmI",
        "signOut",
        "listConnectors",
        "receiveMessage",
        "offerMessages",
    ];
    let mut names = BTreeSet::new();
    for operation in operations() {
        let name = operation.name.as_str();
        assert!(names.insert(name.to_owned()), "`{name}` is there twice");
        let is_known = operation.action().is_some() || open.contains(&name);
        assert!(is_known, "nobody decides about `{name}`");
        let is_open = operation.document["security"].as_array().unwrap().is_empty();
        let may_be =
            ["isAlive", "isReady", "describe", "signIn", "receiveMessage", "offerMessages"]
                .contains(&name);
        assert_eq!(is_open, may_be, "`{name}`");
    }
}

#[test]
fn every_reference_of_the_description_leads_somewhere() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut all = Vec::new();
    references(&document, &mut all);
    assert!(all.len() > 100);
    for reference in all {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(reference) if name == "$ref" => into.push(reference.clone()),
                    other => references(other, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}
