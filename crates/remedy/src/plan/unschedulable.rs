use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::look::{changes_before, hand_over};
use crate::repair::{pause_batch_on, take_back};
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{COMMANDER, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("takes back what asks for more room, or what took room away", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Host],
        "finds why the host takes no work, and adds another",
        open_the_host,
    ),
    otherwise("makes room: batch work first, then more hosts", make_room),
];

const SIGN: Sign = Sign {
    signals: &[Signal::PodsPending, Signal::ReplicasAvailable],
    there: "instances stay pending, and the scheduler says why none of the hosts fits",
    gone: "no instance is pending",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), message(case)];
    let goal = format!("Let all instances of {} run by taking the change back.", case.name);
    assemble(
        goal,
        looks,
        &[repair, pause_batch_on("the hosts that could take them")],
        SIGN.recovered(case),
    )
    .careful(keep_what_runs())
}

fn make_room(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "what each instance asks for, and its rules of placement"),
        SIGN.still_there(case),
        message(case),
        room(case),
        changes_before(case),
        hand_over(case),
    ];
    let loosen = Repair {
        action: format!(
            "If a rule keeps {name} off hosts that have room (affinity, taint, zone, one instance per host): loosen that one rule. If its disk is in another zone, add a host there instead."
        ),
        command: first(
            [case.platform.controller("edit")],
            &format!("{} → placement", case.platform.console_path(name)),
        ),
        expect: SIGN.goes_away(case),
        undo: "set the rule noted while preparing again".into(),
        undo_command: case.platform.controller("rollout undo").and_then(Command::finish),
        risk: risk(
            RiskLevel::Medium,
            "instances may come to lie on one host or zone, and fall together with it",
        ),
        decision: case.owner(),
    };
    let goal = format!("Let all instances of {name} run.");
    let repairs = [pause_batch_on("the hosts that could take them"), add_hosts(case), loosen];
    assemble(goal, looks, &repairs, SIGN.recovered(case))
        .careful(keep_what_runs())
        .careful("Don't lower what an instance asks for below what it uses: it would be placed, and then starve or be killed with its neighbours.")
}

/// The host itself takes no work.
fn open_the_host(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let node = case.entity.attributes.get("k8s.node.name");
    let of_node = |verb: &'static str| node.map(|node| Command::new(verb).value(node));
    let looks = vec![
        note_state(case, "its conditions, taints and what runs on it"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!("Read why nothing is placed on {name}."),
            first(
                [of_node("kubectl describe node")],
                &format!("{} → conditions", case.platform.console_path(name)),
            ),
            "cordoned: ask by whom and why; pressure of disk or memory: the plan for that; not ready: the plan for a bad host; simply full: add another",
        ),
    ];
    let open = Repair {
        action: format!(
            "If {name} was taken out of rotation by mistake, or for work that is done: let it take work again."
        ),
        command: first(
            [of_node("kubectl uncordon")],
            &format!("{} → take work again", case.platform.console_path(name)),
        ),
        expect: SIGN.goes_away(case),
        undo: format!("take {name} out of rotation again"),
        undo_command: of_node("kubectl cordon").and_then(Command::finish),
        risk: risk(
            RiskLevel::Low,
            "if it was taken out because it is sick, what lands there falls sick: ask first",
        ),
        decision: case.owner(),
    };
    let goal = format!("Let work be placed on {name} again, or elsewhere.");
    assemble(goal, looks, &[open, add_hosts(case)], SIGN.recovered(case)).careful(keep_what_runs())
}

fn message(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    read(
        Phase::CheckBefore,
        format!(
            "Read the scheduler's message for an instance of {name} that is pending, to its end."
        ),
        first(
            [
                case.platform.in_namespace(
                    "get events --field-selector=reason=FailedScheduling --sort-by=.lastTimestamp",
                ),
                case.platform.ecs("describe-services", ""),
            ],
            &format!("{} → events", case.platform.console_path(name)),
        ),
        "insufficient processor or memory: room; a taint, affinity or zone: a rule; a volume: its zone or its limit per host; a quota: the plan for quotas",
    )
}

fn room(case: &Case<'_>) -> PlanStep {
    let cluster =
        case.platform.in_namespace("get pods").map(|_| Command::new("kubectl describe nodes"));
    read(
        Phase::CheckBefore,
        "See how much of each host is taken, and whether hosts are added by themselves.",
        first([cluster], "the cluster's page → hosts → taken and free"),
        "full everywhere, and the automatic growth stands at its maximum or fails with an error: that error is the next thing to mend",
    )
}

fn add_hosts(case: &Case<'_>) -> Repair {
    Repair {
        action: format!(
            "Add hosts of the kind that {} needs: raise the maximum of their group by as many as are missing, and one to spare.",
            case.name
        ),
        command: console("the cluster's host group → maximum and desired size"),
        expect: "new hosts are ready within 10 minutes, and what was pending starts there".into(),
        undo: "set the former sizes once the load is gone; hosts are emptied one by one".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Low,
            "costs more; the provider may have none of that kind left: then try another kind or zone",
        ),
        decision: COMMANDER.into(),
    }
}

fn keep_what_runs() -> &'static str {
    "Don't restart, delete or drain what runs: there may be no room for it to come back."
}
