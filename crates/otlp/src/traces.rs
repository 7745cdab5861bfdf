//! Spans, to and from ours.

use nightjar_incident::{Span, SpanStatus};
use nightjar_topology::EntityId;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span as Wire, Status, TracesData,
};

use crate::attributes::{attribute, find, hex, resource, scope};
use crate::logs::fitting;
use crate::{Names, PEER, Peer, Role, Unwritable, peer};

/// Where ids stand that aren't hex and so don't fit OTLP's fields.
const TRACE: &str = "nightjar.trace_id";
const SPAN: &str = "nightjar.span_id";
const PARENT: &str = "nightjar.parent_id";

/// A span with what it says of its calls, for the [`crate::CallGraph`].
#[derive(Clone, Debug, PartialEq)]
pub struct Traced {
    /// The span.
    pub span: Span,
    /// What part it has in a call.
    pub role: Role,
    /// Whom it speaks to, where it says so. Of a span that calls, the id is the span's peer as well.
    pub peer: Option<Peer>,
}

/// The spans of one request, in its order; `note` hears what was left out, with the reason.
pub fn read_spans(
    data: TracesData,
    names: &mut Names<'_>,
    note: &mut dyn FnMut(String),
) -> Vec<Traced> {
    let mut spans = Vec::new();
    for of_resource in data.resource_spans {
        let of_whom = of_resource.resource.map(|resource| resource.attributes).unwrap_or_default();
        for wire in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            match traced(wire, &of_whom, names) {
                Ok(found) => spans.push(found),
                Err(why) => note(format!("a span was left out: {why}")),
            }
        }
    }
    spans
}

fn traced(wire: Wire, of_whom: &[KeyValue], names: &mut Names<'_>) -> Result<Traced, String> {
    let entity = names.entity(of_whom, &wire.attributes[..])?;
    let role = match SpanKind::try_from(wire.kind) {
        Ok(SpanKind::Client) => Role::Client,
        Ok(SpanKind::Producer) => Role::Producer,
        Ok(SpanKind::Server) => Role::Server,
        Ok(SpanKind::Consumer) => Role::Consumer,
        Ok(SpanKind::Unspecified | SpanKind::Internal) | Err(_) => Role::Internal,
    };
    let peer = names.peer(&wire.attributes[..], &wire.name, role)?;
    // A consumer calls nobody, unless it says so; where it takes its messages from isn't called.
    let calls = role != Role::Consumer || peer::says_so(&wire.attributes[..]);
    let called = peer.as_ref().filter(|_| calls).map(|peer| peer.id.clone());
    Ok(Traced { span: span(wire, entity, called)?, role, peer })
}

fn span(wire: Wire, entity: EntityId, peer: Option<EntityId>) -> Result<Span, String> {
    let id = |bytes: &[u8], key| {
        let own = bytes.iter().any(|byte| *byte != 0).then(|| hex(bytes));
        own.or_else(|| find(&wire.attributes, key))
    };
    let nanos = |nanos: u64, field: &str| match i64::try_from(nanos) {
        Ok(nanos) if nanos > 0 => Ok(nanos),
        Ok(_) | Err(_) => Err(format!("{field} within 1970 to 2262 expected, found {nanos}")),
    };
    let start_nanos = nanos(wire.start_time_unix_nano, "startTimeUnixNano")?;
    let end_nanos = nanos(wire.end_time_unix_nano, "endTimeUnixNano")?;
    if end_nanos < start_nanos {
        return Err("an end that isn't before the start expected".to_owned());
    }
    let status = wire.status.as_ref().map_or(0, |status| status.code);
    Ok(Span {
        trace_id: id(&wire.trace_id, TRACE).ok_or("a traceId expected")?,
        span_id: id(&wire.span_id, SPAN).ok_or("a spanId expected")?,
        parent_id: id(&wire.parent_span_id, PARENT),
        entity,
        peer,
        start_nanos,
        end_nanos,
        status: match StatusCode::try_from(status) {
            Ok(StatusCode::Ok) => SpanStatus::Ok,
            Ok(StatusCode::Error) => SpanStatus::Error,
            Ok(StatusCode::Unset) | Err(_) => SpanStatus::Unset,
        },
        operation: wire.name,
    })
}

/// The line of a file that holds one span.
///
/// # Errors
///
/// OTLP has no time before 1970, and no span that ends before it starts.
pub fn line_of_span(span: &Span) -> Result<TracesData, Unwritable> {
    let unwritable =
        |what: &str| Unwritable(format!("span `{}` of `{}`: {what}", span.span_id, span.entity));
    let nanos = |nanos: i64| {
        let nanos = u64::try_from(nanos).ok().filter(|nanos| *nanos > 0);
        nanos.ok_or_else(|| unwritable("OTLP has no time before 1970"))
    };
    if span.end_nanos < span.start_nanos {
        return Err(unwritable("it ends before it starts"));
    }
    let status = match span.status {
        SpanStatus::Unset => StatusCode::Unset,
        SpanStatus::Ok => StatusCode::Ok,
        SpanStatus::Error => StatusCode::Error,
    };
    // Only a side that calls names the other one.
    let kind = if span.peer.is_some() { SpanKind::Client } else { SpanKind::Unspecified };
    let mut wire = Wire {
        name: span.operation.clone(),
        kind: kind.into(),
        start_time_unix_nano: nanos(span.start_nanos)?,
        end_time_unix_nano: nanos(span.end_nanos)?,
        status: Some(Status { code: status.into(), ..Status::default() }),
        ..Wire::default()
    };
    match fitting(&span.trace_id) {
        Some(bytes) => wire.trace_id = bytes,
        None => wire.attributes.push(attribute(TRACE, &span.trace_id)),
    }
    match fitting(&span.span_id) {
        Some(bytes) => wire.span_id = bytes,
        None => wire.attributes.push(attribute(SPAN, &span.span_id)),
    }
    if let Some(parent) = &span.parent_id {
        match fitting(parent) {
            Some(bytes) => wire.parent_span_id = bytes,
            None => wire.attributes.push(attribute(PARENT, parent)),
        }
    }
    if let Some(peer) = &span.peer {
        wire.attributes.push(attribute(PEER, peer.as_str()));
    }
    Ok(TracesData {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource(span.entity.as_str())),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope(Vec::new())),
                spans: vec![wire],
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    })
}
