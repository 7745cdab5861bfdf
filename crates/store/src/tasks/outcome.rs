use nightjar_incident::journal::Digest;
use nightjar_incident::{ChangeId, FaultMode, HypothesisId, Share, Stage};
use nightjar_topology::EntityId;
use serde::{Deserialize, Serialize};

/// What came of a task, as far as others are told of it: the verdict and the plans in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskOutcome {
    /// What was concluded.
    pub verdict: TaskVerdict,
    /// Whether it may still change.
    pub stage: Stage,
    /// The causes that are claimed, best supported first.
    pub causes: Vec<TaskCause>,
    /// What to do about them.
    pub plans: Vec<TaskPlan>,
}

/// What kind of verdict it is; the words are those of [`nightjar_incident::Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskVerdict {
    /// One or more causes are claimed.
    CauseFound,
    /// There is nothing to repair.
    NoIncident,
    /// Something is wrong and the cause isn't known.
    NotFound,
}

/// A cause that is claimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskCause {
    /// The cause in one or two sentences.
    pub statement: String,
    /// Where the fault is.
    pub entity: EntityId,
    /// What is wrong with it.
    pub fault_mode: FaultMode,
    /// The change that set it off, if one did.
    pub change: Option<ChangeId>,
    /// How probable.
    pub confidence: Share,
}

/// A plan in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPlan {
    /// The cause it is for.
    pub hypothesis: HypothesisId,
    /// What it achieves, in one sentence.
    pub goal: String,
    /// How many steps it has.
    pub steps: usize,
    /// Digest of all that it says, but not of the names of hypotheses, which every execution gives anew.
    pub digest: Digest,
}

impl TaskOutcome {
    /// Whether it says something else than an earlier one: another verdict or stage, or another place, fault
    /// or change. Confidence and the figures in statements move with every look; they alone are no news.
    pub fn revises(&self, earlier: &Self) -> bool {
        let claimed = |outcome: &Self| {
            let claim =
                |cause: &TaskCause| (cause.entity.clone(), cause.fault_mode, cause.change.clone());
            outcome.causes.iter().map(claim).collect::<Vec<_>>()
        };
        (self.verdict, self.stage) != (earlier.verdict, earlier.stage)
            || claimed(self) != claimed(earlier)
    }

    /// Whether it has plans, and others than an earlier one.
    pub fn plans_anew(&self, earlier: Option<&Self>) -> bool {
        let digests =
            |outcome: &Self| outcome.plans.iter().map(|plan| plan.digest).collect::<Vec<_>>();
        !self.plans.is_empty() && earlier.map(digests) != Some(digests(self))
    }
}
