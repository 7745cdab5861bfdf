//! From an input to the request that says it, and back; and what both directions have in common.

use nightjar_contract::{
    Field, Operation, Place, Routed, Shape, Structure, check_answer, operations, read, route,
};
use serde_json::{Map, Value, json};

/// Everything of a request but its method.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// The request that a client would send.
pub(crate) fn request(operation: &Operation, input: &Map<String, Value>) -> Request {
    let mut request = Request { path: operation.path().to_owned(), ..Request::default() };
    let mut body = input.clone();
    let mut query = Vec::new();
    for member in &operation.input().members {
        if member.place == Place::Body {
            continue;
        }
        let Some(value) = body.remove(member.name) else { continue };
        match member.place {
            Place::Label => {
                let name = member.name;
                let text = text(&member.shape, &value);
                request.path = request
                    .path
                    .replace(&format!("{{{name}}}"), &encoded(&text, ""))
                    .replace(&format!("{{{name}+}}"), &encoded(&text, "/"));
            }
            Place::Query => {
                let values = match value {
                    Value::Array(values) => values,
                    value => vec![value],
                };
                for value in values {
                    let text = encoded(&text(&member.shape, &value), "");
                    query.push(format!("{}={text}", member.name));
                }
            }
            Place::Header(name) => request.headers.push((name, text(&member.shape, &value))),
            Place::Body => {}
        }
    }
    request.query = query.join("&");
    if !body.is_empty() {
        request.body = serde_json::to_vec(&body).unwrap();
    }
    request
}

fn text(shape: &Shape, value: &Value) -> String {
    match (shape, value) {
        (Shape::Timestamp, Value::Number(seconds)) => {
            jiff::Timestamp::from_second(seconds.as_i64().unwrap()).unwrap().to_string()
        }
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

pub(crate) fn encoded(text: &str, kept: &str) -> String {
    let encode = |byte: u8| match char::from(byte) {
        c if c.is_ascii_alphanumeric() || "-._~".contains(c) || kept.contains(c) => c.to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Routes and reads it.
pub(crate) fn sent(
    operation: &Operation,
    request: &Request,
) -> Result<Map<String, Value>, Vec<Field>> {
    let wrong = |path: &str, message: &str| {
        vec![Field { path: path.to_owned(), message: message.to_owned() }]
    };
    let labels = match route(operation.method(), &request.path) {
        Routed::To { operation: found, labels } if found.name() == operation.name() => labels,
        // An empty label is another path.
        other => return Err(wrong("", &format!("{other:?}"))),
    };
    let header = |name: &str| {
        request.headers.iter().find(|(other, _)| *other == name).map(|(_, text)| text.clone())
    };
    read(operation, &labels, &request.query, &header, &request.body).map_err(|invalid| {
        if invalid.fields.is_empty() { wrong("", &invalid.message) } else { invalid.fields }
    })
}

type Check = Box<dyn Fn(&Map<String, Value>) -> Vec<Field>>;

/// An input or an output of an operation, and how it is checked.
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) structure: &'static Structure,
    pub(crate) check: Check,
}

impl Subject {
    /// The object with another value in one place.
    pub(crate) fn check_with(
        &self,
        object: &Map<String, Value>,
        path: &str,
        value: Value,
    ) -> Vec<Field> {
        let mut changed = Value::Object(object.clone());
        *changed.pointer_mut(path).unwrap() = value;
        match changed {
            Value::Object(changed) => (self.check)(&changed),
            _ => unreachable!(),
        }
    }
}

/// All inputs and outputs of the contract.
pub(crate) fn subjects() -> Vec<Subject> {
    let mut subjects = Vec::new();
    for operation in operations() {
        subjects.push(Subject {
            name: format!("{} in", operation.name()),
            structure: operation.input(),
            check: Box::new(|input| {
                sent(operation, &request(operation, input)).err().unwrap_or_default()
            }),
        });
        if let Some(structure) = operation.output() {
            subjects.push(Subject {
                name: format!("{} out", operation.name()),
                structure,
                check: Box::new(|output| check_answer(operation, &json!(output))),
            });
        }
    }
    subjects
}
