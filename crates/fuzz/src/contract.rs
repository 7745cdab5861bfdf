//! Requests to the public contract: lines of text like those of HTTP.

use jiff::Timestamp;
use nightjar_contract::sigv4::{Claim, Refusal, Request};
use nightjar_contract::{Operation, Place, Routed, operations, read, route, write};
use serde_json::{Map, Value};

/// A request out of any bytes: a line of method and address, lines of headers, an empty line, the
/// body.
pub(crate) struct Parts<'a> {
    method: String,
    path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, &'a [u8])>,
    pub(crate) body: &'a [u8],
}

pub(crate) fn parts(bytes: &[u8]) -> Parts<'_> {
    let is_end = |window: &[u8]| window == b"\n\n";
    let end = bytes.windows(2).position(is_end).unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(end);
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let (method, address) = first.split_once(' ').unwrap_or(("GET", &first));
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let headers = lines
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at(colon);
            Some((String::from_utf8_lossy(name).into_owned(), value.get(1..)?))
        })
        .collect();
    Parts {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.get(2..).unwrap_or_default(),
    }
}

/// Paths: what is found is found again under the one way to write it.
pub(crate) fn routing(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (method, path) = text.split_once(' ').unwrap_or(("GET", &text));
    let Routed::To { operation, labels } = route(method, path) else { return };
    let mut written = operation.path().to_owned();
    for (name, text) in &labels {
        written = written
            .replace(&format!("{{{name}}}"), &encoded(text, false))
            .replace(&format!("{{{name}+}}"), &encoded(text, true));
    }
    let again = match route(method, &written) {
        Routed::To { operation, labels } => Some((operation.name(), labels)),
        Routed::Malformed(_) | Routed::WrongMethod | Routed::Nowhere => None,
    };
    assert_eq!(again, Some((operation.name(), labels)), "`{path}` and `{written}`");
}

fn encoded(text: &str, is_path: bool) -> String {
    let encode = |byte: u8| match byte {
        b'/' if is_path => "/".to_owned(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    };
    text.bytes().map(encode).collect()
}

/// Bodies and queries, read by every operation: what is read is read again the same, what isn't
/// is told briefly.
pub(crate) fn reading(bytes: &[u8]) {
    let parts = parts(bytes);
    let header = |name: &str| {
        let found = parts.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    let routed = match route(&parts.method, &parts.path) {
        Routed::To { operation, labels } => Some((operation, labels)),
        Routed::Malformed(_) | Routed::WrongMethod | Routed::Nowhere => None,
    };
    for operation in operations() {
        let labels = match &routed {
            Some((to, labels)) if to.name() == operation.name() => labels.clone(),
            _ => labels(operation),
        };
        match read(operation, &labels, &parts.query, &header, parts.body) {
            Err(invalid) => {
                assert!(invalid.message.len() < 1 << 17, "{operation:?} told at length");
                assert!(invalid.fields.len() <= 50, "{operation:?} told too many");
            }
            Ok(input) => {
                let body = body(operation, &input);
                let again = read(operation, &labels, &parts.query, &header, &body);
                assert_eq!(again, Ok(input), "{operation:?} reads what it read otherwise");
            }
        }
    }
}

/// Labels that fit most operations.
fn labels(operation: &Operation) -> Vec<(&'static str, String)> {
    let members = operation.input().members.iter();
    members
        .filter(|member| member.place == Place::Label)
        .map(|member| (member.name, "eventChannel".to_owned()))
        .collect()
}

fn body(operation: &Operation, input: &Map<String, Value>) -> Vec<u8> {
    let is_body = |name: &str| {
        operation.input().member(name).is_some_and(|member| member.place == Place::Body)
    };
    let mut members: Map<String, Value> = input
        .iter()
        .filter(|(name, _)| is_body(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    write(operation.input(), &mut members);
    serde_json::to_vec(&members).expect("invariant: JSON can be written")
}

/// Signatures: none holds for two secrets, nor another day.
pub(crate) fn signature(bytes: &[u8]) {
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    let parts = parts(bytes);
    let headers: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let request = Request {
        method: &parts.method,
        path: &parts.path,
        query: &parts.query,
        headers: &headers,
        body: parts.body,
    };
    let Ok(claim) = Claim::read(&request) else { return };
    assert!(!claim.access_key_id().is_empty(), "a key without a name");
    let now = Timestamp::from_second(1_767_323_045).unwrap_or_default();
    let verified = claim.verify(SECRET, now);
    assert_ne!(claim.refuse(now), Refusal::OtherSignature, "nobody's key told apart");
    if verified.is_ok() {
        assert!(claim.verify("another secret", now).is_err(), "two secrets");
        assert!(claim.verify(SECRET, Timestamp::UNIX_EPOCH).is_err(), "another day");
    }
}
