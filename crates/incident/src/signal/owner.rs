//! Whose metrics are, by the labels that scraping and exporters give them.
//!
//! `job` and `instance` are Prometheus' own; `namespace`, `pod`, `container`, `node` and `service` are what its
//! discovery of Kubernetes is commonly told to keep, `service_name` what OpenTelemetry's resource becomes.

use nightjar_topology::EntityKind;

use super::row::Owner;

const BY_SERVICE: &[&str] =
    &["service_name", "service", "app_kubernetes_io_name", "app", "application", "job"];

const fn owner(kind: EntityKind, labels: &'static [&'static str]) -> Owner {
    Owner { kind, labels, peer: &[] }
}

/// A program that answers requests.
pub(super) const SERVICE: Owner = owner(EntityKind::Service, BY_SERVICE);
/// A program, of the requests it sends over HTTP or RPC.
pub(super) const CALLER: Owner = Owner {
    kind: EntityKind::Service,
    labels: BY_SERVICE,
    peer: &["peer_service", "server_address", "client_name", "upstream", "host", "target"],
};
/// A program, of what it asks a database.
pub(super) const DATABASE_CLIENT: Owner = Owner {
    kind: EntityKind::Service,
    labels: BY_SERVICE,
    peer: &["peer_service", "server_address", "db_namespace", "db_system_name", "db_system"],
};
/// A database, watched by an exporter beside it.
pub(super) const DATABASE: Owner = owner(EntityKind::Database, &["service_name", "service", "job"]);
/// A cache, watched by an exporter beside it.
pub(super) const CACHE: Owner = owner(EntityKind::Cache, &["service_name", "service", "job"]);
/// A broker of queues as a whole.
pub(super) const BROKER: Owner = owner(EntityKind::Queue, &["service_name", "service", "job"]);
/// One topic.
pub(super) const TOPIC: Owner = owner(EntityKind::Queue, &["topic"]);
/// One queue.
pub(super) const QUEUE: Owner = owner(EntityKind::Queue, &["queue"]);
/// A machine.
pub(super) const HOST: Owner = owner(EntityKind::Host, &["node", "nodename", "instance"]);
/// A node of a cluster, as the cluster sees it.
pub(super) const NODE: Owner = owner(EntityKind::Host, &["node"]);
/// A pod, or a container where nothing says of pods.
pub(super) const POD: Owner = owner(
    EntityKind::Pod,
    &["pod", "pod_name", "container_label_com_docker_compose_service", "name"],
);
/// What keeps pods running.
pub(super) const WORKLOAD: Owner = owner(
    EntityKind::Service,
    &["deployment", "statefulset", "daemonset", "horizontalpodautoscaler"],
);
/// A claim for a volume.
pub(super) const VOLUME: Owner = owner(EntityKind::Unknown, &["persistentvolumeclaim"]);
/// A namespace with its quotas.
pub(super) const NAMESPACE: Owner = owner(EntityKind::Stack, &["namespace"]);
/// A proxy as a whole.
pub(super) const GATEWAY: Owner =
    owner(EntityKind::Gateway, &["service_name", "service", "ingress", "job"]);
/// A proxy, of what it sends on.
pub(super) const UPSTREAM: Owner = Owner {
    kind: EntityKind::Gateway,
    labels: &["service_name", "service", "job"],
    peer: &["envoy_cluster_name", "upstream", "proxy", "backend"],
};
/// A workload of a mesh, by the side that answers.
pub(super) const MESH_SERVER: Owner = owner(
    EntityKind::Service,
    &["destination_workload", "destination_canonical_service", "destination_service_name"],
);
/// A workload of a mesh, by the side that asks.
pub(super) const MESH_CLIENT: Owner = Owner {
    kind: EntityKind::Service,
    labels: &["source_workload", "source_canonical_service", "source_app"],
    peer: &["destination_workload", "destination_canonical_service", "destination_service_name"],
};
/// What a probe knocks at.
pub(super) const PROBED: Owner =
    owner(EntityKind::Unknown, &["service_name", "service", "target", "instance"]);
/// What a cloud's own metrics are about; whoever reads them knows.
pub(super) const RESOURCE: Owner = owner(EntityKind::Unknown, &[]);
