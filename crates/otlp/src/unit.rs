//! Units as they are written, to the ones we compute in.

/// One row: a unit as sources write it, ours, and what one of theirs is in ours.
struct Row(&'static str, &'static str, f64);

/// UCUM first, then the words of CloudWatch and Datadog. A unit that isn't here stays as it is.
const TABLE: &[Row] = &[
    Row("ms", "s", 1e-3),
    Row("us", "s", 1e-6),
    Row("µs", "s", 1e-6),
    Row("ns", "s", 1e-9),
    Row("Seconds", "s", 1.0),
    Row("seconds", "s", 1.0),
    Row("Milliseconds", "s", 1e-3),
    Row("milliseconds", "s", 1e-3),
    Row("Microseconds", "s", 1e-6),
    Row("microseconds", "s", 1e-6),
    Row("kBy", "By", 1e3),
    Row("MBy", "By", 1e6),
    Row("GBy", "By", 1e9),
    Row("KiBy", "By", 1_024.0),
    Row("MiBy", "By", 1_048_576.0),
    Row("GiBy", "By", 1_073_741_824.0),
    Row("Bytes", "By", 1.0),
    Row("bytes", "By", 1.0),
    Row("Percent", "%", 1.0),
    Row("percent", "%", 1.0),
    Row("Count", "1", 1.0),
    Row("count", "1", 1.0),
    Row("None", "1", 1.0),
];

/// Our unit, and what one of theirs is in ours.
pub(crate) fn ours(unit: &str) -> (&str, f64) {
    TABLE.iter().find(|row| row.0 == unit).map_or((unit, 1.0), |row| (row.1, row.2))
}

/// Whether a sum in this unit counts things: `1`, `{request}`, nothing.
pub(crate) fn counts(unit: &str) -> bool {
    unit.is_empty() || unit == "1" || (unit.starts_with('{') && unit.ends_with('}'))
}
