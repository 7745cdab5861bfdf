use nightjar_incident::RiskLevel;

use crate::platform::{Platform, kubectl, slash};
use crate::shell::{Command, console};
use crate::step::{ON_CALL, Repair, risk};

/// Adds instances, or the platform's equivalent.
pub(crate) fn add_capacity(name: &str, platform: &Platform, expect: String) -> Repair {
    let note = "Half as many again as run now is a good start";
    let (command, back, action) = match platform {
        Platform::Kubernetes { workload, name: id, namespace } if *workload != "pod" => {
            let scale = |to| {
                kubectl(namespace.as_deref(), "scale")
                    .joined(slash(workload), id)
                    .words(to)
                    .finish()
            };
            (
                scale("--replicas=MORE_REPLICAS"),
                scale("--replicas=NOTED_REPLICAS"),
                format!(
                    "Scale {name} out. {note}; where an autoscaler owns the count, raise its minimum instead, or it scales back."
                ),
            )
        }
        Platform::Ecs { cluster, service, region, .. } => {
            let scale = |to| {
                Command::new("aws ecs update-service --cluster")
                    .value(cluster)
                    .words("--service")
                    .value(service)
                    .words("--desired-count")
                    .words(to)
                    .option("--region", region.as_deref())
                    .finish()
            };
            (
                scale("MORE_TASKS"),
                scale("NOTED_TASKS"),
                format!("Scale {name} out. {note}; raise the autoscaling minimum as well."),
            )
        }
        Platform::Lambda { function, region, .. } => {
            let reserve = |count| {
                Command::new("aws lambda put-function-concurrency --function-name")
                    .value(function)
                    .words("--reserved-concurrent-executions")
                    .words(count)
                    .option("--region", region.as_deref())
                    .finish()
            };
            (
                reserve("MORE_EXECUTIONS"),
                reserve("NOTED_EXECUTIONS"),
                format!(
                    "Raise the reserved concurrency of {name}, within what the account has left. {note}."
                ),
            )
        }
        Platform::Kubernetes { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => {
            (None, None, format!("Give {name} half as much capacity again as it has now."))
        }
    };
    let way = format!("{} → scale out", platform.console_path(name));
    let undo = match platform {
        Platform::Lambda { .. } => {
            "set the number noted while preparing; if there was none, remove the reservation (delete-function-concurrency)"
        }
        Platform::Kubernetes { .. }
        | Platform::Ecs { .. }
        | Platform::DynamoDb { .. }
        | Platform::Rds { .. }
        | Platform::Ec2 { .. }
        | Platform::Sqs { .. }
        | Platform::Aws { .. }
        | Platform::Unknown => "scale back to the number noted while preparing",
    };
    Repair {
        action,
        command: command.or_else(|| console(&way)),
        expect,
        undo: undo.into(),
        undo_command: back,
        risk: risk(
            RiskLevel::Low,
            "costs more, and more instances ask more of what is behind them: check the database's connections first",
        ),
        decision: ON_CALL.into(),
    }
}
