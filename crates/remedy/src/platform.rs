//! Where an entity runs, as far as its attributes and names say.

use nightjar_topology::{Entity, EntityKind};

use crate::shell::Command;

/// Where an entity runs, with the names its platform knows it by. All of them are untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    /// A workload of Kubernetes: `deployment`, `statefulset`, `daemonset` or `pod`.
    Kubernetes { workload: &'static str, name: String, namespace: Option<String> },
    /// A service of Amazon ECS.
    Ecs { cluster: String, service: String, family: Option<String>, region: Option<String> },
    /// A function of AWS Lambda.
    Lambda { function: String, alias: Option<String>, region: Option<String> },
    /// A table of Amazon DynamoDB.
    DynamoDb { table: String, region: Option<String> },
    /// An instance of Amazon RDS.
    Rds { instance: String, region: Option<String> },
    /// A machine of Amazon EC2.
    Ec2 { instance: String, region: Option<String> },
    /// Something else on AWS, by its console's name.
    Aws { console: &'static str, name: String, region: Option<String> },
    /// Nobody told.
    Unknown,
}

impl Platform {
    /// Reads the platform off an entity: its ARN first, then the attributes of OpenTelemetry.
    pub(crate) fn of(entity: &Entity) -> Self {
        let attribute = |key: &str| entity.attributes.get(key).filter(|v| !v.is_empty()).cloned();
        let region = attribute("cloud.region");
        let names = attribute("cloud.resource_id").into_iter();
        let mut names = names.chain([entity.id.as_str().to_owned()]).chain(entity.aliases.clone());
        if let Some(found) = names.find_map(|name| from_arn(&name, entity)) {
            return found;
        }
        let namespace = attribute("k8s.namespace.name");
        for (key, workload) in [
            ("k8s.deployment.name", "deployment"),
            ("k8s.statefulset.name", "statefulset"),
            ("k8s.daemonset.name", "daemonset"),
        ] {
            if let Some(name) = attribute(key) {
                return Self::Kubernetes { workload, name, namespace };
            }
        }
        if entity.kind == EntityKind::Pod {
            let name = attribute("k8s.pod.name").unwrap_or_else(|| entity.id.as_str().into());
            return Self::Kubernetes { workload: "pod", name, namespace };
        }
        // OpenTelemetry takes the deployment's name for the service's where nobody set one; the
        // first step of every plan reads the deployment, so a wrong guess shows before it matters.
        if entity.kind == EntityKind::Service
            && (namespace.is_some() || attribute("k8s.cluster.name").is_some())
        {
            let name = entity.id.as_str().to_owned();
            return Self::Kubernetes { workload: "deployment", name, namespace };
        }
        match (attribute("cloud.platform").as_deref(), entity.kind) {
            (Some("aws_lambda"), _) => Self::Lambda {
                function: attribute("faas.name").unwrap_or_else(|| entity.id.as_str().into()),
                alias: attribute("aws.lambda.alias"),
                region,
            },
            (Some("aws_dynamodb"), _) => {
                Self::DynamoDb { table: entity.id.as_str().into(), region }
            }
            (Some("aws_rds"), _) => Self::Rds { instance: entity.id.as_str().into(), region },
            (Some("aws_ec2"), EntityKind::Host) => match attribute("host.id") {
                Some(instance) => Self::Ec2 { instance, region },
                None => Self::Unknown,
            },
            (Some(_) | None, _) => Self::Unknown,
        }
    }

    /// The command that reads the state of the workload.
    pub(crate) fn describe(&self) -> Option<Command> {
        Some(match self {
            Self::Kubernetes { workload, name, namespace } => {
                kubectl(namespace.as_deref(), "describe").joined(slash(workload), name)
            }
            Self::Ecs { cluster, service, region, .. } => {
                Command::new("aws ecs describe-services --cluster")
                    .value(cluster)
                    .words("--services")
                    .value(service)
                    .option("--region", region.as_deref())
            }
            Self::Lambda { function, region, .. } => {
                Command::new("aws lambda get-function-configuration --function-name")
                    .value(function)
                    .option("--region", region.as_deref())
            }
            Self::DynamoDb { table, region } => {
                Command::new("aws dynamodb describe-table --table-name")
                    .value(table)
                    .option("--region", region.as_deref())
            }
            Self::Rds { instance, region } => {
                Command::new("aws rds describe-db-instances --db-instance-identifier")
                    .value(instance)
                    .option("--region", region.as_deref())
            }
            Self::Ec2 { instance, region } => {
                Command::new("aws ec2 describe-instance-status --instance-ids")
                    .value(instance)
                    .option("--region", region.as_deref())
            }
            Self::Aws { .. } | Self::Unknown => return None,
        })
    }

    /// The way to the entity through the platform's own pages, in words.
    pub(crate) fn console_path(&self, name: &str) -> String {
        let aws = |page: &str, region: &Option<String>| {
            let place = region.as_ref().map(|region| format!(" ({})", crate::text::shown(region)));
            format!("AWS console{} → {page} → {name}", place.unwrap_or_default())
        };
        match self {
            Self::Kubernetes { .. } => format!("Kubernetes dashboard → Workloads → {name}"),
            Self::Ecs { region, .. } => aws("Elastic Container Service → Clusters", region),
            Self::Lambda { region, .. } => aws("Lambda → Functions", region),
            Self::DynamoDb { region, .. } => aws("DynamoDB → Tables", region),
            Self::Rds { region, .. } => aws("RDS → Databases", region),
            Self::Ec2 { region, .. } => aws("EC2 → Instances", region),
            Self::Aws { console, region, .. } => aws(console, region),
            Self::Unknown => format!("your platform's page for {name}"),
        }
    }
}

/// `kubectl`, in a namespace if one is known.
pub(crate) fn kubectl(namespace: Option<&str>, verb: &'static str) -> Command {
    Command::new("kubectl").option("--namespace", namespace).words(verb)
}

/// The workload as `kubectl` writes it before a name.
pub(crate) fn slash(workload: &'static str) -> &'static str {
    match workload {
        "statefulset" => "statefulset/",
        "daemonset" => "daemonset/",
        "pod" => "pod/",
        _ => "deployment/",
    }
}

/// `arn:partition:service:region:account:resource`.
fn from_arn(text: &str, entity: &Entity) -> Option<Platform> {
    let mut parts = text.splitn(6, ':');
    if parts.next()? != "arn" {
        return None;
    }
    let (_partition, service, region, _account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let region = (!region.is_empty()).then(|| region.to_owned());
    let last = || resource.rsplit(['/', ':']).next().unwrap_or(resource).to_owned();
    let family = entity.attributes.get("aws.ecs.task.family").cloned();
    Some(match service {
        "lambda" => {
            let mut parts = resource.strip_prefix("function:")?.split(':');
            let function = parts.next()?.to_owned();
            let alias = parts.next().map(str::to_owned);
            let alias = alias.or_else(|| entity.attributes.get("aws.lambda.alias").cloned());
            Platform::Lambda { function, alias, region }
        }
        "dynamodb" => {
            let table = resource.strip_prefix("table/")?.split('/').next()?.to_owned();
            Platform::DynamoDb { table, region }
        }
        "ecs" => {
            let (cluster, service) = resource.strip_prefix("service/")?.split_once('/')?;
            let (cluster, service) = (cluster.to_owned(), service.to_owned());
            Platform::Ecs { cluster, service, family, region }
        }
        "rds" => Platform::Rds { instance: resource.strip_prefix("db:")?.to_owned(), region },
        "ec2" => Platform::Ec2 { instance: resource.strip_prefix("instance/")?.to_owned(), region },
        "sqs" => Platform::Aws { console: "SQS → Queues", name: last(), region },
        "s3" => Platform::Aws { console: "S3 → Buckets", name: last(), region },
        "apigateway" | "execute-api" => {
            Platform::Aws { console: "API Gateway → APIs", name: last(), region }
        }
        "elasticloadbalancing" => {
            Platform::Aws { console: "EC2 → Load balancers", name: last(), region }
        }
        "elasticache" => Platform::Aws { console: "ElastiCache", name: last(), region },
        "states" => Platform::Aws { console: "Step Functions", name: last(), region },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use nightjar_topology::EntityId;

    use super::*;

    #[test]
    fn an_arn_among_the_aliases_names_the_platform() {
        let mut entity = Entity::new(EntityId::new("payments").unwrap(), EntityKind::Table);
        entity.aliases = vec!["arn:aws:dynamodb:eu-west-1:1:table/payments-prod".into()];
        let expected =
            Platform::DynamoDb { table: "payments-prod".into(), region: Some("eu-west-1".into()) };
        assert_eq!(Platform::of(&entity), expected);
    }

    #[test]
    fn nothing_is_guessed_without_a_hint() {
        let entity = Entity::new(EntityId::new("checkout").unwrap(), EntityKind::Service);
        assert_eq!(Platform::of(&entity), Platform::Unknown);
    }
}
