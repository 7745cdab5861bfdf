//! Traces in the spelling of the collector, briefly.

use nightjar_otlp::{Names, Parse as _, Traced, TracesData, read_spans};
use nightjar_topology::Topology;
use serde_json::{Value, json};

/// A span of a service: id, parent (0 for none), kind, name and attributes. All of one trace; each
/// takes from its id to its id plus 100 seconds.
pub(crate) struct Spoken(
    pub(crate) &'static str,
    pub(crate) u8,
    pub(crate) u8,
    pub(crate) u8,
    pub(crate) &'static str,
    pub(crate) Value,
);

pub(crate) const INTERNAL: u8 = 1;
pub(crate) const SERVER: u8 = 2;
pub(crate) const CLIENT: u8 = 3;
pub(crate) const PRODUCER: u8 = 4;
pub(crate) const CONSUMER: u8 = 5;

pub(crate) fn attributes(of: &Value) -> Value {
    let pairs = of.as_object().unwrap().iter().map(|(key, value)| {
        let value = match value {
            Value::Number(number) => json!({ "intValue": number.to_string() }),
            Value::Array(items) => {
                let items: Vec<Value> =
                    items.iter().map(|item| json!({ "stringValue": item })).collect();
                json!({ "arrayValue": { "values": items } })
            }
            other => json!({ "stringValue": other }),
        };
        json!({ "key": key, "value": value })
    });
    pairs.collect()
}

pub(crate) fn data(spans: &[Spoken]) -> TracesData {
    let spans = spans.iter().map(|Spoken(service, id, parent, kind, name, own)| {
        let parent = if *parent == 0 { String::new() } else { format!("{parent:016x}") };
        json!({
            "resource": { "attributes": attributes(&json!({ "service.name": service })) },
            "scopeSpans": [{ "spans": [{
                "traceId": "5b8efff798038103d269b633813fc60c",
                "spanId": format!("{id:016x}"),
                "parentSpanId": parent,
                "kind": kind,
                "name": name,
                "startTimeUnixNano": format!("{}000000000", 1_767_225_600 + u64::from(*id)),
                "endTimeUnixNano": format!("{}000000000", 1_767_225_700 + u64::from(*id)),
                "attributes": attributes(own),
            }]}],
        })
    });
    let text = json!({ "resourceSpans": spans.collect::<Vec<_>>() }).to_string();
    TracesData::from_json(&text).unwrap()
}

pub(crate) fn read(spans: &[Spoken]) -> Vec<Traced> {
    let topology = Topology::default();
    read_spans(data(spans), &mut Names::new(&topology), &mut |why| panic!("{why}"))
}
