//! The numbers the engine decides by, in one table with their reasons.
//!
//! docs/thresholds.md shows the table; a test holds the page against it.

/// One number: value, unit and why it is what it is.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    /// What it is called in the table.
    pub name: &'static str,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// Where the number comes from.
    pub reason: &'static str,
}

const fn number(
    name: &'static str,
    value: f64,
    unit: &'static str,
    reason: &'static str,
) -> Threshold {
    Threshold { name, value, unit, reason }
}

// The usual level and its uncertainty.
pub(crate) const MIN_REFERENCE: Threshold = number(
    "MIN_REFERENCE",
    50.0,
    "rows",
    "a reference of another day must show the level and its swings; below that the level counts as unknown and can't be in excess",
);
pub(crate) const MIN_REFERENCE_ADJACENT: Threshold = number(
    "MIN_REFERENCE_ADJACENT",
    10.0,
    "rows",
    "a reference that ends where the window begins needs no swings of the day, only the level",
);
pub(crate) const ERROR_NOISE: Threshold = number(
    "ERROR_NOISE",
    0.3,
    "errors² per row",
    "a third of an error a row happens anywhere; keeps one failed request of a quiet place from being infinitely surprising",
);
pub(crate) const SPREAD_SHARE: Threshold = number(
    "SPREAD_SHARE",
    0.2,
    "of the 5–95 % range",
    "that range is 3.3 standard deviations of a normal; a fifth allows for the heavier tails of latency",
);
pub(crate) const LATENCY_FLOOR: Threshold = number(
    "LATENCY_FLOOR",
    0.02,
    "of the usual latency",
    "two per cent is below what anyone notices; keeps constant series from dividing by nothing",
);
pub(crate) const TRIMMED_ROWS: Threshold = number(
    "TRIMMED_ROWS",
    0.02,
    "of the reference rows",
    "references of days hold old incidents; half an hour a day is left out",
);
pub(crate) const DRIFT_SHARE: Threshold = number(
    "DRIFT_SHARE",
    0.1,
    "of the usual level",
    "levels of services move by about a tenth from day to day; applies where the reference isn't adjacent",
);
pub(crate) const VARIANCE_FLOOR: Threshold = number(
    "VARIANCE_FLOOR",
    1e-10,
    "of the largest squared excess",
    "numerical: keeps matrices of constant series invertible",
);

// How excess is handed on.
pub(crate) const TRANSFER_INEXACT: Threshold = number(
    "TRANSFER_INEXACT",
    0.25,
    "of the handed-on excess",
    "how far a caller's excess strays from its share of the callee's in recorded incidents: parallel calls, caches, time-outs",
);
pub(crate) const SHARE_BELOW: Threshold = number(
    "SHARE_BELOW",
    0.7,
    "log standard deviation",
    "a caller may suffer less than its share of the traffic (parallel calls, fallbacks), by a factor of two quite normally",
);
pub(crate) const SHARE_ABOVE: Threshold = number(
    "SHARE_ABOVE",
    0.2,
    "log standard deviation",
    "a caller can't lose more time than the callee spent on it; a fifth for inexact counts",
);
pub(crate) const EDGE_SHARE_BELOW: Threshold = number(
    "EDGE_SHARE_BELOW",
    0.35,
    "log standard deviation",
    "where the edge itself is measured, the share is known and only parallel calls lower it",
);
pub(crate) const ODD_ROW: Threshold = number(
    "ODD_ROW",
    0.1,
    "probability",
    "one row in a short window is often half affected or hit by something else",
);
pub(crate) const SLOWNESS_TO_ERRORS: Threshold = number(
    "SLOWNESS_TO_ERRORS",
    0.3,
    "errors per excess second",
    "a time-out of about 3 s turns three seconds of waiting into one failure; known within a factor of e",
);
pub(crate) const ERRORS_TO_SLOWNESS: Threshold = number(
    "ERRORS_TO_SLOWNESS",
    1.0,
    "seconds per error",
    "a retry with backoff takes about a second; known within a factor of e^1.3",
);
pub(crate) const OTHER_KIND: Threshold = number(
    "OTHER_KIND",
    0.05,
    "prior weight",
    "slowness usually arrives as slowness and errors as errors",
);
pub(crate) const UNSEEN_EDGE: Threshold = number(
    "UNSEEN_EDGE",
    0.05,
    "prior weight",
    "about one dependency in twenty is missing from a recorded topology",
);
pub(crate) const OWN_TEST: Threshold = number(
    "OWN_TEST",
    4.0,
    "standard deviations",
    "an unlikely route needs a place that stands out by itself; 4 is rarer than the number of places tried",
);
pub(crate) const MASS_FLOOR: Threshold = number(
    "MASS_FLOOR",
    0.001,
    "probability",
    "routes less likely than that can't change the ranking",
);

