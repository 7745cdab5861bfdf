//! Values that travel as text, in a path, a query or a header.

use jiff::Timestamp;
use serde_json::{Number, Value};

use crate::shape::Shape;

/// The years 1 to 9999, in seconds since 1970: what a date and time as text can say.
const MOMENTS: std::ops::RangeInclusive<f64> = -62_135_596_800.0..=253_402_300_799.999;

/// Whether this many seconds since 1970 is a time that makes sense.
pub(crate) fn is_moment(seconds: f64) -> bool {
    MOMENTS.contains(&seconds)
}

/// The value that a text means for a shape, as it would stand in a body. Text that means none
/// stays text, and is told as such when it is held against the shape.
pub(crate) fn value(shape: &Shape, text: String) -> Value {
    let meant = match shape {
        Shape::Integer(_) | Shape::Long(_) => integer(&text).map(Value::from),
        Shape::Double => text.parse().ok().and_then(Number::from_f64).map(Value::Number),
        Shape::Boolean => text.parse().ok().map(Value::Bool),
        Shape::Timestamp => seconds(&text).map(Value::Number),
        // Text in a body, too: it is read when it is held against the shape.
        Shape::DateTime
        | Shape::Text(_)
        | Shape::Choice(_)
        | Shape::Blob
        | Shape::Document
        | Shape::List(_)
        | Shape::Map(_)
        | Shape::Structure(_) => None,
    };
    meant.unwrap_or(Value::String(text))
}

/// Digits, perhaps behind a minus: no plus, no space.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// `2026-01-02T03:04:05.678Z` as seconds since 1970.
pub(crate) fn seconds(text: &str) -> Option<Number> {
    // The library also takes other separators, and no seconds.
    let is_plain = text.as_bytes().get(10).is_some_and(|byte| *byte == b'T')
        && text.as_bytes().get(16).is_some_and(|byte| *byte == b':');
    let moment: Timestamp = is_plain.then(|| text.parse().ok()).flatten()?;
    if moment.subsec_nanosecond() == 0 {
        return Some(Number::from(moment.as_second()));
    }
    // What a float can't hold would be another time when it is written again.
    let moment = Timestamp::from_microsecond(moment.as_microsecond()).ok()?;
    Number::from_f64(moment.as_duration().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Bounds;

    #[test]
    fn text_becomes_the_value_that_it_means() {
        let long = Shape::Long(Bounds::default());
        let cases = [
            (&long, "12", Value::from(12)),
            (&long, "-9223372036854775808", Value::from(i64::MIN)),
            (&Shape::Boolean, "true", Value::Bool(true)),
            (&Shape::Double, "1.5", Value::from(1.5)),
            (&Shape::Timestamp, "1970-01-01T00:00:10Z", Value::from(10)),
            (&Shape::Timestamp, "1970-01-01T01:00:10.25+01:00", Value::from(10.25)),
            (&Shape::Timestamp, "1969-12-31T23:59:59.5Z", Value::from(-0.5)),
        ];
        for (shape, text, expected) in cases {
            assert_eq!(value(shape, text.to_owned()), expected, "{text}");
        }
    }

    #[test]
    fn text_that_means_nothing_stays() {
        let long = Shape::Long(Bounds::default());
        let cases = [
            (&long, "+1"),
            (&long, ""),
            (&long, "-"),
            (&long, "1.0"),
            (&long, " 1"),
            (&long, "9223372036854775808"),
            (&Shape::Boolean, "True"),
            (&Shape::Double, "NaN"),
            (&Shape::Timestamp, "10"),
            (&Shape::Timestamp, "1970-01-01"),
            (&Shape::Timestamp, "1970-01-01T00:00:10"),
            (&Shape::Timestamp, "1970-01-01 00:00:10Z"),
            (&Shape::Timestamp, "1970-13-01T00:00:10Z"),
            (&Shape::Timestamp, "1970-01-01T00:00:10Zx"),
        ];
        for (shape, text) in cases {
            assert_eq!(value(shape, text.to_owned()), Value::from(text), "{text}");
        }
    }
}
