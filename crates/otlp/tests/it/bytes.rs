//! Bytes of any sort, read or refused.

use std::collections::BTreeSet;

use nightjar_otlp::{
    LogsData, Metrics, MetricsData, Names, Parse, TracesData, Wanted, read_logs, read_spans,
};
use nightjar_topology::{EntityId, Topology};
use proptest::prelude::*;
use prost::Message as _;
use serde_json::json;

use crate::traces::{CLIENT, SERVER, Spoken, attributes, data};

#[test]
fn protobuf_and_json_say_the_same() {
    let data = data(&[
        Spoken("cart", 1, 0, SERVER, "GET /", json!({ "n": 3 })),
        Spoken("cart", 2, 1, CLIENT, "GET", json!({ "server.address": "db" })),
    ]);
    assert_eq!(TracesData::from_protobuf(&data.encode_to_vec()), Ok(data));
}

#[test]
fn a_body_that_is_cut_off_is_refused_in_words() {
    let bytes = data(&[Spoken("cart", 1, 0, SERVER, "GET /", json!({}))]).encode_to_vec();
    let refused = TracesData::from_protobuf(&bytes[..bytes.len() - 3]).unwrap_err();
    assert!(refused.starts_with("a message of OTLP expected, found: "), "{refused}");
    let refused = TracesData::from_json("{\"resourceSpans\":[{").unwrap_err();
    assert_eq!(
        refused,
        "one object {\"resourceSpans\": […]} expected, found: EOF while parsing an object \
         at column 19 (the line is cut off)"
    );
}

fn gauges() -> MetricsData {
    let of = |service: &str| {
        let points: Vec<_> = (1..=5)
            .map(|second| json!({ "timeUnixNano": format!("{second}000000000"), "asInt": second }))
            .collect();
        json!({
            "resource": { "attributes": attributes(&json!({ "service.name": service })) },
            "scopeMetrics": [{ "metrics": [{ "name": "x", "gauge": { "dataPoints": points } }] }],
        })
    };
    let text = json!({ "resourceMetrics": [of("cart"), of("pay")] });
    MetricsData::from_json(&text.to_string()).unwrap()
}

#[test]
fn only_what_is_wanted_is_kept() {
    let wanted = Wanted {
        entities: BTreeSet::from([EntityId::new("pay").unwrap()]),
        from_nanos: Some(2_000_000_000),
        to_nanos: Some(4_000_000_000),
    };
    let topology = Topology::default();
    let mut metrics = Metrics::new(wanted, 100);
    metrics.take(&gauges(), &mut Names::new(&topology), &mut |why| panic!("{why}")).unwrap();
    let series = metrics.finish(&mut |why| panic!("{why}"));
    let found: Vec<_> = series.iter().map(|s| (s.entity.as_str(), s.column.values())).collect();
    assert_eq!(found, [("pay", &[2.0, 3.0][..])]);
}

#[test]
fn more_samples_than_allowed_are_refused_and_what_came_before_stays() {
    let topology = Topology::default();
    let mut metrics = Metrics::new(Wanted::default(), 7);
    let taken = metrics.take(&gauges(), &mut Names::new(&topology), &mut |why| panic!("{why}"));
    assert_eq!(taken.unwrap_err().most_samples, 7);
    let series = metrics.finish(&mut |why| panic!("{why}"));
    assert_eq!(series.iter().map(|s| s.column.values().len()).sum::<usize>(), 7);
}

/// Reads whatever these bytes are; nothing may panic.
fn read_all(bytes: &[u8]) {
    fn either<T: Parse>(bytes: &[u8]) -> impl Iterator<Item = T> {
        let json = std::str::from_utf8(bytes).ok().and_then(|text| T::from_json(text).ok());
        json.into_iter().chain(T::from_protobuf(bytes).ok())
    }
    let topology = Topology::default();
    let mut names = Names::new(&topology);
    for data in either::<TracesData>(bytes) {
        read_spans(data, &mut names, &mut |_| {});
    }
    for data in either::<LogsData>(bytes) {
        read_logs(data, &mut names, &mut |_| {});
    }
    for data in either::<MetricsData>(bytes) {
        let mut metrics = Metrics::new(Wanted::default(), 10_000);
        let _ = metrics.take(&data, &mut names, &mut |_| {});
        metrics.finish(&mut |_| {});
    }
}

proptest! {
    #[test]
    fn no_bytes_break_a_reader(
        at in 0..400_usize, byte: u8, cut in 0..400_usize, junk in prop::collection::vec(any::<u8>(), 0..40)
    ) {
        read_all(&junk);
        for mut bytes in [
            data(&[Spoken("cart", 1, 0, CLIENT, "GET", json!({ "server.address": "db" }))]).encode_to_vec(),
            gauges().encode_to_vec(),
        ] {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(bytes.len().saturating_sub(cut / 4));
            read_all(&bytes);
        }
    }
}
