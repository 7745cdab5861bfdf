use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::{EntityKind, RelationKind};

use super::{NOT_OURS, Row, STORES, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::look::platform_events;
use crate::repair::{go_around, leave_the_host, restart_one, take_back};
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{COMMANDER, ON_CALL, Remedy, Repair, read, risk};
use crate::text::named;

pub(super) const ROWS: &[Row] = &[
    after_change("empties the host, then takes the change back on it", restore),
    NOT_OURS,
    of_kinds(&[EntityKind::Host], "empties the host and keeps it for examination", leave),
    of_kinds(&[EntityKind::Region], "leads traffic to the other zones", leave_the_zone),
    of_kinds(STORES, "moves it to its standby on another host, with its owner", move_the_store),
    otherwise("moves its instances away from the sick host", move_away),
];

const SIGN: Sign = Sign {
    signals: &[Signal::HostReady, Signal::CpuUtilization, Signal::Latency, Signal::Errors],
    there: "what runs on the host is slow or fails together, and the same services elsewhere are well",
    gone: "what ran there runs elsewhere, and is as fast as on the other hosts",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, "the host behaves like the others again".into());
    let looks = vec![prepare, SIGN.still_there(case), room_elsewhere(case)];
    let goal = format!("Take work off {}, then take back the change that made it sick.", case.name);
    let first = if case.entity.kind == EntityKind::Host {
        leave_the_host(case)
    } else {
        go_around(case, SIGN.goes_away(case))
    };
    assemble(goal, looks, &[first, repair], SIGN.recovered(case))
        .careful("If the change goes to all hosts in turn, stop that now: the next one is about to fall sick.")
}

fn leave(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "what runs on it"),
        SIGN.still_there(case),
        compare(case),
        platform_events(case, "a failed check, a scheduled retirement, or nothing"),
        room_elsewhere(case),
    ];
    let goal = format!("Move what runs on {name} to hosts that are well.");
    assemble(goal, looks, &[hold(case), leave_the_host(case)], SIGN.recovered(case))
        .careful(format!("Don't reboot {name} first: what would tell is lost, and it often comes back just as sick. On EC2 stop and start moves it to other hardware, and loses local disks."))
        .careful("If what moved away makes the next host sick, it isn't the host: stop, and look at the noisiest thing that moved.")
}

/// Nothing new lands there, and what runs there goes on: undone in a second.
fn hold(case: &Case<'_>) -> Repair {
    let name = &case.name;
    let node = case.entity.attributes.get("k8s.node.name");
    let of_node = |verb: &'static str| node.map(|node| Command::new(verb).value(node));
    let way = format!("{} → no new work", case.platform.console_path(name));
    Repair {
        action: format!("Keep new work off {name}."),
        command: first([of_node("kubectl cordon")], &way),
        expect: format!("nothing new starts on {name}"),
        undo: format!("let work start on {name} again"),
        undo_command: of_node("kubectl uncordon").and_then(Command::finish),
        risk: risk(RiskLevel::Low, "one host less to place work on"),
        decision: ON_CALL.into(),
    }
}

fn leave_the_zone(case: &Case<'_>) -> Remedy {
    let looks = vec![
        note_state(case, "which services run there, and in which other zones"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            "Read the provider's health page for the zone.",
            console("AWS Health Dashboard, or your provider's status page"),
            "an open event, or several kinds of service sick in this zone alone",
        ),
        room_elsewhere(case),
    ];
    let shift = Repair {
        action: format!(
            "Lead traffic away from {} at the load balancers and the name service, beginning with what users touch.",
            case.name
        ),
        command: console(
            "the load balancers → zonal shift (AWS: Application Recovery Controller), for 2 hours at first",
        ),
        expect: SIGN.goes_away(case),
        undo: "end the shift; do it at a quiet hour, one load balancer after the other".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "the other zones take all of it: without room there, this makes one outage two",
        ),
        decision: COMMANDER.into(),
    };
    let goal = format!("Serve users from elsewhere until {} is well.", case.name);
    assemble(goal, looks, &[shift], SIGN.recovered(case))
        .careful("Databases don't follow a shift of traffic: see where their primaries are, and leave them unless they are sick themselves.")
}

