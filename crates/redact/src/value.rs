//! JSON: names of fields say what values are.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{Redactor, find};

/// How deep a document may be before the rest is left to the reader's limits (serde_json's own is
/// 128).
const DEEPEST: usize = 256;

impl Redactor {
    /// Replaces what is found in the strings of a JSON document, in its keys, and in numbers whose
    /// field says that they are a card, a telephone number or the like. Other numbers stay.
    pub fn value(&mut self, value: &mut Value) {
        self.member("", "", value, 0);
    }

    fn member(&mut self, name: &str, parent: &str, value: &mut Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                if find::names_a_number(name) {
                    let digits = number.to_string();
                    let redacted = self.field(&both(name, parent), &digits);
                    if redacted != digits {
                        *value = Value::String(redacted.into_owned());
                    }
                }
            }
            Value::String(text) => {
                if let Cow::Owned(redacted) = self.field(&both(name, parent), text) {
                    *text = redacted;
                }
            }
            Value::Array(items) if is_pairs(items) => {
                for item in items {
                    let Value::Array(pair) = item else { continue };
                    let [named, inner] = pair.as_mut_slice() else { continue };
                    let key = named.as_str().unwrap_or_default().to_owned();
                    self.member(&key, name, inner, depth + 2);
                    self.member("", "", named, depth + 2);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.member(name, parent, item, depth + 1);
                }
            }
            Value::Object(fields) => self.object(name, fields, depth),
        }
    }

    fn object(&mut self, name: &str, fields: &mut Map<String, Value>, depth: usize) {
        let attribute = attribute_name(fields);
        let has_email = fields.keys().any(|key| key.to_lowercase().contains("mail"));
        for (key, value) in fields.iter_mut() {
            match &attribute {
                // `{"key": "enduser.id", "value": {"stringValue": "ada"}}`
                Some(named) if key == "value" || key == "Value" => {
                    self.member(named, "", value, depth + 1);
                }
                _ if key.ends_with("Value") && fields_is_typed(key) => {
                    self.member(name, "", value, depth + 1);
                }
                _ if key == "name" && has_email && name.is_empty() => {
                    self.member(key, "owner", value, depth + 1);
                }
                _ => self.member(key, name, value, depth + 1),
            }
        }
        let changed: Vec<(String, String)> = fields
            .keys()
            .filter_map(|key| match self.text(key) {
                Cow::Owned(redacted) => Some((key.clone(), redacted)),
                Cow::Borrowed(_) => None,
            })
            .collect();
        for (key, mut redacted) in changed {
            // Two ways of writing the same: both values are kept.
            while fields.contains_key(&redacted) {
                redacted.push('\'');
            }
            if let Some(value) = fields.remove(&key) {
                fields.insert(redacted, value);
            }
        }
    }
}

fn both(name: &str, parent: &str) -> String {
    if name.is_empty() { String::new() } else { format!("{name}\0{parent}") }
}

/// Whether an array is one of names and values: `[["cookie", "sid=…"], ["accept", "*/*"]]`.
fn is_pairs(items: &[Value]) -> bool {
    let is_pair = |item: &Value| match item {
        Value::Array(pair) => matches!(pair.as_slice(), [Value::String(name), Value::String(_)]
            if name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))),
        _ => false,
    };
    !items.is_empty() && items.iter().all(is_pair)
}

/// The name of an attribute that is written as a pair of two fields, as OpenTelemetry, CloudWatch
/// and Datadog do.
fn attribute_name(fields: &Map<String, Value>) -> Option<String> {
    let (_, name) =
        fields.iter().find(|(key, _)| matches!(key.as_str(), "key" | "Key" | "name" | "Name"))?;
    let has_value = fields.contains_key("value") || fields.contains_key("Value");
    if !has_value || fields.len() > 3 {
        return None;
    }
    name.as_str().map(str::to_owned)
}

/// The typed wrappers of OTLP's JSON.
fn fields_is_typed(key: &str) -> bool {
    matches!(key, "stringValue" | "intValue" | "doubleValue" | "boolValue" | "arrayValue")
}
