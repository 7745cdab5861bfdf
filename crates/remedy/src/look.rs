//! Looks that several plans share; none of them changes anything.

use nightjar_incident::{Phase, PlanStep};

use crate::case::Case;
use crate::platform::{Platform, kubectl, slash};
use crate::shell::{Command, console};
use crate::step::read;

/// The entity's own log around the onset.
pub(crate) fn logs_of(case: &Case<'_>) -> PlanStep {
    let name = &case.name;
    let command = match &case.platform {
        Platform::Kubernetes { workload, name, namespace } => {
            kubectl(namespace.as_deref(), "logs --since=30m --tail=500")
                .joined(slash(workload), name)
                .finish()
        }
        Platform::Lambda { function, region, .. } => Command::new("aws logs tail --since 30m")
            .joined("/aws/lambda/", function)
            .option("--region", region.as_deref())
            .finish(),
        Platform::Ecs { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => None,
    };
    read(
        Phase::CheckBefore,
        format!("Read the log of {name} from 5 minutes before the onset."),
        command.or_else(|| console(&format!("{} → logs", case.platform.console_path(name)))),
        "the first line that isn't there on a good day; it often names the cause",
    )
}

/// Changes nobody recorded.
pub(crate) fn changes_before(case: &Case<'_>) -> PlanStep {
    read(
        Phase::CheckBefore,
        format!(
            "Ask who changed anything around {} in the hour before the onset: deployments, flags, settings, data, network, access.",
            case.name
        ),
        None,
        "no change, or one that isn't on record: then take that back first",
    )
}

/// When the looks lead nowhere.
pub(crate) fn hand_over(case: &Case<'_>) -> PlanStep {
    let mut step = read(
        Phase::CheckBefore,
        format!(
            "If none of this names the cause within 15 minutes, call the {} with this report.",
            case.owner()
        ),
        None,
        "somebody who knows the code has the report and has answered",
    );
    step.decision = "on-call engineer alone; don't wait for permission".into();
    step
}

/// A question only the owner can answer, before something that can't be undone.
pub(crate) fn owner_first(case: &Case<'_>, question: &str) -> PlanStep {
    let mut step = read(
        Phase::CheckBefore,
        format!("Ask the {}: {question}?", case.owner()),
        None,
        "an answer in the incident's channel; without one, leave that step out",
    );
    step.decision = "on-call engineer alone; don't wait for permission to ask".into();
    step
}

/// What the platform itself recorded lately, where it records anything.
pub(crate) fn platform_events(case: &Case<'_>, expect: &str) -> PlanStep {
    let name = &case.name;
    let platform = &case.platform;
    let trail = || {
        let name = match platform {
            Platform::Lambda { function: name, .. }
            | Platform::DynamoDb { table: name, .. }
            | Platform::Ec2 { instance: name, .. }
            | Platform::Aws { name, .. }
            | Platform::Ecs { service: name, .. } => name,
            Platform::Kubernetes { .. }
            | Platform::Rds { .. }
            | Platform::Sqs { .. }
            | Platform::Unknown => return None,
        };
        let command = Command::new("aws cloudtrail lookup-events --max-results 20");
        let command = command.words("--lookup-attributes");
        let command = command.joined("AttributeKey=ResourceName,AttributeValue=", name);
        Some(command.option("--region", platform.aws_region()))
    };
    let way = format!("{} → events", platform.console_path(name));
    read(
        Phase::CheckBefore,
        format!("Read what the platform recorded about {name} in the last hours."),
        crate::shell::first(
            [
                platform.rds_events(),
                platform.in_namespace("get events --sort-by=.lastTimestamp"),
                trail(),
            ],
            &way,
        ),
        expect,
    )
}
