use nightjar_incident::{Phase, Signal};

use super::{REQUESTS, assemble, goes_down, recovered, still_there};
use crate::case::Case;
use crate::look::{changes_before, hand_over, logs_of};
use crate::repair::take_back;
use crate::step::{Remedy, read};

const LATENCY: &[Signal] = &[Signal::Latency];

/// Slow since a change: take it back.
pub(super) fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, goes_down(case, LATENCY, "latency falls"));
    let looks =
        vec![prepare, still_there(case, LATENCY, "it is slow since the change"), logs_of(case)];
    assemble(
        format!("Take back the change after which {} became slow.", case.name),
        looks,
        &[repair],
        recovered(case, REQUESTS),
    )
}

/// Slow, and nobody knows why: look, repair nothing blindly.
pub(super) fn look(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        still_there(case, LATENCY, "its own time is above the usual, not that of what it calls"),
        read(
            Phase::CheckBefore,
            format!(
                "Look at one slow trace of {name} and find its longest gap without a child span."
            ),
            None,
            "the gap lies in a lock, a query, a garbage collection or a call nobody traces: that names the plan to follow",
        ),
        read(
            Phase::CheckBefore,
            format!("Compare the instances of {name} with one another."),
            None,
            "one instance alone is slow: take it out of rotation and keep it for the owner; all alike: look at what they share (database, lock, host, limit)",
        ),
        logs_of(case),
        changes_before(case),
        hand_over(case),
    ];
    assemble(
        format!("Find out why {name} is slow; nothing seen so far justifies a repair."),
        looks,
        &[],
        recovered(case, REQUESTS),
    )
}
