use nightjar_incident::{Phase, Signal};

use super::{NOT_OURS, Row, after_change, assemble, otherwise};
use crate::case::Case;
use crate::look::{changes_before, hand_over, logs_of};
use crate::repair::take_back;
use crate::shell::{Command, console};
use crate::sign::Sign;
use crate::step::{Remedy, read};
use crate::text::named;

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back", restore),
    NOT_OURS,
    otherwise("finds out whether it runs, and what keeps it from running", look),
];

const SIGN: Sign = Sign {
    signals: &[Signal::Errors, Signal::Availability, Signal::Requests],
    there: "calls to it fail and it sends no telemetry",
    gone: "its health check succeeds on every instance and its telemetry has no gap",
};

/// Gone since a change: take it back.
fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, "it answers its health check again".into());
    assemble(
        format!("Take back the change after which {} stopped answering.", case.name),
        vec![prepare, SIGN.still_there(case), logs_of(case)],
        &[repair],
        SIGN.recovered(case),
    )
}

/// Gone, and nobody knows why: find out whether it runs, and what keeps it from running.
fn look(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        read(
            Phase::Prepare,
            format!("Read how many instances of {name} run and how the last one ended."),
            case.platform
                .describe()
                .and_then(Command::finish)
                .or_else(|| console(&case.platform.console_path(name))),
            "both are noted in the incident's channel",
        ),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "Tell apart: {name} doesn't run, runs but can't be reached, or answers and only its telemetry stopped. Call its health check from a neighbour."
            ),
            None,
            "it doesn't run: the reason of its last end says which plan to follow (killed for memory, failed start, host gone); it answers: mend the telemetry and close the incident",
        ),
        logs_of(case),
        below(case),
        changes_before(case),
        hand_over(case),
    ];
    assemble(
        format!(
            "Find out why {name} doesn't answer; starting it again blindly may destroy what would tell."
        ),
        looks,
        &[],
        SIGN.recovered(case),
    )
}

/// What it runs on: when a host goes, everything on it goes.
fn below(case: &Case<'_>) -> nightjar_incident::PlanStep {
    let hosts: Vec<String> = case
        .topology
        .dependencies(&case.entity.id)
        .filter(|relation| relation.kind == nightjar_topology::RelationKind::RunsOn)
        .map(|relation| named(relation.to.as_str()))
        .collect();
    let hosts = if hosts.is_empty() { "what it runs on".into() } else { hosts.join(", ") };
    read(
        Phase::CheckBefore,
        format!("Look at {hosts}, and at what else runs there."),
        None,
        "the neighbours are well; if they are gone too, the host or zone is the cause",
    )
}
