use nightjar_incident::RiskLevel;

use crate::case::Case;
use crate::platform::{Platform, kubectl, slash};
use crate::shell::{Command, console};
use crate::step::{ON_CALL, Repair, risk};

/// Restarts the instances of an entity one by one.
pub(crate) fn restart(case: &Case<'_>, why: &str, expect: String) -> Repair {
    let name = &case.name;
    let (command, undo) = match &case.platform {
        Platform::Kubernetes { workload: "pod", name, namespace } => (
            kubectl(namespace.as_deref(), "delete").joined("pod/", name).finish(),
            "none needed: the pod's controller starts another one; not to be done where the description shows no “Controlled By”",
        ),
        Platform::Kubernetes { workload, name, namespace } => (
            kubectl(namespace.as_deref(), "rollout restart").joined(slash(workload), name).finish(),
            "none needed: the same version starts again; `kubectl rollout pause` stops half-way",
        ),
        Platform::Ecs { cluster, service, region, .. } => (
            Command::new("aws ecs update-service --cluster")
                .value(cluster)
                .words("--service")
                .value(service)
                .words("--force-new-deployment")
                .option("--region", region.as_deref())
                .finish(),
            "none needed: the same task definition starts again; tasks are replaced one by one",
        ),
        Platform::Lambda { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => {
            (None, "none needed: the same version starts again with the same settings")
        }
    };
    let way = format!("{} → restart one instance at a time", case.platform.console_path(name));
    Repair {
        action: format!(
            "Restart the instances of {name} one by one, waiting for each to be healthy: {why}."
        ),
        command: command.or_else(|| console(&way)),
        expect,
        undo: undo.into(),
        undo_command: None,
        risk: risk(
            RiskLevel::Medium,
            "capacity is short by one instance while it restarts; in-flight requests may fail, and what a restart would have told about the cause is lost: take a heap or thread dump first",
        ),
        decision: ON_CALL.into(),
    }
}
