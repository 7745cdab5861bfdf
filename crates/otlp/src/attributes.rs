//! Attributes as text.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::{OURS, SCOPE};

/// Named texts of a piece of telemetry or of whoever wrote it: OTLP attributes, tags, labels, columns.
pub trait Attributes {
    /// The value of this key, as text; what isn't text as JSON.
    fn text(&self, key: &str) -> Option<String>;
}

impl Attributes for [KeyValue] {
    fn text(&self, key: &str) -> Option<String> {
        find(self, key)
    }
}

impl Attributes for BTreeMap<String, String> {
    fn text(&self, key: &str) -> Option<String> {
        self.get(key).cloned()
    }
}

/// The first of these attributes that is there and says something.
pub(crate) fn first(attributes: &(impl Attributes + ?Sized), keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| attributes.text(key).filter(|text| !text.is_empty()))
}

/// The attribute of this key, as text.
pub(crate) fn find(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().rev().find(|attribute| attribute.key == key)?;
    text_of(found.value.as_ref()?)
}

/// All but ours, as text; of a key that stands twice the last one counts.
pub(crate) fn all(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let foreign = attributes.iter().filter(|attribute| !attribute.key.starts_with(OURS));
    let text = |attribute: &KeyValue| attribute.value.as_ref().and_then(text_of);
    foreign.map(|a| (a.key.clone(), text(a).unwrap_or_default())).collect()
}

/// A value as text: text as it is, the rest as JSON; `None` for no value.
pub(crate) fn text_of(value: &AnyValue) -> Option<String> {
    match value.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(_)
        | Value::BoolValue(_)
        | Value::DoubleValue(_)
        | Value::ArrayValue(_)
        | Value::KvlistValue(_)
        | Value::BytesValue(_)
        | Value::StringValueStrindex(_) => Some(json_of(value).to_string()),
    }
}

/// A value as JSON. The reader's limit on nesting bounds the depth.
fn json_of(value: &AnyValue) -> serde_json::Value {
    match value.value.as_ref() {
        None => serde_json::Value::Null,
        Some(Value::StringValue(text)) => text.as_str().into(),
        Some(Value::BoolValue(truth)) => (*truth).into(),
        Some(Value::IntValue(number)) => (*number).into(),
        Some(Value::DoubleValue(number)) => (*number).into(),
        Some(Value::ArrayValue(array)) => array.values.iter().map(json_of).collect(),
        Some(Value::KvlistValue(list)) => list
            .values
            .iter()
            .map(|pair| (pair.key.clone(), pair.value.as_ref().map(json_of).unwrap_or_default()))
            .collect(),
        Some(Value::BytesValue(bytes)) => hex(bytes).into(),
        Some(Value::StringValueStrindex(index)) => (*index).into(),
    }
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lower-case hex as bytes; `None` for anything else, so that only what comes back the same way
/// is written as bytes.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let pair = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok().filter(|text| text.len() == 2)?;
        u8::from_str_radix(text, 16).ok()
    };
    text.as_bytes().chunks(2).map(pair).collect()
}

/// An attribute with a text.
pub(crate) fn attribute(key: &str, text: &str) -> KeyValue {
    let value = Some(Value::StringValue(text.to_owned()));
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value }), key_strindex: 0 }
}

/// An attribute with a number.
pub(crate) fn number(key: &str, number: i64) -> KeyValue {
    let value = Some(Value::IntValue(number));
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value }), key_strindex: 0 }
}

/// The resource of an entity: our attribute for us, `service.name` for other tools.
pub(crate) fn resource(entity: &str) -> Resource {
    let attributes = vec![attribute(crate::ENTITY, entity), attribute("service.name", entity)];
    Resource { attributes, ..Resource::default() }
}

/// The scope of what we write.
pub(crate) fn scope(attributes: Vec<KeyValue>) -> InstrumentationScope {
    InstrumentationScope { name: SCOPE.to_owned(), attributes, ..InstrumentationScope::default() }
}
