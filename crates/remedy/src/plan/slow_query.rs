use nightjar_incident::{Phase, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use super::{NOT_OURS, Row, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::database::{ANALYZE, RUNNING, STATEMENTS, STATISTICS_AGE};
use crate::look::logs_of;
use crate::repair::{stop_statements, take_back};
use crate::shell::console;
use crate::sign::Sign;
use crate::step::{COMMANDER, ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back that made the statement slow", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Database],
        "stops the statement, then gives the planner fresh figures",
        mend_the_plan,
    ),
    of_kinds(&[EntityKind::Table], "stops the scan and reads by key", stop_the_scan),
    otherwise("switches off what sends the statement", ease_the_statement),
];

const SIGN: Sign = Sign {
    signals: &[
        Signal::StatementLoad,
        Signal::DatabaseLoad,
        Signal::CpuUtilization,
        Signal::Latency,
    ],
    there: "one statement takes many times as long as it used to, with unchanged traffic",
    gone: "the statement takes as long as before",
};

/// A dropped index, a new query, a parameter, an upgrade: back with that one.
fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let mut looks = vec![prepare, SIGN.still_there(case)];
    let mut repairs = vec![repair];
    if case.entity.kind == EntityKind::Database {
        looks.push(worst(case));
        looks.push(RUNNING.look(case, "See which sessions run it now.", "the longest first"));
        repairs.push(stop_statements(case, "the statements of that one kind"));
    } else {
        looks.push(logs_of(case));
    }
    let goal = format!("Make the statement in {} fast again by taking the change back.", case.name);
    assemble(goal, looks, &repairs, SIGN.recovered(case))
        .careful("If the change dropped an index, the way back is to create it again: CREATE INDEX CONCURRENTLY in PostgreSQL, ALGORITHM=INPLACE, LOCK=NONE in MySQL. Without these words writers stand still meanwhile.")
        .careful("If the change was an upgrade of the database, it doesn't go back; take fresh figures for the planner (ANALYZE), which many upgrades don't carry over.")
}

/// Nothing changed but the data: the planner's figures may be old.
fn mend_the_plan(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let analyze = Repair {
        action: format!(
            "If the figures of the statement's table are old or much changed since: take them anew, for that table alone.{}",
            ANALYZE.words(case)
        ),
        command: ANALYZE.command(case).or_else(|| {
            console(&format!(
                "{} → query editor → ANALYZE the table",
                case.platform.console_path(name)
            ))
        }),
        expect: SIGN.goes_away(case),
        undo: "none possible: the former figures are gone; they no longer fitted the data".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Low,
            "reads a sample of the table and stops no one; plans of other statements on it may change too",
        ),
        decision: ON_CALL.into(),
    };
    let looks = vec![
        note_state(case, "its size and parameters"),
        read(
            Phase::Prepare,
            "Keep the statement and its plan (EXPLAIN, without ANALYZE: that would run it) in the incident's channel.".to_owned(),
            None,
            "the plan shows the step whose estimate is far from the real number of rows, or a scan where an index was",
        ),
        SIGN.still_there(case),
        worst(case),
        RUNNING.look(
            case,
            "See how often it runs now, and for how long.",
            "the sessions that run it, the longest first: these are what the first repair stops",
        ),
        STATISTICS_AGE.look(
            case,
            "See how old the planner's figures of its tables are.",
            "old, or many rows changed since: take them anew; fresh: the plan is wrong for another reason, so only stop and switch off",
        ),
    ];
    let goal = format!(
        "Get the processor and disks of {name} back from one statement, then make it fast again."
    );
    let repairs = [
        stop_statements(case, "the statements of that one kind"),
        analyze,
        switch_off(case, "If it comes back at once: switch off"),
    ];
    assemble(goal, looks, &repairs, SIGN.recovered(case))
        .careful(format!("Don't restart {name}: cold memory makes the statement slower still. No VACUUM FULL (nobody can use the table meanwhile). No new index at night unless its owner asks, and then CONCURRENTLY."))
}

fn worst(case: &Case<'_>) -> nightjar_incident::PlanStep {
    STATEMENTS.look(
        case,
        "Find the statement that takes most time in all, and compare with a good day.",
        "one statement's mean time is many times its usual; if all are slower alike, it isn't a statement: look at disks, locks and the processor",
    )
}

/// A feature sends it: users can do without that feature for a night.
fn switch_off(case: &Case<'_>, lead: &str) -> Repair {
    Repair {
        action: format!("{lead} the feature, report or job that sends it."),
        command: console("the feature flags or schedulers of its sender → off"),
        expect: SIGN.goes_away(case),
        undo: "switch it on again".into(),
        undo_command: None,
        risk: risk(RiskLevel::Medium, "whoever uses that feature goes without it"),
        decision: if case.trigger.is_some() { ON_CALL.into() } else { COMMANDER.into() },
    }
}

/// A table without a planner: somebody reads all of it instead of a key.
fn stop_the_scan(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its indexes and capacity"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "Find who scans {name}: consumed capacity and returned items by operation (Scan, Query) and by caller."
            ),
            console(&format!("{} → Monitor", case.platform.console_path(name))),
            "a Scan, or a Query with a filter that throws most of what it read away, from one caller",
        ),
    ];
    let goal = format!("Stop the reading of all of {name} where a key would do.");
    assemble(goal, looks, &[switch_off(case, "Switch off")], SIGN.recovered(case))
        .careful("More capacity hides a scan until the table has grown again.")
}

/// What is slow here is a statement it sends: the database is next door.
fn ease_the_statement(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its switches and cache settings"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "Find the statement in a slow trace of {name}: the longest span of a database, with its text."
            ),
            None,
            "one statement takes the time; note its database, and look there at its plan",
        ),
        logs_of(case),
    ];
    let goal = format!(
        "Serve users of {name} without the slow statement, until its database answers it quickly again."
    );
    assemble(goal, looks, &[switch_off(case, "Switch off")], SIGN.recovered(case)).careful(format!(
        "More instances of {name} send the statement more often and make its database slower."
    ))
}
