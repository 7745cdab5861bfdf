use nightjar_incident::{ObservationKind, Phase};

use super::{NOT_OURS, Row, STORES, assemble, of_kinds, otherwise};
use crate::case::Case;
use crate::look::{logs_of, owner_first};
use crate::repair::{deploy_previous, pause_batch};
use crate::sign::{REQUESTS, Sign};
use crate::step::{Remedy, read};
use crate::text::{sentence, shown};

pub(super) const ROWS: &[Row] = &[
    NOT_OURS,
    of_kinds(STORES, "takes load off, and goes back only if the data allow it", spare_the_data),
    otherwise("returns to the version before", roll_back),
];

const SIGN: Sign = Sign {
    signals: REQUESTS,
    there: "errors or latency began after the deployment",
    gone: "errors and latency are at the level of before the deployment",
};

/// A store: the new version may have rewritten the data, and then the old one can't read them.
fn spare_the_data(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let (prepare, mut repair) = deploy_previous(case, SIGN.goes_away(case));
    repair.action = format!(
        "Only where the release notes say that the former version reads what the new one wrote: {}",
        crate::step::lower_first(&repair.action)
    );
    repair.risk = crate::step::risk(
        nightjar_incident::RiskLevel::High,
        "a version that doesn't understand the data refuses to start, or damages them",
    );
    repair.decision = case.owner();
    let looks = vec![
        prepare,
        read(
            Phase::Prepare,
            format!(
                "See that {name} has a backup or snapshot of before the deployment, and one of now."
            ),
            None,
            "both are listed as complete; without the one of now, take it before anything else",
        ),
        SIGN.still_there(case),
        logs_of(case),
        owner_first(case, "can the former version read what the new one wrote"),
    ];
    let goal = format!("Get {name} serving again without risking its data.");
    assemble(goal, looks, &[pause_batch(case), repair], SIGN.recovered(case))
        .careful(format!("Don't restore a backup over {name}: all that was written since would be lost. If it comes to that, restore beside it and let the owner compare."))
}

/// Go back to the version before; read the new one's log in daylight.
fn roll_back(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let (prepare, repair) = deploy_previous(case, SIGN.goes_away(case));
    let mut looks = vec![prepare, SIGN.still_there(case)];
    if let Some(logs) = case.deviation_of_kind(ObservationKind::Logs) {
        looks.push(read(
            Phase::CheckBefore,
            format!("Read the new log lines of {name} once: they go into the bug report."),
            None,
            sentence(&logs.summary),
        ));
    }
    looks.push(read(
        Phase::CheckBefore,
        "Ask in the deployment's channel whether it carried a database migration or a change of an interface.".to_owned(),
        None,
        "no migration, or one the previous version can live with; otherwise the owner decides between roll-back and a fix forward",
    ));
    let goal = match case.trigger.and_then(|change| change.previous.as_ref()) {
        Some(previous) => {
            format!("Serve users with the previous version of {name} ({}) again.", shown(previous))
        }
        None => format!("Serve users with the previous version of {name} again."),
    };
    let mut remedy = assemble(goal, looks, &[repair], SIGN.recovered(case));
    if case.trigger.is_none() {
        remedy.caveats.push(format!("No deployment of {name} is on record: roll back only if its history shows one shortly before the onset."));
    }
    remedy.caveats.push("Stop automatic deployments of the same version until the bug is found, or the pipeline brings it back.".into());
    remedy
}
