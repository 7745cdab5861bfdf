//! The usual level and its uncertainty.

use nightjar_series::excursion::Excursion;

use super::{Threshold, number};

pub(crate) const MIN_REFERENCE: Threshold = number(
    "MIN_REFERENCE",
    50.0,
    "rows",
    "a reference of another day must show the level and its swings; below that the level counts as unknown and can't be in excess",
);
pub(crate) const MIN_REFERENCE_ADJACENT: Threshold = number(
    "MIN_REFERENCE_ADJACENT",
    6.0,
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
pub(crate) const OLD_INCIDENT_FLOOR: Threshold = number(
    "OLD_INCIDENT_FLOOR",
    0.2,
    "of the usual latency",
    "latencies are told in classes, a step of which is up to twice the value: six fifths more is beyond one",
);
/// What makes a stretch of a reference an old incident: nothing usual lies six standard deviations out
/// for more than two intervals.
pub(crate) const OLD_INCIDENT: Excursion = Excursion { z: 6.0, length: 3 };
/// Rows of a reference below which an incident in it passes for usual: an hour of minutes.
pub(crate) const SHORT_REFERENCE: usize = 60;
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
