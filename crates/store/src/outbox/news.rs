//! Which events a change is. Pure: what is the same as before is none, however often it is written.

use super::EventKind;
use crate::tasks::{TaskKind, TaskRecord, TaskStatus};

/// An event that a change of a task makes, and whether its verdict replaces another one.
pub(super) type News = (EventKind, bool);

/// What others are told of a task that was made or changed, in the order of telling.
pub(super) fn of_task(before: Option<&TaskRecord>, after: &TaskRecord) -> Vec<News> {
    let mut news = Vec::new();
    // The words speak of investigations; tasks of other kinds end at once, undone.
    if after.kind != TaskKind::Investigation {
        return news;
    }
    match before {
        None => news.push((EventKind::InvestigationCreated, false)),
        Some(before) if before.priority != after.priority => {
            news.push((EventKind::InvestigationPriorityUpdated, false));
        }
        Some(_) => {}
    }
    let known = before.and_then(|before| before.outcome.as_ref());
    let is_revised = match (known, &after.outcome) {
        (Some(known), Some(outcome)) => outcome.revises(known),
        (None, _) | (_, None) => false,
    };
    let is_moved = before.is_none_or(|before| before.status != after.status);
    let is_elsewhere = before.is_some_and(|before| before.primary != after.primary);
    let is_told = match after.status {
        TaskStatus::Linked => is_moved || is_elsewhere,
        TaskStatus::Completed => is_moved || is_revised,
        TaskStatus::PendingTriage
        | TaskStatus::PendingStart
        | TaskStatus::InProgress
        | TaskStatus::PendingCustomerApproval
        | TaskStatus::Failed
        | TaskStatus::TimedOut
        | TaskStatus::Canceled
        | TaskStatus::Skipped
        | TaskStatus::Waiting => is_moved,
    };
    if let Some(kind) = of_status(after.status).filter(|_| is_told) {
        news.push((kind, is_revised));
    }
    if after.outcome.as_ref().is_some_and(|outcome| outcome.plans_anew(known)) {
        news.push((
            EventKind::MitigationCompleted,
            known.is_some_and(|known| !known.plans.is_empty()),
        ));
    }
    news
}

