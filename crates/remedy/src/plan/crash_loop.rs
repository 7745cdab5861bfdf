use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, STORES, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::look::{changes_before, hand_over, platform_events};
use crate::platform::Platform;
use crate::repair::{leave_the_host, take_back};
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back with which it no longer starts", restore),
    NOT_OURS,
    of_kinds(STORES, "lets a recovery end, and keeps probes from killing it", let_it_recover),
    of_kinds(&[EntityKind::Host], "empties the host that keeps rebooting", leave),
    otherwise("reads why the last one ended, and gives back what it misses", give_what_it_misses),
];

const SIGN: Sign = Sign {
    signals: &[Signal::Restarts, Signal::Ready, Signal::ReplicasAvailable],
    there: "it ends soon after each start, and its log ends with the same error",
    gone: "every instance runs without a restart",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, "new instances stay up for 5 minutes".into());
    let looks = vec![prepare, SIGN.still_there(case), last_words(case), reason(case)];
    let goal = format!("Let {} start again by taking the change back.", case.name);
    let remedy = assemble(goal, looks, &[repair], SIGN.recovered(case))
        .careful("If the former version crashes as well, it isn't the version: a setting, a secret, the data or something it needs at start has changed.");
    if STORES.contains(&case.entity.kind) { remedy.careful(patience(case)) } else { remedy }
}

fn give_what_it_misses(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its version, settings, limits and how the last instance ended"),
        SIGN.still_there(case),
        last_words(case),
        reason(case),
        changes_before(case),
        hand_over(case),
    ];
    let give = Repair {
        action: format!(
            "Give {name} back what its last words name: a missing setting or secret, a file, a permission, a dependency that must answer at its start, a larger limit."
        ),
        command: console(&format!("where the settings of {name} are kept → what the log names")),
        expect: "the next instance stays up for 5 minutes".into(),
        undo: "set what was noted while preparing again".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Low,
            "it is down already; change one thing at a time, so that you know which it was",
        ),
        decision: case.owner(),
    };
    let goal = format!("Find what {name} dies of, and give it what it misses.");
    assemble(goal, looks, &[give], SIGN.recovered(case))
        .careful("Don't delete instances to try again sooner: the platform tries by itself, and each deletion takes the last log along.")
        .careful("Instances of the version before that still run carry all traffic: don't restart, scale down or drain those.")
}

/// A database that was killed reads its log before it answers; killed again, it begins anew.
fn let_it_recover(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its version, limits, probes and free disk"),
        SIGN.still_there(case),
        platform_events(
            case,
            "what ended it the first time: memory, disk, a host, a probe, a person",
        ),
        last_words(case),
        read(
            Phase::CheckBefore,
            format!(
                "See whether {name} is recovering and gets further each time: progress of redo in its log, disk reads."
            ),
            None,
            "it recovers: wait, and keep everything off that would kill it; no space left: the plan for a full disk; killed for memory: more memory; damaged files: stop, call the owner",
        ),
    ];
    let wait = Repair {
        action: format!(
            "If something kills {name} before its recovery ends: give it time (a start-up probe, or a larger time-out of the liveness probe), and keep clients away meanwhile."
        ),
        command: first(
            [case.platform.controller("edit")],
            &format!("{} → health check → time-out", case.platform.console_path(name)),
        ),
        expect: format!(
            "{name} isn't restarted again, and its log says that it accepts connections"
        ),
        undo: "set the probe as noted while preparing, once it serves".into(),
        undo_command: case.platform.controller("edit").and_then(Command::finish),
        risk: risk(RiskLevel::Low, "a process that truly hangs is noticed later"),
        decision: case.owner(),
    };
    let goal = format!("Let {name} end its recovery, without losing data.");
    assemble(goal, looks, &[wait], SIGN.recovered(case)).careful(patience(case)).careful(
        "If its files are damaged: copy them before anybody tries to mend them. A restore beside it is the owner's decision.",
    )
}

fn patience(case: &Case<'_>) -> String {
    format!(
        "Don't restart {} in its recovery: it would begin anew. Don't delete lock files, logs (pg_wal) or segments, and don't run pg_resetwal: each loses data for good.",
        case.name
    )
}

fn leave(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "what runs on it"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "Read the last words of {name}: its console, the log of the boot before (journalctl --boot=-1), hardware errors."
            ),
            first(
                [case.platform.ec2("get-console-output", "--latest")],
                &format!("{} → console output", case.platform.console_path(name)),
            ),
            "a kernel panic, a failed disk, heat, or an agent that reboots it",
        ),
    ];
    let goal = format!("Move what runs on {name} to hosts that stay up.");
    assemble(goal, looks, &[leave_the_host(case)], SIGN.recovered(case))
        .careful("If an agent reboots it for an update, stop that agent everywhere before the next host follows.")
}

fn last_words(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    let of_function = match &case.platform {
        Platform::Lambda { function, region, .. } => Some(
            Command::new("aws logs tail --since 30m")
                .joined("/aws/lambda/", function)
                .option("--region", region.as_deref()),
        ),
        Platform::Kubernetes { .. }
        | Platform::Ecs { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => None,
    };
    read(
        Phase::CheckBefore,
        format!(
            "Read the last lines of the instance of {name} that ended, not of the one that starts."
        ),
        first(
            [case.platform.workload("logs --previous --tail=100"), of_function],
            &format!("{} → the stopped instance → log", case.platform.console_path(name)),
        ),
        "the same error each time; it names what is missing or wrong. No line at all: it never started (command, image, permissions)",
    )
}

fn reason(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    read(
        Phase::CheckBefore,
        format!("Read how the platform says the last instance of {name} ended."),
        first(
            [
                case.platform.in_namespace("get events --sort-by=.lastTimestamp"),
                case.platform.ecs("describe-services", ""),
            ],
            &format!("{} → events", case.platform.console_path(name)),
        ),
        "killed for memory (137, OOMKilled): the plan for memory; probe failed: the plan for probes; 126 or 127: its command isn't there; 1 or another: its own error, as its log says",
    )
}
