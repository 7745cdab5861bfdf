//! How excess is handed on.

use super::{Threshold, number};

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
pub(crate) const ERROR_SHARE_BELOW: Threshold = number(
    "ERROR_SHARE_BELOW",
    1.0,
    "log standard deviation",
    "two retries turn 65 % failed calls into 27 % failed requests, a fallback into fewer",
);
pub(crate) const TOGETHER: Threshold = number(
    "TOGETHER",
    0.05,
    "prior weight",
    "one callee in trouble explains most incidents; several at once are asked for where one alone falls short by far",
);
pub(crate) const OVERRUN: Threshold = number(
    "OVERRUN",
    2.0,
    "times the caller's usual latency",
    "who waits for one callee so much longer holds three times as many requests at once: few have so many spare workers",
);
pub(crate) const OVERRUN_ODDS: Threshold = number(
    "OVERRUN_ODDS",
    10.0,
    "odds",
    "a caller and what it waits for seldom get into trouble at once by coincidence",
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
pub(crate) const CALM_CALLEES: Threshold = number(
    "CALM_CALLEES",
    0.3,
    "prior weight, all of a place together",
    "callees that don't stand out by themselves hide the origin less often than the place that does is it",
);
pub(crate) const BLIND: Threshold = number(
    "BLIND",
    1.0,
    "prior weight, if all below is blind",
    "excess that no measured callee explains comes as often from callees that measure nothing as from the place itself",
);
pub(crate) const TOO_BLIND: Threshold = number(
    "TOO_BLIND",
    0.5,
    "share of what a place calls",
    "where more than half of the callees measure nothing, what stays at the caller may as well be theirs",
);
pub(crate) const BLIND_DEPTH: Threshold = number(
    "BLIND_DEPTH",
    0.5,
    "factor a hop",
    "each further hop that excess must pass unmeasured halves how likely it is",
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
