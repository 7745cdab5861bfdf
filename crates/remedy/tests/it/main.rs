//! Plans as the other rooms get them.

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod guide;
#[cfg(test)]
mod reads_well;

use nightjar_incident::{ChangeKind, FaultMode, MitigationPlan, Phase, RiskLevel, Signal};
use nightjar_topology::EntityKind;

use fixture::{KINDS, Scene};

/// What a shell would act on outside single quotes.
const METACHARACTERS: &str = ";|&$`<>(){}*?[]!#~\"\\\n";

/// Every mode on every kind of entity where such an entity runs, with and without a change.
fn every_scene(name: &str) -> impl Iterator<Item = (Scene, MitigationPlan)> {
    let name = name.to_owned();
    let modes = FaultMode::ALL.into_iter();
    let kinds = modes.flat_map(|mode| KINDS.into_iter().map(move |kind| (mode, kind)));
    let places = kinds.flat_map(|(mode, kind)| {
        fixture::platforms(kind).iter().map(move |platform| (mode, kind, *platform))
    });
    let cases = places.flat_map(|place| [true, false].map(|is_changed| (place, is_changed)));
    cases.map(move |((mode, kind, platform), is_changed)| {
        let scene = Scene::new(&name, mode, kind, platform, is_changed);
        let mut plans = scene.plans();
        assert_eq!(plans.len(), 1, "{scene:?}");
        let plan = plans.remove(0);
        (scene, plan)
    })
}

/// What looks at a part that several entities share, so that it can't hold the name of one.
const SHARED: [&str; 16] = [
    "aws ecs stop-task ",
    "aws acm list-certificates ",
    "aws lambda get-account-settings",
    "aws lambda update-event-source-mapping --uuid MAPPING_UUID ",
    "aws service-quotas list-service-quotas ",
    "kubectl --namespace kube-system ",
    "kubectl cordon NODE_NAME",
    "kubectl delete pod POD_NAME",
    "kubectl describe nodes",
    "kubectl describe resourcequota",
    "kubectl get ",
    "kubectl scale deployment/packer ",
    "kubectl top pod ",
    "kubectl uncordon NODE_NAME",
    "mysql --host ",
    "psql --host ",
];

