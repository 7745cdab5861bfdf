use nightjar_incident::{Phase, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, STORES, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::database::CONNECTIONS;
use crate::platform::{Platform, kubectl, slash};
use crate::repair::{leave_the_host, pause_batch, restart, take_back};
use crate::shell::{Command, console};
use crate::sign::Sign;
use crate::step::{ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back, with more memory meanwhile", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Host],
        "stops what eats the memory, or empties the host",
        relieve_the_host,
    ),
    of_kinds(STORES, "takes load off, and leaves the restart to its owner", relieve_the_store),
    of_kinds(&[EntityKind::Function], "gives each execution more memory", raise_function),
    otherwise("restarts in turn, with more memory", restart_in_turn),
];

const SIGN: Sign = Sign {
    signals: &[
        Signal::MemoryUsage,
        Signal::MemoryUtilization,
        Signal::MemoryFree,
        Signal::Restarts,
    ],
    there: "memory climbs without falling, or the last end of an instance reads OOMKilled",
    gone: "memory stays level and nothing is killed",
};

/// A change brought the leak: take it back.
fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) =
        take_back(case, "memory stays level for 15 minutes after the restart".into());
    let mut looks = looks(case);
    looks.push(prepare);
    let meanwhile = if STORES.contains(&case.entity.kind) || case.entity.kind == EntityKind::Host {
        pause_batch(case)
    } else {
        raise_limit(case, "While the roll-back runs, if kills come faster than it: raise")
    };
    assemble(
        format!("Take back what made {} leak, so that it stops being killed.", case.name),
        looks,
        &[repair, meanwhile],
        SIGN.recovered(case),
    )
}

/// Nothing changed: restart in turn and give it room until the leak is found.
fn restart_in_turn(case: &Case<'_>) -> Remedy {
    let mut looks = looks(case);
    looks.insert(0, note_state(case, "the memory limit and the number of instances"));
    let again = restart(case, "before the kernel does it to all at once", SIGN.goes_away(case));
    let mut remedy = assemble(
        format!(
            "Keep {} serving until the leak is found: restarts in turn, with more room.",
            case.name
        ),
        looks,
        &[again, raise_limit(case, "Raise")],
        SIGN.recovered(case),
    );
    remedy.caveats.push("Both repairs buy hours, not a cure: plan the next restart before the limit is met again, and give the heap dump to the owner.".into());
    remedy
}

/// A store: a restart loses its warm memory and, alone, its service.
fn relieve_the_store(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its memory settings, its size and whether it has a standby"),
        SIGN.still_there(case),
        CONNECTIONS.look(
            case,
            format!("See what the memory of {name} goes to: connections times what each may take, large sorts, keys that never expire."),
            "many connections: follow the plan for connections; one statement or client: stop it; a cache: see whether it may evict",
        ),
    ];
    let goal = format!("Keep {name} from being killed for memory, without losing what it holds.");
    assemble(goal, looks, &[pause_batch(case)], SIGN.recovered(case))
        .careful(format!("Don't restart {name} as a cure: it comes back cold, and if it was killed it is in recovery; let that end. A planned move to its standby, or a larger machine, is for the {} to decide.", case.owner()))
        .careful("Don't empty a cache at once (FLUSHALL): all its readers would fall on what is behind it.")
}

/// A function: its memory is set per execution, and a new setting starts fresh ones.
fn raise_function(case: &Case<'_>) -> Remedy {
    let mut looks = looks(case);
    looks.retain(|step| step.phase != Phase::Prepare);
    looks.insert(0, note_state(case, "its memory size"));
    let goal = format!("Give {} memory enough to end its executions.", case.name);
    assemble(goal, looks, &[raise_limit(case, "Raise")], SIGN.recovered(case))
        .careful("Executions share what they leave in global variables: a leak there comes back, and needs the owner.")
}

/// A host: one process takes the memory of all.
fn relieve_the_host(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "what runs on it"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "Find the process on {name} whose memory grows, and what the kernel killed (`dmesg`, lines with “Out of memory”)."
            ),
            console(&format!("{} → processes by memory", case.platform.console_path(name))),
            "one process stands out: if it is one of a service, follow the plan for that service's memory instead",
        ),
    ];
    let goal = format!("Keep what runs on {name} from being killed for memory.");
    assemble(goal, looks, &[leave_the_host(case)], SIGN.recovered(case))
}

fn looks(case: &Case<'_>) -> Vec<nightjar_incident::PlanStep> {
    let name = &case.name;
    vec![
        SIGN.still_there(case),
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
        | Platform::Sqs { .. }
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
