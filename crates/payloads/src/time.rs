use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// An instant, and what had to be assumed to read it.
pub(crate) struct Instant {
    pub(crate) at: Timestamp,
    pub(crate) assumed: Option<&'static str>,
}

/// What is expected where nothing could be read.
const EXPECTED: &str = "a time (RFC 3339, or a number since 1970 in s, ms, µs or ns)";

/// Reads the forms that alerting systems write: RFC 3339, an offset without colon, a date and time
/// without a zone (taken as UTC), a number since 1970 whose unit shows in its size, and any of
/// these as text.
pub(crate) fn instant(value: &Value) -> Result<Instant, String> {
    let read = match value {
        Value::Number(number) => {
            since_1970(&number.to_string()).map(|at| Instant { at, assumed: None })
        }
        Value::String(text) => from_text(text.trim()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let instant = read.ok_or_else(|| EXPECTED.to_owned())?;
    if instant.at < EARLIEST || instant.at >= LATEST {
        return Err("a time between the years 2000 and 2100".into());
    }
    Ok(instant)
}

/// 2000-01-01. No alert is older: a time before it is a placeholder (`0`, year 1) or a number in
/// another meaning.
const EARLIEST: Timestamp = Timestamp::constant(946_684_800, 0);
/// 2100-01-01. Later times are "never", or a number in a unit of its own.
const LATEST: Timestamp = Timestamp::constant(4_102_444_800, 0);

fn from_text(text: &str) -> Option<Instant> {
    if let Some(at) = since_1970(text) {
        return Some(Instant { at, assumed: None });
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Instant { at, assumed: None });
    }
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    let at = TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()?;
    Some(Instant { at, assumed: Some("has no zone; UTC is assumed") })
}

/// A number since 1970. Seconds reach 10¹¹ in the year 5138, milliseconds reach it in 1973, so the
/// size tells the unit for all times an alert can have.
fn since_1970(text: &str) -> Option<Timestamp> {
    if let Ok(whole) = text.parse::<i128>() {
        let nanos_per_unit: i128 = match whole.unsigned_abs() {
            0..100_000_000_000 => 1_000_000_000,
            100_000_000_000..100_000_000_000_000 => 1_000_000,
            100_000_000_000_000..100_000_000_000_000_000 => 1_000,
            _ => 1,
        };
        return Timestamp::from_nanosecond(whole.checked_mul(nanos_per_unit)?).ok();
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    let seconds = match number.abs() {
        size if size < 1e11 => number,
        size if size < 1e14 => number / 1e3,
        size if size < 1e17 => number / 1e6,
        _ => number / 1e9,
    };
    let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Option<String> {
        instant(&value).ok().map(|instant| instant.at.to_string())
    }

    #[test]
    fn one_moment_in_all_forms_is_one_moment() {
        let moment = Some("2026-11-23T03:00:12Z".to_owned());
        for value in [
            json!("2026-11-23T03:00:12Z"),
            json!("2026-11-23T04:00:12+01:00"),
            json!("2026-11-23T03:00:12.000+0000"),
            json!("2026-11-23T03:00:12+0000"),
            json!("2026-11-23 03:00:12+00"),
            json!(" 2026-11-23 03:00:12 "),
            json!("2026-11-23 03:00:12 UTC"),
            json!("2026-11-23T03:00:12"),
            json!(1_795_402_812),
            json!(1_795_402_812_000_i64),
            json!(1_795_402_812_000_000_i64),
            json!(1_795_402_812_000_000_000_i64),
            json!(1_795_402_812.0),
            json!("1795402812"),
            json!("1795402812000"),
            json!("1.795402812e9"),
        ] {
            assert_eq!(read(value.clone()), moment, "{value}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_utc_and_says_so() {
        let assumed = |text: &str| instant(&json!(text)).ok().and_then(|instant| instant.assumed);
        assert!(assumed("2026-11-23 03:00:12").is_some());
        assert!(assumed("2026-11-23T03:00:12Z").is_none());
    }

    #[test]
    fn placeholders_and_nonsense_are_no_time() {
        for value in [
            json!(0),
            json!("0001-01-01T00:00:00Z"),
            json!("tomorrow"),
            json!("NaN"),
            json!("inf"),
            json!("1e400"),
            json!(-1),
            json!(u64::MAX),
            json!("99999999999999999999999999999999999999999"),
            json!([1]),
            json!(null),
            json!(true),
        ] {
            assert_eq!(read(value.clone()), None, "{value}");
        }
    }
}
