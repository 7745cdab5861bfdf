//! What operations do per call.

use super::{Threshold, number};

pub(crate) const MIX_Z: Threshold = number(
    "MIX_Z",
    2.5,
    "standard deviations",
    "weak deviations of lines and calls rank the leads; what is claimed has to be far beyond MIX_CHANCE_Z",
);
pub(crate) const MIX_CHANCE_Z: Threshold = number(
    "MIX_CHANCE_Z",
    3.5,
    "standard deviations",
    "the largest of about two thousand deviations that are all chance",
);
pub(crate) const MIX_CAP: Threshold = number(
    "MIX_CAP",
    13.8,
    "log odds",
    "a tail probability of one in a million is as sure as any one kind of evidence gets",
);
pub(crate) const PARTIAL: Threshold = number(
    "PARTIAL",
    0.6,
    "of the standard deviations",
    "a line or call that became more or less frequent may be another mix of requests; one that is new or gone isn't",
);
pub(crate) const GONE: Threshold = number(
    "GONE",
    0.5,
    "of the calls",
    "what used to happen in fewer may be missing because of other requests",
);
pub(crate) const HANDED_ON: Threshold = number(
    "HANDED_ON",
    0.5,
    "of the usual calls per request",
    "more than half of the calls may be missing because of other requests, or of a cache that fills",
);
pub(crate) const MIN_OCCASIONS: Threshold = number(
    "MIN_OCCASIONS",
    4.0,
    "spans",
    "three calls of an operation don't show what is usual for it",
);
pub(crate) const MOSTLY: Threshold = number(
    "MOSTLY",
    0.25,
    "of the way back to what came right before",
    "what was so in three quarters of all that was recorded is ordinary, however odd the last minutes were",
);
pub(crate) const NEVER_SEEN_Z: Threshold = number(
    "NEVER_SEEN_Z",
    3.0,
    "standard deviations",
    "errors of an operation that has no past may be its habit",
);
pub(crate) const HEARSAY: Threshold = number(
    "HEARSAY",
    0.5,
    "of the standard deviations",
    "an error line that names what it called is about the callee, or the way to it, or a wrong name",
);
pub(crate) const BUSY_SLOT: Threshold =
    number("BUSY_SLOT", 20.0, "spans per 15 s", "slots with fewer spans don't count as recorded");
pub(crate) const ALERT_DELAY: Threshold =
    number("ALERT_DELAY", 3.0, "minutes", "alerts fire after two or three evaluations of a minute");
pub(crate) const ALERT_DELAY_SPREAD: Threshold = number(
    "ALERT_DELAY_SPREAD",
    0.4,
    "log standard deviation",
    "two to four and a half minutes are usual, one and ten happen",
);
pub(crate) const SYMPTOM_SLOTS: Threshold = number(
    "SYMPTOM_SLOTS",
    4.0,
    "slots of 15 s",
    "request metrics of a minute place the symptom within a row",
);
pub(crate) const ONSET_TOGETHER: Threshold = number(
    "ONSET_TOGETHER",
    0.1,
    "of the log odds",
    "lines and calls of one trace go together: their sum is no sum of independent evidence",
);
pub(crate) const EXPLAINED_AWAY: Threshold = number(
    "EXPLAINED_AWAY",
    0.75,
    "of the standard deviations",
    "most of what callers do differently follows from what they call",
);
pub(crate) const CHANGED_BELOW_Z: Threshold = number(
    "CHANGED_BELOW_Z",
    4.5,
    "standard deviations",
    "a deviation below of that size is as likely a change as chance",
);
pub(crate) const CHANGED_BELOW_SPREAD: Threshold = number(
    "CHANGED_BELOW_SPREAD",
    1.5,
    "standard deviations",
    "how fast chance turns into certainty around CHANGED_BELOW_Z",
);
pub(crate) const CHANGED_FOR_SURE_Z: Threshold = number(
    "CHANGED_FOR_SURE_Z",
    4.5,
    "standard deviations",
    "well beyond what two thousand tests bring by chance: what is claimed without any other sign",
);
pub(crate) const UNMEASURED: Threshold = number(
    "UNMEASURED",
    0.1,
    "probability",
    "where the alerting entity's requests are as usual and operations have changed, what requests say of any one place counts little",
);
pub(crate) const EXCEPTION_SHARE: Threshold = number(
    "EXCEPTION_SHARE",
    0.8,
    "of the largest deviation",
    "where exceptions are about as conspicuous as anything else, the rest follows from them",
);
/// Slots of 15 s right before the onset that are compared by themselves: two minutes.
pub(crate) const RECENT_SLOTS: usize = 8;
/// Slots of 15 s before the alarm among which the onset is looked for: eight minutes.
pub(crate) const ONSET_SLOTS: i64 = 32;
