use jiff::Timestamp;
use nightjar_redact::Redactor;
use nightjar_store::{Created, FeedbackRecord, NewFeedback, Once, Space};

use crate::Result;
use crate::redaction::{names, policy};

/// Keeps what a person says about a result; what they wrote in words is redacted before.
///
/// # Errors
/// When there is no such incident, or it can't be stored.
pub async fn give_feedback(
    space: &Space,
    mut new: NewFeedback,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Created<FeedbackRecord>> {
    let known = names(&space.incident_state(&new.incident, false).await?.topology);
    let policy = policy(space).await?;
    let mut redactor = Redactor::new(&space.pseudonym_key(), &policy, known.into_iter());
    for text in [&mut new.actual_cause, &mut new.actual_entity].into_iter().flatten() {
        *text = redactor.text(text).into_owned();
    }
    let originals: Vec<_> = redactor.originals().clone().into_iter().collect();
    if !originals.is_empty() {
        space.keep_originals(&originals).await?;
    }
    Ok(space.give_feedback(new, once, now).await?)
}
