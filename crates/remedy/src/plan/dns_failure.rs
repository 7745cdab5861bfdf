use nightjar_incident::{Phase, PlanStep, RiskLevel};
use nightjar_topology::EntityKind;

use super::{Row, after_change, assemble, note, of_kinds, otherwise};
use crate::case::Case;
use crate::look::{changes_before, hand_over};
use crate::repair::take_back;
use crate::shell::{Command, first};
use crate::sign::{REQUESTS, Sign};
use crate::step::{COMMANDER, ON_CALL, Remedy, Repair, read, risk};

pub(super) const ROWS: &[Row] = &[
    after_change("puts the record, policy or resolver back", restore),
    of_kinds(
        &[EntityKind::External],
        "tells the operator, and gets along without its name",
        of_somebody_else,
    ),
    otherwise("finds which part of name resolution fails, then restarts or relieves that", mend),
];

const SIGN: Sign = Sign {
    signals: REQUESTS,
    there: "calls fail at once with errors of name resolution, while what they would reach is well",
    gone: "the name is resolved from every zone, and nothing logs errors of resolution",
};

fn restore(case: &Case<'_>) -> Remedy {
    let (prepare, repair) = take_back(case, SIGN.goes_away(case));
    let looks = vec![prepare, SIGN.still_there(case), which_part(case)];
    let goal =
        format!("Let the name of {} be resolved again by taking the change back.", case.name);
    assemble(goal, looks, &[repair], SIGN.recovered(case))
        .careful("Wrong answers, and the answer that there is no such name, are kept by resolvers and runtimes until their time to live is over: allow for it before trying something else.")
        .careful("If the change was one of network rules, see that port 53 is open for TCP as well as UDP.")
}

/// Names of ours, or the resolver they are asked of.
fn mend(case: &Case<'_>) -> Remedy {
    let looks = vec![
        note(
            case,
            "which name fails, which resolver is asked, and how many instances that has",
            case.platform.in_cluster("get deployments --selector=k8s-app=kube-dns"),
        ),
        SIGN.still_there(case),
        which_part(case),
        resolver(case),
        changes_before(case),
        hand_over(case),
    ];
    let goal = format!("Let the name of {} be resolved again.", case.name);
    assemble(goal, looks, &[renew(case), relieve(case)], SIGN.recovered(case))
        .careful("Don't restart all callers: each would ask for every name it needs at once, of a resolver that is short already.")
        .careful("Don't write addresses into hosts files or settings unless nothing else works tonight: they are forgotten, and break when the address changes.")
}

/// Somebody else's name: theirs to mend.
fn of_somebody_else(case: &Case<'_>) -> Remedy {
    let looks = vec![
        SIGN.still_there(case),
        which_part(case),
        read(
            Phase::CheckBefore,
            format!(
                "Ask from outside the estate (another network, a public resolver) for the name of {}.",
                case.name
            ),
            None,
            "it fails there as well: theirs, tell them; it works there: ours, look at our resolver and the way out",
        ),
    ];
    let goal = format!("Serve users without {} until its name is resolved again.", case.name);
    let mut remedy = super::external_dependency::stand_alone(case);
    remedy.steps.retain(|step| step.phase != Phase::CheckBefore);
    let (before, after): (Vec<PlanStep>, Vec<PlanStep>) =
        remedy.steps.into_iter().partition(|step| step.phase < Phase::CheckBefore);
    remedy.goal = goal;
    remedy.steps = [before, looks, after].concat();
    remedy.careful("An expired domain or a broken delegation is mended within minutes by its owner, and kept as wrong by resolvers for up to hours.")
}

fn which_part(case: &Case<'_>) -> PlanStep {
    read(
        Phase::CheckBefore,
        format!(
            "From an instance of {}, ask for the failing name, for another name of ours, and for a public one (nslookup or getent hosts).",
            case.callers()
        ),
        None,
        "all fail: the resolver or the way to it; only ours: the zone or the cluster's own names; only this one: its record is wrong or gone; some of many tries: the resolver is overloaded or one of its instances is sick",
    )
}

fn resolver(case: &Case<'_>) -> PlanStep {
    let log = case.platform.in_cluster("logs --selector=k8s-app=kube-dns --tail=200 --prefix");
    read(
        Phase::CheckBefore,
        "Look at the resolver: do all its instances run, what do they log, how busy are they.",
        first(
            [log],
            "the resolver's page (Kubernetes: CoreDNS in kube-system; AWS: Route 53 Resolver; a host: resolvectl status)",
        ),
        "one instance logs errors, or all time out towards the resolver above them; no line at all: the way to them is cut",
    )
}

fn renew(case: &Case<'_>) -> Repair {
    let command = case.platform.in_cluster("rollout restart deployment/coredns");
    let note = if command.is_some() { " Some clusters call it kube-dns." } else { "" };
    Repair {
        action: format!(
            "If an instance of the resolver is sick: restart the resolver's instances one by one.{note}"
        ),
        command: first([command], "the resolver's page → restart one instance at a time"),
        expect: SIGN.goes_away(case),
        undo: "none needed: the same version starts again with the same settings".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "with one instance only, no name is resolved for some seconds: add a second one first",
        ),
        decision: COMMANDER.into(),
    }
}

fn relieve(case: &Case<'_>) -> Repair {
    let scale = |count: &'static str| {
        case.platform.in_cluster("scale deployment/coredns").map(|command| command.words(count))
    };
    Repair {
        action: "If the resolver is overloaded: give it half as many instances again.".into(),
        command: first([scale("--replicas=MORE_REPLICAS")], "the resolver's page → more instances"),
        expect: SIGN.goes_away(case),
        undo: "scale back to the number noted while preparing".into(),
        undo_command: scale("--replicas=NOTED_REPLICAS").and_then(Command::finish),
        risk: risk(RiskLevel::Low, "costs little; an autoscaler of the resolver may scale back"),
        decision: ON_CALL.into(),
    }
}