// When to speak.
pub(crate) const SYMPTOM_Z: Threshold = number(
    "SYMPTOM_Z",
    3.0,
    "standard deviations",
    "the 90–95 % quantile of the same statistic over windows without an incident, in two recorded systems",
);
pub(crate) const SECOND_ROW: Threshold = number(
    "SECOND_ROW",
    2.2,
    "short-term standard deviations",
    "an incident lasts longer than one interval; a single high row that is over is a blip",
);
pub(crate) const CLAIM: Threshold = number(
    "CLAIM",
    0.35,
    "probability",
    "in quiet windows the leading place stays below it in 95 % of the cases, as nothing explains nothing",
);

// Observations of single signals.
pub(crate) const TRAFFIC_Z: Threshold = number(
    "TRAFFIC_Z",
    4.0,
    "standard deviations",
    "traffic swings by itself; 4 of its own swings is rarer than the number of places watched",
);
pub(crate) const TRAFFIC_RATIO: Threshold = number(
    "TRAFFIC_RATIO",
    1.5,
    "of the usual requests",
    "capacity is planned with at least a third of headroom; less can't hurt",
);
pub(crate) const GAUGE_Z: Threshold = number(
    "GAUGE_Z",
    4.0,
    "standard deviations",
    "with some hundred gauges watched, 4 is passed by chance once in a hundred investigations",
);
pub(crate) const RESTART_Z: Threshold = number(
    "RESTART_Z",
    3.0,
    "standard deviations",
    "one restart of a process that never restarted before scores 3.2, and is news",
);
pub(crate) const UTILISATION_FLOOR: Threshold = number(
    "UTILISATION_FLOOR",
    0.02,
    "share of the limit",
    "two points of CPU or memory are noise of the scheduler",
);
pub(crate) const UTILISATION_FACTOR: Threshold = number(
    "UTILISATION_FACTOR",
    1.3,
    "of the usual share",
    "less than a third more of a resource explains no incident",
);
pub(crate) const MEMORY_FLOOR: Threshold = number(
    "MEMORY_FLOOR",
    0.05,
    "of the usual memory",
    "garbage collection and caches move memory by some per cent",
);
pub(crate) const MEMORY_NEAR_LIMIT: Threshold = number(
    "MEMORY_NEAR_LIMIT",
    0.85,
    "of the limit",
    "collectors start to fight for memory from about here",
);
pub(crate) const POOL_FLOOR: Threshold =
    number("POOL_FLOOR", 0.5, "connections", "half a connection is an average, not a move");
pub(crate) const POOL_FULL: Threshold = number(
    "POOL_FULL",
    0.95,
    "of the limit",
    "sampled once a minute, a pool that is always full shows a connection less now and then",
);
pub(crate) const BACKLOG_FACTOR: Threshold =
    number("BACKLOG_FACTOR", 2.0, "of the usual backlog", "queues double without anyone noticing");
pub(crate) const STEADY_SHARE: Threshold =
    number("STEADY_SHARE", 0.9, "of the last 60 samples", "only what came regularly can be missed");
pub(crate) const SILENT_STEPS: Threshold =
    number("SILENT_STEPS", 3.0, "samples", "one or two late samples happen in every collector");
pub(crate) const CHANGE_LOOKBACK: Threshold = number(
    "CHANGE_LOOKBACK",
    120.0,
    "minutes before the symptom",
    "most faulty changes show within minutes; slow ones (leaks, expiries) within two hours",
);
pub(crate) const GAP_SHARE: Threshold = number(
    "GAP_SHARE",
    0.3,
    "of the usual gap",
    "quantiles of caller and callee are taken over different requests; a third of the gap is that",
);
pub(crate) const GAP_FLOOR: Threshold = number(
    "GAP_FLOOR",
    0.001,
    "seconds",
    "a millisecond is the resolution of most latency histograms",
);
pub(crate) const LOG_Z: Threshold =
    number("LOG_Z", 4.0, "standard deviations", "for warnings and errors; as for gauges");
