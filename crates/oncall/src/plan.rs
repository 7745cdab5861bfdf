//! What is to be done with a job, and after it: decided here, done by the worker.

use std::time::Duration;

use jiff::Timestamp;
use nightjar_store::{InvestigationState, Job, JobKind};

/// How patient the worker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long a lease holds without a heartbeat: as long as a dead worker's job waits.
    pub lease: Duration,
    /// How often a job may end without a word (a crash, a power cut) before it is given up.
    pub most_crashes: u32,
    /// The first pause where the store can't be reached; each is twice the one before.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long a running job may go on after the service was asked to stop.
    pub grace: Duration,
    /// How long to wait for news of the queue before looking again: what other processes put there is
    /// seen no sooner.
    pub look_again: Duration,
    /// How often a worker looks whether its job was cancelled, or given to somebody else, by another
    /// process.
    pub recheck: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            // Heartbeats come three times as often; a loaded machine may miss one.
            lease: Duration::from_secs(60),
            most_crashes: 3,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(300),
            // Kubernetes kills after 30 s.
            grace: Duration::from_secs(10),
            look_again: Duration::from_secs(5),
            recheck: Duration::from_secs(1),
        }
    }
}

/// What the ledger of an investigation tells of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// How often it was put off, on purpose and with a reason.
    pub pauses: u32,
    /// For a request: the time it is acted on, and how many requests were met before it. Noted
    /// before anything is done for it.
    pub begun: Option<(Timestamp, usize)>,
}

/// What to do with a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It brought the worker down too often.
    GiveUp {
        /// Why, for people.
        reason: String,
    },
    /// Conduct the investigation from its beginning onto what is stored of it.
    Play,
    /// Go on from what is stored.
    Continue,
    /// A request that was begun before, so that what is stored may hold a part of it: conduct
    /// everything from the beginning onto the journal, with the requests met before it.
    Repeat {
        /// The time the request is acted on.
        at: Timestamp,
        /// How many requests were met before it.
        after: usize,
    },
    /// Look at a live investigation.
    Watch,
}

/// Decides what to do with a job.
pub fn plan(job: &Job, past: &Past, pace: &Pace) -> Step {
    let crashes = job.attempts.saturating_sub(1).saturating_sub(past.pauses);
    if crashes >= pace.most_crashes {
        let reason = format!(
            "given up after {crashes} attempts that ended without a word; the log of the service tells more"
        );
        return Step::GiveUp { reason };
    }
    match (&job.kind, past.begun) {
        (JobKind::Investigate, _) => Step::Play,
        (JobKind::Request(_), None) => Step::Continue,
        (JobKind::Request(_), Some((at, after))) => Step::Repeat { at, after },
        (JobKind::Watch, _) => Step::Watch,
    }
}

/// How the work on a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is done.
    Done,
    /// What was asked can't be done; nothing was changed.
    Unmet(String),
    /// For now; there is more to do at this time, or with news.
    Again(Timestamp),
    /// For now: what is to be done is put off until this time, for this reason.
    Held(Timestamp, String),
    /// The service stops.
    Stopped,
    /// Somebody else has the job now.
    Lost,
    /// The space was deleted.
    Gone,
    /// Something can't be reached; it may work later.
    Later(String),
    /// It will never work.
    Failed(String),
    /// The program broke down.
    Broken(String),
}

/// What to do after the work on a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// Nothing: the job isn't ours any more.
    Leave,
    /// Take it out of the queue without a word.
    Drop,
    /// Take it out of the queue, and say where the investigation stands.
    Finish {
        /// Where it stands.
        state: InvestigationState,
        /// Why, if it isn't simply done.
        reason: Option<String>,
    },
    /// Give it back as if it were new.
    Again {
        /// When it is due.
        due: Timestamp,
    },
    /// The same, and say why it is put off.
    Hold {
        /// When it is due.
        due: Timestamp,
        /// Why not now.
        reason: String,
    },
    /// Give it back.
    Postpone {
        /// For how long.
        pause: Duration,
        /// Why.
        reason: String,
        /// Whether it is noted as put off; otherwise it counts as a crash.
        is_noted: bool,
    },
}

