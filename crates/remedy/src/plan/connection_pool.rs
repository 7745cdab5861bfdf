use nightjar_incident::{Phase, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::database::{CONNECTIONS, TERMINATE};
use crate::repair::{restart, take_back};
use crate::shell::console;
use crate::sign::Sign;
use crate::step::{ON_CALL, Remedy, Repair, read, risk};
use crate::text::{named, shown};

pub(super) const ROWS: &[Row] = &[
    after_change("puts the former limit back", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Database, EntityKind::Cache],
        "ends sessions that hold a connection without using it",
        free_the_database,
    ),
    otherwise("restarts in turn to free what leaked, then gives the pool room", find_the_leak),
];

const SIGN: Sign = Sign {
    signals: &[Signal::PoolPending, Signal::PoolTimeouts, Signal::PoolUsage, Signal::PoolLimit],
    there: "requests wait for a connection while the database itself isn't slow",
    gone: "no request waits for a connection any more",
};

/// A change set it off: put back what it altered.
fn restore(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), room_in_the_database(case)];
    let again = restart(
        case,
        "only if the pool keeps its old size, since many pools read their limit at start",
        "the pool's limit is the restored one on every instance".into(),
    );
    let recorded = case.trigger.and_then(|change| change.previous.as_deref()).map(shown);
    let was = recorded.or_else(|| case.level_text(Signal::PoolLimit));
    let goal = match was {
        Some(limit) => format!(
            "Give the pool of {name} its former limit ({limit}) back, so that requests stop waiting."
        ),
        None => {
            format!("Give the pool of {name} its former limit back, so that requests stop waiting.")
        }
    };
    assemble(goal, looks, &[repair, again], SIGN.recovered(case))
}

/// Nothing changed: connections leak or are held too long.
fn find_the_leak(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "the pool's limit and the number of instances"),
        SIGN.still_there(case),
        room_in_the_database(case),
        read(
            Phase::Prepare,
            format!(
                "Take a thread dump of one instance of {name}: it shows who holds the connections."
            ),
            console(&format!("the runtime tools of {name} → one instance → thread dump")),
            "the dump is kept; threads that hold a connection and wait for something else are the leak",
        ),
    ];
    let expect = SIGN.goes_away(case);
    let repairs = [
        restart(case, "that frees what leaked, and buys time to find the leak", expect.clone()),
        raise(case, expect),
    ];
    let mut remedy = assemble(
        format!("Free the connections that {name} holds, then find what leaks them."),
        looks,
        &repairs,
        SIGN.recovered(case),
    );
    remedy.caveats.push("A restart frees a leak for a while only: if connections in use climb again, the leak is real and the code needs the owner.".into());
    remedy
}

/// The database itself has no connection left.
fn free_the_database(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let clients: Vec<String> = case
        .topology
        .dependents(&case.entity.id)
        .filter(|relation| relation.kind.is_request())
        .map(|relation| named(relation.from.as_str()))
        .collect();
    let clients = if clients.is_empty() { "its clients".into() } else { clients.join(", ") };
    let looks = vec![
        note_state(case, "the limit of connections"),
        SIGN.still_there(case),
        CONNECTIONS.look(
            case,
            "Count the connections by client and state.",
            format!(
                "of {clients} one holds far more than its share (repair that client), or many stand idle in a transaction (end those); spread evenly, it is load"
            ),
        ),
    ];
    let end = Repair {
        action: format!("End the sessions of {name} that stand idle in a transaction for over 5 minutes, one client at a time. PID is the number of the session.{}", TERMINATE.words(case)),
        command: TERMINATE.command(case).or_else(|| {
            console(&format!("{} → sessions → end", case.platform.console_path(name)))
        }),
        expect: SIGN.goes_away(case),
        undo: "none possible: an ended session's open transaction is rolled back by the database; clients connect again by themselves".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "work in the ended transactions is lost and must be retried by the client"),
        decision: case.owner(),
    };
    assemble(
        format!("Free connections of {name} and stop the client that takes them."),
        looks,
        &[end],
        SIGN.recovered(case),
    )
    .careful(format!("Don't restart {name}: every client connects again at once, onto cold memory. Don't raise its limit of connections unless its memory allows each one more; it also takes a restart."))
    .careful("If the client takes the connections again within minutes, lower the size of that client's pool or stop it; ending sessions only buys time.")
}

/// Before a pool grows: does the database have room for it?
fn room_in_the_database(case: &Case<'_>) -> nightjar_incident::PlanStep {
    let database = case
        .topology
        .dependencies(&case.entity.id)
        .find(|relation| case.topology.kind(&relation.to) == EntityKind::Database)
        .map(|relation| named(relation.to.as_str()));
    let database = database.unwrap_or_else(|| "the database".into());
    read(
        Phase::CheckBefore,
        format!(
            "See that {database} has room: its limit of connections (max_connections) against those open now."
        ),
        None,
        format!(
            "the pool's limit times the number of instances stays below 80 % of what {database} allows"
        ),
    )
}

fn raise(case: &Case<'_>, expect: String) -> Repair {
    let name = &case.name;
    let limit = case.level_text(Signal::PoolLimit);
    let from = limit.map(|limit| format!(" from {limit}")).unwrap_or_default();
    Repair {
        action: format!(
            "If waiting comes back within minutes: raise the pool's limit of {name}{from} by half, within what the database allows."
        ),
        command: console(&format!("the configuration of {name} → connection pool → maximum size")),
        expect,
        undo: "set the limit noted while preparing again".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "more connections cost the database memory and may slow everyone who uses it",
        ),
        decision: if case.trigger.is_some() { ON_CALL.into() } else { case.owner() },
    }
}
