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
    signals: &[Signal::Errors, Signal::Availability],
    there: "its requests fail by themselves, not through what it calls",
    gone: "its requests succeed as before",
};

/// Failing since a change: take it back.
fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), logs_of(case)];
    assemble(
        format!("Take back the change after which requests to {} began to fail.", case.name),
        looks,
        &[repair],
        SIGN.recovered(case),
    )
}

/// Failing, and nobody knows why: look, repair nothing blindly.
fn look(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        SIGN.still_there(case),
        logs_of(case),
        read(
            Phase::CheckBefore,
            format!("Split the failed requests of {name} by route, status, instance and tenant."),
            None,
            "one route: code or data; one instance: take it out of rotation; one tenant: their data; all: certificate, secret, permission, quota or full disk",
        ),
        read(
            Phase::CheckBefore,
            format!("Check what expires around {name}: certificates, secrets, tokens, licences."),
            None,
            "nothing expired around the onset",
        ),
        changes_before(case),
        hand_over(case),
    ];
    assemble(
        format!("Find out why requests to {name} fail; nothing seen so far justifies a repair."),
        looks,
        &[],
        SIGN.recovered(case),
    )
}
