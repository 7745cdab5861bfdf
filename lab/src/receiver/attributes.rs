//! Attributes of OTLP: made, and read as text.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;

/// One attribute of text.
pub(crate) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(Value::StringValue(value.into()))),
        ..KeyValue::default()
    }
}

/// One attribute that is a number.
pub(crate) fn number(key: &str, value: i64) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(Value::IntValue(value))),
        ..KeyValue::default()
    }
}

/// A value of text.
pub(crate) fn body(value: impl Into<String>) -> AnyValue {
    any(Value::StringValue(value.into()))
}

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

/// The resource of a server that doesn't speak OTLP itself.
pub(crate) fn resource(service: &str) -> Resource {
    let attributes = vec![text("service.name", service), text("service.namespace", "shop")];
    Resource { attributes, ..Resource::default() }
}

/// A value as the collector's ClickHouse exporter writes it.
pub(crate) fn shown(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        Some(other) => serde_json::to_string(other).unwrap_or_default(),
        None => String::new(),
    }
}
