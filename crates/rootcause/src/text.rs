//! Numbers as people read them.

/// A duration in the unit that gives one to three digits before the point.
pub(crate) fn seconds(value: f64) -> String {
    let size = value.abs();
    if size < 0.000_95 {
        format!("{:.0} µs", value * 1e6)
    } else if size < 0.0995 {
        format!("{:.1} ms", value * 1e3)
    } else if size < 0.9995 {
        format!("{:.0} ms", value * 1e3)
    } else if size < 120.0 {
        format!("{value:.2} s")
    } else {
        format!("{:.1} min", value / 60.0)
    }
}

/// A share as a percentage, with a digit more where it is small.
pub(crate) fn percent(value: f64) -> String {
    let percent = value * 100.0;
    if percent.abs() < 0.995 {
        format!("{percent:.2} %")
    } else if percent.abs() < 9.95 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// A plain number with three significant digits or so.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || value.fract() == 0.0 && size < 1e15 {
        format!("{value:.0}")
    } else if size >= 1.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}
