//! What Jaeger answers.

use std::collections::BTreeMap;

use nightjar_connect::{Error, ErrorKind};
use nightjar_incident::{Span, SpanStatus};
use nightjar_otlp::{Names, Role, Traced};
use nightjar_topology::{EntityId, Topology};
use serde::Deserialize;
use serde_json::Value;

/// The form of every answer.
#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    /// Null where there is nothing.
    data: Option<T>,
    errors: Option<Vec<Trouble>>,
}

#[derive(Deserialize)]
struct Trouble {
    code: Option<u16>,
    msg: Option<String>,
}

impl<T: Default> Envelope<T> {
    /// What was asked for; trouble that came with a status of success is trouble all the same, unless
    /// something came with it.
    pub(super) fn data(self, asked: &str) -> Result<T, Error> {
        let trouble = self.errors.and_then(|errors| errors.into_iter().next());
        match (self.data, trouble) {
            (Some(data), _) => Ok(data),
            (None, None) => Ok(T::default()),
            (None, Some(Trouble { code, msg })) => {
                let kind = match code {
                    Some(404) => ErrorKind::NotFound,
                    Some(400) => ErrorKind::BadQuery,
                    Some(401 | 403) => ErrorKind::Denied,
                    Some(_) | None => ErrorKind::Unavailable,
                };
                let words: String = msg.unwrap_or_default().chars().take(300).collect();
                let words: String =
                    words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
                Err(Error::new(kind, asked, if words.is_empty() { "no reason" } else { &words }))
            }
        }
    }
}

/// Who calls whom, summed up.
#[derive(Deserialize)]
pub(super) struct Dependency {
    pub(super) parent: String,
    pub(super) child: String,
}

/// A whole trace.
#[derive(Deserialize)]
pub(super) struct Trace {
    spans: Vec<Wire>,
    #[serde(default)]
    processes: BTreeMap<String, Process>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    /// The form before references.
    #[serde(default, rename = "parentSpanID")]
    parent_span_id: Option<String>,
    #[serde(default)]
    references: Option<Vec<Reference>>,
    #[serde(default)]
    operation_name: String,
    /// Unix microseconds.
    start_time: i64,
    /// Microseconds.
    duration: i64,
    #[serde(default)]
    tags: Option<Vec<Tag>>,
    #[serde(default, rename = "processID")]
    process_id: Option<String>,
    #[serde(default)]
    process: Option<Process>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "refType")]
    kind: String,
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Process {
    service_name: String,
    #[serde(default)]
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
struct Tag {
    key: String,
    value: Value,
}

/// Spans as they are read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) spans: Vec<Traced>,
    /// What those who wrote spans say of themselves.
    pub(super) processes: BTreeMap<EntityId, BTreeMap<String, String>>,
    /// Why spans were left out, and how often.
    left_out: BTreeMap<String, usize>,
}

impl Reading {
    pub(super) fn take(&mut self, trace: Trace) {
        let topology = Topology::default();
        let mut names = Names::new(&topology);
        let processes: BTreeMap<&String, BTreeMap<String, String>> =
            trace.processes.iter().map(|(id, process)| (id, process.attributes())).collect();
        for mut wire in trace.spans {
            let own = wire.process.take().map(|process| process.attributes());
            let of_trace = wire.process_id.as_ref().and_then(|id| processes.get(id));
            let Some(process) = own.as_ref().or(of_trace) else {
                self.leave_out("a span without a process".to_owned());
                continue;
            };
            match traced(wire, process, &mut names) {
                Ok(traced) => {
                    let id = &traced.span.entity;
                    if !self.processes.contains_key(id) {
                        self.processes.insert(id.clone(), process.clone());
                    }
                    self.spans.push(traced);
                }
                Err(why) => self.leave_out(why),
            }
        }
    }

    fn leave_out(&mut self, why: String) {
        // Each sort of trouble is told once; a flood of sorts is no help.
        if self.left_out.len() < 20 || self.left_out.contains_key(&why) {
            *self.left_out.entry(why).or_default() += 1;
        }
    }

    pub(super) fn notes(&self) -> Vec<String> {
        self.left_out.iter().map(|(why, times)| format!("left out: {why} ({times})")).collect()
    }
}

impl Process {
    fn attributes(&self) -> BTreeMap<String, String> {
        let mut attributes = texts(self.tags.as_deref());
        // The name under which Jaeger keeps it, whatever the tags say.
        attributes.insert("service.name".to_owned(), self.service_name.clone());
        // What Jaeger's own libraries call the machine.
        if let Some(host) = attributes.get("hostname").cloned() {
            attributes.entry("host.name".to_owned()).or_insert(host);
        }
        attributes
    }
}

fn texts(tags: Option<&[Tag]>) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    tags.unwrap_or_default().iter().map(|tag| (tag.key.clone(), text(&tag.value))).collect()
}

fn traced(
    wire: Wire,
    process: &BTreeMap<String, String>,
    names: &mut Names<'_>,
) -> Result<Traced, String> {
    let tags = texts(wire.tags.as_deref());
    let role = tags.get("span.kind").map_or(Role::Internal, |word| Role::of_word(word));
    let entity = names.entity(process, &tags)?;
    let peer = names.peer(&tags, &wire.operation_name, role)?;
    let start_nanos = wire.start_time.checked_mul(1000).filter(|start| *start > 0);
    let end = wire.start_time.checked_add(wire.duration).and_then(|end| end.checked_mul(1000));
    let start_nanos = start_nanos.ok_or("a span that starts before 1970 or after 2262")?;
    let end_nanos =
        end.filter(|end| *end >= start_nanos).ok_or("a span with a negative duration")?;
    let is_error = tags.get("error").is_some_and(|error| error == "true");
    let status = match tags.get("otel.status_code").map(String::as_str) {
        Some("ERROR") => SpanStatus::Error,
        Some(_) | None if is_error => SpanStatus::Error,
        Some("OK") => SpanStatus::Ok,
        Some(_) | None => SpanStatus::Unset,
    };
    let called = peer.as_ref().filter(|_| role != Role::Consumer).map(|peer| peer.id.clone());
    Ok(Traced {
        span: Span {
            trace_id: hex(&wire.trace_id, 32)?,
            span_id: hex(&wire.span_id, 16)?,
            parent_id: parent(&wire).map(|id| hex(id, 16)).transpose()?,
            entity,
            peer: called,
            operation: wire.operation_name,
            start_nanos,
            end_nanos,
            status,
        },
        role,
        peer,
    })
}

/// The span it is a child of; else one of the same trace that it follows.
fn parent(wire: &Wire) -> Option<&str> {
    let references = wire.references.as_deref().unwrap_or_default();
    let of = |kind: &str| references.iter().find(|r| r.kind == kind && r.trace_id == wire.trace_id);
    let found = of("CHILD_OF").or_else(|| of("FOLLOWS_FROM")).map(|r| r.span_id.as_str());
    found.or(wire.parent_span_id.as_deref()).filter(|id| !id.chars().all(|c| c == '0'))
}

/// An id in lower case and in its whole length, as logs write it: some leave zeros in front out.
fn hex(id: &str, length: usize) -> Result<String, String> {
    if id.is_empty() || id.len() > length || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("an id that isn't hexadecimal".to_owned());
    }
    Ok(format!("{:0>length$}", id.to_ascii_lowercase()))
}
