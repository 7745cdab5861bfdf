//! A request as one object, checked whole.

use std::collections::BTreeMap;

use serde_json::{Map as Object, Value};

use crate::invalid::{Findings, Invalid, Path};
use crate::model::Operation;
use crate::percent::{self, Broken};
use crate::shape::{Member, Place, Shape};
use crate::{check, json, wire};

/// Everything a request says, as one object with the members of the operation's input, wherever
/// they travelled.
///
/// `labels` come from [`route`](crate::route); `query` as it came, without the question mark;
/// `header` gives the value of a header by its lower-case name. In what is returned no member is
/// null, whole numbers are written as such, and times are seconds since 1970 wherever they
/// came from.
///
/// Whatever the contract doesn't know is refused rather than ignored, so that nobody believes it
/// had an effect: members, query parameters, a second value for the same name. What a body of an
/// operation without body members may be is nothing, or `{}`.
///
/// # Errors
/// Says all that is wrong at once.
pub fn read(
    operation: &Operation,
    labels: &[(&'static str, String)],
    query: &str,
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
) -> Result<Object<String, Value>, Invalid> {
    let (members, mut findings) = json::object(body)?;
    let structure = operation.input();
    let mut input = Object::new();
    for (name, text) in labels {
        if let Some(member) = structure.member(name) {
            input.insert((*name).to_owned(), wire::value(&member.shape, text.clone()));
        }
    }
    read_query(operation, query, &mut input, &mut findings);
    for member in &structure.members {
        if let Place::Header(name) = member.place
            && let Some(text) = header(name)
        {
            input.insert(member.name.to_owned(), wire::value(&member.shape, text));
        }
    }
    for (name, value) in members {
        if structure.member(&name).is_some_and(|member| member.place != Place::Body) {
            // It has its place, and this isn't it: two values of one name could differ.
            findings.add(&Path::Name(&Path::Root, &name), "Member must not be in the body");
        } else {
            input.insert(name, value);
        }
    }
    check::object(structure, &mut input, &Path::Root, &mut findings);
    if findings.is_empty() { Ok(input) } else { Err(findings.into_invalid()) }
}

fn read_query(
    operation: &Operation,
    query: &str,
    input: &mut Object<String, Value>,
    findings: &mut Findings,
) {
    let parameters: BTreeMap<&str, &Member> = operation
        .input()
        .members
        .iter()
        .filter(|member| member.place == Place::Query)
        .map(|member| (member.name, member))
        .collect();
    for piece in query.split('&').filter(|piece| !piece.is_empty()) {
        let (name, text) = piece.split_once('=').unwrap_or((piece, ""));
        let decoded: Result<_, Broken> =
            percent::decode(name).and_then(|name| Ok((name, percent::decode(text)?)));
        let (name, text) = match decoded {
            Ok(decoded) => decoded,
            Err(broken) => {
                let expected = format!("Member {}", broken.as_str());
                findings.add(&Path::Name(&Path::Root, name), &expected);
                continue;
            }
        };
        let path = Path::Name(&Path::Root, &name);
        match parameters.get(name.as_str()).map(|member| &member.shape) {
            None => {
                let expected = format!("Member must be a query parameter of {}", operation.name());
                findings.add(&path, &expected);
            }
            Some(Shape::List(list)) => {
                let item = wire::value(&list.item, text);
                match input.get_mut(&name) {
                    Some(Value::Array(items)) => items.push(item),
                    _ => {
                        input.insert(name, Value::Array(vec![item]));
                    }
                }
            }
            Some(_) if input.contains_key(&name) => {
                findings.add(&path, "Member must be given once");
            }
            Some(shape) => {
                let value = wire::value(shape, text);
                input.insert(name, value);
            }
        }
    }
}
