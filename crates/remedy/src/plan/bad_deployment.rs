use nightjar_incident::{ObservationKind, Phase};

use super::{REQUESTS, assemble, goes_down, recovered, still_there};
use crate::case::Case;
use crate::repair::deploy_previous;
use crate::step::{Remedy, read};
use crate::text::{sentence, shown};

/// Go back to the version before; read the new one's log in daylight.
pub(super) fn roll_back(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let expect = goes_down(case, REQUESTS, "the roll-out of the previous version is complete");
    let (prepare, repair) = deploy_previous(case, expect);
    let mut looks =
        vec![prepare, still_there(case, REQUESTS, "errors or latency began after the deployment")];
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
    let mut remedy = assemble(goal, looks, &[repair], recovered(case, REQUESTS));
    if case.trigger.is_none() {
        remedy.caveats.push(format!("No deployment of {name} is on record: roll back only if its history shows one shortly before the onset."));
    }
    remedy.caveats.push("Stop automatic deployments of the same version until the bug is found, or the pipeline brings it back.".into());
    remedy
}
