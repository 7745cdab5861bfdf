use nightjar_incident::{Phase, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::database::{REPLICA, REPLICAS, RETAINED_LOG, RUNNING};
use crate::look::platform_events;
use crate::repair::{pause_batch_on, stop_statements, take_back};
use crate::shell::console;
use crate::sign::Sign;
use crate::step::{ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back that writes more or slows the replica", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Database],
        "leads reads elsewhere, then lets the replica catch up",
        catch_up,
    ),
    of_kinds(
        &[EntityKind::Queue],
        "waits for the copies rather than letting an old one lead",
        keep_the_leader,
    ),
    otherwise("reads from the original until the copy has caught up", read_the_original),
];

const SIGN: Sign = Sign {
    signals: &[Signal::ReplicationLag],
    there: "the lag grows, or stays far above its usual seconds",
    gone: "the lag falls steadily and is at its usual seconds",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case)];
    let goal = format!("Let {} catch up by taking back what put it behind.", case.name);
    assemble(goal, looks, &[read_elsewhere(case), repair], SIGN.recovered(case))
        .careful(keep_it(case))
}

fn catch_up(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its role, its size against the primary's, and who reads from it"),
        SIGN.still_there(case),
        platform_events(case, "replication wasn't stopped with an error; if it was, the error names the row or file: call the owner, since the copy may have to be made anew"),
        REPLICA.look(
            case,
            format!("Ask {name} itself how far it is behind."),
            "it says so; after minutes without a write at the primary this number rises by itself and means nothing",
        ),
        REPLICAS.look_at_primary(
            case,
            "Ask the primary how far each copy is behind.",
            "all copies behind: the primary writes more than usual, find that; this one alone: it is short of processor or disk, or a long read blocks it",
        ),
        RUNNING.look(
            case,
            format!("See what runs on {name} itself."),
            "a long read there holds back what is to be applied: cancel that one; nothing: it is too small or its disk is slow",
        ),
        RETAINED_LOG.look_at_primary(
            case,
            "Watch the primary's disk: it keeps its log until the copy has read it.",
            "free space on the primary lasts for hours; if it doesn't, say so now: the plan for a full disk comes first",
        ),
    ];
    let goal = format!("Keep stale answers of {name} from users while it catches up.");
    let repairs = [
        read_elsewhere(case),
        pause_batch_on(&format!("the primary of {}", case.name)),
        stop_statements(
            case,
            &format!("the long reads on {name} that hold back what is to be applied"),
        ),
    ];
    assemble(goal, looks, &repairs, SIGN.recovered(case)).careful(keep_it(case))
}

/// Readers that need fresh data go where they are.
fn read_elsewhere(case: &Case<'_>) -> Repair {
    let name = &case.name;
    Repair {
        action: format!("Lead reads that need fresh data from {name} to the primary, or to a copy that keeps up; if stale answers do harm, take {name} out of the readers' pool."),
        command: console(&format!("the connection settings of the readers, or the reader endpoint → without {name}")),
        expect: "no reader gets answers older than it can bear, and the primary's processor stays below 80 %".into(),
        undo: format!("let readers use {name} again"),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "the primary takes these reads: look at its processor and connections first, and move the most important readers only if it is busy"),
        decision: ON_CALL.into(),
    }
}

fn keep_it(case: &Case<'_>) -> String {
    format!(
        "Don't promote {name} or fail over to it: what it hasn't read would be lost. Don't restart it: it starts over with cold memory. Don't drop its slot: it would have to be copied anew.",
        name = case.name
    )
}

/// A broker: copies of a partition fall behind.
fn keep_the_leader(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "which partitions have too few copies in step, and on which brokers"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "See whether the partitions of {name} that lag share a broker (kafka-topics.sh --describe --under-replicated-partitions)."
            ),
            console(&format!("{} → partitions", case.platform.console_path(name))),
            "one broker is behind for all: it is slow or gone, repair that one; all brokers: more is written than the network or disks take",
        ),
    ];
    let goal = format!("Let the copies in {name} catch up without losing messages.");
    assemble(goal, looks, &[pause_batch_on(name)], SIGN.recovered(case))
        .careful("Don't allow an unclean leader election, and don't lower the number of copies that must be in step: both lose messages that were already acknowledged.")
        .careful("Don't restart brokers while copies are missing: a second one gone makes partitions unavailable.")
}

fn read_the_original(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "from where it is copied, and who reads it"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "See why {name} is behind: more is written at the origin, the way is slow, or {name} itself is busy."
            ),
            None,
            "one of the three stands out; the first: pause bulk writes; the second: the network; the third: follow the plan for what it is short of",
        ),
    ];
    let goal = format!("Keep stale answers of {name} from users while it catches up.");
    let repairs = [read_elsewhere(case), pause_batch_on(&format!("the primary of {}", case.name))];
    assemble(goal, looks, &repairs, SIGN.recovered(case)).careful(keep_it(case))
}
