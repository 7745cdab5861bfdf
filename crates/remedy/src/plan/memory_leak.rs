use nightjar_incident::{Phase, RiskLevel, Signal};

use super::{assemble, goes_down, note_state, recovered, still_there};
use crate::case::Case;
use crate::platform::{Platform, kubectl, slash};
use crate::repair::{restart, take_back};
use crate::shell::{Command, console};
use crate::step::{ON_CALL, Remedy, Repair, read, risk};

const MEMORY: &[Signal] = &[Signal::MemoryUsage, Signal::MemoryUtilization, Signal::Restarts];
const CLIMBS: &str =
    "memory climbs without falling, or the last end of an instance reads OOMKilled";

/// A change brought the leak: take it back.
pub(super) fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) =
        take_back(case, "memory stays level for 15 minutes after the restart".into());
    let mut looks = looks(case);
    looks.push(prepare);
    assemble(
        format!("Take back what made {} leak, so that it stops being killed.", case.name),
        looks,
        &[
            repair,
            raise_limit(case, "While the roll-back runs, if kills come faster than it: raise"),
        ],
        recovered(case, MEMORY),
    )
}

/// Nothing changed: restart in turn and give it room until the leak is found.
pub(super) fn restart_in_turn(case: &Case<'_>) -> Remedy {
    let mut looks = looks(case);
    looks.insert(0, note_state(case, "the memory limit and the number of instances"));
    let again = restart(
        case,
        "before the kernel does it to all at once",
        goes_down(case, MEMORY, "memory starts again from its usual level"),
    );
    let mut remedy = assemble(
        format!(
            "Keep {} serving until the leak is found: restarts in turn, with more room.",
            case.name
        ),
        looks,
        &[again, raise_limit(case, "Raise")],
        recovered(case, MEMORY),
    );
    remedy.caveats.push("Both repairs buy hours, not a cure: plan the next restart before the limit is met again, and give the heap dump to the owner.".into());
    remedy
}

fn looks(case: &Case<'_>) -> Vec<nightjar_incident::PlanStep> {
    let name = &case.name;
    vec![
        still_there(case, MEMORY, CLIMBS),
        read(
            Phase::Prepare,
            format!(
                "Take a heap dump or profile of the fullest instance of {name}: a restart destroys it."
            ),
            console(&format!(
                "{} → fullest instance → heap dump",
                case.platform.console_path(name)
            )),
            "the dump is kept where the owner can read it",
        ),
    ]
}

fn raise_limit(case: &Case<'_>, verb: &str) -> Repair {
    let name = &case.name;
    let limit = case.level_before(Signal::MemoryLimit, "").map(|(bytes, _)| bytes);
    let mebibytes =
        limit.map(|bytes| bytes / 1_048_576.0).filter(|m| (1.0..=4_194_304.0).contains(m));
    let set = |size: Option<f64>, placeholder: &'static str| match &case.platform {
        Platform::Kubernetes { workload, name, namespace } if *workload != "pod" => {
            let command =
                kubectl(namespace.as_deref(), "set resources").joined(slash(workload), name);
            match size {
                Some(size) => command.joined("--limits=memory=", &format!("{size:.0}Mi")).finish(),
                None => command.joined("--limits=memory=", placeholder).finish(),
            }
        }
        Platform::Lambda { function, region, .. } => {
            let command = Command::new("aws lambda update-function-configuration --function-name")
                .value(function)
                .words("--memory-size");
            let command = match size {
                Some(size) => command.value(&format!("{size:.0}")),
                None => command.words(placeholder),
            };
            command.option("--region", region.as_deref()).finish()
        }
        Platform::Kubernetes { .. }
        | Platform::Ecs { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => None,
    };
    let from = match mebibytes {
        Some(size) => format!(" from {size:.0} MiB to {:.0} MiB", size * 1.5),
        None => " by half".into(),
    };
    Repair {
        action: format!("{verb} the memory limit of {name}{from}."),
        command: set(mebibytes.map(|size| size * 1.5), "MORE_MEMORY")
            .or_else(|| console(&format!("{} → memory limit", case.platform.console_path(name)))),
        expect: "no instance is killed for memory within the next 30 minutes".into(),
        undo: "set the former memory limit".into(),
        undo_command: set(mebibytes, "NOTED_MEMORY"),
        risk: risk(
            RiskLevel::Low,
            "replaces the instances one by one; their hosts must have the memory, or they don't start",
        ),
        decision: ON_CALL.into(),
    }
}
