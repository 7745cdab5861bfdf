//! When something was signed, and whether that is just now.

use jiff::{SignedDuration, Timestamp};

use crate::denied::{Denied, Part};

/// How far the time of a signature may be from ours, in both directions.
///
/// AWS publishes no number for its webhooks. Five minutes are what it allows for signatures of its
/// API, and what the Standard Webhooks implementations allow.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Reads a time as senders write it: RFC 3339 with any fraction and offset, or a number of seconds
/// or milliseconds since 1970.
pub(crate) fn read(text: &[u8], part: impl Fn() -> Part) -> Result<Timestamp, Denied> {
    let expected = "a time: RFC 3339, or seconds or milliseconds since 1970";
    let time = std::str::from_utf8(text).ok().and_then(parse);
    time.ok_or_else(|| Denied::Malformed { part: part(), expected })
}

fn parse(text: &str) -> Option<Timestamp> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let number: i64 = text.parse().ok()?;
    // Seconds reach this in the year 5138, milliseconds did in 1973.
    if number < 100_000_000_000 {
        Timestamp::from_second(number).ok()
    } else {
        Timestamp::from_millisecond(number).ok()
    }
}

/// Whether it is at most `oldest` ago, and at most [`WINDOW`] ahead.
pub(crate) fn check(
    signed_at: Timestamp,
    oldest: SignedDuration,
    now: Timestamp,
) -> Result<(), Denied> {
    let age = now.duration_since(signed_at);
    if age > oldest {
        let [age_seconds, limit_seconds] = [age.as_secs(), oldest.as_secs()];
        return Err(Denied::Stale { age_seconds, limit_seconds });
    }
    if age < -WINDOW {
        let [ahead_seconds, limit_seconds] = [-age.as_secs(), WINDOW.as_secs()];
        return Err(Denied::Early { ahead_seconds, limit_seconds });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form_that_is_sent() {
        for text in [
            "2026-03-01T12:00:00.000Z",
            "2026-03-01T12:00:00Z",
            "2026-03-01T12:00:00.000000+00:00",
            "2026-03-01T13:00:00+01:00",
            "1772366400",
            "1772366400000",
        ] {
            let time = parse(text).map(|time| time.to_string());
            assert_eq!(time.as_deref(), Some("2026-03-01T12:00:00Z"), "{text}");
        }
        for text in ["", "now", "2026-03-01", "12:00", "-1", "1.5", "99999999999999999999", "１２"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_window_is_closed_at_both_ends() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a time");
        let check = |text: &str| check(text.parse().expect("a time"), WINDOW, now);
        assert_eq!(check("2026-03-01T11:55:00Z"), Ok(()));
        assert_eq!(check("2026-03-01T12:05:00Z"), Ok(()));
        let stale = Denied::Stale { age_seconds: 300, limit_seconds: 300 };
        assert_eq!(check("2026-03-01T11:54:59.999Z"), Err(stale));
        let early = Denied::Early { ahead_seconds: 301, limit_seconds: 300 };
        assert_eq!(check("2026-03-01T12:05:01Z"), Err(early));
    }
}
