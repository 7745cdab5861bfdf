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
    /// A queue of Amazon SQS, by its address.
    Sqs { url: String, region: Option<String> },
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
            Self::Sqs { url, region } => Command::new("aws sqs get-queue-attributes --queue-url")
                .value(url)
                .words("--attribute-names All")
                .option("--region", region.as_deref()),
            Self::Aws { .. } | Self::Unknown => return None,
        })
    }

    /// `kubectl VERB workload/name`, for whatever runs on Kubernetes.
    pub(crate) fn workload(&self, verb: &'static str) -> Option<Command> {
        let Self::Kubernetes { workload, name, namespace } = self else { return None };
        Some(kubectl(namespace.as_deref(), verb).joined(slash(workload), name))
    }

    /// `kubectl VERB workload/name`, for what has a controller and a history; a bare pod has none.
    pub(crate) fn controller(&self, verb: &'static str) -> Option<Command> {
        let Self::Kubernetes { workload, .. } = self else { return None };
        if *workload == "pod" { None } else { self.workload(verb) }
    }

    /// `kubectl WORDS` in the namespace of the workload.
    pub(crate) fn in_namespace(&self, words: &'static str) -> Option<Command> {
        let Self::Kubernetes { namespace, .. } = self else { return None };
        Some(kubectl(namespace.as_deref(), words))
    }

    /// `kubectl WORDS` in the namespace where a cluster keeps its own services.
    pub(crate) fn in_cluster(&self, words: &'static str) -> Option<Command> {
        let Self::Kubernetes { .. } = self else { return None };
        Some(Command::new("kubectl --namespace kube-system").words(words))
    }

    /// `aws ecs VERB` on the service, with the rest of the words behind its name.
    pub(crate) fn ecs(&self, verb: &'static str, rest: &'static str) -> Option<Command> {
        let Self::Ecs { cluster, service, region, .. } = self else { return None };
        let command = Command::new("aws ecs").words(verb).words("--cluster").value(cluster);
        // The one that describes takes several.
        let option = if verb == "describe-services" { "--services" } else { "--service" };
        let command = command.words(option).value(service);
        Some(command.rest(rest).option("--region", region.as_deref()))
    }

    /// `aws lambda VERB` on the function, with the rest of the words behind its name.
    pub(crate) fn lambda(&self, verb: &'static str, rest: &'static str) -> Option<Command> {
        let Self::Lambda { function, region, .. } = self else { return None };
        let command = Command::new("aws lambda").words(verb).words("--function-name");
        Some(command.value(function).rest(rest).option("--region", region.as_deref()))
    }

    /// `aws rds VERB` on the instance, with the rest of the words behind its name.
    pub(crate) fn rds(&self, verb: &'static str, rest: &'static str) -> Option<Command> {
        let Self::Rds { instance, region } = self else { return None };
        let command = Command::new("aws rds").words(verb).words("--db-instance-identifier");
        Some(command.value(instance).rest(rest).option("--region", region.as_deref()))
    }

    /// What Amazon recorded of an RDS instance in the last hours.
    pub(crate) fn rds_events(&self) -> Option<Command> {
        let Self::Rds { instance, region } = self else { return None };
        let command = Command::new("aws rds describe-events --source-type db-instance");
        let command = command.words("--duration 360 --source-identifier").value(instance);
        Some(command.option("--region", region.as_deref()))
    }

    /// `aws ec2 VERB` on the machine, with the rest of the words behind its id.
    pub(crate) fn ec2(&self, verb: &'static str, rest: &'static str) -> Option<Command> {
        let Self::Ec2 { instance, region } = self else { return None };
        // The one that reads the console takes one machine, all others several.
        let option = if verb == "get-console-output" { "--instance-id" } else { "--instance-ids" };
        let command = Command::new("aws ec2").words(verb).words(option).value(instance);
        Some(command.rest(rest).option("--region", region.as_deref()))
    }

    /// `aws sqs VERB` on the queue, with the rest of the words behind its address.
    pub(crate) fn sqs(&self, verb: &'static str, rest: &'static str) -> Option<Command> {
        let Self::Sqs { url, region } = self else { return None };
        let command = Command::new("aws sqs").words(verb).words("--queue-url").value(url);
        Some(command.rest(rest).option("--region", region.as_deref()))
    }

    /// The region, where the entity is Amazon's.
    pub(crate) fn aws_region(&self) -> Option<&str> {
        match self {
            Self::Ecs { region, .. }
            | Self::Lambda { region, .. }
            | Self::DynamoDb { region, .. }
            | Self::Rds { region, .. }
            | Self::Ec2 { region, .. }
            | Self::Sqs { region, .. }
            | Self::Aws { region, .. } => region.as_deref(),
            Self::Kubernetes { .. } | Self::Unknown => None,
        }
    }

    /// Whether the entity is Amazon's.
    pub(crate) fn is_aws(&self) -> bool {
        !matches!(self, Self::Kubernetes { .. } | Self::Unknown)
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
            Self::Sqs { region, .. } => aws("SQS → Queues", region),
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
    let (partition, service, region, account, resource) =
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
        "rds" => match resource.strip_prefix("db:") {
            Some(instance) => Platform::Rds { instance: instance.to_owned(), region },
            // A cluster is another kind of resource, with other commands.
            None => Platform::Aws { console: "RDS → Databases", name: last(), region },
        },
        "ec2" => Platform::Ec2 { instance: resource.strip_prefix("instance/")?.to_owned(), region },
        "sqs" => match &region {
            Some(place) if partition == "aws" => Platform::Sqs {
                url: format!("https://sqs.{place}.amazonaws.com/{account}/{resource}"),
                region,
            },
            // Other partitions have other addresses.
            _ => Platform::Aws { console: "SQS → Queues", name: last(), region },
        },
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