/// What the contract calls reaching a status, where it has a word for it.
fn of_status(status: TaskStatus) -> Option<EventKind> {
    match status {
        TaskStatus::PendingTriage => Some(EventKind::InvestigationPendingTriage),
        TaskStatus::Linked => Some(EventKind::InvestigationLinked),
        TaskStatus::InProgress => Some(EventKind::InvestigationInProgress),
        TaskStatus::Completed => Some(EventKind::InvestigationCompleted),
        TaskStatus::Failed => Some(EventKind::InvestigationFailed),
        TaskStatus::TimedOut => Some(EventKind::InvestigationTimedOut),
        TaskStatus::Canceled => Some(EventKind::InvestigationCancelled),
        TaskStatus::Skipped => Some(EventKind::InvestigationSkipped),
        TaskStatus::PendingStart | TaskStatus::PendingCustomerApproval | TaskStatus::Waiting => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nightjar_incident::journal::Digest;
    use nightjar_incident::{FaultMode, HypothesisId, Share, Stage};
    use nightjar_topology::EntityId;

    use super::*;
    use crate::Priority;
    use crate::tasks::{TaskCause, TaskOutcome, TaskPlan, TaskVerdict};

    fn task(status: TaskStatus) -> TaskRecord {
        TaskRecord {
            id: "task-1".into(),
            number: 1,
            alert: None,
            investigation: Some("inv-1".into()),
            incident: None,
            execution: None,
            title: String::new(),
            description: String::new(),
            reference: None,
            caller_id: None,
            kind: TaskKind::Investigation,
            priority: Priority::High,
            status,
            reason: None,
            primary: None,
            has_linked: false,
            outcome: None,
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn cause(entity: &str, confidence: f64) -> TaskCause {
        TaskCause {
            statement: format!("{entity} is slow; confidence {confidence}"),
            entity: EntityId::new(entity).unwrap(),
            fault_mode: FaultMode::Slow,
            change: None,
            confidence: Share::new(confidence),
        }
    }

    fn plan(goal: &str) -> TaskPlan {
        let digest = Digest::of(goal.as_bytes());
        TaskPlan { hypothesis: HypothesisId::new("h"), goal: goal.into(), steps: 1, digest }
    }

    fn done(stage: Stage, causes: Vec<TaskCause>, plans: Vec<TaskPlan>) -> TaskRecord {
        let verdict = match causes.is_empty() {
            true => TaskVerdict::NotFound,
            false => TaskVerdict::CauseFound,
        };
        let outcome = Some(TaskOutcome { verdict, stage, causes, plans });
        TaskRecord { outcome, ..task(TaskStatus::Completed) }
    }

    fn told(before: Option<&TaskRecord>, after: &TaskRecord) -> Vec<(&'static str, bool)> {
        of_task(before, after)
            .into_iter()
            .map(|(kind, is_revised)| (kind.title(), is_revised))
            .collect()
    }

    #[test]
    fn what_is_as_it_was_is_no_event() {
        for status in TaskStatus::ALL {
            assert_eq!(told(Some(&task(status)), &task(status)), []);
        }
        let found = done(Stage::Final, vec![cause("shop", 0.8)], vec![plan("a")]);
        assert_eq!(told(Some(&found), &found), []);
        let other = TaskRecord { kind: TaskKind::Evaluation, ..task(TaskStatus::Skipped) };
        assert_eq!(told(None, &other), []);
    }

    #[test]
    fn a_new_task_is_created_and_then_where_it_stands() {
        assert_eq!(told(None, &task(TaskStatus::PendingStart)), [("Investigation Created", false)]);
        let linked = [("Investigation Created", false), ("Investigation Linked", false)];
        assert_eq!(told(None, &task(TaskStatus::Linked)), linked);
    }

    #[test]
    fn a_verdict_that_says_something_else_is_told_again_and_another_figure_is_not() {
        let running = task(TaskStatus::InProgress);
        let first = done(Stage::Provisional, vec![cause("shop", 0.5)], vec![]);
        assert_eq!(told(Some(&running), &first), [("Investigation Completed", false)]);
        let surer = done(Stage::Provisional, vec![cause("shop", 0.6)], vec![]);
        assert_eq!(told(Some(&first), &surer), []);
        let revised = [("Investigation Completed", true)];
        let last = done(Stage::Final, vec![cause("shop", 0.6)], vec![]);
        assert_eq!(told(Some(&surer), &last), revised);
        let elsewhere = done(Stage::Final, vec![cause("cart", 0.6)], vec![]);
        assert_eq!(told(Some(&last), &elsewhere), revised);
    }

    #[test]
    fn a_plan_is_told_when_it_appears_and_when_it_changes() {
        let causes = || vec![cause("shop", 0.5)];
        let without = done(Stage::Final, causes(), vec![]);
        let with = done(Stage::Final, causes(), vec![plan("a")]);
        let other = done(Stage::Final, causes(), vec![plan("b")]);
        assert_eq!(told(Some(&without), &with), [("Mitigation Completed", false)]);
        assert_eq!(told(Some(&with), &other), [("Mitigation Completed", true)]);
        assert_eq!(told(Some(&with), &without), []);
    }

    #[test]
    fn priority_and_another_primary_are_told() {
        let urgent = TaskRecord { priority: Priority::Critical, ..task(TaskStatus::InProgress) };
        let told_of = told(Some(&task(TaskStatus::InProgress)), &urgent);
        assert_eq!(told_of, [("Investigation Priority Updated", false)]);
        let linked = |to: &str| TaskRecord { primary: Some(to.into()), ..task(TaskStatus::Linked) };
        let moved = told(Some(&linked("task-1")), &linked("task-2"));
        assert_eq!(moved, [("Investigation Linked", false)]);
    }
}
