//! Stand-ins until `oncall` has them.

use jiff::Timestamp;
use nightjar_store::{Created, FeedbackRecord, NewFeedback, Once, Space};

pub(crate) async fn give_feedback(
    space: &Space,
    new: NewFeedback,
    once: Option<&Once>,
    now: Timestamp,
) -> nightjar_store::Result<Created<FeedbackRecord>> {
    space.give_feedback(new, once, now).await
}
