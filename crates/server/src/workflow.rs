//! Stand-ins until `oncall` has them.

use jiff::Timestamp;
use nightjar_store::{Created, FeedbackRecord, NewFeedback, Once, Space};
use serde_json::Value;

pub(crate) fn check_policy(policy: &Value) -> Result<(), String> {
    if policy.is_object() { Ok(()) } else { Err("a policy is a JSON object".to_owned()) }
}

pub(crate) async fn give_feedback(
    space: &Space,
    new: NewFeedback,
    once: Option<&Once>,
    now: Timestamp,
) -> nightjar_store::Result<Created<FeedbackRecord>> {
    space.give_feedback(new, once, now).await
}
