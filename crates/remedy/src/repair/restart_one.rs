use nightjar_incident::RiskLevel;

use crate::case::Case;
use crate::platform::Platform;
use crate::shell::{Command, first};
use crate::step::{ON_CALL, Repair, risk};

/// Restarts one instance out of many: the one that is stuck, or stands on the wrong host.
pub(crate) fn restart_one(case: &Case<'_>, which: &str, expect: String) -> Repair {
    let name = &case.name;
    let task = match &case.platform {
        Platform::Ecs { cluster, region, .. } => {
            let command = Command::new("aws ecs stop-task --cluster").value(cluster);
            Some(command.words("--task TASK_ID").option("--region", region.as_deref()))
        }
        Platform::Kubernetes { .. }
        | Platform::Lambda { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => None,
    };
    let way = format!("{} → that instance → restart", case.platform.console_path(name));
    Repair {
        action: format!("Restart {which}, and no other instance of {name}."),
        command: first([case.platform.in_namespace("delete pod POD_NAME"), task], &way),
        expect,
        undo: "none needed: the platform starts the same version again in its place".into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "what that instance was doing is cut off, and its log and memory are gone: take a dump first",
        ),
        decision: ON_CALL.into(),
    }
}
