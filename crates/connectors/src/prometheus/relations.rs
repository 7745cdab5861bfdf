//! Relations that metrics of their own tell: pods and what they belong to, who calls whom.

use std::collections::BTreeMap;

use nightjar_connect::Error;
use nightjar_incident::signal::Owner;
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use super::Prometheus;
use super::answer::{Labels, Series};
use super::estate::{Estate, Group, exposed};
use super::inquiry::Inquiry;
use super::inventory::hosts;
use super::naming::{host_of, name_of};
use super::promql::{lately, select};
use super::wanted::Wanted;

/// The kube-state-metrics that tell what belongs together, with the labels that are asked.
const PODS: (&str, &[&str]) = (
    "kube_pod_info",
    &["pod", "node", "namespace", "pod_ip", "created_by_kind", "created_by_name"],
);
const REPLICA_SETS: (&str, &[&str]) =
    ("kube_replicaset_owner", &["replicaset", "owner_kind", "owner_name"]);

/// What node_exporter says its machine calls itself: the name that logs and traces have for it.
const MACHINES: (&str, &[&str]) = ("node_uname_info", &["instance", "nodename"]);

/// What tells of relations, and of names.
enum Teller<'a> {
    /// What machines call themselves.
    Machines,
    /// Which workload a replica set belongs to.
    ReplicaSets,
    /// Where pods run and what they belong to.
    Pods,
    /// Whom a group's entities call, by what they measure of it.
    Callers(&'a Group<'a>),
}

impl Prometheus {
    /// Relations that metrics of their own tell, and who calls whom by the metrics of callers.
    pub(super) async fn relations(
        &self,
        estate: &Estate<'_>,
        topology: &mut Topology,
        inquiry: &mut Inquiry<'_>,
    ) -> Result<(), Error> {
        let (tellers, asked): (Vec<Teller<'_>>, Vec<String>) =
            self.tellers(estate, inquiry.ago).into_iter().unzip();
        let answers = inquiry.each(&asked).await?;
        inquiry.asked.extend(asked);
        let hosts = hosts(estate);
        let mut sets = BTreeMap::new();
        for (teller, found) in tellers.iter().zip(answers) {
            for Series { metric, .. } in found.into_iter().flatten() {
                match teller {
                    Teller::Machines => machine(&metric, &hosts, topology),
                    Teller::ReplicaSets => {
                        let label = |name: &str| metric.get(name).cloned();
                        let set = (label("replicaset"), label("owner_name"));
                        if let (Some(set), Some(owner)) = set {
                            sets.insert(set, owner);
                        }
                    }
                    Teller::Pods => pod(&metric, &sets, topology),
                    Teller::Callers(group) => calls(group, &metric, topology),
                }
            }
        }
        inquiry.trouble().map_or(Ok(()), Err)
    }

    /// What is asked about relations, in the order in which the answers are to be read.
    fn tellers<'a>(&self, estate: &'a Estate<'a>, ago: [i64; 2]) -> Vec<(Teller<'a>, String)> {
        let by = |labels: &[&str], selector: &str| {
            format!("count by ({}) ({})", labels.join(","), lately(selector, ago))
        };
        let mut tellers = Vec::new();
        for (teller, (name, labels)) in [
            (Teller::Machines, MACHINES),
            (Teller::ReplicaSets, REPLICA_SETS),
            (Teller::Pods, PODS),
        ] {
            if estate.names.contains(name) {
                tellers.push((teller, by(labels, &select(name, &self.matchers))));
            }
        }
        for group in estate.groups.iter().filter(|group| !group.owner.peer.is_empty()) {
            for row in &group.rows {
                let wanted = Wanted::new(row, group, None, &self.matchers);
                let peer = group.owner.peer.iter().copied();
                let labels: Vec<&str> =
                    [group.label, "server_port"].into_iter().chain(peer).collect();
                let asked = by(&labels, &wanted.selector(&exposed(row)));
                tellers.push((Teller::Callers(group), asked));
            }
        }
        tellers
    }
}

/// Who calls whom, by the labels of what a caller measures.
fn calls(group: &Group<'_>, labels: &Labels, topology: &mut Topology) {
    let from = labels.get(group.label).and_then(|value| group.values.get(value));
    let to = peer(group.owner, labels, topology);
    if let (Some(from), Some(to)) = (from, to)
        && *from != to
    {
        topology.relate(Relation { from: from.clone(), to, kind: RelationKind::Calls });
    }
}

/// A machine with the name that it gives itself.
fn machine(labels: &Labels, hosts: &BTreeMap<String, EntityId>, topology: &mut Topology) {
    let host = labels.get("instance").and_then(|instance| hosts.get(host_of(instance)));
    let name = labels.get("nodename").filter(|name| !name.is_empty() && *name != "localhost");
    if let (Some(host), Some(name)) = (host, name)
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
