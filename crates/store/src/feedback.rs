use jiff::Timestamp;
use nightjar_incident::IncidentId;

use crate::{Created, Once, Page, PageRequest, Result, Space};

/// Whether a result was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rating {
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
}

/// What a person says about a result.
#[derive(Clone, Debug)]
pub struct NewFeedback {
    /// The incident.
    pub incident: IncidentId,
    /// Right or wrong.
    pub rating: Rating,
    /// The entity that really was the cause, where told.
    pub actual_entity: Option<String>,
    /// What really was the cause, in words; redacted by the caller.
    pub actual_cause: Option<String>,
    /// Who says so.
    pub by: String,
}

/// Feedback as kept.
#[derive(Clone, Debug)]
pub struct FeedbackRecord {
    /// `fb-1`.
    pub id: String,
    /// What was said.
    pub feedback: NewFeedback,
    /// About which execution: the one whose verdict counted then.
    pub execution: Option<String>,
    /// When.
    pub given_at: Timestamp,
}

impl Space {
    /// Keeps feedback.
    pub async fn give_feedback(
        &self,
        new: NewFeedback,
        once: Option<&Once>,
        now: Timestamp,
    ) -> Result<Created<FeedbackRecord>> {
        let _ = (new, once, now);
        todo!()
    }
    /// Feedback, newest first; of one incident, where given.
    pub async fn feedback(
        &self,
        incident: Option<&IncidentId>,
        page: &PageRequest,
    ) -> Result<Page<FeedbackRecord>> {
        let _ = (incident, page);
        todo!()
    }
}
