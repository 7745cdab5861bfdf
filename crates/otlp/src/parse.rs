//! Bytes, to the types of the protocol.

use opentelemetry_proto::tonic::logs::v1::LogsData;
use opentelemetry_proto::tonic::metrics::v1::MetricsData;
use opentelemetry_proto::tonic::trace::v1::TracesData;
use serde::de::DeserializeOwned;

/// One signal's request, as JSON or as protobuf.
///
/// The messages of the files (`TracesData`) and of the wire (`ExportTraceServiceRequest`) have the
/// same fields under the same numbers, so one type reads both. The error says what was expected and
/// what was found.
pub trait Parse: Sized {
    /// From one line or body of OTLP JSON.
    fn from_json(text: &str) -> Result<Self, String>;
    /// From a body of OTLP protobuf.
    fn from_protobuf(bytes: &[u8]) -> Result<Self, String>;
}

impl Parse for TracesData {
    fn from_json(text: &str) -> Result<Self, String> {
        json(text, "one object {\"resourceSpans\": […]}")
    }
    fn from_protobuf(bytes: &[u8]) -> Result<Self, String> {
        protobuf(bytes)
    }
}

impl Parse for LogsData {
    fn from_json(text: &str) -> Result<Self, String> {
        json(text, "one object {\"resourceLogs\": […]}")
    }
    fn from_protobuf(bytes: &[u8]) -> Result<Self, String> {
        protobuf(bytes)
    }
}

impl Parse for MetricsData {
    /// Floats that JSON has no number for become absent values. The types of the crate take them
    /// for some fields only, and for the others drop the whole metric; as absent values they are
    /// understood.
    fn from_json(text: &str) -> Result<Self, String> {
        let expected = "one object {\"resourceMetrics\": […]}";
        if !text.contains("\"NaN\"") && !text.contains("Infinity\"") {
            return json(text, expected);
        }
        let mut value: serde_json::Value = json(text, expected)?;
        drop_special_floats(&mut value);
        serde_json::from_value(value)
            .map_err(|error| format!("{expected} expected, found: {error}"))
    }
    fn from_protobuf(bytes: &[u8]) -> Result<Self, String> {
        protobuf(bytes)
    }
}

/// The first key of an object, unless it holds an escape, which none of the protocol's does. It
/// tells the signal: `resourceSpans`, `resourceLogs`, `resourceMetrics`.
pub fn first_key(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('{')?.trim_start().strip_prefix('"')?;
    rest.split_once('"').map(|(key, _)| key)
}

fn json<T: DeserializeOwned>(text: &str, expected: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default();
        let cut_off = if error.is_eof() { " (the line is cut off)" } else { "" };
        format!("{expected} expected, found: {words} at column {}{cut_off}", error.column())
    })
}

fn protobuf<T: prost::Message + Default>(bytes: &[u8]) -> Result<T, String> {
    T::decode(bytes).map_err(|error| format!("a message of OTLP expected, found: {error}"))
}

fn drop_special_floats(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.retain(|key, value| {
                let float = matches!(key.as_str(), "asDouble" | "sum" | "min" | "max");
                let special = matches!(value.as_str(), Some("NaN" | "Infinity" | "-Infinity"));
                !(float && special)
            });
            fields.values_mut().for_each(drop_special_floats);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(drop_special_floats),
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}
