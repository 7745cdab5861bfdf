use std::collections::{BTreeMap, BTreeSet};

use nightjar_series::{Column, Repairs};
use nightjar_topology::EntityId;

use super::*;

const SAMPLES: &str = include_str!("samples.txt");

type Labels = BTreeMap<String, String>;

/// A line of an exposition: the name and the labels.
fn parse(line: &str) -> (String, Labels) {
    let (head, _) = line.rsplit_once(' ').unwrap();
    let Some((name, labels)) = head.split_once('{') else { return (head.into(), Labels::new()) };
    let labels = labels.trim_end_matches('}').split("\",").map(|pair| {
        let (key, value) = pair.split_once("=\"").unwrap();
        (key.to_owned(), value.trim_end_matches('"').to_owned())
    });
    (name.to_owned(), labels.collect())
}

fn series(name: &str, statistic: Statistic, unit: &str, attributes: Labels) -> MetricSeries {
    MetricSeries {
        entity: EntityId::new("x").unwrap(),
        peer: None,
        name: name.to_owned(),
        statistic,
        unit: unit.to_owned(),
        attributes,
        column: Column::default(),
        repairs: Repairs::default(),
    }
}

/// The column that whoever reads the source makes by a row.
fn made(row: &Row, labels: &Labels) -> MetricSeries {
    let kept: BTreeSet<&str> = row.attributes().collect();
    let attributes = labels.iter().filter(|(key, _)| kept.contains(key.as_str()));
    let attributes = attributes.map(|(key, value)| (key.clone(), value.clone())).collect();
    series(row.name, row.statistic(), row.made_unit(), attributes)
}

fn signal_named(name: &str) -> Signal {
    serde_json::from_value(name.into()).unwrap()
}

#[test]
fn samples_of_every_family_are_understood() {
    let mut kind = BTreeMap::new();
    let mut expected = None;
    let mut told = BTreeSet::new();
    for line in SAMPLES.lines() {
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, of) = typed.split_once(' ').unwrap();
            kind.insert(name.to_owned(), of.to_owned());
        } else if let Some(what) = line.strip_prefix("#= ") {
            expected = Some(what);
        } else if !line.is_empty() && !line.starts_with('#') {
            let (full, labels) = parse(line);
            let name = full.strip_suffix("_sum").unwrap_or(&full);
            let label = |name: &str| labels.get(name).map(String::as_str);
            let fitting = |row: &&&Row| row.only.iter().all(|only| only.holds(label));
            let known: Vec<&Row> = rows(name).collect();
            let row = known.iter().find(fitting).unwrap_or_else(|| panic!("no row for {line}"));
            match (kind[name].as_str(), row.instrument) {
                ("counter" | "untyped", Instrument::Counter)
                | ("gauge" | "untyped", Instrument::Gauge)
                | ("histogram", Instrument::Histogram)
                | ("summary", Instrument::Summary | Instrument::Histogram) => {}
                (told, ours) => panic!("{name} is a {told} and not a {ours:?}"),
            }
            let made = made(row, &labels);
            let (_, entity) = row.owner.name(label).unwrap();
            let peer = row.owner.peer(label).map(|(_, peer)| format!(" -> {peer}"));
            let signal = serde_json::to_value(of(&made)).unwrap();
            let found = format!(
                "{} {} {entity}{}",
                signal.as_str().unwrap(),
                row.owner.kind.label(),
                peer.unwrap_or_default()
            );
            assert_eq!(Some(found.as_str()), expected.take(), "{line}");
            let of = FAMILIES.iter().position(|family| family.rows.iter().any(|r| r.name == name));
            told.insert(of.unwrap());
        }
    }
    // Five families are told by OpenTelemetry, our connectors and CloudWatch, which expose nothing as text.
    assert_eq!(told.len(), FAMILIES.len() - 5);
}

