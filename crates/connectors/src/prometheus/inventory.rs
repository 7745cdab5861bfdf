//! The topology that labels tell: entities with their other names, what runs where, who calls whom.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nightjar_connect::{Answer, Error, Inventory, Query};
use nightjar_incident::Content;
use nightjar_incident::signal::Owner;
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use super::answer::Labels;
use super::estate::{Estate, Group};
use super::promql::{lately, select};
use super::{Prometheus, ago, host_of, name_of};
use crate::limits::Allowance;

#[async_trait]
impl Inventory for Prometheus {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let mut allowance = self.api.allowance();
        let (mut notes, mut asked) = (Vec::new(), Vec::new());
        let estate = self.estate(query, &mut allowance, &mut notes, &mut asked).await?;
        let mut topology = known(&estate);
        let more =
            self.relations(query, &estate, &mut topology, &mut allowance, &mut notes, &mut asked);
        // Who is there is worth telling even where nobody says what runs where.
        if let Err(error) = more.await {
            notes.push(format!("not all relations are known: {}", error.message));
        }
        let (topology, truncated) = cut(topology, query);
        Ok(Answer {
            query: asked.join("\n"),
            content: Content::Inventory(topology),
            truncated,
            notes,
        })
    }
}

/// The entities of an estate, with what their labels say of where they are.
pub(super) fn known(estate: &Estate) -> Topology {
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
            placed(id, group, labels, &hosts, &mut topology);
        }
    }
    topology
}

fn described(id: &EntityId, group: &Group, labels: &Labels, value: &str) -> Entity {
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
    }
    // Of a machine and of a namespace it would be that of the exporter.
    let has_namespace = group.owner.kind != EntityKind::Host && group.label != "namespace";
    if let Some(namespace) = labels.get("namespace").filter(|_| has_namespace) {
        entity.attributes.insert("k8s.namespace.name".to_owned(), namespace.clone());
        entity.aliases.push(format!("{namespace}/{id}"));
    }
    entity
}

