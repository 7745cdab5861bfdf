use nightjar_incident::{ObservationKind, Phase, RiskLevel};

use super::{Row, after_change, assemble, note_state, otherwise};
use crate::case::Case;
use crate::look::{changes_before, hand_over, logs_of};
use crate::repair::take_back;
use crate::shell::console;
use crate::sign::Sign;
use crate::step::{COMMANDER, Remedy, Repair, read, risk};
use crate::text::sentence;

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back, then lists what was spoiled", restore),
    otherwise("stops the harm, then looks for the reason", look),
];

const SIGN: Sign = Sign {
    signals: &[],
    there: "answers are wrong at normal speed and without an error",
    gone: "a known request gets the right answer on every instance",
};

const TELLING: [ObservationKind; 2] = [ObservationKind::Logs, ObservationKind::Spans];

/// Wrong since a change: take it back, then count the damage.
fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(
        case,
        "the lines and calls of before the onset come back within 5 minutes".into(),
    );
    let mut after = SIGN.recovered(case);
    after.push(count_the_damage(case));
    assemble(
        format!(
            "Take back the change after which {} gives wrong answers, then find what they spoiled.",
            case.name
        ),
        vec![prepare, see_it(case), logs_of(case)],
        &[repair],
        after,
    )
}

/// Wrong, and nobody knows why: stop the harm, look.
fn look(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let stop = Repair {
        action: format!(
            "If the answers of {name} are written anywhere (orders, money, mail): switch the affected route off until the cause is known."
        ),
        command: console(&format!("the feature flags or routes of {name} → affected route → off")),
        expect: "no further wrong result is written".into(),
        undo: "switch the route on again".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::High,
            "users of that route get nothing while it is off; wrong data would be worse",
        ),
        decision: COMMANDER.into(),
    };
    let mut after = SIGN.recovered(case);
    after.push(count_the_damage(case));
    assemble(
        format!("Stop {name} from writing wrong results, and find out since which input it does."),
        vec![
            note_state(case, "the switches and routes of now"),
            see_it(case),
            logs_of(case),
            changes_before(case),
            hand_over(case),
        ],
        &[stop],
        after,
    )
}

fn see_it(case: &Case<'_>) -> nightjar_incident::PlanStep {
    let telling = TELLING.into_iter().find_map(|kind| case.deviation_of_kind(kind));
    read(
        Phase::CheckBefore,
        format!(
            "Send one known request to {} and compare its answer with what it should be.",
            case.name
        ),
        None,
        match telling {
            Some(o) => format!("the answer is wrong, as this says: {}", sentence(&o.summary)),
            None => "the answer is wrong at normal speed and without an error".into(),
        },
    )
}

fn count_the_damage(case: &Case<'_>) -> nightjar_incident::PlanStep {
    read(
        Phase::CheckAfter,
        format!("List what {} wrote since the onset, for the owner to mend.", case.name),
        None,
        "the list is complete: its first entry is older than the first wrong answer, its last newer than the repair",
    )
}