fn move_the_store(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(
            case,
            "where its primary and its standby run, and how far behind the standby is",
        ),
        SIGN.still_there(case),
        platform_events(case, "a failed check or a retirement of its host, or nothing"),
    ];
    let switch = Repair {
        action: format!(
            "If the host under {name} is sick and its standby is in step on another one: let it fail over, once."
        ),
        command: first(
            [case.platform.rds("reboot-db-instance", "--force-failover")],
            &format!("{} → fail over", case.platform.console_path(name)),
        ),
        expect: SIGN.goes_away(case),
        undo: "none possible: clients have been cut off once; stay on the new side, since failing back would cut them off again".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::High,
            "users fail for a minute or two; writes the standby hasn't got are lost where copies are made later than writes are acknowledged",
        ),
        decision: case.owner(),
    };
    let goal = format!("Bring {name} to a host that is well, without losing a write.");
    assemble(goal, looks, &[switch], SIGN.recovered(case)).careful(format!(
        "Without a standby in step don't move {name}: take load off it, and call its owner."
    ))
}

fn move_away(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let hosts: Vec<String> = case
        .topology
        .dependencies(&case.entity.id)
        .filter(|relation| relation.kind == RelationKind::RunsOn)
        .map(|relation| named(relation.to.as_str()))
        .collect();
    let hosts = if hosts.is_empty() { "its host".into() } else { hosts.join(", ") };
    let looks = vec![
        note_state(case, "which of its instances run on which host"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "Compare the instances of {name} by host ({hosts} against others), and look at the neighbours there."
            ),
            first(
                [case.platform.in_namespace("get pods --output=wide")],
                &format!("{} → instances by host", case.platform.console_path(name)),
            ),
            "those on one host are sick, whatever they are, and those elsewhere are well",
        ),
    ];
    let goal = format!("Bring the instances of {name} to hosts that are well.");
    let again = restart_one(
        case,
        "each instance on the sick host, one after the other",
        "it comes up on another host, and is as fast as the others there".into(),
    );
    assemble(goal, looks, &[cordon(case, &hosts), again], SIGN.recovered(case)).careful(
        "Don't restart instances before the host takes no new work: they may come up there again.",
    )
}

fn cordon(case: &Case<'_>, hosts: &str) -> Repair {
    let node = |verb: &'static str| {
        case.platform.in_namespace("get pods").map(|_| Command::new(verb).words("NODE_NAME"))
    };
    Repair {
        action: format!("Keep new work off the host that is sick ({hosts})."),
        command: first(
            [node("kubectl cordon")],
            "the scheduler or scaling group → the host → no new work",
        ),
        expect: "nothing new starts on that host".into(),
        undo: "let work start there again".into(),
        undo_command: node("kubectl uncordon").and_then(Command::finish),
        risk: risk(RiskLevel::Low, "one host less to place work on"),
        decision: ON_CALL.into(),
    }
}

fn compare(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    let node = case.entity.attributes.get("k8s.node.name");
    let describe = node.map(|node| Command::new("kubectl describe node").value(node));
    read(
        Phase::CheckBefore,
        format!(
            "Look at {name} itself: its conditions, disk errors and corrected memory errors in dmesg, steal time (top, “st”), clock, temperature."
        ),
        first(
            [describe, case.platform.ec2("describe-instance-status", "")],
            &format!("{} → health", case.platform.console_path(name)),
        ),
        "a condition or error that the other hosts don't show; a single process that takes all: stop that instead",
    )
}

fn room_elsewhere(case: &Case<'_>) -> PlanStep {
    read(
        Phase::CheckBefore,
        format!(
            "See that the others have room for what leaves {}: processor, memory, disks that can follow.",
            case.name
        ),
        None,
        "room for all of it with a fifth to spare; if not: add a host first, or move users' services alone",
    )
}
