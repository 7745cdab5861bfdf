use nightjar_incident::{Phase, RiskLevel, Signal};
use nightjar_topology::RelationKind;

use super::{assemble, goes_down, note_state, recovered, still_there};
use crate::case::Case;
use crate::platform::{Platform, kubectl, slash};
use crate::repair::{add_capacity, restart, take_back};
use crate::shell::{Command, console};
use crate::step::{COMMANDER, Remedy, Repair, read, risk};
use crate::text::named;

const CPU: &[Signal] = &[Signal::CpuUtilization];
const BUSY: &str = "processor use stands at its limit without more requests than usual";

/// A change set it off: take it back.
pub(super) fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, goes_down(case, CPU, "processor use falls"));
    let extra = add_capacity(
        &case.name,
        &case.platform,
        "requests wait less while the roll-back runs".into(),
    );
    assemble(
        format!("Take back what made {} busy, with more capacity while that takes.", case.name),
        vec![prepare, still_there(case, CPU, BUSY)],
        &[repair, extra],
        recovered(case, CPU),
    )
}

/// Nothing changed: more instances now, then find what eats the processor.
pub(super) fn scale_out(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let looks = vec![
        note_state(case, "the number of instances and the processor limit"),
        still_there(case, CPU, BUSY),
        find_the_hog(case),
    ];
    let expect = goes_down(case, CPU, "processor use per instance falls");
    let repairs = [
        add_capacity(&case.name, &case.platform, expect.clone()),
        restart(
            case,
            "only those the profile shows spinning, if more instances didn't help",
            expect,
        ),
    ];
    assemble(
        format!("Give {name} processor time again, then find what eats it."),
        looks,
        &repairs,
        recovered(case, CPU),
    )
}

fn find_the_hog(case: &Case<'_>) -> nightjar_incident::PlanStep {
    let name = &case.name;
    let command = match &case.platform {
        Platform::Kubernetes { workload: "pod", name, namespace } => {
            kubectl(namespace.as_deref(), "top pod --containers").value(name).finish()
        }
        Platform::Kubernetes { workload, name, namespace } => {
            kubectl(namespace.as_deref(), "logs --since=15m --tail=200")
                .joined(slash(workload), name)
                .finish()
        }
        Platform::Ecs { .. }
        | Platform::Lambda { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => None,
    };
    let way =
        format!("{} → profile or top of the busiest instance", case.platform.console_path(name));
    read(
        Phase::CheckBefore,
        format!(
            "Find what uses the processor of {name}: a profile of the busiest instance for 30 seconds, or its log if there is no profiler."
        ),
        command.or_else(|| console(&way)),
        "one function, query or job stands out; all instances alike speak for load, one alone for a stuck job",
    )
}

/// A host: something on it takes what the others need.
pub(super) fn relieve_the_host(case: &Case<'_>) -> Remedy {
    let name = &case.name;
    let tenants: Vec<String> = case
        .topology
        .dependents(&case.entity.id)
        .filter(|relation| relation.kind == RelationKind::RunsOn)
        .map(|relation| named(relation.from.as_str()))
        .take(5)
        .collect();
    let tenants = if tenants.is_empty() { "what runs on it".into() } else { tenants.join(", ") };
    let node = case.entity.attributes.get("k8s.node.name");
    let node_command = |verb: &'static str| node.and_then(|n| Command::new(verb).value(n).finish());
    let page = case.platform.console_path(name);
    let looks = vec![
        note_state(case, "what runs on it"),
        still_there(case, CPU, BUSY),
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
        expect: goes_down(case, CPU, "processor use of the host falls"),
        undo: "start the process again, or put the host back into rotation".into(),
        undo_command: node_command("kubectl uncordon"),
        risk: risk(RiskLevel::Medium, "the other hosts take the work: see that they have room"),
        decision: COMMANDER.into(),
    };
    assemble(
        format!("Give {tenants} the processor of {name} back."),
        looks,
        &[calm],
        recovered(case, CPU),
    )
}
