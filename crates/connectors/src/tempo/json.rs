//! Traces as JSON in the spelling of protobuf's own mapping: enums by name, bytes in base64, and under
//! other names than OTLP JSON has. It comes from proxies that forget what was asked for.

use nightjar_otlp::{Parse as _, TracesData};
use serde_json::{Map, Value};

/// Reads a trace; whether it is only a part.
pub(super) fn read(bytes: &[u8]) -> Result<(TracesData, bool), String> {
    let wrong = |error| format!("a trace expected, found: {error}");
    let mut whole: Map<String, Value> = serde_json::from_slice(bytes).map_err(wrong)?;
    let is_part = whole.get("status").and_then(Value::as_str) == Some("PARTIAL");
    let mut trace = match whole.remove("trace") {
        Some(Value::Object(trace)) => trace,
        Some(_) | None => whole,
    };
    let Some(mut spans) = trace.remove("resourceSpans").or_else(|| trace.remove("batches")) else {
        return Err("a trace with resourceSpans or batches expected".to_owned());
    };
    respell(&mut spans);
    let data = Value::Object(Map::from_iter([("resourceSpans".to_owned(), spans)]));
    Ok((TracesData::from_json(&data.to_string())?, is_part))
}

fn respell(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // Before OTLP 0.15 scopes had another name.
            if let Some(scopes) = fields.remove("instrumentationLibrarySpans") {
                fields.insert("scopeSpans".to_owned(), scopes);
            }
            for (name, value) in fields.iter_mut() {
                match (name.as_str(), &*value) {
                    ("traceId" | "spanId" | "parentSpanId", Value::String(id)) => {
                        *value = hex(id).into();
                    }
                    ("kind", Value::String(word)) => *value = kind(word).into(),
                    ("code", Value::String(word)) => *value = code(word).into(),
                    // Values of attributes are data, whatever they are called.
                    ("attributes", _) => {}
                    _ => respell(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(respell),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn kind(word: &str) -> i32 {
    match word {
        "SPAN_KIND_INTERNAL" => 1,
        "SPAN_KIND_SERVER" => 2,
        "SPAN_KIND_CLIENT" => 3,
        "SPAN_KIND_PRODUCER" => 4,
        "SPAN_KIND_CONSUMER" => 5,
        _ => 0,
    }
}

fn code(word: &str) -> i32 {
    match word {
        "STATUS_CODE_OK" => 1,
        "STATUS_CODE_ERROR" => 2,
        _ => 0,
    }
}

/// An id in hex, whether it comes in hex (16 or 32 digits) or in base64 (12 or 24 with their padding).
fn hex(id: &str) -> String {
    if matches!(id.len(), 16 | 32) && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return id.to_owned();
    }
    let bytes = base64(id).unwrap_or_default();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sixteen bytes and less don't need a library.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for letter in text.trim_end_matches('=').bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_in_hex_and_in_base64() {
        assert_eq!(hex("0af7651916cd43dd8448eb211c80319c"), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(hex("CvdlGRbNQ92ESOshHIAxnA=="), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(hex("t61rcWkgMzE="), "b7ad6b7169203331");
        assert_eq!(hex("no id"), "");
    }
}
