use nightjar_incident::{Phase, RiskLevel, Signal};
use nightjar_topology::{EntityKind, RelationKind};

use super::{NOT_OURS, Row, STORES, after_change, assemble, note_state, of_kinds, otherwise};
use crate::case::Case;
use crate::database::{RUNNING, STATEMENTS};
use crate::repair::{
    add_capacity, pause_batch, restart_one, shed_load, stop_statements, take_back,
};
use crate::shell::{Command, console, first};
use crate::sign::Sign;
use crate::step::{COMMANDER, Remedy, Repair, read, risk};
use crate::text::named;

pub(super) const ROWS: &[Row] = &[
    after_change("takes the change back, with more capacity meanwhile", restore),
    NOT_OURS,
    of_kinds(
        &[EntityKind::Host],
        "stops what eats the processor, or takes new work off the host",
        relieve_the_host,
    ),
    of_kinds(STORES, "stops the heaviest work rather than adding machines", relieve_the_store),
    otherwise("adds instances, then finds what eats the processor", scale_out),
];

const SIGN: Sign = Sign {
    signals: &[Signal::CpuUtilization],
    there: "processor use stands at its limit without more requests than usual",
    gone: "processor use is at its usual level",
};

/// A change set it off: take it back.
fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let extra = if STORES.contains(&case.entity.kind) || case.entity.kind == EntityKind::Host {
        pause_batch(case)
    } else {
        let expect = "requests wait less while the roll-back runs".into();
        add_capacity(&case.name, &case.platform, expect)
    };
    assemble(
        format!("Take back what made {} busy, with relief while that takes.", case.name),
        vec![prepare, SIGN.still_there(case)],
        &[repair, extra],
        SIGN.recovered(case),
    )
}

/// Nothing changed: more instances now, then find what eats the processor.
fn scale_out(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "the number of instances and the processor limit"),
        SIGN.still_there(case),
        find_the_hog(case),
    ];
    let expect = SIGN.goes_away(case);
    let repairs = [
        add_capacity(&case.name, &case.platform, expect.clone()),
        restart_one(case, "the instance that the profile shows spinning, if there is one", expect),
    ];
    assemble(
        format!("Give {name} processor time again, then find what eats it."),
        looks,
        &repairs,
        SIGN.recovered(case),
    )
}

fn find_the_hog(case: &Case<'_>) -> nightjar_incident::PlanStep {
    let name = &case.name;
    let way =
        format!("{} → profile or top of the busiest instance", case.platform.console_path(name));
    read(
        Phase::CheckBefore,
        format!(
            "Find what uses the processor of {name}: a profile of the busiest instance for 30 seconds, or its log if there is no profiler."
        ),
        first([case.platform.in_namespace("top pod --containers --sort-by=cpu")], &way),
        "one function, query or job stands out; all instances alike speak for load, one alone for a stuck job",
    )
}

/// A store: it can't be scaled in minutes, so it gets less to do.
fn relieve_the_store(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "its size and the jobs that run on it"),
        SIGN.still_there(case),
        RUNNING.look(
            case,
            format!("See what {name} is doing now."),
            "one statement many times, or one job: stop that; short statements of all kinds: it is load, shed it at the entrance",
        ),
        STATEMENTS.look(
            case,
            "See which statements take most time in all, and compare with a good day.",
            "one stands out: if it takes longer each time than it used to, follow the plan for a slow query",
        ),
    ];
    let goal = format!("Give {name} processor time again by giving it less to do.");
    let repairs = match case.entity.kind {
        EntityKind::Database => {
            vec![stop_statements(case, "the statements of that one kind"), pause_batch(case)]
        }
        _ => vec![pause_batch(case), shed_load(case, SIGN.goes_away(case))],
    };
    assemble(goal, looks, &repairs, SIGN.recovered(case))
        .careful(format!("Processor use can be a consequence: of checkpoints, of bulk writes, of sessions that spin on a lock. See those first where {name} measures them."))
        .careful(format!("A larger machine for {name} means a failover or minutes of downtime: a decision for daylight, or for the incident commander. Don't restart it: it would start with cold memory and be busier."))
}

/// A host: something on it takes what the others need.
fn relieve_the_host(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let tenants: Vec<String> = case
        .topology
        .dependents(&case.entity.id)
        .filter(|relation| relation.kind == RelationKind::RunsOn)
        .map(|relation| named(relation.from.as_str()))
        .take(5)
        .collect();
    let tenants =
        if tenants.is_empty() { format!("what runs on {name}") } else { tenants.join(", ") };
    let node = case.entity.attributes.get("k8s.node.name");
    let node_command = |verb: &'static str| node.and_then(|n| Command::new(verb).value(n).finish());
    let page = case.platform.console_path(name);
    let looks = vec![
        note_state(case, "what runs on it"),
        SIGN.still_there(case),
        read(
            Phase::CheckBefore,
            format!(
                "Find the process on {name} that uses the processor ({tenants}, or something else: backup, scanner, agent)."
            ),
            node_command("kubectl describe node")
                .or_else(|| console(&format!("{page} → processes by CPU"))),
            "one process stands out, and it isn't one that serves users",
        ),
    ];
    let calm = Repair {
        action: format!(
            "Stop or slow down that process if it may wait; otherwise take new work off {name}."
        ),
        command: node_command("kubectl cordon")
            .or_else(|| console(&format!("{page} → take out of rotation"))),
        expect: SIGN.goes_away(case),
        undo: "start the process again, or put the host back into rotation".into(),
        undo_command: node_command("kubectl uncordon"),
        risk: risk(RiskLevel::Medium, "the other hosts take the work: see that they have room"),
        decision: COMMANDER.into(),
    };
    assemble(
        format!("Give {tenants} processor time again, on {name} or elsewhere."),
        looks,
        &[calm],
        SIGN.recovered(case),
    )
}
