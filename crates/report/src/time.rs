//! Times as the report writes them: UTC, always said.

use jiff::Timestamp;

/// Day and time: `2026-11-23 03:02:10 UTC`.
pub(crate) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Time alone: `03:02:10`.
pub(crate) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

/// For machines: `2026-11-23T03:02:10Z`.
pub(crate) fn machine(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Distance from the onset: `−1:05`, `+1:02:03`.
pub(crate) fn offset(at: Timestamp, onset: Timestamp) -> String {
    let seconds = at.as_second().saturating_sub(onset.as_second());
    let sign = if seconds < 0 { '−' } else { '+' };
    let size = seconds.unsigned_abs();
    let (hours, minutes, seconds) = (size / 3600, size / 60 % 60, size % 60);
    if hours > 0 {
        format!("{sign}{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{sign}{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_say_before_and_after() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(offset(at(0), at(65)), "−1:05");
        assert_eq!(offset(at(3723), at(0)), "+1:02:03");
        assert_eq!(offset(at(7), at(7)), "+0:00");
    }
}
