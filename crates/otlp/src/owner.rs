//! What a resource tells of the entity it belongs to.

use nightjar_topology::{Entity, EntityId, EntityKind};

use crate::attributes::{Attributes, first};

/// What is worth knowing of an entity, under the name it has here and as sources spell it.
const KEPT: [(&str, &[&str]); 8] = [
    ("service.namespace", &["service.namespace"]),
    ("service.version", &["service.version"]),
    ("deployment.environment.name", &["deployment.environment.name", "deployment.environment"]),
    ("cloud.region", &["cloud.region"]),
    ("cloud.availability_zone", &["cloud.availability_zone"]),
    ("cloud.account.id", &["cloud.account.id"]),
    ("k8s.cluster.name", &["k8s.cluster.name"]),
    ("k8s.namespace.name", &["k8s.namespace.name"]),
];

/// Other names of an entity. An instance's id is one where it is an address, as Prometheus writes
/// `instance`.
const ALIASES: [&str; 8] = [
    "k8s.pod.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "container.name",
    "faas.name",
    "aws.ecs.task.family",
    "service.instance.id",
];

/// The entity as its resource describes it, and the machine it runs on where that is told.
pub(crate) fn described(
    id: &EntityId,
    resource: &(impl Attributes + ?Sized),
) -> (Entity, Option<Entity>) {
    let is_function = first(resource, &["faas.name"]).is_some();
    let kind = if is_function { EntityKind::Function } else { EntityKind::Service };
    let mut entity = Entity::new(id.clone(), kind);
    for (key, spellings) in KEPT {
        if let Some(value) = first(resource, spellings) {
            entity.attributes.insert(key.to_owned(), value);
        }
    }
    for key in ALIASES {
        let named = first(resource, &[key]).filter(|name| name != id.as_str());
        let named = named.filter(|name| key != "service.instance.id" || name.contains(':'));
        // Whoever reads the names trusts them to be names: none of control characters or endless.
        let named = named.filter(|name| EntityId::new(name.as_str()).is_ok());
        entity.aliases.extend(named);
    }
    (entity, host(resource))
}

/// The machine: the node of a cluster, else the host, unless what calls itself a host is a container.
fn host(resource: &(impl Attributes + ?Sized)) -> Option<Entity> {
    let node = first(resource, &["k8s.node.name"]);
    let name = node.or_else(|| {
        let contained = first(resource, &["k8s.pod.name", "container.id", "aws.ecs.task.arn"]);
        first(resource, &["host.name"]).filter(|name| contained.is_none() && !is_container_id(name))
    })?;
    let id = EntityId::new(name).ok()?;
    let mut host = Entity::new(id.clone(), EntityKind::Host);
    let aliases =
        first(resource, &["host.id"]).filter(|alias| EntityId::new(alias.as_str()).is_ok());
    host.aliases.extend(aliases.filter(|alias| alias != id.as_str()));
    Some(host)
}

/// Docker names a container's host by the first twelve digits of the container's id.
fn is_container_id(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
