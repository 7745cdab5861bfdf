//! Times as loggers write them.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex};

/// How far into a line a time is looked for, bytes.
const BEGINNING: usize = 400;

/// The forms of time, each with the names of its parts: y, m or b (a word), d, H, M, S, f, z; or e, a
/// count since 1970.
pub(super) struct Stamps {
    forms: Vec<Regex>,
}

/// What a time looks like in RFC 3339, in most loggers and in databases; also with `/` (nginx, Go).
const DATE: &str = r"(?P<y>\d{4})[-/](?P<m>\d{2})[-/](?P<d>\d{2})[T ](?P<H>\d{2}):(?P<M>\d{2}):(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?\s?(?P<z>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?";
const CLOCK: &str = r"(?P<H>\d{2}):(?P<M>\d{2}):(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?";
const COUNT: &str = r"(?P<e>\d{10}(?:\.\d{1,9})?|\d{13}|\d{16}|\d{19})";

impl Stamps {
    pub(super) fn new() -> Self {
        let forms = [
            // At the beginning, also behind a priority of syslog (RFC 5424) or a bracket.
            format!(r"^(?:<\d{{1,3}}>\d? ?)?[\[(\x22']?{DATE}"),
            // `<34>Nov 23 03:29:00`: RFC 3164.
            format!(r"^(?:<\d{{1,3}}>)?(?P<b>[A-Z][a-z]{{2}}) {{1,2}}(?P<d>\d{{1,2}}) {CLOCK}"),
            // `[23/Nov/2026:03:29:00 +0000]`: the common log format.
            format!(
                r"\[(?P<d>\d{{2}})/(?P<b>[A-Z][a-z]{{2}})/(?P<y>\d{{4}}):{CLOCK} (?P<z>[+-]\d{{4}})\]"
            ),
            // `1:M 23 Nov 2026 03:29:00.123`: Redis.
            format!(r"^\d+:[A-Z] (?P<d>\d{{1,2}}) (?P<b>[A-Z][a-z]{{2}}) (?P<y>\d{{4}}) {CLOCK}"),
            // `I1123 03:29:00.123456`: klog.
            format!(r"^[IWEF](?P<m>\d{{2}})(?P<d>\d{{2}}) {CLOCK}"),
            // `time="2026-…"`, `ts=1795404540.1`.
            format!(r#"(?:^|[\s,])(?:ts|time|timestamp|t)=["']?(?:{DATE}|{})"#, COUNT),
            format!(r"^\[?{COUNT}(?:[\s\],:|]|$)"),
        ];
        let regex = |form: &String| Regex::new(form).expect("invariant: the forms are patterns");
        Self { forms: forms.iter().map(regex).collect() }
    }

    /// The time that a line begins with. Where a year is missing it is the one that ends before a day
    /// after `now`; where a zone is missing it is `zone`.
    pub(super) fn of_line(&self, line: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        let beginning = line.get(..line.floor_char_boundary(BEGINNING)).unwrap_or(line);
        let found = self.forms.iter().find_map(|form| form.captures(beginning))?;
        of_parts(&found, zone, now)
    }

    /// The time that a text is.
    pub(super) fn of_text(&self, text: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        self.of_line(text.trim(), zone, now)
    }
}

/// A count since 1970 in seconds, milli-, micro- or nanoseconds, by the number of its digits; with a
/// fraction or without.
pub(super) fn of_count(count: &str) -> Option<Timestamp> {
    let (whole, fraction) = count.split_once('.').unwrap_or((count, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let places: usize = match whole.len() {
        0..=11 => 9,
        12..=14 => 6,
        15..=17 => 3,
        18..=19 => 0,
        _ => return None,
    };
    let behind: String = fraction.chars().chain(std::iter::repeat('0')).take(places).collect();
    let nanos: i128 = format!("{whole}{behind}").parse().ok()?;
    Timestamp::from_nanosecond(nanos).ok().filter(|at| *at > Timestamp::UNIX_EPOCH)
}

fn of_parts(parts: &Captures<'_>, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let text = |name| parts.name(name).map(|found| found.as_str());
    if let Some(count) = text("e") {
        return of_count(count);
    }
    let small = |name| text(name)?.parse::<i8>().ok();
    let month = match (small("m"), text("b")) {
        (Some(month), _) => month,
        (None, Some(word)) => month_of(word)?,
        (None, None) => return None,
    };
    let (day, hour, minute, second) = (small("d")?, small("H")?, small("M")?, small("S")?);
    let fraction =
        text("f").map_or(Some(0), |digits| format!("{digits:0<9}").parse::<i32>().ok())?;
    let in_year = |year: i16| {
        // A leap second is the last one of its minute.
        let when = DateTime::new(year, month, day, hour, minute, second.min(59), fraction).ok()?;
        match text("z") {
            None => zone.to_ambiguous_timestamp(when).compatible().ok(),
            Some(written) => offset(written)?.to_timestamp(when).ok(),
        }
    };
    if let Some(year) = text("y") {
        return in_year(year.parse().ok()?);
    }
    let latest = now.checked_add(SignedDuration::from_hours(24)).ok()?;
    let this = zone.to_datetime(now).year();
    let years = [this.checked_add(1)?, this, this.checked_sub(1)?];
    years.into_iter().filter_map(in_year).find(|at| *at <= latest)
}

fn month_of(word: &str) -> Option<i8> {
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let place = months.iter().position(|month| *month == word)?;
    i8::try_from(place + 1).ok()
}

fn offset(written: &str) -> Option<Offset> {
    let sign = match written.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return Some(Offset::UTC),
    };
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 =
        digits.get(2..).filter(|m| !m.is_empty()).map_or(Some(0), |m| m.parse().ok())?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &str) {
        let now: Timestamp = "2026-11-23T04:00:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let found = Stamps::new().of_line(line, &zone, now);
        let found = found.map_or_else(|| "none".to_owned(), |at| at.to_string());
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn times_are_read_as_loggers_write_them() {
        check("2026-11-23T03:29:00.123456Z INFO x", "2026-11-23T03:29:00.123456Z");
        check("2026-11-23T03:29:00+05:30 x", "2026-11-22T21:59:00Z");
        check("2026-11-23 03:29:00,123 ERROR x", "2026-11-23T02:29:00.123Z");
        check("2026-11-23 03:29:00.123 UTC [7] LOG:  x", "2026-11-23T03:29:00.123Z");
        check("[2026-11-23 03:29:00] x", "2026-11-23T02:29:00Z");
        check("2026/11/23 03:29:00 [error] 7#7: x", "2026-11-23T02:29:00Z");
        check("<34>1 2026-11-23T03:29:00.003Z host su - x", "2026-11-23T03:29:00.003Z");
        check("<34>Nov 23 03:29:00 host su: x", "2026-11-23T02:29:00Z");
        check("Nov  3 03:29:00 host su: x", "2026-11-03T02:29:00Z");
        check("Dec 24 03:29:00 host su: x", "2025-12-24T02:29:00Z");
        check(
            "10.0.0.1 - - [23/Nov/2026:03:29:00 +0000] \"GET / HTTP/1.1\" 200 1",
            "2026-11-23T03:29:00Z",
        );
        check("1:M 23 Nov 2026 03:29:00.123 * Ready", "2026-11-23T02:29:00.123Z");
        check("E1123 03:29:00.123456       1 main.go:7] x", "2026-11-23T02:29:00.123456Z");
        check("level=info ts=2026-11-23T03:29:00Z msg=x", "2026-11-23T03:29:00Z");
        check("level=info ts=1795404540.5 msg=x", "2026-11-23T03:29:00.5Z");
        check("1795404540123 x", "2026-11-23T03:29:00.123Z");
        check("1795404540 x", "2026-11-23T03:29:00Z");
    }

    #[test]
    fn what_is_no_time_is_none() {
        for line in [
            "",
            "    at com.example.Cart.add(Cart.java:7)",
            "Caused by: x",
            "2026-13-45T99:99:99Z",
            "99999999999999999999 x",
            "1234567 x",
            "Xyz 23 03:29:00 x",
            "\u{1b}[31m",
            "2026-02-30 03:29:00 x",
        ] {
            check(line, "none");
        }
    }

    #[test]
    fn an_hour_that_comes_twice_is_the_earlier_one() {
        check("2026-10-25 02:30:00 x", "2026-10-25T00:30:00Z");
        // And one that doesn't come at all is as far behind the gap.
        check("2026-03-29 02:30:00 x", "2026-03-29T01:30:00Z");
    }
}
