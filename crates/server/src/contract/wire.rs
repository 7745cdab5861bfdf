//! Values as the contract writes them.

use jiff::Timestamp;
use nightjar_store::Page;
use serde_json::{Map, Value, json};

use crate::page::Shelf;

/// A time: seconds since 1970, with a fraction where there is one.
pub(super) fn seconds(at: Timestamp) -> Value {
    let millis = at.as_millisecond();
    if millis % 1000 == 0 { json!(millis / 1000) } else { json!(millis as f64 / 1000.0) }
}

/// A member of a value; null where there is none.
pub(super) fn at<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// Puts a member where there is something to say; the contract leaves absent ones out.
pub(super) fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Value::Object(object), Some(value)) = (object, value) {
        object.insert(name.to_owned(), value.into());
    }
}

/// A page of a list under the name that the operation gives it.
pub(super) fn list<T>(
    shelf: &Shelf,
    name: &str,
    page: Page<T>,
    wire: impl FnMut(T) -> Value,
) -> Value {
    let list = shelf.list(page, wire);
    let mut answer = Map::new();
    answer.insert(name.to_owned(), Value::Array(list.items));
    if let Some(next) = list.next {
        answer.insert("nextToken".to_owned(), Value::String(next));
    }
    Value::Object(answer)
}
