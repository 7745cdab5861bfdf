//! What a metric means: the table from names of metrics to signals, a file for each family of names.
//!
//! A metric that isn't in the table isn't dropped: it is [`Signal::Other`] and takes part only as
//! background. A row says of a metric how its source counts, what it measures, in which unit, how the
//! signal's unit is made from it, which labels name the entity and its peer, and which say that requests failed.

mod blackbox;
mod cadvisor;
mod cloudwatch;
mod collector;
mod databases;
mod go;
mod http;
mod jvm;
mod kafka;
mod kind;
mod kube_state;
mod micrometer;
mod mysql;
mod nginx;
mod node;
mod otel_requests;
mod otel_resources;
mod owner;
mod postgres;
mod proxies;
mod rabbitmq;
mod redis;
mod row;
#[cfg(test)]
mod tests;

pub use kind::{Signal, Worse};
pub use row::{Combine, Instrument, Label, Make, Owner, Row, Value, Whole};

use crate::{MetricSeries, Statistic};

/// Metrics of one source.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// What it is called.
    pub name: &'static str,
    /// Whose names these are, and as of which version.
    pub source: &'static str,
    /// What all names begin with; one of these.
    pub prefixes: &'static [&'static str],
    /// Where its metrics come from.
    pub origin: Origin,
    /// The metrics.
    pub rows: &'static [Row],
}

/// Where metrics come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A program beside what it watches, which has a process of its own.
    Exporter,
    /// A library within any program, exporters among them.
    Process,
    /// What they are about, or a gateway on its behalf.
    Itself,
}

/// All families. Where two know a name, the first counts.
pub static FAMILIES: &[Family] = &[
    otel_requests::FAMILY,
    otel_resources::FAMILY,
    collector::FAMILY,
    databases::FAMILY,
    cloudwatch::FAMILY,
    http::FAMILY,
    micrometer::FAMILY,
    jvm::FAMILY,
    go::FAMILY,
    node::FAMILY,
    cadvisor::FAMILY,
    kube_state::FAMILY,
    postgres::FAMILY,
    mysql::FAMILY,
    redis::FAMILY,
    kafka::FAMILY,
    rabbitmq::FAMILY,
    nginx::FAMILY,
    proxies::FAMILY,
    blackbox::FAMILY,
];

/// The rows of a name.
pub fn rows(name: &str) -> impl Iterator<Item = &'static Row> {
    let known = |family: &&Family| family.prefixes.iter().any(|prefix| name.starts_with(prefix));
    let families = FAMILIES.iter().filter(known);
    families.flat_map(|family| family.rows).filter(move |row| row.name == name)
}

/// The row that a series belongs to.
pub fn row(series: &MetricSeries) -> Option<&'static Row> {
    rows(&series.name).find(|row| row.fits(series))
}

/// What a metric measures.
///
/// The count of a duration histogram is [`Signal::Requests`], or [`Signal::Errors`] where the
/// attributes say that these requests failed (`error.type`, a status code of 500 and above, or what the row
/// names). The same holds for a counter of requests that is split by what became of them.
pub fn of(series: &MetricSeries) -> Signal {
    let Some(row) = row(series) else { return Signal::Other };
    match (row.signal, series.statistic) {
        (Signal::Latency, Statistic::Count) if failed_by(row, series) => Signal::Errors,
        (Signal::Latency, Statistic::Count) => Signal::Requests,
        (Signal::Requests, Statistic::Count)
            if !row.failing.is_empty() && failed_by(row, series) =>
        {
            Signal::Errors
        }
        (signal, _) => signal,
    }
}

/// Whether the attributes say that the requests counted here failed.
pub fn failed(series: &MetricSeries) -> bool {
    failed_as_told(series)
        || row(series).is_some_and(|row| !row.failing.is_empty() && failed_by(row, series))
}

/// Whether the attributes would say it, had the requests counted here failed.
pub fn tells_failures(series: &MetricSeries) -> bool {
    let told = |name: &str| series.attributes.contains_key(name);
    told("http.response.status_code")
        || row(series).is_some_and(|row| row.failing.iter().any(|label| told(label.name)))
}

fn failed_by(row: &Row, series: &MetricSeries) -> bool {
    let label = |name: &str| series.attributes.get(name).map(String::as_str);
    failed_as_told(series) || row.failing.iter().any(|failing| failing.holds(label))
}

/// As OpenTelemetry's conventions say it.
fn failed_as_told(series: &MetricSeries) -> bool {
    if series.attributes.contains_key("error.type") {
        return true;
    }
    let code = series.attributes.get("http.response.status_code");
    code.and_then(|code| code.parse::<u16>().ok()).is_some_and(|code| code >= 500)
}

/// Whether a metric is about the requests that its entity sends.
pub fn is_of_caller(series: &MetricSeries) -> bool {
    series.name.contains("client") || row(series).is_some_and(|row| !row.owner.peer.is_empty())
}

const fn gauge(name: &'static str, signal: Signal, unit: &'static str) -> Row {
    Row::new(name, Instrument::Gauge, signal, unit)
}

const fn interval(name: &'static str, signal: Signal, unit: &'static str) -> Row {
    Row::new(name, Instrument::Interval, signal, unit)
}

const fn counter(name: &'static str, signal: Signal, unit: &'static str) -> Row {
    Row::new(name, Instrument::Counter, signal, unit).make(Make::Increase)
}

const fn histogram(name: &'static str, signal: Signal, unit: &'static str) -> Row {
    Row::new(name, Instrument::Histogram, signal, unit)
}

const fn summary(name: &'static str, signal: Signal, unit: &'static str) -> Row {
    Row::new(name, Instrument::Summary, signal, unit)
}

const fn one_of(name: &'static str, values: &'static [&'static str]) -> Label {
    Label { name, value: Value::OneOf(values) }
}

const fn begins(name: &'static str, start: &'static str) -> Label {
    Label { name, value: Value::Begins(start) }
}

const fn none_of(name: &'static str, values: &'static [&'static str]) -> Label {
    Label { name, value: Value::NoneOf(values) }
}

const fn whole(name: &'static str) -> Whole {
    Whole { name, only: &[] }
}
