use nightjar_incident::RiskLevel;

use crate::case::Case;
use crate::shell::{Command, first};
use crate::step::{COMMANDER, Repair, risk};

/// Moves the work off a host and keeps the host for whoever wants to see what is wrong with it.
pub(crate) fn leave_the_host(case: &Case<'_>) -> Repair {
    let name = &case.name;
    let node = case.entity.attributes.get("k8s.node.name");
    let of_node = |verb: &'static str, rest: &'static str| {
        node.map(|node| Command::new(verb).value(node).rest(rest))
    };
    let page = case.platform.console_path(name);
    Repair {
        action: format!("Take {name} out of rotation and let its work start on other hosts."),
        // Without --force a drain stops at what nothing would start again, which is what we want.
        command: first(
            [of_node("kubectl drain", "--ignore-daemonsets --delete-emptydir-data --timeout=10m")],
            &format!("{page} → take out of rotation (load balancer, scaling group, scheduler)"),
        ),
        expect: "everything that ran there is ready on other hosts".into(),
        undo: format!("put {name} back into rotation"),
        undo_command: of_node("kubectl uncordon", "").and_then(Command::finish),
        risk: risk(
            RiskLevel::Medium,
            "the other hosts take the work: see that they have room; what was only on this host's temporary disks is lost",
        ),
        decision: COMMANDER.into(),
    }
}
