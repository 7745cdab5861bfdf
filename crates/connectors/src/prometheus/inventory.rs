//! The topology that labels tell: entities with their other names, and what runs where.

use std::collections::BTreeMap;
use std::net::IpAddr;

use async_trait::async_trait;
use nightjar_connect::{Answer, Error, Inventory, Query};
use nightjar_incident::Content;
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use super::Prometheus;
use super::answer::Labels;
use super::estate::{Estate, Group};
use super::inquiry::Inquiry;
use super::naming::{Naming, host_of, is_of_target};

#[async_trait]
impl Inventory for Prometheus {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let mut inquiry = Inquiry::new(&self.api, query);
        let estate = self.estate(&mut inquiry).await?;
        let mut topology = known(&estate);
        // Who is there is worth telling even where nobody says what runs where.
        if let Err(error) = self.relations(&estate, &mut topology, &mut inquiry).await {
            inquiry.notes.push(format!("not all relations are known: {}", error.message));
        }
        let (topology, truncated) = cut(topology, query);
        Ok(Answer {
            query: inquiry.asked.join("\n"),
            content: Content::Inventory(topology),
            truncated,
            notes: inquiry.notes,
        })
    }
}

/// The entities of an estate, with what their labels say of where they are.
pub(super) fn known(estate: &Estate<'_>) -> Topology {
    let mut topology = Topology::default();
    for group in &estate.groups {
        for labels in &group.found {
            let Some(value) = labels.get(group.label) else { continue };
            let Some(id) = group.values.get(value) else { continue };
            topology.add(described(id, group, labels, value));
        }
    }
    let hosts = hosts(estate);
    for group in &estate.groups {
        for labels in &group.found {
            let Some(id) = labels.get(group.label).and_then(|value| group.values.get(value)) else {
                continue;
            };
            placed(id, group, labels, (estate.naming, &hosts), &mut topology);
        }
    }
    topology
}

fn described(id: &EntityId, group: &Group<'_>, labels: &Labels, value: &str) -> Entity {
    let mut entity = Entity::new(id.clone(), group.owner.kind);
    let mut alias = |name: &str| {
        if !name.is_empty()
            && name != id.as_str()
            && !entity.aliases.iter().any(|known| known == name)
        {
            entity.aliases.push(name.to_owned());
        }
    };
    alias(value);
    if let Some(server) = labels.get("server") {
        alias(server);
    }
    if let Some(instance) = labels.get("instance").filter(|_| is_scraped_itself(group)) {
        alias(instance);
        if group.owner.kind == EntityKind::Host && !is_own_machine(instance) {
            alias(host_of(instance));
        }
    }
    // Of a machine and of a namespace it would be that of the exporter.
    let has_namespace = group.owner.kind != EntityKind::Host && group.label != "namespace";
    if let Some(namespace) = labels.get("namespace").filter(|_| has_namespace) {
        entity.attributes.insert("k8s.namespace.name".to_owned(), namespace.clone());
        entity.aliases.push(format!("{namespace}/{id}"));
    }
    entity
}

/// Whether an address is whoever's machine asks.
fn is_own_machine(address: &str) -> bool {
    let host = host_of(address);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Machines by the address under which they are scraped. What a cluster tells of its nodes is scraped elsewhere.
pub(super) fn hosts(estate: &Estate<'_>) -> BTreeMap<String, EntityId> {
    let mut hosts = BTreeMap::new();
    let is_machine =
        |group: &&Group<'_>| group.owner.kind == EntityKind::Host && is_of_target(group.owner);
    for group in estate.groups.iter().filter(is_machine) {
        for labels in &group.found {
            let id = labels.get(group.label).and_then(|value| group.values.get(value));
            if let (Some(id), Some(instance)) = (id, labels.get("instance")) {
                hosts.insert(host_of(instance).to_owned(), id.clone());
            }
        }
    }
    hosts
}

/// What an entity runs on, and what it is a part of.
fn placed(
    id: &EntityId,
    group: &Group<'_>,
    labels: &Labels,
    (naming, hosts): (&Naming, &BTreeMap<String, EntityId>),
    topology: &mut Topology,
) {
    let told = naming.host(labels).filter(|host| host != id);
    if let Some(host) = told.as_ref().filter(|_| is_of_target(group.owner)) {
        topology.add(Entity::new(host.clone(), EntityKind::Host));
    }
    let at = |label: &str| labels.get(label).and_then(|at| hosts.get(host_of(at))).cloned();
    let mut relate = |from: &EntityId, to: EntityId, kind| {
        if *from != to {
            topology.relate(Relation { from: from.clone(), to, kind });
        }
    };
    let node = labels.get("node").and_then(|node| EntityId::new(node.clone()).ok());
    match group.owner.kind {
        EntityKind::Service | EntityKind::Gateway if is_scraped_itself(group) => {
            let pod = labels.get("pod").and_then(|pod| EntityId::new(pod.clone()).ok());
            if let Some(pod) = pod {
                relate(&pod, id.clone(), RelationKind::BelongsTo);
                if let Some(node) = node {
                    relate(&pod, node, RelationKind::RunsOn);
                }
            } else if let Some(host) = told.or_else(|| at("instance")) {
                relate(id, host, RelationKind::RunsOn);
            }
        }
        EntityKind::Database | EntityKind::Cache => {
            // The address that the exporter asks tells more than where the exporter is.
            let elsewhere = labels.get("server").filter(|server| !is_own_machine(server));
            let host = match elsewhere {
                Some(_) => at("server"),
                None => told.or_else(|| at("instance")),
            };
            if let Some(host) = host {
                relate(id, host, RelationKind::RunsOn);
            }
        }
        EntityKind::Pod => {
            if let Some(node) = node {
                relate(id, node, RelationKind::RunsOn);
            }
        }
        _ => {}
    }
}

/// Whether it is named by the target that is scraped for it; where that is scraped is then where it is, or its
/// exporter's place beside it. Of what one exporter tells of many, it isn't.
fn is_scraped_itself(group: &Group<'_>) -> bool {
    is_of_target(group.owner) || group.label == "instance"
}

/// The entities asked for with the relations between them, as many as are allowed.
fn cut(topology: Topology, query: &Query) -> (Topology, Option<String>) {
    let asked = |id: &EntityId| query.entities.is_empty() || query.entities.contains(id);
    let wanted: Vec<&Entity> = topology.entities().filter(|entity| asked(&entity.id)).collect();
    if wanted.len() == topology.len() && wanted.len() <= query.limit {
        return (topology, None);
    }
    let truncated = (wanted.len() > query.limit)
        .then(|| format!("cut here: the first {} of {} entities", query.limit, wanted.len()));
    let mut few = Topology::default();
    for entity in wanted.into_iter().take(query.limit) {
        few.add(entity.clone());
    }
    for relation in topology.relations() {
        if few.entity(&relation.from).is_some() && few.entity(&relation.to).is_some() {
            few.relate(relation.clone());
        }
    }
    (few, truncated)
}
