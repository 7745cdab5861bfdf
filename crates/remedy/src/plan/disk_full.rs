use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::database::RETAINED_LOG;
use crate::look::{owner_first, platform_events};
use crate::repair::{pause_batch, take_back};
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{COMMANDER, ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("stops the growth by taking the change back, then makes room", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Database],
        "grows the storage, then finds what fills it",
        grow_the_store,
    ),
    of_kinds(
        &[EntityKind::Queue],
        "stops the producers that fill it, and grows the storage",
        calm_the_producers,
    ),
    of_kinds(
        &[EntityKind::Host],
        "frees what is safe to free, then empties the host",
        free_the_host,
    ),
    otherwise("frees temporary files, then grows the storage", free_and_grow),
];

const SIGN: Sign = Sign {
    signals: &[Signal::DiskFree, Signal::DiskUtilization],
    there: "no space is left, or less than a few percent, and writes fail",
    gone: "at least a fifth of the disk is free, writes succeed, and free space doesn't fall",
};

/// The change made it grow: stop that first, or all room made is gone in an hour.
fn restore(case: &Case<'_>) -> Remedy {
    let expect = "free space stops falling within 10 minutes".to_owned();
    let (prepare, repair) = take_back(case, expect);
    let looks = vec![prepare, SIGN.still_there(case), what_fills(case)];
    let goal = format!("Stop what fills the disk of {}, then make room.", case.name);
    assemble(goal, looks, &[repair, grow(case)], SIGN.recovered(case))
        .careful("Taking the change back frees nothing by itself: make room as well.")
        .careful(never_by_hand(case))
}

/// A database: room first, since without it nothing else works, not even cleaning.
fn grow_the_store(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "the allocated storage, the limit of its automatic growth, and when it last grew"),
        SIGN.still_there(case),
        platform_events(case, "no growth within the last 6 hours: storage can't be grown again before; otherwise free space instead"),
        RETAINED_LOG.look(
            case,
            "See what holds space: logs kept for a replica or consumer that is gone, temporary files of a large sort, tables.",
            "an inactive slot that retains much: it is the reason; none: a table or temporary files grow",
        ),
        owner_first(case, "may the slot or log that retains most be given up, and who must then be set up anew"),
    ];
    let release = Repair {
        action: format!(
            "Only if growing isn't possible, and the owner of the consumer agrees: give up the replication slot (or the binary logs) of {name} that retains most, by the database's own command."
        ),
        command: console(&format!(
            "{} → replication → slot → drop",
            case.platform.console_path(name)
        )),
        expect: "free space rises after the next checkpoint".into(),
        undo: "none possible: its consumer must be set up anew from a full copy".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::High,
            "the consumer loses its place, and with it what it hasn't read",
        ),
        decision: case.owner(),
    };
    let goal = format!("Give {name} room to write again, then find what fills it.");
    let repairs = [pause_batch(case), grow(case), release];
    assemble(goal, looks, &repairs, SIGN.recovered(case))
        .careful(never_by_hand(case))
        .careful(format!("Don't restart {name} while its disk is full: it may not come up. No VACUUM FULL: it writes the whole table a second time."))
}

/// A broker: it keeps what nobody has taken.
fn calm_the_producers(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "retention and size by topic or queue"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "See which topic or queue of {name} grew, and whether its consumers stand still."
            ),
            console(&format!("{} → topics or queues by size", case.platform.console_path(name))),
            "consumers stand still: follow the plan for consumers that fall behind; one producer sends more than ever: stop that one",
        ),
        owner_first(
            case,
            "may the largest topic be kept for less long, that is, may unread messages be lost",
        ),
    ];
    let shorten = Repair {
        action: format!("Only if growing isn't possible, and the owner agrees: shorten the retention of the largest topic of {name}."),
        command: console(&format!("{} → the topic → retention", case.platform.console_path(name))),
        expect: "free space rises within the broker's cleaning interval (5 minutes as a rule)".into(),
        undo: "none possible: deleted messages are gone; the former retention can be set again for what comes".into(),
        undo_command: None,
        risk: risk(RiskLevel::High, "messages nobody has read are lost"),
        decision: case.owner(),
    };
    let goal = format!("Let {name} take messages again without losing those it has.");
    let repairs = [pause_batch(case), grow(case), shorten];
    assemble(goal, looks, &repairs, SIGN.recovered(case)).careful(never_by_hand(case))
}

/// A host: old logs and images may go, and what serves users moves away.
fn free_the_host(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![note_state(case, "what runs on it"), SIGN.still_there(case), what_fills(case)];
    let goal = format!("Give {name} free space again without deleting what is needed.");
    let repairs = [free(case), crate::repair::leave_the_host(case)];
    assemble(goal, looks, &repairs, SIGN.recovered(case)).careful(never_by_hand(case))
}

/// Anything else: temporary files, then a larger volume.
fn free_and_grow(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "the size of its volumes and temporary storage"),
        SIGN.still_there(case),
        what_fills(case),
    ];
    let goal = format!("Let {name} write again.");
    assemble(goal, looks, &[free(case), grow(case)], SIGN.recovered(case))
        .careful(never_by_hand(case))
}

fn what_fills(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    let way = format!("a shell where {name} runs: df -h, df -i, then du of the fullest volume");
    read(
        Phase::CheckBefore,
        format!(
            "See which volume of {name} is full, of bytes (df -h) or of files (df -i), and what grows there."
        ),
        console(&way),
        "one folder grows: logs, dumps, uploads, temporary files; if du finds less than df says, a deleted file is still open (lsof +L1): restart its process alone",
    )
}

fn never_by_hand(case: &Case<'_>) -> String {
    match case.entity.kind {
        EntityKind::Database | EntityKind::Queue | EntityKind::Cache => format!(
            "Never delete files of {} by hand (pg_wal, binary logs, segments): it would not start again. Only its own commands may clean up.",
            case.name
        ),
        _ => "Delete nothing you can't name. What looks like a log may be a database's: never touch pg_wal, binary logs or segments by hand.".into(),
    }
}

fn free(case: &Case<'_>) -> Repair {
    let name = &case.name;
    Repair {
        action: format!("Free what can be made again on {name}: rotated logs (journalctl --vacuum-size=1G), unused images (crictl rmi --prune), package caches, old dumps. Move rather than delete what you aren't sure of."),
        command: console(&format!("a shell where {name} runs")),
        expect: SIGN.goes_away(case),
        undo: "none possible: what is deleted is gone; that is why only what can be made again goes, and the rest is moved".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "logs of the time before may be needed to understand the incident: copy those of the last day first"),
        decision: ON_CALL.into(),
    }
}

fn grow(case: &Case<'_>) -> Repair {
    let name = &case.name;
    let command: [Option<Command>; 2] = [
        case.platform
            .rds("modify-db-instance", "--allocated-storage MORE_GIBIBYTES --apply-immediately"),
        case.platform
            .lambda("update-function-configuration", "--ephemeral-storage Size=MORE_MEBIBYTES"),
    ];
    Repair {
        action: format!("Grow the storage of {name} by half."),
        command: first(command, &format!("{} → storage → larger (Kubernetes: the volume claim's requested size, where its class allows growth)", case.platform.console_path(name))),
        expect: SIGN.goes_away(case),
        undo: "none possible: storage as a rule can't be made smaller again; it costs more from now on".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Low,
            "online as a rule; providers allow the next growth after hours only (RDS: 6), so don't be stingy",
        ),
        decision: COMMANDER.into(),
    }
}
