//! What other tools write: the Collector's file exporter, in its own spelling.

use std::fs;

use nightjar_capsule::{Limits, read};
use nightjar_incident::{LogSeverity, MetricSeries, Recording, SpanStatus, Statistic};

fn load(files: &[(&str, &str)]) -> Recording {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("capsule.toml"), "schema = 1\nname = \"case\"\n").unwrap();
    let topology = r#"{"entities":[{"id":"cart","kind":"service","aliases":["cart-7f9c-abcde"]}]}"#;
    fs::write(home.path().join("topology.json"), topology).unwrap();
    for (name, content) in files {
        fs::write(home.path().join(name), content).unwrap();
    }
    read(home.path(), &Limits::default()).unwrap()
}

/// A line with one metric of the service `cart`.
fn metric(metric: &str) -> String {
    format!(
        r#"{{"resourceMetrics":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"cart"}}}}]}},"scopeMetrics":[{{"scope":{{"name":"x","version":"1"}},"metrics":[{metric}]}}],"schemaUrl":"https://opentelemetry.io/schemas/1.26.0"}}]}}"#
    )
}

/// Points at successive seconds.
fn points(each: &[&str]) -> String {
    let point = |(second, fields): (usize, &&str)| {
        format!(
            r#"{{"startTimeUnixNano":"1767225600000000000","timeUnixNano":"{}000000000",{fields}}}"#,
            1_767_225_601 + second
        )
    };
    each.iter().enumerate().map(point).collect::<Vec<_>>().join(",")
}

fn values(series: &MetricSeries) -> Vec<f64> {
    series.column.values().to_vec()
}

fn one(lines: &str) -> MetricSeries {
    let mut recording = load(&[("metrics.jsonl", lines)]);
    assert_eq!(recording.metrics.len(), 1, "{:?}", recording.notes);
    recording.metrics.remove(0)
}