/// Decides what to do after the work on a job.
pub fn afterwards(ended: Ended, job: &Job, pace: &Pace) -> Afterwards {
    let pause = pause(job.attempts, pace);
    match ended {
        Ended::Again(due) => Afterwards::Again { due },
        Ended::Held(due, reason) => Afterwards::Hold { due, reason },
        Ended::Done => Afterwards::Finish { state: InvestigationState::Done, reason: None },
        Ended::Unmet(reason) => {
            Afterwards::Finish { state: InvestigationState::Done, reason: Some(reason) }
        }
        Ended::Failed(reason) => {
            // A request that fails takes nothing from the result that is there.
            let state = match job.kind {
                JobKind::Investigate | JobKind::Watch => InvestigationState::Failed,
                JobKind::Request(_) => InvestigationState::Done,
            };
            Afterwards::Finish { state, reason: Some(reason) }
        }
        Ended::Stopped => Afterwards::Postpone {
            pause: Duration::ZERO,
            reason: "the service was stopped".to_owned(),
            is_noted: true,
        },
        Ended::Lost => Afterwards::Leave,
        Ended::Gone => Afterwards::Drop,
        Ended::Later(reason) => Afterwards::Postpone { pause, reason, is_noted: true },
        Ended::Broken(reason) => Afterwards::Postpone { pause, reason, is_noted: false },
    }
}

/// Twice as long each time, up to a limit.
pub(crate) fn pause(attempts: u32, pace: &Pace) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    pace.first_pause.saturating_mul(1 << doublings).min(pace.longest_pause)
}

/// The longest time for which a worker doesn't look at a queue that can't be read: it would be missed when
/// it is back.
const LONGEST_BLIND: Duration = Duration::from_secs(5);

/// How long to wait before looking again at a queue that couldn't be read so often.
pub(crate) fn blind(failures: u32, pace: &Pace) -> Duration {
    pause(failures, pace).min(LONGEST_BLIND)
}

#[cfg(test)]
mod tests {
    use nightjar_incident::SpaceId;
    use serde_json::json;

    use super::*;

    fn job(attempts: u32, kind: JobKind) -> Job {
        let (space, investigation) = (SpaceId::new("s"), "inv-1".into());
        Job { id: 1, space, investigation, kind, attempts, lease: 1 }
    }

    #[test]
    fn a_request_goes_on_from_what_is_stored_unless_it_was_begun_before() {
        let request = job(1, JobKind::Request(json!({})));
        let pace = Pace::default();
        assert_eq!(plan(&request, &Past::default(), &pace), Step::Continue);
        let at = "2026-11-23T03:00:00Z".parse().unwrap();
        let begun = Past { pauses: 0, begun: Some((at, 2)) };
        assert_eq!(plan(&request, &begun, &pace), Step::Repeat { at, after: 2 });
    }

    #[test]
    fn a_job_that_kills_is_given_up_and_one_that_waits_is_not() {
        let pace = Pace::default();
        let given_up = |attempts, pauses| {
            let past = Past { pauses, begun: None };
            let step = plan(&job(attempts, JobKind::Investigate), &past, &pace);
            matches!(step, Step::GiveUp { .. })
        };
        assert!(!given_up(1, 0));
        assert!(!given_up(3, 0));
        assert!(given_up(4, 0));
        assert!(!given_up(100, 99));
        assert!(given_up(103, 99));
    }

    #[test]
    fn pauses_double_up_to_a_limit() {
        let pace = Pace::default();
        let seconds: Vec<u64> = (0..12).map(|n| pause(n, &pace).as_secs()).collect();
        assert_eq!(seconds, [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(pause(u32::MAX, &pace), pace.longest_pause);
        assert_eq!(blind(1, &pace), pace.first_pause);
        assert_eq!(blind(u32::MAX, &pace), LONGEST_BLIND);
    }

    #[test]
    fn what_was_lost_is_left_alone_and_a_failed_request_leaves_the_result() {
        let pace = Pace::default();
        let investigate = job(1, JobKind::Investigate);
        let request = job(1, JobKind::Request(json!({})));
        assert_eq!(afterwards(Ended::Lost, &investigate, &pace), Afterwards::Leave);
        assert_eq!(afterwards(Ended::Gone, &investigate, &pace), Afterwards::Drop);
        let reason = Some("why".to_owned());
        let failed = |job| afterwards(Ended::Failed("why".into()), job, &pace);
        let state = InvestigationState::Failed;
        assert_eq!(failed(&investigate), Afterwards::Finish { state, reason: reason.clone() });
        let state = InvestigationState::Done;
        assert_eq!(failed(&request), Afterwards::Finish { state, reason });
    }
}
