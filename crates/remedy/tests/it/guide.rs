//! docs/guide/plans.md lists all plans; what it says is made of the plans themselves.

use std::fmt::Write as _;

use nightjar_incident::{FaultMode, MitigationPlan, Phase};
use nightjar_remedy::{PlanKind, catalogue};
use nightjar_topology::EntityKind;

use crate::fixture::{KINDS, Scene, platforms};

/// The plans of this kind for all entities it is for, where nothing was measured, so that they
/// speak in words.
fn examples(kind: &PlanKind) -> Vec<MitigationPlan> {
    let earlier: Vec<EntityKind> = catalogue()
        .filter(|other| other.mode == kind.mode && !other.is_after_change)
        .flat_map(|other| other.kinds.iter().copied())
        .collect();
    let is_meant = |entity: &EntityKind| {
        if kind.kinds.is_empty() {
            kind.is_after_change || !earlier.contains(entity)
        } else {
            kind.kinds.contains(entity)
        }
    };
    let plan = |entity: EntityKind| {
        let platform = platforms(entity).first().unwrap();
        let scene = Scene::new("checkout", kind.mode, entity, platform, kind.is_after_change);
        scene.without_numbers().plans().remove(0)
    };
    KINDS.into_iter().filter(is_meant).map(plan).collect()
}

/// What of a plan can't be undone; what needs no undoing counts as undone.
fn undo(plans: &[MitigationPlan]) -> String {
    let steps = plans.iter().flat_map(|plan| &plan.steps);
    let repairs: Vec<&str> = steps
        .filter(|step| step.phase == Phase::Apply)
        .filter_map(|step| step.undo.as_deref())
        .collect();
    let lost = repairs.iter().filter_map(|undo| undo.strip_prefix("none possible: "));
    let lost: Vec<&str> = lost.map(|rest| rest.split(';').next().unwrap_or_default()).collect();
    if repairs.is_empty() {
        return "changes nothing".into();
    }
    if lost.is_empty() {
        return "every step".into();
    }
    let mut distinct = lost.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let all = if lost.len() == repairs.len() { "no step" } else { "not every step" };
    format!("{all}: {}", distinct.join("; "))
}

/// How the cause's own sign is seen to be gone.
fn check(plans: &[MitigationPlan]) -> &str {
    let first =
        plans.first().unwrap().steps.iter().find(|step| step.phase == Phase::CheckAfter).unwrap();
    first.expect.trim_end_matches(", and so for 5 minutes")
}

fn tables() -> String {
    let mut out = String::new();
    for mode in FaultMode::ALL {
        let row = mode.row();
        writeln!(out, "### {}\n\nIt shows: {}.\n", first_upper(row.name), row.shows).unwrap();
        out.push_str("| where | the plan | can be undone | it worked when |\n|---|---|---|---|\n");
        let of_mode: Vec<PlanKind> = catalogue().filter(|kind| kind.mode == mode).collect();
        for kind in of_mode.iter().filter(|kind| !is_not_ours(kind)) {
            let kinds: Vec<&str> = kind.kinds.iter().map(|kind| kind.label()).collect();
            let place = match (kind.is_after_change, kinds.is_empty()) {
                (true, true) => "anywhere, after a known change".into(),
                (true, false) => format!("{}, after a known change", kinds.join(", ")),
                (false, true) if of_mode.len() == 1 => "anywhere".into(),
                (false, true) => "anywhere else".into(),
                (false, false) => kinds.join(", "),
            };
            let plans = examples(kind);
            writeln!(out, "| {place} | {} | {} | {} |", kind.does, undo(&plans), check(&plans))
                .unwrap();
        }
        out.push('\n');
    }
    out.trim_end().into()
}

/// The one plan that is the same in nearly every mode; the page tells of it once.
fn is_not_ours(kind: &PlanKind) -> bool {
    let of_vendor = catalogue().find(|kind| kind.mode == FaultMode::ExternalDependency).unwrap();
    kind.kinds == [EntityKind::External] && kind.does == of_vendor.does
}

fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>());
    first.unwrap_or_default() + chars.as_str()
}

#[test]
fn the_guide_lists_all_plans_as_they_are() {
    let page = include_str!("../../../../docs/guide/plans.md");
    let tables = tables();
    assert!(
        page.contains(&tables),
        "docs/guide/plans.md is out of date; it should hold:\n{tables}"
    );
}
