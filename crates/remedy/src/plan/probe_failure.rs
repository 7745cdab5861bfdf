use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, STORES, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::look::{changes_before, logs_of};
use crate::platform::Platform;
use crate::repair::take_back;
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change of the probe or of the start back", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Gateway],
        "gives the targets' health check more patience",
        patient_gateway,
    ),
    of_kinds(STORES, "keeps the probe from killing a store that is busy", spare_the_store),
    otherwise("gives the probe more patience, or makes it ask less", patience),
];

const SIGN: Sign = Sign {
    signals: &[Signal::Restarts, Signal::Ready, Signal::ReplicasAvailable],
    there: "the platform reports failed probes and restarts, and the process itself logs no error",
    gone: "no probe fails and nothing is restarted or withdrawn",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), why(case)];
    let goal = format!(
        "Keep the platform from stopping {} while it works, by taking the change back.",
        case.name
    );
    assemble(goal, looks, &[repair], SIGN.recovered(case)).careful(not_blind())
}

fn patience(case: &Case<'_>) -> Remedy {
    let looks = vec![
        note_state(
            case,
            "its probes: path, time-out, period, threshold, and how long a start takes",
        ),
        SIGN.still_there(case),
        why(case),
        logs_of(case),
        changes_before(case),
    ];
    let goal = format!("Keep the platform from stopping {} while it works.", case.name);
    assemble(goal, looks, &[relax(case)], SIGN.recovered(case))
        .careful(not_blind())
        .careful("If the probe asks a database or a neighbour, its failure is theirs: restarting this one doesn't help, and all instances fall at once. Let the probe ask the process alone, and repair the other.")
}

/// A database under load or in recovery answers late, and isn't dead.
fn spare_the_store(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its probes, and whether it is recovering"),
        SIGN.still_there(case),
        why(case),
        logs_of(case),
    ];
    let goal = format!("Keep the platform from stopping {name} while it works or recovers.");
    assemble(goal, looks, &[relax(case)], SIGN.recovered(case))
        .careful(format!("Each restart puts {name} into recovery, in which it answers no probe: that is the loop to break. Don't restart it by hand."))
        .careful(not_blind())
}

/// A load balancer that takes all its targets out leaves users with none.
fn patient_gateway(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(
            case,
            "the health check of each group of targets: path, time-out, interval, thresholds, accepted codes",
        ),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "See which targets of {name} are out, and with which reason; then ask one of them for the same path from beside it."
            ),
            console(&format!(
                "{} → target groups → targets → reason",
                case.platform.console_path(name)
            )),
            "the target answers correctly but too late, or with a code that isn't accepted: the check is too strict; it doesn't answer: it isn't the check, look at the target",
        ),
        changes_before(case),
    ];
    let relax = Repair {
        action: format!(
            "Give the health check of {name} a longer time-out, a higher threshold for “unhealthy”, or the path that asks the process alone."
        ),
        command: console(&format!(
            "{} → target groups → health checks → edit",
            case.platform.console_path(name)
        )),
        expect: SIGN.goes_away(case),
        undo: "set the numbers and path noted while preparing".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "a target that is truly dead is taken out later"),
        decision: ON_CALL.into(),
    };
    let goal = format!("Keep {name} from withdrawing targets that work.");
    assemble(goal, looks, &[relax], SIGN.recovered(case)).careful(not_blind())
}

fn why(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    read(
        Phase::CheckBefore,
        format!(
            "Read with what the probe of {name} fails, and how long its path takes when asked from beside it."
        ),
        first(
            [
                case.platform.in_namespace(
                    "get events --field-selector=reason=Unhealthy --sort-by=.lastTimestamp",
                ),
                case.platform.ecs("describe-services", ""),
            ],
            &format!("{} → events", case.platform.console_path(name)),
        ),
        "a time-out while starting: it needs longer to start; a time-out under load: it is short of processor, or the probe waits behind requests; a wrong code or path: the probe is wrong; refused at once: the process is down, this isn't the probe",
    )
}

fn relax(case: &Case<'_>) -> Repair {
    let name = &case.name;
    let (command, undo_command) = match &case.platform {
        Platform::Kubernetes { .. } => {
            (case.platform.controller("edit"), case.platform.controller("rollout undo"))
        }
        Platform::Ecs { .. } => (
            case.platform.ecs("update-service", "--health-check-grace-period-seconds MORE_SECONDS"),
            case.platform
                .ecs("update-service", "--health-check-grace-period-seconds NOTED_SECONDS"),
        ),
        Platform::Lambda { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => (None, None),
    };
    Repair {
        action: format!(
            "Give the probe of {name} more patience: a longer time-out (5 seconds rather than 1), a higher threshold of failures, and a start-up probe as long as its slowest start."
        ),
        command: first([command], &format!("{} → health check", case.platform.console_path(name))),
        expect: SIGN.goes_away(case),
        undo: "set the probe as noted while preparing".into(),
        undo_command: undo_command.and_then(Command::finish),
        risk: risk(
            RiskLevel::Low,
            "a process that truly hangs is noticed later; the instances are replaced one by one for the new setting",
        ),
        decision: ON_CALL.into(),
    }
}

fn not_blind() -> &'static str {
    "Don't remove the probes altogether: a readiness probe is what keeps traffic off instances that can't serve. If one must go for the night, it is the liveness probe."
}
