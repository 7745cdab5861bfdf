use nightjar_incident::{Phase, Signal};

use super::{REQUESTS, assemble, goes_down, recovered, still_there};
use crate::case::Case;
use crate::look::{changes_before, hand_over, logs_of};
use crate::repair::take_back;
use crate::step::{Remedy, read};

const ERRORS: &[Signal] = &[Signal::Errors, Signal::Availability];

/// Failing since a change: take it back.
pub(super) fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, goes_down(case, ERRORS, "failed requests fall"));
    let looks =
        vec![prepare, still_there(case, ERRORS, "it fails since the change"), logs_of(case)];
    assemble(
        format!("Take back the change after which requests to {} began to fail.", case.name),
        looks,
        &[repair],
        recovered(case, REQUESTS),
    )
}

/// Failing, and nobody knows why: look, repair nothing blindly.
pub(super) fn look(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        still_there(case, ERRORS, "its requests fail by themselves, not through what it calls"),
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
        recovered(case, REQUESTS),
    )
}
