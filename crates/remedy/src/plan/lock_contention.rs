use nightjar_incident::{Phase, PlanStep, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::database::{CANCEL, SESSIONS, TERMINATE};
use crate::look::{hand_over, logs_of};
use crate::repair::{pause_batch, restart_one, take_back};
use crate::shell::console;
use crate::sign::Sign;
use crate::step::{ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("stops the change's own statement, then takes the change back", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Database],
        "ends the session at the head of the chain, and only that one",
        free_the_chain,
    ),
    of_kinds(
        &[EntityKind::Table],
        "slows the writers that meet on the same items",
        spread_the_writers,
    ),
    otherwise("finds who holds the lock, and frees that one", find_the_holder),
];

const SIGN: Sign = Sign {
    signals: &[Signal::LockWaits, Signal::Deadlocks, Signal::PoolPending, Signal::PoolUsage],
    there: "sessions wait for locks while the processor is idle",
    gone: "no session waits for a lock for more than a second",
};

/// Outside a database nobody counts waiting sessions.
const WAITING: Sign = Sign {
    signals: &[Signal::Latency],
    there: "requests wait for one another while the processor is idle",
    gone: "requests no longer wait for one another",
};

const CONFLICTS: Sign = Sign {
    signals: &[Signal::Errors, Signal::Latency],
    there: "writers turn one another away at the same items",
    gone: "writers no longer turn one another away",
};

/// A migration or a new version brought the lock: first its statement, then itself.
fn restore(case: &Case<'_>) -> Remedy {
    let is_database = case.entity.kind == EntityKind::Database;
    let sign = if is_database { SIGN } else { WAITING };
    let (prepare, repair) = take_back(case, sign.goes_away(case));
    let goal = format!(
        "Let the work in {} go on: end what the change locks, then take the change back.",
        case.name
    );
    let mut looks = vec![prepare, sign.still_there(case)];
    let mut repairs = Vec::new();
    if is_database {
        looks.push(chain(case));
        repairs.push(cancel(case));
        repairs.push(terminate(case));
    } else {
        looks.push(logs_of(case));
    }
    repairs.push(repair);
    assemble(goal, looks, &repairs, sign.recovered(case))
        .careful("If the change is a migration that is half done, its owner decides whether it ends or goes back: half a migration may be worse than a slow one.")
}

/// One session holds what all others wait for.
fn free_the_chain(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        PlanStep {
            phase: Phase::Prepare,
            ..SESSIONS.look(
                case,
                format!("Keep the list of sessions of {name} in the incident's channel before ending any: it is gone afterwards, and it is the evidence."),
                "the list names the session at the head, its statement, its client and since when it is open",
            )
        },
        SIGN.still_there(case),
        chain(case),
    ];
    let goal =
        format!("Free the lock in {name} that everybody waits for, and leave all else running.");
    let repairs = [cancel(case), terminate(case), pause_batch(case)];
    assemble(goal, looks, &repairs, SIGN.recovered(case))
        .careful(format!("Don't restart {name}: it would roll all open transactions back and come up cold. Don't raise its limit of connections: more sessions only wait longer."))
        .careful("Leave sessions named autovacuum alone where they work “to prevent wraparound”, and never end a session with kill -9: the whole database would restart.")
        .careful("If a new session takes the same lock within minutes, stop the client that opens it (its owner) rather than ending session after session.")
}

/// Who waits for whom.
fn chain(case: &Case<'_>) -> PlanStep {
    SESSIONS.look(
        case,
        "Find the head of the chain: the session that others wait for and that waits for nobody.",
        "idle in a transaction: its client forgot it, end it; a statement that changes a table's shape and itself waits: cancel that first, everybody queues behind it; a running job: ask its owner; several heads that end one another: deadlocks, see the code",
    )
}

fn cancel(case: &Case<'_>) -> Repair {
    Repair {
        action: format!(
            "Cancel the statement at the head of the chain. PID is its number.{}",
            CANCEL.words(case)
        ),
        command: CANCEL.command(case).or_else(|| console(&sessions_page(case))),
        expect: SIGN.goes_away(case),
        undo: "none possible: the statement is rolled back by the database, and its client must send it again".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "one client gets an error; its session goes on"),
        decision: ON_CALL.into(),
    }
}

fn terminate(case: &Case<'_>) -> Repair {
    Repair {
        action: format!(
            "If it is idle in its transaction, or cancelling didn't help within a minute: end that one session.{}",
            TERMINATE.words(case)
        ),
        command: TERMINATE.command(case).or_else(|| console(&sessions_page(case))),
        expect: SIGN.goes_away(case),
        undo: "none possible: all its open transaction did is rolled back, which takes about as long as it took to do".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "the work of that transaction is lost: with a job of hours, ask its owner before",
        ),
        decision: case.owner(),
    }
}

fn sessions_page(case: &Case<'_>) -> String {
    format!("{} → sessions → end", case.platform.console_path(&case.name))
}

/// A managed table: writers that meet on an item turn one another away.
fn spread_the_writers(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its indexes and capacity"),
        CONFLICTS.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "See which keys of {name} conflict: transaction conflicts and failed conditions by key and by writer."
            ),
            console(&format!(
                "{} → Monitor → Contributor Insights",
                case.platform.console_path(name)
            )),
            "a few keys (a counter, a lock item, one tenant) take most conflicts, and one writer or job stands out",
        ),
    ];
    let slow = Repair {
        action: format!(
            "Let the writers of those items in {name} run one at a time: lower their concurrency and give their retries a growing, random wait."
        ),
        command: console("the configuration of the writer → concurrency, retries"),
        expect: CONFLICTS.goes_away(case),
        undo: "set the former concurrency and waits".into(),
        undo_command: None,
        risk: risk(RiskLevel::Low, "that writer is slower; what it does comes later"),
        decision: case.owner(),
    };
    let goal = format!("Let writers stop turning one another away at {name}.");
    assemble(goal, looks, &[slow, pause_batch(case)], CONFLICTS.recovered(case))
        .careful("More capacity doesn't help: conflicts are about items, not about throughput. More retries make it worse.")
}

/// A lock outside a database: in the process, in a file, or a lease kept somewhere.
fn find_the_holder(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "which instance does what"),
        read(
            Phase::Prepare,
            format!(
                "Take two thread dumps of one instance of {name}, 10 seconds apart: a restart destroys them."
            ),
            console(&format!("the runtime tools of {name} → one instance → thread dump")),
            "the same threads stand at the same place in both, and one thread holds what they wait for",
        ),
        WAITING.still_there(case),
        logs_of(case),
        hand_over(case),
    ];
    let free =
        restart_one(case, "the instance that holds the lock and is stuck", WAITING.goes_away(case));
    let goal = format!("Free the lock in {name} that requests wait for.");
    assemble(goal, looks, &[free], WAITING.recovered(case))
        .careful("Don't restart all instances at once: they would ask for the same lock together.")
        .careful("If the lock is a lease kept elsewhere and its holder is gone, let it run out, or have the owner remove it: removed too early, two do the same work.")
}