#[test]
fn a_cumulative_counter_becomes_counts_with_its_reset_noted() {
    let points = points(&[r#""asInt":"10""#, r#""asInt":"14""#, r#""asInt":"3""#, r#""asInt":7"#]);
    let line = metric(&format!(
        r#"{{"name":"requests","unit":"{{request}}","sum":{{"dataPoints":[{points}],"aggregationTemporality":2,"isMonotonic":true}}}}"#
    ));
    let recording = load(&[("metrics.jsonl", &line)]);
    assert_eq!(recording.metrics[0].statistic, Statistic::Count);
    assert_eq!(values(&recording.metrics[0]), [4.0, 3.0, 4.0]);
    assert_eq!(
        recording.notes,
        ["metrics.jsonl: `requests` of `cart`: 1 counter resets were taken as restarts"]
    );
}

#[test]
fn a_sum_that_may_fall_is_a_level() {
    let points = points(&[r#""asInt":"10""#, r#""asInt":"4""#]);
    let line = metric(&format!(
        r#"{{"name":"db.client.connection.count","unit":"{{connection}}","sum":{{"dataPoints":[{points}],"aggregationTemporality":2}}}}"#
    ));
    let series = one(&line);
    assert_eq!(series.statistic, Statistic::Last);
    assert_eq!(values(&series), [10.0, 4.0]);
}

#[test]
fn milliseconds_become_seconds_and_percent_stays() {
    let gauge = |unit: &str| {
        let points = points(&[r#""asDouble":250"#]);
        metric(&format!(r#"{{"name":"x","unit":"{unit}","gauge":{{"dataPoints":[{points}]}}}}"#))
    };
    let series = one(&gauge("ms"));
    assert_eq!((series.unit.as_str(), values(&series)), ("s", vec![0.25]));
    let series = one(&gauge("%"));
    assert_eq!((series.unit.as_str(), values(&series)), ("%", vec![250.0]));
}

#[test]
fn one_metric_in_two_units_is_one_column() {
    let gauge = |second: u64, unit: &str, value: f64| {
        metric(&format!(
            r#"{{"name":"x","unit":"{unit}","gauge":{{"dataPoints":[{{"timeUnixNano":"{second}000000000","asDouble":{value}}}]}}}}"#
        ))
    };
    let text =
        format!("{}\n{}\n", gauge(1_767_225_601, "ms", 250.0), gauge(1_767_225_602, "s", 0.5));
    assert_eq!(values(&one(&text)), [0.25, 0.5]);
}

#[test]
fn a_histogram_becomes_count_mean_and_quantiles() {
    let point = r#""count":"10","sum":2500,"bucketCounts":["5","5","0"],"explicitBounds":[100,500],"min":1,"max":480"#;
    let points = points(&[point]);
    let line = metric(&format!(
        r#"{{"name":"http.server.request.duration","unit":"ms","histogram":{{"dataPoints":[{points}],"aggregationTemporality":1}}}}"#
    ));
    let recording = load(&[("metrics.jsonl", &line)]);
    assert!(recording.notes.is_empty(), "{:?}", recording.notes);
    let found: Vec<(Statistic, &str, f64)> =
        recording.metrics.iter().map(|s| (s.statistic, s.unit.as_str(), values(s)[0])).collect();
    assert_eq!(
        found,
        [
            (Statistic::Count, "1", 10.0),
            (Statistic::Mean, "s", 0.25),
            (Statistic::Max, "s", 0.48),
            (Statistic::P50, "s", 0.1),
            (Statistic::P90, "s", 0.42),
            (Statistic::P95, "s", 0.46),
            (Statistic::P99, "s", 0.48),
        ]
    );
}

#[test]
fn an_exponential_histogram_and_a_summary_are_understood() {
    let exponential = metric(&format!(
        r#"{{"name":"a","unit":"s","exponentialHistogram":{{"dataPoints":[{}],"aggregationTemporality":1}}}}"#,
        points(&[
            r#""count":"4","sum":5,"scale":0,"zeroCount":"0","positive":{"offset":-1,"bucketCounts":["2","2"]},"negative":{}"#
        ])
    ));
    let summary = metric(&format!(
        r#"{{"name":"b","unit":"s","summary":{{"dataPoints":[{}]}}}}"#,
        points(&[
            r#""count":"4","sum":5,"quantileValues":[{"quantile":0.99,"value":2}]"#,
            r#""count":"6","sum":8,"quantileValues":[{"quantile":0.99,"value":"NaN"}]"#
        ])
    ));
    let recording = load(&[("metrics.jsonl", &format!("{exponential}\n{summary}\n"))]);
    let of = |name: &str, statistic| {
        let mut found = recording.metrics.iter();
        values(found.find(|s| s.name == name && s.statistic == statistic).unwrap())
    };
    assert_eq!(of("a", Statistic::Count), [4.0]);
    assert_eq!(of("a", Statistic::P50), [1.0]);
    assert_eq!(of("b", Statistic::Count), [2.0]);
    assert_eq!(of("b", Statistic::Mean), [1.5]);
    assert_eq!(of("b", Statistic::P99)[0], 2.0);
    assert!(of("b", Statistic::P99)[1].is_nan());
}

#[test]
fn what_is_no_number_is_kept_as_missing_and_said() {
    let points = points(&[
        r#""asDouble":1"#,
        r#""asDouble":"NaN""#,
        r#""asDouble":"Infinity""#,
        r#""flags":1"#,
        r#""asDouble":2"#,
    ]);
    let line = metric(&format!(r#"{{"name":"x","unit":"1","gauge":{{"dataPoints":[{points}]}}}}"#));
    let recording = load(&[("metrics.jsonl", &line)]);
    let missing: Vec<bool> =
        values(&recording.metrics[0]).iter().map(|value| value.is_nan()).collect();
    assert_eq!(missing, [false, true, true, true, false]);
    assert_eq!(
        recording.notes,
        ["metrics.jsonl:1: `x`: a finite number as asDouble or asInt expected; \
          kept as missing (2 times)"]
    );
}

#[test]
fn a_histogram_whose_sum_is_no_number_keeps_its_buckets() {
    let points =
        points(&[r#""count":"1","sum":"NaN","bucketCounts":["1","0"],"explicitBounds":[2]"#]);
    let line = metric(&format!(
        r#"{{"name":"x","unit":"s","histogram":{{"dataPoints":[{points}],"aggregationTemporality":1}}}}"#
    ));
    let recording = load(&[("metrics.jsonl", &line)]);
    assert_eq!(recording.metrics[0].statistic, Statistic::Count);
    assert_eq!(recording.metrics[1].statistic, Statistic::P50);
    assert_eq!(values(&recording.metrics[1]), [1.0]);
}

#[test]
fn a_metric_that_cannot_be_read_is_named() {
    let unreadable =
        metric(r#"{"name":"x","unit":"1","gauge":{"dataPoints":[{"timeUnixNano":"soon"}]}}"#);
    let undirected = metric(&format!(
        r#"{{"name":"y","unit":"1","sum":{{"dataPoints":[{}]}}}}"#,
        points(&[r#""asInt":"1""#])
    ));
    let timeless = metric(r#"{"name":"z","gauge":{"dataPoints":[{"asInt":"1"},{"asInt":"2"}]}}"#);
    let nobody = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"n","gauge":{"dataPoints":[{"timeUnixNano":"1","asInt":"1"}]}}]}]}]}"#;
    let text = [unreadable.as_str(), &undirected, &timeless, nobody].join("\n");
    let recording = load(&[("metrics.jsonl", &text)]);
    assert!(recording.metrics.is_empty());
    assert_eq!(
        recording.notes,
        [
            "metrics.jsonl:1: `x`: a readable gauge, sum, histogram, exponentialHistogram or summary expected; left out",
            "metrics.jsonl:2: `y`: aggregationTemporality 1 (delta) or 2 (cumulative) expected; left out",
            "metrics.jsonl:3: `z`: a point with its timeUnixNano expected; left out (2 times)",
            "metrics.jsonl:4: `n`: an attribute that names an entity (nightjar.entity, service.name, …) expected; left out",
        ]
    );
}

#[test]
fn the_other_end_of_a_call_is_told_by_the_side_that_calls() {
    let gauge = |name: &str| {
        let address = r#""attributes":[{"key":"server.address","value":{"stringValue":"bank.example"}}],"asDouble":1"#;
        metric(&format!(
            r#"{{"name":"{name}","unit":"s","gauge":{{"dataPoints":[{}]}}}}"#,
            points(&[address])
        ))
    };
    let peer = |name| one(&gauge(name)).peer.map(|peer| peer.as_str().to_owned());
    assert_eq!(peer("http.client.request.duration").as_deref(), Some("bank.example"));
    assert_eq!(peer("http.server.request.duration"), None);
}

#[test]
fn logs_and_spans_of_the_collector_are_read() {
    let log = r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"unknown_service:java"}},{"key":"k8s.pod.name","value":{"stringValue":"cart-7f9c-abcde"}}]},"scopeLogs":[{"scope":{},"logRecords":[{"timeUnixNano":"1767225601000000001","observedTimeUnixNano":"1767225602000000000","severityNumber":17,"severityText":"ERROR","body":{"stringValue":"no free connection"},"attributes":[{"key":"n","value":{"intValue":"3"}}],"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"},{"observedTimeUnixNano":"1767225600000000000","severityText":"warning","body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"3"}}]}},"traceId":"","spanId":""},{"body":{"stringValue":"no time"}}]}]}]}"#;
    let span = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"checkout"}}]},"scopeSpans":[{"scope":{"name":"x"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"","name":"GET /cart","kind":3,"startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225601000000000","attributes":[{"key":"server.address","value":{"stringValue":"cart"}}],"events":[{"timeUnixNano":"1767225600500000000","name":"e"}],"links":[],"status":{"code":2,"message":"timeout"}},{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b175","name":"backwards","startTimeUnixNano":"2000000000","endTimeUnixNano":"1000000000","status":{}}]}]}]}"#;
    let recording = load(&[("logs.jsonl", log), ("traces.jsonl", span)]);
    assert_eq!(
        recording.notes,
        [
            "logs.jsonl:1: a log record was left out: timeUnixNano or observedTimeUnixNano expected",
            "traces.jsonl:1: a span was left out: an end that isn't before the start expected",
        ]
    );
    let [first, second] = &recording.logs[..] else { panic!("{:?}", recording.logs) };
    assert_eq!((first.severity, first.body.as_str()), (LogSeverity::Warn, "{\"a\":3}"));
    assert_eq!(first.trace_id, None);
    assert_eq!(second.entity.as_str(), "cart");
    assert_eq!(second.severity, LogSeverity::Error);
    assert_eq!(second.at.as_nanosecond(), 1_767_225_601_000_000_001);
    assert_eq!(second.trace_id.as_deref(), Some("5b8efff798038103d269b633813fc60c"));
    let [span] = &recording.spans[..] else { panic!("{:?}", recording.spans) };
    assert_eq!(span.entity.as_str(), "checkout");
    assert_eq!(span.peer.as_ref().map(|peer| peer.as_str()), Some("cart"));
    assert_eq!(span.parent_id, None);
    assert_eq!(span.status, SpanStatus::Error);
    assert_eq!(span.end_nanos - span.start_nanos, 1_000_000_000);
}