#[test]
fn no_row_stands_twice() {
    let mut seen = BTreeMap::new();
    for family in FAMILIES {
        for row in family.rows {
            let made =
                (row.name, format!("{:?}", row.only), row.made_unit(), row.statistic().label());
            if let Some(before) = seen.insert(made, family.name) {
                panic!("{} stands in {before} and in {}", row.name, family.name);
            }
        }
    }
    assert!(seen.len() > 300, "{}", seen.len());
}

/// Those of UCUM that OpenTelemetry uses: seconds, bytes, one, percent, and annotations.
fn is_unit(unit: &str) -> bool {
    let part = |part: &str| {
        matches!(part, "s" | "ms" | "us" | "By" | "1" | "%")
            || part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(|note| {
                !note.is_empty() && note.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            })
    };
    match unit.split_once('/') {
        Some((above, below)) => part(above) && part(below),
        None => part(unit),
    }
}

#[test]
fn units_are_valid_and_every_row_is_found_by_its_name() {
    for family in FAMILIES {
        for row in family.rows {
            assert!(is_unit(row.unit) && is_unit(row.made_unit()), "{}: {}", row.name, row.unit);
            assert!(rows(row.name).any(|found| std::ptr::eq(found, row)), "{}", row.name);
            assert!(
                family.prefixes.iter().any(|prefix| row.name.starts_with(prefix)),
                "{} of {}",
                row.name,
                family.name
            );
        }
    }
}

#[test]
fn what_a_row_makes_is_what_it_says() {
    for family in FAMILIES {
        for row in family.rows {
            let attributes = row.only.iter().map(|only| {
                let value = match only.value {
                    Value::OneOf(values) => values.first().copied().unwrap_or_default().to_owned(),
                    Value::Begins(start) => start.to_owned(),
                    Value::NoneOf(_) => "something".to_owned(),
                };
                (only.name.to_owned(), value)
            });
            let made = series(row.name, row.statistic(), row.made_unit(), attributes.collect());
            assert_eq!(of(&made), row.signal, "{row:?}");
            assert_eq!(
                is_of_caller(&made),
                made.name.contains("client") || !row.owner.peer.is_empty()
            );
        }
    }
}

#[test]
fn a_raw_level_isnt_taken_for_the_share_that_is_made_of_it() {
    let memory =
        |unit| series("node_memory_MemAvailable_bytes", Statistic::Last, unit, Labels::new());
    assert_eq!(of(&memory("1")), Signal::MemoryUtilization);
    assert_eq!(of(&memory("By")), Signal::MemoryFree);
    let total = |statistic| series("http_requests_total", statistic, "{request}", Labels::new());
    assert_eq!(of(&total(Statistic::Last)), Signal::Other);
    assert_eq!(of(&total(Statistic::Count)), Signal::Requests);
    let end = |unit| series("probe_ssl_earliest_cert_expiry", Statistic::Last, unit, Labels::new());
    assert_eq!(of(&end("s")), Signal::CertificateLeft);
}

#[test]
fn the_count_of_a_histogram_is_requests_or_errors() {
    let count = |pairs: &[(&str, &str)]| {
        let labels = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        of(&series("http_server_request_duration_seconds", Statistic::Count, "{request}", labels))
    };
    assert_eq!(count(&[("http_response_status_code", "200")]), Signal::Requests);
    assert_eq!(count(&[("http_response_status_code", "503")]), Signal::Errors);
    assert_eq!(count(&[("error_type", "timeout")]), Signal::Errors);
    assert_eq!(count(&[("error_type", "")]), Signal::Requests);
    assert_eq!(signal_named("latency"), Signal::Latency);
}

#[test]
fn factors_lead_to_the_unit_of_the_signal() {
    let row = |name: &str| rows(name).next().unwrap();
    assert_eq!(row("istio_request_duration_milliseconds").factor(), 1e-3);
    assert_eq!(row("http_request_duration_seconds").factor(), 1.0);
    assert_eq!(row("go_gc_duration_seconds").factor(), 1.0);
}
