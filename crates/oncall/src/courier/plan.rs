//! What becomes of an event after an attempt to send it. Pure.

use std::time::Duration;

use jiff::Timestamp;
use nightjar_incident::Share;
use nightjar_incident::journal::Digest;
use nightjar_store::Dispatch;

/// How patient the courier is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourierPace {
    /// How many events are on their way at a time.
    pub concurrency: usize,
    /// How many of them go to one subscription.
    pub most_each: u32,
    /// How long an event is ours: far longer than a channel takes for one.
    pub lease: Duration,
    /// The pause after the first attempt; each is twice the one before.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long after the first attempt was due an event is given up.
    pub give_up_after: Duration,
    /// How long to wait for news of the outbox before looking again.
    pub look_again: Duration,
}

impl Default for CourierPace {
    fn default() -> Self {
        Self {
            concurrency: 32,
            // A receiver of ours should have no trouble with four requests at a time.
            most_each: 4,
            lease: Duration::from_secs(60),
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(3600),
            // A long weekend.
            give_up_after: Duration::from_secs(3 * 24 * 3600),
            look_again: Duration::from_secs(1),
        }
    }
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It was accepted.
    Accepted,
    /// It wasn't; later it may be.
    Refused {
        /// Why, in a short line for people.
        reason: String,
        /// How long the receiver asks us to wait.
        wait: Option<Duration>,
    },
    /// The receiver wants to hear no more, ever.
    Gone {
        /// How it said so.
        reason: String,
    },
}

/// What to do after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing more.
    Arrived,
    /// Send it again later.
    TryAgain {
        /// How much later.
        pause: Duration,
        /// Why it didn't arrive.
        reason: String,
    },
    /// Leave it; a person can have it sent again.
    GiveUp {
        /// Why it didn't arrive.
        reason: String,
    },
    /// Leave it, and pause the subscription.
    Unsubscribe {
        /// Why.
        reason: String,
    },
}

/// Decides what becomes of an event after an attempt that ended now.
pub fn fate(dispatch: &Dispatch, sent: &Sent, pace: &CourierPace, now: Timestamp) -> Fate {
    match sent {
        Sent::Accepted => Fate::Arrived,
        Sent::Gone { reason } => Fate::Unsubscribe { reason: reason.clone() },
        Sent::Refused { reason, wait } => {
            let reason = reason.clone();
            let waited = Duration::try_from(now.duration_since(dispatch.since));
            // A clock that went back makes nothing overdue.
            if waited.is_ok_and(|waited| waited >= pace.give_up_after) {
                return Fate::GiveUp { reason };
            }
            let jitter = spread(&dispatch.event, &dispatch.subscription.id, dispatch.attempts);
            let pause = pause(dispatch.attempts, pace, jitter);
            let asked = wait.unwrap_or_default().min(pace.longest_pause);
            Fate::TryAgain { pause: pause.max(asked), reason }
        }
    }
}

/// Twice as long each time, up to a limit; between half of that and all of it.
fn pause(attempts: u32, pace: &CourierPace, jitter: Share) -> Duration {
    let doublings = attempts.saturating_sub(1).min(31);
    let pause = pace.first_pause.saturating_mul(1 << doublings).min(pace.longest_pause);
    pause.mul_f64(0.5 + 0.5 * jitter.value())
}

/// A share that differs between events and attempts, so that what failed together isn't tried together
/// again. From the names alone: the same row gives the same pause.
fn spread(event: &str, subscription: &str, attempts: u32) -> Share {
    let digest = Digest::of(format!("{event} {subscription} {attempts}").as_bytes());
    let [first, second, ..] = *digest.as_bytes();
    Share::new(f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, ToSpan as _};
    use nightjar_incident::SpaceId;
    use nightjar_store::{About, Event, EventKind, Subscription};

    use super::*;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn dispatch(attempts: u32) -> Dispatch {
        Dispatch {
            space: SpaceId::new("s"),
            number: 1,
            id: "dlv-1".into(),
            event: "e-1".into(),
            kind: EventKind::Test,
            subject: String::new(),
            content: Event { at: AT, about: About::Nothing },
            subscription: Subscription {
                id: "sub-1".into(),
                name: "x".into(),
                url: "https://x.example".into(),
                kinds: None,
                secrets: Vec::new(),
                is_active: true,
                paused_because: None,
                created_by: "k".into(),
                created_at: AT,
                updated_at: AT,
            },
            attempts,
            since: AT,
        }
    }

    fn refused(wait: Option<u64>) -> Sent {
        Sent::Refused { reason: "answered 500".into(), wait: wait.map(Duration::from_secs) }
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_jitter_takes_at_most_half() {
        let pace = CourierPace::default();
        let seconds =
            |jitter| -> Vec<u64> { (1..13).map(|n| pause(n, &pace, jitter).as_secs()).collect() };
        let longest = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600];
        assert_eq!(seconds(Share::ALL), longest);
        assert_eq!(seconds(Share::NONE), longest.map(|seconds| seconds / 2));
        assert_eq!(pause(u32::MAX, &pace, Share::ALL), pace.longest_pause);
    }

    #[test]
    fn what_failed_together_is_spread() {
        let mut spreads: Vec<f64> =
            (0..100).map(|n| spread(&format!("e-{n}"), "sub", 1).value()).collect();
        spreads.sort_by(f64::total_cmp);
        assert!(spreads[10] < 0.3 && spreads[90] > 0.7, "{spreads:?}");
        assert_eq!(spread("e", "s", 1), spread("e", "s", 1));
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause_but_not_for_ever() {
        let pace = CourierPace::default();
        let pause = |sent| match fate(&dispatch(1), &sent, &pace, AT + 1.second()) {
            Fate::TryAgain { pause, .. } => pause.as_secs(),
            other => panic!("{other:?}"),
        };
        assert!(pause(refused(None)) <= 5);
        assert_eq!(pause(refused(Some(90))), 90);
        assert_eq!(pause(refused(Some(1_000_000))), 3600);
    }

    #[test]
    fn three_days_are_enough_and_a_clock_that_went_back_is_no_reason() {
        let pace = CourierPace::default();
        let at = |hours| {
            fate(&dispatch(60), &refused(None), &pace, AT + SignedDuration::from_hours(hours))
        };
        assert!(matches!(at(71), Fate::TryAgain { .. }));
        assert_eq!(at(72), Fate::GiveUp { reason: "answered 500".into() });
        assert!(matches!(at(-1), Fate::TryAgain { .. }));
    }

    #[test]
    fn who_is_gone_is_left_alone() {
        let gone = Sent::Gone { reason: "answered 410".into() };
        let pace = CourierPace::default();
        let fate = fate(&dispatch(1), &gone, &pace, AT);
        assert_eq!(fate, Fate::Unsubscribe { reason: "answered 410".into() });
    }
}
