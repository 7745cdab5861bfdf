use nightjar_incident::{Phase, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::database::{RUNNING, Sql};
use crate::look::platform_events;
use crate::repair::{leave_the_host, pause_batch, stop_statements, take_back};
use crate::shell::console;
use crate::sign::Sign;
use crate::step::{COMMANDER, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back that makes it write or read so much", restore),
    NOT_OURS,
    of_kinds(&[EntityKind::Database], "stops the bulk work, then buys throughput", calm_the_store),
    of_kinds(&[EntityKind::Host], "stops what uses the disk, or empties the host", calm_the_host),
    otherwise("pauses bulk work, then moves to a faster disk", calm),
];

const SIGN: Sign = Sign {
    signals: &[Signal::DiskQueue, Signal::DiskLatency, Signal::BurstCredit, Signal::DiskOperations],
    there: "operations per second or their queue stand at the disk's limit, and each takes longer",
    gone: "the disk's queue is short and each operation takes as long as before",
};

/// What decides how often a checkpoint comes; how often it does is in the log of either.
const CHECKPOINTS: Sql = Sql {
    postgresql: "SELECT name, setting, unit FROM pg_settings WHERE name IN ($$max_wal_size$$, $$checkpoint_timeout$$, $$checkpoint_completion_target$$)",
    mysql: "SHOW ENGINE INNODB STATUS",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case)];
    let goal = format!("Let the disk of {} keep up again by taking the change back.", case.name);
    assemble(goal, looks, &[repair, pause_batch(case)], SIGN.recovered(case)).careful(
        "What was queued is worked off first: allow the disk some minutes after the repair.",
    )
}

fn calm_the_store(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "the disk's type, size, operations per second and throughput, and its burst credit"),
        SIGN.still_there(case),
        platform_events(case, "no backup, growth or maintenance under way that explains it and ends by itself"),
        RUNNING.look(
            case,
            format!("See what reads or writes most in {name}."),
            "one job or statement stands out: stop it; many short ones wait alike: it is load, or the burst credit is used up",
        ),
        CHECKPOINTS.look(
            case,
            "See whether checkpoints do it: the log says “checkpoint starting: wal” again and again, or that they occur too frequently; the settings say how much log fits between them.",
            "checkpoints follow one another faster than their time-out: the log between them is too small for what is written; otherwise it isn't them",
        ),
    ];
    let spread = Repair {
        action: format!(
            "If checkpoints follow one another: let {name} keep more log between them (PostgreSQL: max_wal_size doubled, and room for it on the disk), applied by a reload."
        ),
        command: console(&format!(
            "{} → parameters → max_wal_size",
            case.platform.console_path(name)
        )),
        expect: "checkpoints come by time, not by size".into(),
        undo: "set the former value".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Low,
            "takes more of the disk, and a crash takes longer to recover from",
        ),
        decision: case.owner(),
    };
    let buy = Repair {
        action: format!("If it is load, or the burst credit is used up: give the disk of {name} more operations per second."),
        command: console(&format!("{} → modify → storage → provisioned operations per second", case.platform.console_path(name))),
        expect: SIGN.goes_away(case),
        undo: "set the former number; the provider allows the next change of a disk after 6 hours at the earliest".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "costs more, takes effect slowly (the disk is rearranged while it serves), and can't be changed again for hours"),
        decision: COMMANDER.into(),
    };
    let goal = format!("Get the disk of {name} below its limit again.");
    let repairs =
        [pause_batch(case), stop_statements(case, "the statements of that one kind"), spread, buy];
    assemble(goal, looks, &repairs, SIGN.recovered(case))
        .careful(format!("Don't restart {name}: a cold start reads everything from the very disk that is short. Never turn its safety off for speed (fsync, full_page_writes). No VACUUM FULL, no manual CHECKPOINT."))
        .careful("A busy processor may be a consequence of this, not another fault.")
}

fn calm_the_host(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "what runs on it, and its disks' type and limits"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "Find what uses the disk of {name}: iostat -x 5 shows which disk, iotop or pidstat -d 5 which process."
            ),
            console(&format!("a shell on {name}")),
            "one process stands out (backup, scan, log, image pull): stop or slow that (ionice -c 3); none, and each operation is slow: the disk or its host is sick",
        ),
    ];
    let goal = format!("Give what runs on {name} its disk back.");
    assemble(goal, looks, &[pause_batch(case), leave_the_host(case)], SIGN.recovered(case))
}

fn calm(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "where its disks are and what else uses them"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "See what {name} reads or writes so much: its log level, dumps, compaction, a cache that no longer fits memory, a neighbour on the same disk."
            ),
            console(&format!("{} → disk operations by volume", case.platform.console_path(name))),
            "one of them began at the onset",
        ),
    ];
    let buy = Repair {
        action: format!(
            "If it is honest load: move {name} to a faster disk, or give this one more operations per second."
        ),
        command: console(&format!("{} → storage", case.platform.console_path(name))),
        expect: SIGN.goes_away(case),
        undo:
            "go back to the former disk once calm; providers allow the next change after hours only"
                .into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "costs more and takes effect slowly"),
        decision: case.owner(),
    };
    let goal = format!("Get the disk of {name} below its limit again.");
    assemble(goal, looks, &[pause_batch(case), buy], SIGN.recovered(case))
}
