//! Reading loosely typed documents: what isn't there or has another type is nothing.

use jiff::Timestamp;
use serde_json::Value;

/// A text that isn't empty.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A list's items; none for anything else.
pub(super) fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The items of the list under one of some keys.
pub(super) fn items<'a>(value: &'a Value, keys: &[&str]) -> &'a [Value] {
    keys.iter().find_map(|key| value.get(key)).map_or(&[], |found| list(Some(found)))
}

/// A moment in RFC 3339.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

pub(super) fn time_of(value: &Value, key: &str) -> Option<Timestamp> {
    value.get(key).and_then(time)
}

/// The beginning of a text, for notes.
pub(super) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