pub(crate) const LOG_Z_INFO: Threshold = number(
    "LOG_Z_INFO",
    8.0,
    "standard deviations",
    "informational lines change with the mix of requests; they must change a lot to count",
);
pub(crate) const OWN_TIME_FACTOR: Threshold = number(
    "OWN_TIME_FACTOR",
    1.5,
    "of the usual own time",
    "sampled traces see few requests; half more is beyond their mix",
);
/// Log observations kept, loudest first: a reader can't follow more.
pub(crate) const MAX_LOG_OBSERVATIONS: usize = 40;
/// Spans on each side of the onset below which a median says little.
pub(crate) const MIN_SPANS: usize = 8;

// What is wrong at a place.
pub(crate) const TEMPERATURE: Threshold = number(
    "TEMPERATURE",
    1.5,
    "divisor of log odds",
    "the flow is too sure by this factor when edges or telemetry are missing (fitted on degraded simulations, methods.md §6)",
);
pub(crate) const NONE_OF_THESE: Threshold = number(
    "NONE_OF_THESE",
    0.05,
    "prior weight",
    "one incident in twenty starts at a place that nothing recorded speaks of",
);
pub(crate) const FLOOR_UNSEEN: Threshold = number(
    "FLOOR_UNSEEN",
    0.03,
    "probability",
    "a place without request telemetry can't be cleared by it",
);
pub(crate) const FLOOR_CALM: Threshold = number(
    "FLOOR_CALM",
    0.002,
    "probability",
    "a place whose own requests are as usual hurts nobody, whatever else is odd there",
);
pub(crate) const HOST_SHARE: Threshold = number(
    "HOST_SHARE",
    0.3,
    "of the probability of what runs there",
    "about a third of the faults of services that share a host are the host's",
);
pub(crate) const DOOR_SHARE: Threshold = number(
    "DOOR_SHARE",
    0.5,
    "of the probability of the way to it",
    "what passes between sending and answering is about as often the callee's full queue as the network",
);
pub(crate) const BYSTANDER: Threshold = number(
    "BYSTANDER",
    1e-5,
    "probability",
    "places without any sign, listed so that a reader sees what was looked at",
);
/// Places that are ranked at the least, where there are as many.
pub(crate) const LEADS: usize = 8;
pub(crate) const MARKS_CAP: Threshold = number(
    "MARKS_CAP",
    6.0,
    "log odds",
    "no single kind of evidence may outweigh everything else: a 700-sd CPU would",
);
pub(crate) const MARK_CERTAIN: Threshold = number(
    "MARK_CERTAIN",
    4.5,
    "log odds",
    "two marks that only this fault leaves together, or a counter that counts nothing else",
);
pub(crate) const MARK_CLEAR: Threshold = number(
    "MARK_CLEAR",
    3.0,
    "log odds",
    "one mark that this fault always leaves and others rarely",
);
pub(crate) const MARK_WEAK: Threshold =
    number("MARK_WEAK", 1.5, "log odds", "a mark that other faults leave too");
pub(crate) const NEW_LINES: Threshold = number(
    "NEW_LINES",
    0.7,
    "log odds",
    "callers of a faulty service log new lines as well, if fewer",
);
pub(crate) const CPU_FULL: Threshold = number(
    "CPU_FULL",
    0.8,
    "share of the limit",
    "waiting for a processor grows steeply from about here",
);
pub(crate) const CPU_RISE: Threshold =
    number("CPU_RISE", 0.3, "share of the limit", "a third of the capacity more is no fluctuation");
pub(crate) const SURGE_FOLLOWS: Threshold = number(
    "SURGE_FOLLOWS",
    0.7,
    "of the entrance's ratio",
    "a place strained by a surge gets more requests nearly in proportion",
);

/// What the timing of a change is worth as the trigger of a symptom, in log odds: changes that
/// break something mostly do so within minutes. `None` when it can't have been the trigger.
/// `minutes` counts from the change to the symptom's onset; two minutes of clock and sampling
/// error are allowed.
pub(crate) fn trigger_weight(minutes: f64) -> Option<f64> {
    match minutes {
        m if m < -2.0 => None,
        m if m <= 10.0 => Some(3.5),
        m if m <= 30.0 => Some(2.5),
        m if m <= 60.0 => Some(1.5),
        m if m <= CHANGE_LOOKBACK.value => Some(0.5),
        _ => None,
    }
}

// Confidence.
pub(crate) const CAP: Threshold = number(
    "CAP",
    0.95,
    "probability",
    "one conclusion in twenty of the surest kind was wrong on degraded simulations",
);
pub(crate) const CAP_UNDECIDED: Threshold = number(
    "CAP_UNDECIDED",
    0.9,
    "probability",
    "the place may be sure, but nothing seen says what is wrong there",
);
pub(crate) const CAP_SYMPTOM: Threshold = number(
    "CAP_SYMPTOM",
    0.5,
    "probability",
    "excess that stays with the symptom itself was its own in a third to a half of the cases; else something it calls isn't observed",
);
pub(crate) const CAP_PROVISIONAL: Threshold =
    number("CAP_PROVISIONAL", 0.5, "probability", "too little was seen after the onset");
