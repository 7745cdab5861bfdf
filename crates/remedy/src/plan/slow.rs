use nightjar_incident::{Phase, Signal};

use super::{NOT_OURS, Row, after_change, assemble, otherwise};
use crate::case::Case;
use crate::look::{changes_before, hand_over, logs_of};
use crate::repair::take_back;
use crate::sign::Sign;
use crate::step::{Remedy, read};

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back", restore),
    NOT_OURS,
    otherwise("looks for the reason and repairs nothing", look),
];

const SIGN: Sign = Sign {
    signals: &[Signal::Latency],
    there: "its own time is above the usual, not that of what it calls",
    gone: "it answers as fast as before",
};

/// Slow since a change: take it back.
fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), logs_of(case)];
    assemble(
        format!("Take back the change after which {} became slow.", case.name),
        looks,
        &[repair],
        SIGN.recovered(case),
    )
}

/// Slow, and nobody knows why: look, repair nothing blindly.
fn look(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        SIGN.still_there(case),
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
        SIGN.recovered(case),
    )
}
