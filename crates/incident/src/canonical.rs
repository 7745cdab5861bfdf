//! Values as canonical JSON (RFC 8785), written in one pass.
//!
//! A value is a tree that nearly stands in canonical order already: its members are sorted once more
//! and written where they belong. The library that does it for anything that serializes builds every
//! object anew from buffers of its members; numbers that JavaScript writes in its own way are left to
//! it.

use serde_json::{Error, Number, Value};

/// The canonical form of a value.
pub(crate) fn to_vec(value: &Value) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(1024);
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) if is_plain(number) => serde_json::to_writer(out, number)?,
        Value::Number(number) => out.extend(serde_json_canonicalizer::to_vec(number)?),
        Value::String(text) => serde_json::to_writer(out, text)?,
        Value::Array(values) => {
            out.push(b'[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(value, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, name)?;
                out.push(b':');
                write(value, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// Whole numbers that every double holds exactly are written alike everywhere.
fn is_plain(number: &Number) -> bool {
    number.as_i64().is_some_and(|whole| whole.unsigned_abs() <= 1 << 53)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_what_the_library_writes() {
        let values = [
            json!(null),
            json!([true, false, [], {}, [[1], {"a": {"b": null}}]]),
            json!([0, -0.0, 1, -7, 1e21, 1e-7, 0.1, 123_456_789.125, 5e-324, f64::MAX]),
            json!([9_007_199_254_740_992_u64, 9_007_199_254_740_993_u64, u64::MAX, i64::MIN]),
            json!({"b": 1, "a": 2, "aa": 3, "": 4, "A": 5, "\u{20ac}": 6, "\u{e000}": 7, "\u{1f600}": 8}),
            json!(
                "quote \" slash / back \\ \n\r\t\u{8}\u{c} \u{1}\u{1f}\u{7f} \u{2028} é \u{1f600}"
            ),
            json!({"\"k\n": "v"}),
        ];
        for value in values {
            let ours = String::from_utf8(to_vec(&value).unwrap()).unwrap();
            assert_eq!(ours, serde_json_canonicalizer::to_string(&value).unwrap());
        }
    }
}
