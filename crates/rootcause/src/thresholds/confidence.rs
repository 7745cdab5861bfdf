//! Confidence.

use super::{Threshold, number};

pub(crate) const CAP: Threshold = number(
    "CAP",
    0.97,
    "probability",
    "of the surest claims in 800 fitting worlds, half of them worn, one in a hundred was wrong; life is harder",
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
pub(crate) const SECOND_CAUSE: Threshold = number(
    "SECOND_CAUSE",
    0.8,
    "probability",
    "two causes at once are rare: a second one is told only if it is sure by itself",
);
pub(crate) const SECOND_CAUSE_Z: Threshold = number(
    "SECOND_CAUSE_Z",
    8.0,
    "standard deviations",
    "twice what one of many places shows by chance: what an incident does on detours is mostly less",
);
pub(crate) const CAP_FAINT: Threshold = number(
    "CAP_FAINT",
    0.5,
    "probability",
    "where the symptom itself stands out so little, there may be no incident at all",
);
pub(crate) const FAINT_Z: Threshold = number(
    "FAINT_Z",
    5.0,
    "standard deviations",
    "the largest that the quiet windows of two recorded systems show, now and then",
);
pub(crate) const CAP_PROVISIONAL: Threshold =
    number("CAP_PROVISIONAL", 0.5, "probability", "too little was seen after the onset");
pub(crate) const MIN_ROWS_AFTER: Threshold =
    number("MIN_ROWS_AFTER", 3.0, "rows", "fewer rows after the onset can't tell shapes apart");
pub(crate) const MIN_SECONDS_AFTER: Threshold = number(
    "MIN_SECONDS_AFTER",
    45.0,
    "seconds",
    "calls that hang end at limits of up to half a minute and are counted only then, however often is measured",
);
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
