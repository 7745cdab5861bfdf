//! The times of a signature: `20260102T030405Z`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// A time in the basic form of ISO 8601.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, [2, 2, 2])?;
    let small = |number: i16| i8::try_from(number).ok();
    let moment = DateTime::new(
        year,
        small(month)?,
        small(day)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
        0,
    );
    TimeZone::UTC.to_timestamp(moment.ok()?).ok()
}

/// Three numbers of so many digits, one behind the other.
fn numbers(text: &str, digits: [usize; 3]) -> Option<[i16; 3]> {
    let mut rest = text;
    let mut numbers = [0; 3];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let (here, after) = rest.split_at_checked(digits)?;
        if !here.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = here.parse().ok()?;
        rest = after;
    }
    rest.is_empty().then_some(numbers)
}

/// A time in the form of the header `Date`, or in the form above.
pub(super) fn read_date_header(text: &str) -> Option<Timestamp> {
    read(text).or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
}

/// In the basic form of ISO 8601.
pub(super) fn write(moment: Timestamp) -> String {
    let moment = TimeZone::UTC.to_datetime(moment);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_mean_the_same_and_nothing_else_is_read() {
        let moment = read("20260102T030405Z").unwrap();
        assert_eq!(moment.to_string(), "2026-01-02T03:04:05Z");
        assert_eq!(write(moment), "20260102T030405Z");
        assert_eq!(read_date_header("Fri, 02 Jan 2026 03:04:05 GMT"), Some(moment));
        assert_eq!(read_date_header("20260102T030405Z"), Some(moment));
        for text in [
            "",
            "Z",
            "T",
            "TZ",
            "20260102T030405",
            "20260102T0304Z",
            "20260102T030460Z",
            "20261302T030405Z",
            "2026-01-02T03:04:05Z",
            "+2026102T030405Z",
            "20260102T+30405Z",
            "20260102T030405ZZ",
            "2026010éT030405Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
