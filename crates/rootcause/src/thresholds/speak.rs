//! When to speak.

use super::{Threshold, number};

pub(crate) const SYMPTOM_Z: Threshold = number(
    "SYMPTOM_Z",
    3.0,
    "standard deviations",
    "the 90–95 % quantile of the same statistic over windows without an incident, in two recorded systems",
);
pub(crate) const BELOW_Z: Threshold = number(
    "BELOW_Z",
    4.0,
    "standard deviations",
    "where the alerting entity itself is as usual, a place below it must stand out beyond what one of many does by chance",
);
pub(crate) const MATERIAL: Threshold = number(
    "MATERIAL",
    0.02,
    "of the alerting entity's usual time or requests",
    "an excess below it that costs less than a fiftieth of what the alerting entity handles isn't what the alert is about",
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

pub(crate) const FELT_SLOWER: Threshold = number(
    "FELT_SLOWER",
    0.25,
    "of the usual latency",
    "less than a quarter more is how busy hours differ from quiet ones; asked for where the alerts are doubtful",
);
pub(crate) const FELT_FAILING: Threshold = number(
    "FELT_FAILING",
    0.01,
    "share of the requests",
    "fewer failures than one in a hundred are retried away; asked for where the alerts are doubtful",
);

pub(crate) const COST_CHEAP: Threshold = number(
    "COST_CHEAP",
    0.05,
    "chance that the answer changes who leads",
    "columns and changes of two entities are a small question to any system",
);
pub(crate) const COST_DEAR: Threshold = number(
    "COST_DEAR",
    0.15,
    "chance that the answer changes who leads",
    "lines and spans are what log and trace systems charge for; a seventh of a chance is worth a wait",
);

/// Alerts of different titles that a real incident fires only if somebody can feel it.
pub(crate) const STORM: usize = 6;

/// Times an alert has come and gone after which its return is no news.
pub(crate) const COME_AND_GONE: usize = 2;

/// Rows of trouble that are no incident once they are over and the alerts are resolved.
pub(crate) const SHORT_ROWS: usize = 4;
