use nightjar_incident::{ChangeKind, Phase, PlanStep, RiskLevel};

use crate::case::Case;
use crate::platform::{Platform, kubectl, slash};
use crate::shell::{Command, console};
use crate::step::{COMMANDER, ON_CALL, Repair, read, risk};
use crate::text::shown;

/// Takes the trigger back, whatever kind of change it was: a step that prepares and the repair.
pub(crate) fn take_back(case: &Case<'_>, expect: String) -> (PlanStep, Repair) {
    let Some(change) = case.trigger else { return deploy_previous(case, expect) };
    // The change may be one of something else: of the host, of a neighbour.
    let altered = &case.altered();
    match change.kind {
        ChangeKind::Deployment | ChangeKind::Commit => deploy_previous(altered, expect),
        ChangeKind::Configuration => set_back(altered, "setting", expect),
        ChangeKind::FeatureFlag => set_back(altered, "feature flag", expect),
        ChangeKind::Scaling => set_back(altered, "capacity", expect),
        ChangeKind::Infrastructure | ChangeKind::Other => set_back(altered, "change", expect),
    }
}

/// Puts a setting, flag or capacity back to what it was.
fn set_back(case: &Case<'_>, what: &str, expect: String) -> (PlanStep, Repair) {
    let name = &case.name;
    let trigger = case.trigger_text().unwrap_or_else(|| format!("the last change of {name}"));
    let before = case.trigger.and_then(|change| change.previous.as_ref());
    let (to, restore) = match before {
        Some(previous) => (format!("“{}”", shown(previous)), format!("“{}”", shown(previous))),
        None => {
            ("what it was before (the change's record says it)".into(), "the former value".into())
        }
    };
    let place = match case.trigger.and_then(|change| change.url.as_ref()) {
        Some(url) => format!("the change's page ({})", shown(url)),
        None => format!("where the {what} of {name} is kept"),
    };
    let prepare = read(
        Phase::Prepare,
        format!("Write down the {what} of {name} as it is now: the undo goes back to it."),
        case.platform.describe().and_then(Command::finish).or_else(|| console(&place)),
        format!("noted, and it is what {trigger} set"),
    );
    let set =
        case.trigger.map_or(String::new(), |change| format!(" (“{}”)", shown(&change.summary)));
    let repair = Repair {
        action: format!("Put the {what} of {name} back to {to}, undoing {trigger}."),
        command: former_count(case).or_else(|| console(&format!("{place} → restore {restore}"))),
        expect,
        undo: format!("set the {what} of {name} again as it is now{set}"),
        undo_command: former_count(case)
            .and_then(|_| case.platform.controller("scale"))
            .and_then(|command| command.words("--replicas=NOTED_REPLICAS").finish()),
        risk: risk(RiskLevel::Low, "the former value ran until the change; it may need a restart"),
        decision: case.owner(),
    };
    (prepare, repair)
}

/// The former number of replicas, where the change was one of scaling and its record is a number.
fn former_count(case: &Case<'_>) -> Option<String> {
    let change = case.trigger.filter(|change| change.kind == ChangeKind::Scaling)?;
    let count: u16 = change.previous.as_ref()?.trim().parse().ok()?;
    let command = case.platform.controller("scale")?;
    command.joined("--replicas=", &count.to_string()).finish()
}

/// Goes back to the version before, by platform.
pub(crate) fn deploy_previous(case: &Case<'_>, expect: String) -> (PlanStep, Repair) {
    let name = &case.name;
    let previous = case.trigger.and_then(|change| change.previous.as_deref());
    let to = match previous {
        Some(version) => format!("the previous version ({})", shown(version)),
        None => "the previous version".to_owned(),
    };
    let (look, command, undo, undo_command) = match &case.platform {
        Platform::Kubernetes { workload, name, namespace } if *workload != "pod" => {
            let space = namespace.as_deref();
            let kubectl = |verb| kubectl(space, verb).joined(slash(workload), name).finish();
            (
                kubectl("rollout history"),
                kubectl("rollout undo"),
                "run the same command once more: it returns to the version of now",
                kubectl("rollout undo"),
            )
        }
        Platform::Ecs { cluster, service, family, region } => {
            // A revision is only named where it is known; the capitals make an unread paste fail.
            let known = previous.filter(|text| is_task_definition(text));
            let now = family.as_ref().zip(case.entity.attributes.get("aws.ecs.task.revision"));
            let now = now.map(|(family, revision)| format!("{family}:{revision}"));
            let update = |definition: Option<&str>, placeholder| {
                let command = Command::new("aws ecs update-service --cluster")
                    .value(cluster)
                    .words("--service")
                    .value(service)
                    .words("--task-definition");
                let command = match definition {
                    Some(definition) => command.value(definition),
                    None => command.words(placeholder),
                };
                command.option("--region", region.as_deref()).finish()
            };
            (
                case.platform.describe().and_then(Command::finish),
                update(known, "PREVIOUS_TASK_DEFINITION"),
                "deploy the task definition noted while preparing",
                update(now.as_deref(), "NOTED_TASK_DEFINITION"),
            )
        }
        Platform::Lambda { function, alias, region } => {
            let version = previous.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            let update = |version: Option<&str>, placeholder| {
                let command =
                    Command::new("aws lambda update-alias --function-name").value(function);
                let command = match alias {
                    Some(alias) => command.words("--name").value(alias),
                    None => command.words("--name ALIAS"),
                };
                let command = match version {
                    Some(version) => command.words("--function-version").value(version),
                    None => command.words("--function-version").words(placeholder),
                };
                command.option("--region", region.as_deref()).finish()
            };
            (
                Command::new("aws lambda list-aliases --function-name")
                    .value(function)
                    .option("--region", region.as_deref())
                    .finish(),
                update(version, "PREVIOUS_VERSION"),
                "point the alias at the version noted while preparing",
                update(None, "NOTED_VERSION"),
            )
        }
        Platform::Kubernetes { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => {
            let way = format!("your deployment tool → {name}");
            (
                console(&format!("{way} → history")),
                console(&format!("{way} → {to} → redeploy")),
                "deploy the version of now again from your deployment tool",
                None,
            )
        }
    };
    let way = format!("your deployment tool → {name}");
    let newer = match &case.platform {
        Platform::Kubernetes { workload, .. } if *workload != "pod" => {
            " If anything was rolled out since, name the good revision with --to-revision."
        }
        Platform::Kubernetes { .. }
        | Platform::Ecs { .. }
        | Platform::Lambda { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => "",
    };
    let undoes = case.trigger_text().map_or(String::new(), |text| format!(", undoing {text}"));
    let prepare = read(
        Phase::Prepare,
        format!("Read which version of {name} runs now and which ran before; note both."),
        look.or_else(|| console(&format!("{way} → history"))),
        format!("the version of now and {to} are both listed and can be deployed"),
    );
    let repair = Repair {
        action: format!("Roll {name} back to {to}{undoes}.{newer}"),
        command: command.or_else(|| console(&format!("{way} → {to} → redeploy"))),
        expect,
        undo: undo.into(),
        undo_command,
        risk: risk(
            RiskLevel::Low,
            "the previous version served until the deployment; check that no database migration came with the new one, and that no pipeline brings the new one back",
        ),
        decision: if case.trigger.is_some() { ON_CALL.into() } else { COMMANDER.into() },
    };
    (prepare, repair)
}

/// `family:revision` or its ARN.
fn is_task_definition(text: &str) -> bool {
    let revision = text.rsplit(':').next().unwrap_or_default();
    text.contains(':') && !revision.is_empty() && revision.bytes().all(|b| b.is_ascii_digit())
}
