use crate::{Observation, Signal};

/// A number with its unit as people read it: `0.25` and `s` give `250 ms`.
///
/// Three significant digits; a missing number says so instead of inventing one.
pub fn amount(value: f64, unit: &str) -> String {
    if !value.is_finite() {
        return "unknown".into();
    }
    let size = value.abs();
    match unit {
        "s" if size == 0.0 => "0 s".into(),
        "s" if size < 1.0 => format!("{} ms", digits(value * 1e3)),
        "s" if size < 300.0 => format!("{} s", digits(value)),
        "s" if size < 7200.0 => format!("{} min", digits(value / 60.0)),
        "s" => format!("{} h", digits(value / 3600.0)),
        "By" if size < 1024.0 => format!("{} B", digits(value)),
        "By" if size < 1_048_576.0 => format!("{} KiB", digits(value / 1024.0)),
        "By" if size < 1_073_741_824.0 => format!("{} MiB", digits(value / 1_048_576.0)),
        "By" => format!("{} GiB", digits(value / 1_073_741_824.0)),
        "" | "1" => digits(value),
        unit => match unit.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(thing) if digits(value) == "1" || thing.ends_with('s') => {
                format!("{} {thing}", digits(value))
            }
            Some(thing) => format!("{} {thing}s", digits(value)),
            None => format!("{} {unit}", digits(value)),
        },
    }
}

/// Three significant digits, more where the whole number has more.
fn digits(value: f64) -> String {
    let size = value.abs();
    let decimals = if size >= 99.95 || size == 0.0 {
        0
    } else if size >= 9.995 {
        1
    } else if size >= 0.9995 {
        2
    } else if size >= 0.09995 {
        3
    } else {
        4
    };
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return if text == "-0" { "0".into() } else { text };
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

impl Observation {
    /// A value of what was observed, as people read it; shares of a limit become percent.
    pub fn amount(&self, value: f64) -> String {
        let is_share = match self.signal {
            Some(Signal::CpuUtilization | Signal::MemoryUtilization | Signal::DiskUtilization) => {
                true
            }
            Some(Signal::Errors | Signal::Availability) => self.usual <= 1.0 && self.seen <= 1.0,
            Some(_) | None => false,
        };
        if is_share && self.unit == "1" {
            amount(value * 100.0, "%")
        } else {
            amount(value, &self.unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_say_them() {
        for (value, unit, text) in [
            (0.25, "s", "250 ms"),
            (0.0004, "s", "0.4 ms"),
            (12.345, "s", "12.3 s"),
            (600.0, "s", "10 min"),
            (0.0, "s", "0 s"),
            (536_870_912.0, "By", "512 MiB"),
            (1.0, "{request}", "1 request"),
            (1234.0, "{request}", "1234 requests"),
            (99.9, "%", "99.9 %"),
            (0.5, "1", "0.5"),
            (-0.000_001, "1", "0"),
            (f64::NAN, "s", "unknown"),
        ] {
            assert_eq!(amount(value, unit), text);
        }
    }
}