pub(crate) const MIN_ROWS_AFTER: Threshold =
    number("MIN_ROWS_AFTER", 3.0, "rows", "fewer rows after the onset can't tell shapes apart");
pub(crate) const CALM_ROWS: Threshold =
    number("CALM_ROWS", 5.0, "rows", "as many usual rows after a pulse: it has recovered");

pub(crate) const RECOVERED_SHARE: Threshold = number(
    "RECOVERED_SHARE",
    0.15,
    "of the strongest row's excess",
    "the tail of a pulse: queues drain and caches fill for a while after the cause is gone",
);
pub(crate) const LATE_ROWS: Threshold = number(
    "LATE_ROWS",
    2.0,
    "rows",
    "the onset of a symptom is placed within a row on either side",
);
pub(crate) const SHARE_TOO_SMALL: Threshold = number(
    "SHARE_TOO_SMALL",
    0.3,
    "of the symptom's excess",
    "below that more than two thirds of the symptom stay unexplained",
);
pub(crate) const ATTACK_WEIGHT: Threshold = number(
    "ATTACK_WEIGHT",
    1.0,
    "log odds",
    "one expectation that isn't met: measurements err too",
);
pub(crate) const CALM_Z: Threshold =
    number("CALM_Z", 1.5, "standard deviations", "well within the usual swings");
/// Hypotheses that are attacked: further ones can't become the first.
pub(crate) const ATTACKED: usize = 5;

/// All numbers, in the order of their use.
pub const TABLE: &[Threshold] = &[
    MIN_REFERENCE,
    MIN_REFERENCE_ADJACENT,
    ERROR_NOISE,
    SPREAD_SHARE,
    LATENCY_FLOOR,
    TRIMMED_ROWS,
    DRIFT_SHARE,
    VARIANCE_FLOOR,
    TRANSFER_INEXACT,
    SHARE_BELOW,
    SHARE_ABOVE,
    EDGE_SHARE_BELOW,
    ODD_ROW,
    SLOWNESS_TO_ERRORS,
    ERRORS_TO_SLOWNESS,
    OTHER_KIND,
    UNSEEN_EDGE,
    OWN_TEST,
    MASS_FLOOR,
    SYMPTOM_Z,
    SECOND_ROW,
    CLAIM,
    TRAFFIC_Z,
    TRAFFIC_RATIO,
    GAUGE_Z,
    RESTART_Z,
    UTILISATION_FLOOR,
    UTILISATION_FACTOR,
    MEMORY_FLOOR,
    MEMORY_NEAR_LIMIT,
    POOL_FLOOR,
    POOL_FULL,
    BACKLOG_FACTOR,
    STEADY_SHARE,
    SILENT_STEPS,
    CHANGE_LOOKBACK,
    GAP_SHARE,
    GAP_FLOOR,
    LOG_Z,
    LOG_Z_INFO,
    OWN_TIME_FACTOR,
    TEMPERATURE,
    NONE_OF_THESE,
    FLOOR_UNSEEN,
    FLOOR_CALM,
    HOST_SHARE,
    DOOR_SHARE,
    BYSTANDER,
    MARKS_CAP,
    MARK_CERTAIN,
    MARK_CLEAR,
    MARK_WEAK,
    NEW_LINES,
    CPU_FULL,
    CPU_RISE,
    SURGE_FOLLOWS,
    CAP,
    CAP_UNDECIDED,
    CAP_SYMPTOM,
    CAP_PROVISIONAL,
    MIN_ROWS_AFTER,
    CALM_ROWS,
    RECOVERED_SHARE,
    LATE_ROWS,
    SHARE_TOO_SMALL,
    ATTACK_WEIGHT,
    CALM_Z,
];

/// The table as Markdown, as docs/thresholds.md shows it.
pub fn markdown() -> String {
    let head = "| name | value | unit | reason |\n|---|---|---|---|\n".to_owned();
    TABLE.iter().fold(head, |page, row| {
        format!("{page}| `{}` | {} | {} | {} |\n", row.name, row.value, row.unit, row.reason)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_shows_the_table() {
        let page = include_str!("../../../docs/thresholds.md");
        assert!(
            page.ends_with(&super::markdown()),
            "docs/thresholds.md is out of date; its table should be:\n{}",
            super::markdown()
        );
    }
}
