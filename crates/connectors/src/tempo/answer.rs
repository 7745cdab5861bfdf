//! What Tempo answers.

use nightjar_otlp::{Parse as _, TracesData};
use prost::Message;
use serde::Deserialize;

use super::json;

/// Values of a tag.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Values {
    /// Absent or null where there is none.
    #[serde(default)]
    tag_values: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Typed { value: String },
    Plain(String),
}

impl Values {
    pub(super) fn texts(&self) -> Vec<String> {
        let values = self.tag_values.iter().flatten();
        let text = |value: &Value| match value {
            Value::Typed { value } | Value::Plain(value) => value.clone(),
        };
        values.map(text).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct Build {
    pub(super) version: Option<String>,
}

/// What a search found.
#[derive(Deserialize)]
pub(super) struct Hits {
    #[serde(default)]
    pub(super) traces: Vec<Hit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hit {
    #[serde(rename = "traceID")]
    trace_id: String,
    /// Unix nanoseconds.
    #[serde(default)]
    start_time_unix_nano: Option<String>,
}

impl Hit {
    /// The id, if it is one: it becomes a part of a path.
    pub(super) fn id(self) -> Option<String> {
        let id = self.trace_id.to_ascii_lowercase();
        let is_hex = id.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_hex && (1..=32).contains(&id.len())).then_some(id)
    }

    pub(super) fn start(&self) -> u64 {
        self.start_time_unix_nano.as_ref().and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

/// The answer of `/api/v2/traces/{id}`, as far as it is of interest.
#[derive(Clone, PartialEq, Message)]
struct ByIdNewer {
    #[prost(message, optional, tag = "1")]
    trace: Option<TracesData>,
    /// 1 if it is only a part.
    #[prost(int32, tag = "3")]
    status: i32,
}

/// Reads a trace of `/api/v2/traces/{id}`; whether it is only a part.
pub(super) fn newer(bytes: &[u8]) -> Result<(TracesData, bool), String> {
    if bytes.first() == Some(&b'{') {
        return json::read(bytes);
    }
    let answer = ByIdNewer::decode(bytes)
        .map_err(|error| format!("a trace as protobuf expected, found: {error}"))?;
    Ok((answer.trace.unwrap_or_default(), answer.status == 1))
}

/// Reads a trace of `/api/traces/{id}`.
pub(super) fn older(bytes: &[u8]) -> Result<(TracesData, bool), String> {
    if bytes.first() == Some(&b'{') {
        return json::read(bytes);
    }
    Ok((TracesData::from_protobuf(bytes)?, false))
}
