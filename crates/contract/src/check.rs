//! Holds a value against a shape.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map as Object, Number, Value};

use crate::invalid::{Findings, Path};
use crate::shape::{Bounds, Choice, Kind, List, Map, Shape, Structure, Text};
use crate::wire;

/// What is said of something that must be there.
const MISSING: &str = "Member must not be null";

/// Holds an object against a structure, and brings it into its one form on the way: a member that
/// is null goes, whole numbers are written as such, times become seconds. A member nobody knows is told even if it is
/// null.
pub(crate) fn object(
    structure: &Structure,
    object: &mut Object<String, Value>,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    object.retain(|name, value| !value.is_null() || structure.member(name).is_none());
    for member in &structure.members {
        let path = Path::Name(path, member.name);
        match object.get_mut(member.name) {
            Some(value) => check(&member.shape, value, &path, findings),
            None if member.is_required => findings.add(&path, MISSING),
            None => {}
        }
    }
    for name in object.keys().filter(|name| structure.member(name).is_none()) {
        let expected = format!("Member must be one of {}", structure.name);
        findings.add(&Path::Name(path, name), &expected);
    }
    if structure.kind != Kind::Structure && object.len() != 1 {
        let expected = format!("Member must have exactly one member of {} set", structure.name);
        findings.add(path, &expected);
    }
}

/// Holds a value against a shape, in time linear in the value.
pub(crate) fn check(shape: &Shape, value: &mut Value, path: &Path<'_>, findings: &mut Findings) {
    let expected = match (shape, &mut *value) {
        (Shape::Text(shape), Value::String(text)) => {
            return check_text(shape, text, path, findings);
        }
        (Shape::Choice(choice), Value::String(text)) => {
            return check_choice(choice, text, path, findings);
        }
        (Shape::Integer(bounds), Value::Number(number)) => {
            return integer(number, *bounds, true, path, findings);
        }
        (Shape::Long(bounds), Value::Number(number)) => {
            return integer(number, *bounds, false, path, findings);
        }
        (Shape::Timestamp, Value::Number(number)) => return timestamp(number, path, findings),
        // The reference speaks of seconds where the SDKs send text: from a client both are understood.
        (Shape::DateTime, Value::Number(number)) if !findings.are_of_answer => {
            return timestamp(number, path, findings);
        }
        (Shape::DateTime, Value::String(text)) => match wire::seconds(text) {
            Some(seconds) => {
                *value = Value::Number(seconds);
                return;
            }
            None => "Member must be a date and time as in ISO 8601",
        },
        (Shape::Blob, Value::String(text)) => return blob(text, path, findings),
        (Shape::List(list), Value::Array(items)) => return check_list(list, items, path, findings),
        (Shape::Map(map), Value::Object(entries)) => {
            return check_map(map, entries, path, findings);
        }
        (Shape::Structure(structure), value) if structure.kind == Kind::Events => {
            return check_events(structure, value, path, findings);
        }
        (Shape::Structure(structure), Value::Object(members)) => {
            return object(structure, members, path, findings);
        }
        (Shape::Boolean, Value::Bool(_))
        | (Shape::Double, Value::Number(_))
        | (Shape::Document, _) => return,
        (_, Value::Null) => MISSING,
        (Shape::Text(_) | Shape::Choice(_), _) => "Member must be a string",
        (Shape::Integer(_) | Shape::Long(_), _) => "Member must be an integer",
        (Shape::Double, _) => "Member must be a number",
        (Shape::Boolean, _) => "Member must be a boolean",
        (Shape::Timestamp, _) => "Member must be a timestamp",
        (Shape::DateTime, _) => "Member must be a date and time as in ISO 8601",
        (Shape::Blob, _) => "Member must be base64",
        (Shape::List(_), _) => "Member must be a list",
        (Shape::Map(_) | Shape::Structure(_), _) => "Member must be an object",
    };
    findings.add(path, expected);
}

fn check_text(shape: &Text, text: &str, path: &Path<'_>, findings: &mut Findings) {
    check_size(shape.length, text.chars().count(), path, findings);
    if let Some(pattern) = &shape.pattern
        && !pattern.fits(text)
    {
        let expected =
            format!("Member must satisfy regular expression pattern: {}", pattern.as_str());
        findings.add(path, &expected);
    }
}

fn check_choice(choice: &Choice, text: &str, path: &Path<'_>, findings: &mut Findings) {
    if !choice.words.contains(&text) {
        let expected = format!("Member must satisfy enum value set: [{}]", choice.words.join(", "));
        findings.add(path, &expected);
    }
}

fn check_list(list: &Arc<List>, items: &mut [Value], path: &Path<'_>, findings: &mut Findings) {
    check_size(list.size, items.len(), path, findings);
    for (index, item) in items.iter_mut().enumerate() {
        check_item(&list.item, item, &Path::Index(path, index), findings);
    }
}

fn check_map(
    map: &Arc<Map>,
    entries: &mut Object<String, Value>,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    check_size(map.size, entries.len(), path, findings);
    for (name, value) in entries.iter_mut() {
        let path = Path::Name(path, name);
        match &map.key {
            Shape::Choice(choice) => check_choice(choice, name, &path, findings),
            Shape::Text(text) => check_text(text, name, &path, findings),
            _ => {}
        }
        check_item(&map.value, value, &path, findings);
    }
}

/// A stream as a list of its messages.
fn check_events(
    structure: &Structure,
    messages: &mut Value,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    let Value::Array(messages) = messages else {
        return findings.add(path, "Member must be a list of events");
    };
    for (index, message) in messages.iter_mut().enumerate() {
        let path = Path::Index(path, index);
        match message {
            Value::Object(members) => object(structure, members, &path, findings),
            _ => findings.add(&path, "Member must be an object"),
        }
    }
}

/// Null isn't absent within a list or map: it would be lost.
fn check_item(shape: &Shape, value: &mut Value, path: &Path<'_>, findings: &mut Findings) {
    if value.is_null() {
        findings.add(path, MISSING);
    } else {
        check(shape, value, path, findings);
    }
}

fn check_size(bounds: Bounds, size: usize, path: &Path<'_>, findings: &mut Findings) {
    if !bounds.hold(i64::try_from(size).unwrap_or(i64::MAX)) {
        findings.add(path, &format!("Member must have length {bounds}"));
    }
}

fn integer(
    number: &mut Number,
    bounds: Bounds,
    is_short: bool,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    match whole(number) {
        Some(value) if is_short && i32::try_from(value).is_err() => {
            findings.add(path, "Member must be an integer of 32 bits");
        }
        Some(value) if !bounds.hold(value) => {
            findings.add(path, &format!("Member must be {bounds}"));
        }
        Some(value) => *number = Number::from(value),
        None => findings.add(path, "Member must be an integer"),
    }
}

/// A number without a fraction: `1`, `1.0` and `1e0` are the same in JSON.
fn whole(number: &Number) -> Option<i64> {
    // Up to here a float holds every whole number exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(value) = number.as_i64() {
        return Some(value);
    }
    let value = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() <= EXACT)?;
    // Without a digit behind the point and with all before it, this is the number itself.
    format!("{value:.0}").parse().ok()
}

fn timestamp(number: &Number, path: &Path<'_>, findings: &mut Findings) {
    if !number.as_f64().is_some_and(wire::is_moment) {
        findings.add(path, "Member must be a timestamp between the years 1 and 9999");
    }
}

fn blob(text: &str, path: &Path<'_>, findings: &mut Findings) {
    if BASE64.decode(text).is_err() {
        findings.add(path, "Member must be base64");
    }
}
