//! Plans as the other rooms get them.

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod reads_well;

use nightjar_incident::{FaultMode, MitigationPlan, Phase, RiskLevel};
use nightjar_topology::EntityKind;

use fixture::{KINDS, Scene};

/// What a shell would act on outside single quotes.
const METACHARACTERS: &str = ";|&$`<>(){}*?[]!#~\"\\\n";

fn every_scene(name: &str) -> impl Iterator<Item = (Scene, MitigationPlan)> {
    let mut all = Vec::new();
    for mode in FaultMode::ALL {
        for kind in KINDS {
            for platform in fixture::PLATFORMS {
                for is_changed in [true, false] {
                    let scene = Scene::new(name, mode, kind, platform, is_changed);
                    let mut plans = scene.plans();
                    assert_eq!(plans.len(), 1, "{scene:?}");
                    all.push((scene, plans.remove(0)));
                }
            }
        }
    }
    all.into_iter()
}

#[test]
fn every_cause_gets_a_complete_plan() {
    for (scene, plan) in every_scene("checkout") {
        let phases: Vec<Phase> = plan.steps.iter().map(|step| step.phase).collect();
        assert!(phases.is_sorted(), "{scene:?}: {phases:?}");
        assert!(phases.contains(&Phase::CheckBefore), "{scene:?}");
        assert!(phases.contains(&Phase::CheckAfter), "{scene:?}");
        let repairs = plan.steps.iter().filter(|step| step.phase == Phase::Apply).count();
        let is_undone = |step: &&nightjar_incident::PlanStep| {
            step.undo.as_deref().is_some_and(|undo| undo.starts_with("none "))
        };
        let nothing_to_undo = plan.steps.iter().filter(is_undone).count();
        let undone = plan.steps.iter().filter(|step| step.phase == Phase::RollBack).count();
        assert_eq!(repairs, undone + nothing_to_undo, "{scene:?}");
        for step in &plan.steps {
            assert!(!step.action.is_empty() && !step.expect.is_empty(), "{scene:?}");
            assert!(!step.decision.is_empty() && !step.risk.reason.is_empty(), "{scene:?}");
            match step.phase {
                Phase::Apply => {
                    assert!(step.undo.is_some(), "{scene:?}: {}", step.action);
                    assert!(step.risk.level > RiskLevel::None, "{scene:?}: {}", step.action);
                }
                Phase::Prepare | Phase::CheckBefore | Phase::CheckAfter => {
                    assert_eq!(step.risk.level, RiskLevel::None, "{scene:?}: {}", step.action);
                    assert!(step.undo.is_none());
                }
                Phase::RollBack => {}
            }
        }
        assert!(plan.goal.contains("checkout"), "{scene:?}: {}", plan.goal);
    }
}

#[test]
fn checks_only_read() {
    const WRITES: [&str; 9] = [
        "undo",
        "restart",
        "scale ",
        "set resources",
        "update-",
        "put-",
        "delete",
        "cordon",
        "modify",
    ];
    for (scene, plan) in every_scene("checkout") {
        for step in plan.steps.iter().filter(|step| step.phase < Phase::Apply) {
            let command = step.command.as_deref().unwrap_or_default();
            let is_console = command.starts_with("Console: ");
            let writes = WRITES.iter().any(|word| command.contains(word));
            assert!(is_console || !writes, "{scene:?}: {command}");
        }
    }
}

#[test]
fn commands_hold_the_real_name_and_nothing_a_shell_acts_on() {
    for (scene, plan) in every_scene("checkout") {
        for command in fixture::commands(&plan) {
            assert!(
                command.contains("checkout") || command == "aws lambda get-account-settings",
                "{scene:?}: {command}"
            );
            assert_eq!(outside_quotes(&command), command, "{scene:?}");
        }
    }
}

#[test]
fn hostile_names_never_reach_a_shell_unquoted() {
    for name in
        ["x; rm -rf /", "$(id)", "`id`", "a b", "--all", "it's", "\"q\"", "\u{202e}txt", "名前"]
    {
        for (scene, plan) in every_scene(name) {
            for command in fixture::commands(&plan) {
                let active = outside_quotes(&command).chars().any(|c| METACHARACTERS.contains(c));
                assert!(!active, "{scene:?}: {command}");
                assert!(!command.contains(" --all"), "{scene:?}: {command}");
            }
            for step in &plan.steps {
                let hidden = |text: &str| text.contains('\u{202e}');
                let command = step.command.as_deref().unwrap_or_default();
                assert!(!hidden(&step.action) && !hidden(&step.expect) && !hidden(command));
            }
        }
    }
}

#[test]
fn nobody_makes_up_a_command_for_an_unknown_platform() {
    for mode in FaultMode::ALL {
        let scene = Scene::new("checkout", mode, EntityKind::Service, "unknown", true);
        let plans = scene.plans();
        let commands = plans.iter().flat_map(fixture::commands);
        let of_entity: Vec<String> = commands.collect();
        assert!(of_entity.is_empty(), "{mode:?}: {of_entity:?}");
    }
}

#[test]
fn a_former_capacity_told_for_one_side_leaves_the_other_to_the_reader() {
    let scene = Scene::new("payments", FaultMode::Throttled, EntityKind::Table, "dynamodb", true);
    let scene = scene.set_off_by("set provisioned write capacity of payments to 5 (was 40)", "40");
    let plan = scene.plans().remove(0);
    let first = plan.steps.iter().find(|step| step.phase == Phase::Apply).unwrap();
    let command = first.command.as_deref().unwrap();
    assert!(command.contains("ReadCapacityUnits=NOTED_READS,WriteCapacityUnits=40"), "{command}");
    assert!(plan.goal.contains("(40 write units)"), "{}", plan.goal);
}

#[test]
fn without_a_cause_there_is_no_plan() {
    let mut scene =
        Scene::new("checkout", FaultMode::Slow, EntityKind::Service, "kubernetes", false);
    scene.conclusion.verdict =
        nightjar_incident::Verdict::NotFound { reason: "nothing stands out".into() };
    assert!(scene.plans().is_empty());
}

/// The command without what stands in single quotes.
fn outside_quotes(command: &str) -> String {
    command.split('\'').step_by(2).collect()
}
