use nightjar_incident::{Phase, RiskLevel, Signal};

use super::{assemble, goes_down, note_state, recovered, still_there};
use crate::case::Case;
use crate::repair::{restart, take_back};
use crate::shell::console;
use crate::step::{ON_CALL, Remedy, Repair, read, risk};
use crate::text::{named, shown};

const POOL: &[Signal] =
    &[Signal::PoolPending, Signal::PoolTimeouts, Signal::PoolUsage, Signal::PoolLimit];
const WAITING: &str = "requests wait for a connection while the database itself isn't slow";

/// A change set it off: put back what it altered.
pub(super) fn restore(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let (prepare, repair) =
        take_back(case, goes_down(case, POOL, "no request waits for a connection any more"));
    let looks = vec![prepare, still_there(case, POOL, WAITING), room_in_the_database(case)];
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
    assemble(goal, looks, &[repair, again], recovered(case, POOL))
}

/// Nothing changed: connections leak or are held too long.
pub(super) fn find_the_leak(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "the pool's limit and the number of instances"),
        still_there(case, POOL, WAITING),
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
    let expect = goes_down(case, POOL, "no request waits for a connection any more");
    let repairs = [
        restart(case, "that frees what leaked, and buys time to find the leak", expect.clone()),
        raise(case, expect),
    ];
    let mut remedy = assemble(
        format!("Free the connections that {name} holds, then find what leaks them."),
        looks,
        &repairs,
        recovered(case, POOL),
    );
    remedy.caveats.push("A restart frees a leak for a while only: if connections in use climb again, the leak is real and the code needs the owner.".into());
    remedy
}

/// The database itself has no connection left.
pub(super) fn free_the_database(case: &Case<'_>) -> Remedy {
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
        still_there(case, POOL, "connections stand at the database's limit"),
        read(
            Phase::CheckBefore,
            format!("Count the connections by client and state ({}).", sql(case)),
            None,
            format!(
                "one of {clients} holds far more than its share, or many stand idle in a transaction"
            ),
        ),
    ];
    let end = Repair {
        action: format!("End the sessions of {name} that stand idle in a transaction for over 5 minutes, one client at a time."),
        command: console(&format!("{} → sessions → end", case.platform.console_path(name))),
        expect: goes_down(case, POOL, "connections in use fall below the limit"),
        undo: "none possible: an ended session's open transaction is rolled back by the database; clients connect again by themselves".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "work in the ended transactions is lost and must be retried by the client"),
        decision: case.owner(),
    };
    assemble(
        format!("Free connections of {name} and stop the client that takes them."),
        looks,
        &[end],
        recovered(case, POOL),
    )
}

fn sql(case: &Case<'_>) -> &'static str {
    let system = case.entity.attributes.get("db.system.name");
    match system.or(case.entity.attributes.get("db.system")).map(String::as_str) {
        Some("postgresql") => "SELECT usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2",
        Some("mysql" | "mariadb") => "SHOW PROCESSLIST",
        Some(_) | None => "the database's own list of sessions",
    }
}

/// Before a pool grows: does the database have room for it?
fn room_in_the_database(case: &Case<'_>) -> nightjar_incident::PlanStep {
    let database = case
        .topology
        .dependencies(&case.entity.id)
        .find(|relation| {
            case.topology.kind(&relation.to) == nightjar_topology::EntityKind::Database
        })
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
