//! Answers held against the contract, before a client stumbles over them.

use serde_json::Value;

use crate::check;
use crate::invalid::{Field, Findings, Path};
use crate::model::{Operation, errors};
use crate::shape::Structure;

/// What is wrong with the body of a successful answer; empty if nothing. The body of an operation
/// without an output is null or `{}`. A stream of events is a list of its messages here.
#[must_use]
pub fn check_answer(operation: &Operation, answer: &Value) -> Vec<Field> {
    match operation.output() {
        Some(structure) => check_object(structure, answer),
        None if answer.is_null() || answer.as_object().is_some_and(|object| object.is_empty()) => {
            Vec::new()
        }
        None => vec![Field::new(String::new(), "Member must not be there")],
    }
}

/// What is wrong with the body of an error of this name; empty if nothing.
#[must_use]
pub fn check_error(name: &str, body: &Value) -> Vec<Field> {
    match errors().iter().find(|error| error.structure.name == name) {
        Some(error) => check_object(&error.structure, body),
        None => vec![Field::new(String::new(), "Member must be an error of the contract")],
    }
}

fn check_object(structure: &Structure, value: &Value) -> Vec<Field> {
    let mut findings = Findings::of_answer();
    match value {
        Value::Object(members) => {
            check::object(structure, &mut members.clone(), &Path::Root, &mut findings);
        }
        _ => findings.add(&Path::Root, "Member must be an object"),
    }
    findings.into_fields()
}