/// Machines by the address under which they are scraped.
fn hosts(estate: &Estate) -> BTreeMap<String, EntityId> {
    let mut hosts = BTreeMap::new();
    for group in estate.groups.iter().filter(|group| group.owner.kind == EntityKind::Host) {
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
    group: &Group,
    labels: &Labels,
    hosts: &BTreeMap<String, EntityId>,
    topology: &mut Topology,
) {
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
            } else if let Some(host) = labels.get("instance").and_then(|at| hosts.get(host_of(at)))
            {
                relate(id, host.clone(), RelationKind::RunsOn);
            }
        }
        EntityKind::Database | EntityKind::Cache => {
            // The address that the exporter asks tells more than where the exporter is.
            let at = labels.get("server").or_else(|| labels.get("instance"));
            if let Some(host) = at.and_then(|at| hosts.get(host_of(at))) {
                relate(id, host.clone(), RelationKind::RunsOn);
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
fn is_scraped_itself(group: &Group) -> bool {
    group.owner.labels.contains(&"job") || group.label == "instance"
}

/// What node_exporter says a machine calls itself, which is what programs on it call it.
const MACHINES: (&str, &[&str]) = ("node_uname_info", &["instance", "nodename"]);
/// The kube-state-metrics that tell what belongs together, with the labels that are asked.
const PODS: (&str, &[&str]) = (
    "kube_pod_info",
    &["pod", "node", "namespace", "pod_ip", "created_by_kind", "created_by_name"],
);
const REPLICA_SETS: (&str, &[&str]) =
    ("kube_replicaset_owner", &["replicaset", "owner_kind", "owner_name"]);

impl Prometheus {
    /// Relations that metrics of their own tell, and who calls whom by the metrics of callers.
    async fn relations(
        &self,
        query: &Query,
        estate: &Estate,
        topology: &mut Topology,
        allowance: &mut Allowance,
        notes: &mut Vec<String>,
        asked: &mut Vec<String>,
    ) -> Result<(), Error> {
        let (at, ago) = (self.moment(query.window), ago(query));
        let mut sets = BTreeMap::new();
        let hosts = hosts(estate);
        for (name, labels) in [MACHINES, REPLICA_SETS, PODS] {
            if !estate.names.contains(name) {
                continue;
            }
            let by = format!(
                "count by ({}) ({})",
                labels.join(","),
                lately(&select(name, &self.matchers), ago)
            );
            let found = self.api.instant(&by, at, allowance, notes).await?;
            asked.push(by);
            for series in found.result {
                match name {
                    _ if name == MACHINES.0 => machine(&series.metric, &hosts, topology),
                    _ if name == REPLICA_SETS.0 => {
                        let label = |name: &str| series.metric.get(name).cloned();
                        let set = (label("replicaset"), label("owner_name"));
                        if let (Some(set), Some(owner)) = set {
                            sets.insert(set, owner);
                        }
                    }
                    _ => pod(&series.metric, &sets, topology),
                }
            }
        }
        for group in estate.groups.iter().filter(|group| !group.owner.peer.is_empty()) {
            for row in &group.rows {
                let wanted = super::column::Wanted::new(row, group, None, &self.matchers);
                let selector = wanted.selector(&super::estate::exposed(row));
                let labels: Vec<&str> = [group.label, "server_port"]
                    .into_iter()
                    .chain(group.owner.peer.iter().copied())
                    .collect();
                let by = format!("count by ({}) ({})", labels.join(","), lately(&selector, ago));
                let found = self.api.instant(&by, at, allowance, notes).await?;
                asked.push(by);
                for series in found.result {
                    let from =
                        series.metric.get(group.label).and_then(|value| group.values.get(value));
                    let to = peer(group.owner, &series.metric, topology);
                    if let (Some(from), Some(to)) = (from, to)
                        && *from != to
                    {
                        let kind = RelationKind::Calls;
                        topology.relate(Relation { from: from.clone(), to, kind });
                    }
                }
            }
        }
        Ok(())
    }
}

/// What a machine calls itself is another name of it.
fn machine(labels: &Labels, hosts: &BTreeMap<String, EntityId>, topology: &mut Topology) {
    let host = labels.get("instance").and_then(|at| hosts.get(host_of(at)));
    if let (Some(host), Some(name)) = (host, labels.get("nodename"))
        && name != host.as_str()
    {
        let mut entity = Entity::new(host.clone(), EntityKind::Host);
        entity.aliases.push(name.clone());
        topology.add(entity);
    }
}

/// A pod with its workload, its node and its address.
fn pod(labels: &Labels, sets: &BTreeMap<String, String>, topology: &mut Topology) {
    let id = |name: &str| labels.get(name).and_then(|value| EntityId::new(value.clone()).ok());
    let Some(pod) = id("pod") else { return };
    let mut entity = Entity::new(pod.clone(), EntityKind::Pod);
    entity.aliases.extend(labels.get("pod_ip").filter(|ip| !ip.is_empty()).cloned());
    if let Some(namespace) = labels.get("namespace") {
        entity.attributes.insert("k8s.namespace.name".to_owned(), namespace.clone());
    }
    topology.add(entity);
    if let Some(node) = id("node") {
        topology.add(Entity::new(node.clone(), EntityKind::Host));
        topology.relate(Relation { from: pod.clone(), to: node, kind: RelationKind::RunsOn });
    }
    let creator = labels.get("created_by_name");
    let workload = match labels.get("created_by_kind").map(String::as_str) {
        Some("ReplicaSet") => creator.and_then(|set| sets.get(set)),
        Some("StatefulSet" | "DaemonSet" | "Job") => creator,
        _ => None,
    };
    if let Some(workload) = workload.and_then(|name| EntityId::new(name.clone()).ok()) {
        topology.add(Entity::new(workload.clone(), EntityKind::Service));
        topology.relate(Relation { from: pod, to: workload, kind: RelationKind::BelongsTo });
    }
}

/// The other end of what a caller measures, as it is known here.
pub(super) fn peer(owner: &Owner, labels: &Labels, topology: &Topology) -> Option<EntityId> {
    let (label, name) = owner.peer(|label| labels.get(label).map(String::as_str))?;
    let with_port = labels.get("server_port").filter(|port| !port.is_empty());
    let with_port = with_port.map(|port| format!("{name}:{port}"));
    let known = with_port.iter().map(String::as_str).chain([name]);
    let known =
        known.filter_map(|name| topology.resolve(name)).map(|entity| entity.id.clone()).next();
    // Several servers may share an address; with its port it is one of them.
    known
        .or_else(|| with_port.and_then(|name| EntityId::new(name).ok()))
        .or_else(|| name_of(label, name))
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
