//! Time as whole microseconds, so that the order of events doesn't depend on rounding.

/// Microseconds since the simulation began.
pub(crate) type Micros = u64;

/// Seconds to microseconds; negative and missing values become 0.
pub(crate) fn micros(seconds: f64) -> Micros {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates, and times are far below 2^53 microseconds"
    )]
    let whole = (seconds * 1e6).round() as u64;
    whole
}

/// Microseconds to seconds.
pub(crate) fn seconds(micros: Micros) -> f64 {
    micros as f64 / 1e6
}

/// A float to a whole number of things; negative and missing values become 0.
pub(crate) fn whole(value: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast saturates, and counts are small"
    )]
    let whole = value.round() as usize;
    whole
}
