use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

/// When the latest deadlock was, by what `SHOW ENGINE INNODB STATUS` tells of it: its first line begins with the
/// server's local time, which is `zone` seconds ahead of UTC. What took part isn't kept: it holds data of rows.
pub(super) fn latest(told: &str, zone: f64) -> Option<Timestamp> {
    let mut lines = told.lines().skip_while(|line| !line.starts_with("LATEST DETECTED DEADLOCK"));
    let written = lines.nth(2)?.trim();
    // `2026-11-23 03:12:45 0x7f…`, in older versions `20261123 …`, which isn't read.
    let written: String = written.chars().take(19).collect();
    let local: DateTime = written.parse().ok()?;
    let ahead = SignedDuration::try_from_secs_f64(zone).ok()?;
    let utc = jiff::tz::Offset::UTC.to_timestamp(local).ok()?;
    utc.checked_sub(ahead).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_deadlock_is_read() {
        let told = "=====\n------------------------\nLATEST DETECTED DEADLOCK\n------------------------\n\
                    2026-11-23 03:12:45 0x7f10\n*** (1) TRANSACTION:\n";
        let at = latest(told, 3600.0).unwrap();
        assert_eq!(at.to_string(), "2026-11-23T02:12:45Z");
        for odd in
            ["", "LATEST DETECTED DEADLOCK", "LATEST DETECTED DEADLOCK\n-\nyesterday é", "x\n\n\n"]
        {
            assert!(latest(odd, f64::NAN).is_none() && latest(odd, 0.0).is_none());
        }
    }
}