#[test]
fn attributes_that_contradict_the_kind_still_give_a_plan() {
    for mode in FaultMode::ALL {
        for kind in [EntityKind::Service, EntityKind::Database, EntityKind::Host] {
            for platform in fixture::PLATFORMS {
                let scene = Scene::new("checkout", mode, kind, platform, true);
                assert_eq!(scene.plans().len(), 1, "{scene:?}");
            }
        }
    }
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
    const WRITES: [&str; 23] = [
        " edit ",
        " pause",
        " resume",
        "ANALYZE",
        "KILL",
        "cordon",
        "delete",
        "drain",
        "modify",
        "pg_cancel",
        "rds_kill",
        "pg_terminate",
        "put-",
        "reboot",
        "rollout restart",
        "--force-new-deployment",
        "scale ",
        "set resources",
        "set-",
        "start-",
        "stop-",
        "undo",
        "update-",
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
            let bare = command.replace("--namespace shop ", "");
            let is_shared = SHARED.iter().any(|start| bare.starts_with(start));
            assert!(command.contains("checkout") || is_shared, "{scene:?}: {command}");
            let outside = outside_quotes(&command);
            assert!(!outside.chars().any(|c| METACHARACTERS.contains(c)), "{scene:?}: {command}");
            // Quotes hold statements of ours alone: such a name needs none.
            let inside: String = command.split('\'').skip(1).step_by(2).collect();
            assert!(!inside.contains("checkout"), "{scene:?}: {command}");
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
                let words: Vec<&str> = command.split(' ').collect();
                assert!(!words.contains(&"--all"), "{scene:?}: {command}");
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
fn what_waits_is_measured_at_the_queue_when_its_consumer_is_at_fault() {
    let scene = Scene::new("orders", FaultMode::ConsumerLag, EntityKind::Queue, "sqs", false);
    let plan = scene.blaming("packer").plans().remove(0);
    assert!(plan.goal.contains("`packer`"), "{}", plan.goal);
    let check = plan.steps.iter().find(|step| step.phase == Phase::CheckAfter).unwrap();
    assert!(check.expect.contains("oldest_message` (mean) of `orders` back under"), "{check:?}");
}

#[test]
fn the_own_number_of_a_fault_comes_before_what_users_feel_of_it() {
    let scene = Scene::new("node-7", FaultMode::PacketLoss, EntityKind::Host, "ec2", false);
    let plan = scene.seen("node-7", Signal::PacketErrors, (2.0, 900.0)).plans().remove(0);
    let checks = plan.steps.iter().filter(|step| step.phase == Phase::CheckAfter);
    let checks: Vec<&str> = checks.map(|step| step.expect.as_str()).collect();
    assert!(checks[0].starts_with("packet errors of `node-7` back under"), "{checks:?}");
    assert!(checks[1].starts_with("errors of `api-gateway` back under"), "{checks:?}");
}

#[test]
fn what_the_platform_states_stands_where_no_number_does() {
    let scene = Scene::new("shop", FaultMode::Unschedulable, EntityKind::Service, "ecs", false);
    let plan = scene.without_numbers().stated("`shop` states no room: “0/6 hosts fit”").plans();
    let check = plan[0].steps.iter().find(|step| step.phase == Phase::CheckBefore).unwrap();
    assert!(check.expect.contains("as was told: `shop` states no room: “0/6 hosts fit”; if not"));
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

#[test]
fn what_is_written_reads_as_sentences() {
    for (scene, plan) in every_scene("checkout") {
        let is_clean = |text: &str| {
            !text.contains("  ")
                && !text.contains("{}")
                && !text.contains("..")
                && text == text.trim()
        };
        assert!(is_clean(&plan.goal) && plan.goal.ends_with('.'), "{scene:?}: {}", plan.goal);
        for step in &plan.steps {
            let (action, expect) = (&step.action, &step.expect);
            assert!(action.ends_with(['.', '?']) && is_clean(action), "{scene:?}: {action}");
            assert!(action.starts_with(char::is_uppercase), "{scene:?}: {action}");
            assert!(!expect.ends_with('.') && is_clean(expect), "{scene:?}: {expect}");
            assert!(is_clean(&step.risk.reason) && is_clean(&step.decision), "{scene:?}");
        }
        for caveat in &plan.caveats {
            assert!(caveat.ends_with(['.', '?']) && is_clean(caveat), "{scene:?}: {caveat}");
        }
    }
}

#[test]
fn a_word_to_replace_is_spoken_of_in_the_step() {
    for (scene, plan) in every_scene("checkout") {
        for step in &plan.steps {
            let Some(command) = step.command.as_deref() else { continue };
            let is_capital = |c: char| c.is_ascii_uppercase() || c == '_';
            let is_blank = |word: &&str| {
                let is_known = ["ALIAS", "DATABASE", "PID"].contains(word);
                is_known || (word.contains('_') && word.chars().all(is_capital))
            };
            let words = command.split([' ', '=', ',', '(', ')', '\'']).filter(is_blank);
            for blank in words.filter(|word| *word != "PAY_PER_REQUEST") {
                let is_told = step.action.contains("Fill in") && step.action.contains(blank);
                assert!(is_told, "{scene:?}: {command}: {}", step.action);
            }
        }
    }
}

#[test]
fn every_repair_says_when_to_stop() {
    for (scene, plan) in every_scene("checkout") {
        let is_repair = plan.steps.iter().any(|step| step.phase == Phase::Apply);
        let is_undone = plan.steps.iter().any(|step| step.phase == Phase::RollBack);
        let is_told =
            plan.caveats.iter().any(|c| c.contains("If nothing improves within 10 minutes"));
        assert!(!is_repair || is_undone || is_told, "{scene:?}");
    }
}

#[test]
fn nobody_takes_back_what_the_platform_did_by_itself() {
    let scene = |author| {
        Scene::new("orders", FaultMode::ReplicationLag, EntityKind::Database, "rds", true)
            .changed(ChangeKind::Infrastructure, "orders", author)
            .plans()
            .remove(0)
    };
    let undoes = |plan: &MitigationPlan| {
        plan.steps.iter().any(|step| step.action.contains("undoing the infrastructure event"))
    };
    assert!(!undoes(&scene(None)));
    assert!(undoes(&scene(Some("ana"))));
    let told = scene(None).caveats.into_iter().any(|c| c.contains("infrastructure event"));
    assert!(told);
}

#[test]
fn a_change_of_something_else_is_taken_back_there() {
    let scene = Scene::new("checkout", FaultMode::Slow, EntityKind::Service, "kubernetes", true);
    let plan = scene.changed(ChangeKind::Deployment, "orders-db", Some("ana")).plans().remove(0);
    let repair = plan.steps.iter().find(|step| step.phase == Phase::Apply).unwrap();
    assert!(repair.action.contains("Roll `orders-db` back"), "{}", repair.action);
    assert!(repair.command.as_deref().is_some_and(|c| !c.contains("checkout")), "{repair:?}");
}

/// The command without what stands in single quotes.
fn outside_quotes(command: &str) -> String {
    command.split('\'').step_by(2).collect()
}
