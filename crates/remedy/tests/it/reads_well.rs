//! Plans as a tired engineer reads them.

use std::fmt::Write as _;

use nightjar_incident::{FaultMode, MitigationPlan};
use nightjar_topology::EntityKind;

use crate::fixture::Scene;

fn text(plan: &MitigationPlan) -> String {
    let mut out = format!("{}\n", plan.goal);
    for step in &plan.steps {
        writeln!(out, "\n[{:?}] {}", step.phase, step.action).unwrap();
        let lines = [("run", &step.command), ("undo", &step.undo)];
        for (label, value) in lines.into_iter().filter_map(|(l, v)| Some((l, v.as_ref()?))) {
            writeln!(out, "  {label}: {value}").unwrap();
        }
        writeln!(out, "  expect: {}", step.expect).unwrap();
        writeln!(out, "  risk: {:?}, {}", step.risk.level, step.risk.reason).unwrap();
        writeln!(out, "  decides: {}", step.decision).unwrap();
    }
    for caveat in &plan.caveats {
        writeln!(out, "\n! {caveat}").unwrap();
    }
    out
}

fn plan(mode: FaultMode, kind: EntityKind, platform: &'static str, is_changed: bool) -> String {
    text(&Scene::new("checkout", mode, kind, platform, is_changed).plans()[0])
}

#[test]
fn bad_deployment_on_kubernetes() {
    let mode = FaultMode::BadDeployment;
    insta::assert_snapshot!(plan(mode, EntityKind::Service, "kubernetes", true));
}

#[test]
fn pool_exhausted_after_a_change_of_its_limit() {
    let mode = FaultMode::ConnectionPoolExhausted;
    insta::assert_snapshot!(plan(mode, EntityKind::Service, "ecs", true));
}

#[test]
fn throttled_table() {
    insta::assert_snapshot!(plan(FaultMode::Throttled, EntityKind::Table, "dynamodb", true));
}

#[test]
fn memory_leak_without_a_trigger() {
    let mode = FaultMode::MemoryLeak;
    insta::assert_snapshot!(plan(mode, EntityKind::Service, "kubernetes", false));
}

#[test]
fn slow_and_nobody_knows_why() {
    insta::assert_snapshot!(plan(FaultMode::Slow, EntityKind::Service, "unknown", false));
}
