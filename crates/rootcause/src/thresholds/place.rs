//! What is wrong at a place.

use super::{CHANGE_LOOKBACK, Threshold, number};

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
pub(crate) const GAP_CERTAIN: Threshold = number(
    "GAP_CERTAIN",
    10.0,
    "times the least gap that counts",
    "a network that delays multiplies the gap; another mix of requests moves it a little",
);
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
pub(crate) const CPU_BUSY: Threshold = number(
    "CPU_BUSY",
    0.5,
    "share of the limit",
    "with half of the processor time free nothing waits for a processor, whatever it was before",
);
pub(crate) const CPU_RISE: Threshold =
    number("CPU_RISE", 0.3, "share of the limit", "a third of the capacity more is no fluctuation");
pub(crate) const DOWN_AS_ALERTED: Threshold = number(
    "DOWN_AS_ALERTED",
    0.5,
    "probability",
    "who doesn't answer, as an alert says, explains that alert as often as not; else it is what it can't run without",
);
pub(crate) const HELD_BACK: Threshold = number(
    "HELD_BACK",
    0.5,
    "share of the periods",
    "containers are held back now and then by any limit; in every second period requests wait for it",
);
pub(crate) const SPARED: Threshold = number(
    "SPARED",
    0.2,
    "of what other callers suffer a request",
    "who is served a fifth as badly as others is hurt by something else: a busy host, its own load",
);
pub(crate) const CPU_FROM_IDLE: Threshold = number(
    "CPU_FROM_IDLE",
    10.0,
    "times the usual share",
    "load varies by factors of two or three; a processor ten times as busy does other work",
);
pub(crate) const RETRY_TIMES: Threshold = number(
    "RETRY_TIMES",
    1.8,
    "times the caller's own growth",
    "one retry of every second request is common in trouble; nearly twice the requests are a storm",
);
pub(crate) const SENT_SHARE: Threshold = number(
    "SENT_SHARE",
    0.5,
    "of the additional requests",
    "what watched callers send less than half of comes mostly from outside",
);
pub(crate) const SURGE_FOLLOWS: Threshold = number(
    "SURGE_FOLLOWS",
    0.7,
    "of the entrance's ratio",
    "a place strained by a surge gets more requests nearly in proportion",
);

pub(crate) const SURGE_SURELY: Threshold = number(
    "SURGE_SURELY",
    3.0,
    "times the usual requests",
    "three times as many strain anything, however many more were turned away before they came",
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
