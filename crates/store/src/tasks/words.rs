//! The words of the public contract for tasks, as they stand in the database too.

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskKind {
    /// Find the cause of an incident.
    Investigation,
    /// Look at how things are run.
    Evaluation,
    /// Whether a release is ready.
    ReleaseReadinessReview,
    /// Test a release.
    ReleaseTesting,
    /// What a change of code may break.
    CodeChangeRiskAnalysis,
}

impl TaskKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Investigation,
        Self::Evaluation,
        Self::ReleaseReadinessReview,
        Self::ReleaseTesting,
        Self::CodeChangeRiskAnalysis,
    ];

    /// As the contract writes it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Investigation => "INVESTIGATION",
            Self::Evaluation => "EVALUATION",
            Self::ReleaseReadinessReview => "RELEASE_READINESS_REVIEW",
            Self::ReleaseTesting => "RELEASE_TESTING",
            Self::CodeChangeRiskAnalysis => "CODE_CHANGE_RISK_ANALYSIS",
        }
    }

    /// By its label.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.label() == text)
    }
}

/// How urgent a task is; the more urgent the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Some day.
    Minimal,
    /// When there is time.
    Low,
    /// Today.
    Medium,
    /// Now.
    High,
    /// Wake someone.
    Critical,
}

impl Priority {
    /// All of them, the least urgent first.
    pub const ALL: [Self; 5] = [Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// As the contract writes it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Minimal => "MINIMAL",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }

    /// By its label.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.label() == text)
    }

    /// As a column holds it, so that the database can sort: 1 to 5.
    pub(crate) fn rank(self) -> i64 {
        match self {
            Self::Minimal => 1,
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
            Self::Critical => 5,
        }
    }

    pub(super) fn of_rank(rank: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.rank() == rank)
    }
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskStatus {
    /// Triage hasn't seen it; never visible here, since triage answers at once.
    PendingTriage,
    /// It is about the same as another one.
    Linked,
    /// Waits for a worker.
    PendingStart,
    /// A worker is at it.
    InProgress,
    /// Waits for a person's approval; not used here.
    PendingCustomerApproval,
    /// There is a verdict.
    Completed,
    /// It couldn't be done.
    Failed,
    /// It took too long; not used here.
    TimedOut,
    /// Somebody cancelled it.
    Canceled,
    /// It asks for nothing, or for what this version doesn't do.
    Skipped,
    /// Waits for something; not used here.
    Waiting,
}

impl TaskStatus {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::PendingTriage,
        Self::Linked,
        Self::PendingStart,
        Self::InProgress,
        Self::PendingCustomerApproval,
        Self::Completed,
        Self::Failed,
        Self::TimedOut,
        Self::Canceled,
        Self::Skipped,
        Self::Waiting,
    ];

    /// As the contract writes it.
    pub fn label(self) -> &'static str {
        match self {
            Self::PendingTriage => "PENDING_TRIAGE",
            Self::Linked => "LINKED",
            Self::PendingStart => "PENDING_START",
            Self::InProgress => "IN_PROGRESS",
            Self::PendingCustomerApproval => "PENDING_CUSTOMER_APPROVAL",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Canceled => "CANCELED",
            Self::Skipped => "SKIPPED",
            Self::Waiting => "WAITING",
        }
    }

    /// By its label.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.label() == text)
    }

    /// Whether it waits or is worked on. One that is linked does neither: its primary does.
    pub fn is_open(self) -> bool {
        match self {
            Self::PendingTriage
            | Self::PendingStart
            | Self::InProgress
            | Self::PendingCustomerApproval
            | Self::Waiting => true,
            Self::Linked
            | Self::Completed
            | Self::Failed
            | Self::TimedOut
            | Self::Canceled
            | Self::Skipped => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for kind in TaskKind::ALL {
            assert_eq!(TaskKind::parse(kind.label()), Some(kind));
        }
        for status in TaskStatus::ALL {
            assert_eq!(TaskStatus::parse(status.label()), Some(status));
        }
        for priority in Priority::ALL {
            assert_eq!(Priority::parse(priority.label()), Some(priority));
            assert_eq!(Priority::of_rank(priority.rank()), Some(priority));
        }
        assert!(Priority::ALL.is_sorted());
        assert_eq!(TaskKind::parse("investigation"), None);
    }
}
