//! What a Kubernetes cluster wants and has, by kube-state-metrics 2.13 (its folder docs/metrics).

use super::owner::{NAMESPACE, NODE, POD, WORKLOAD};
use super::{Combine, Family, Label, Make, Origin, Row, Signal, counter, gauge, one_of};

pub(super) const FAMILY: Family = Family {
    name: "kube-state-metrics",
    source: "kubernetes/kube-state-metrics 2.13",
    prefixes: &["kube_"],
    origin: Origin::Exporter,
    rows: ROWS,
};

const PENDING: &[Label] = &[one_of("phase", &["Pending"])];
const MEMORY: &[Label] = &[one_of("resource", &["memory"])];
const READY: &[Label] = &[one_of("condition", &["Ready"]), one_of("status", &["true"])];
const HARD: &[Label] = &[one_of("type", &["hard"])];
const USED: &[Label] = &[one_of("type", &["used"])];
const SCALE: &[&str] = &["namespace"];

const fn wanted(name: &'static str) -> Row {
    gauge(name, Signal::ReplicasWanted, "{pod}").of(&WORKLOAD).keep(SCALE).combine(Combine::Max)
}

const fn there(name: &'static str) -> Row {
    gauge(name, Signal::ReplicasAvailable, "{pod}").of(&WORKLOAD).keep(SCALE).combine(Combine::Max)
}

const ROWS: &[Row] = &[
    wanted("kube_deployment_spec_replicas"),
    there("kube_deployment_status_replicas_available"),
    wanted("kube_statefulset_replicas"),
    there("kube_statefulset_status_replicas_ready"),
    wanted("kube_daemonset_status_desired_number_scheduled"),
    there("kube_daemonset_status_number_ready"),
    gauge("kube_pod_status_phase", Signal::PodsPending, "1").of(&POD).only(PENDING),
    gauge("kube_pod_container_status_ready", Signal::Ready, "1")
        .of(&POD)
        .keep(&["container"])
        .combine(Combine::Min),
    // A total, as the platform counts it.
    counter("kube_pod_container_status_restarts_total", Signal::Restarts, "{restart}")
        .of(&POD)
        .make(Make::AsIs)
        .keep(&["container"]),
    gauge("kube_pod_container_resource_limits", Signal::MemoryLimit, "By")
        .of(&POD)
        .only(MEMORY)
        .keep(&["container"]),
    gauge("kube_node_status_condition", Signal::HostReady, "1")
        .of(&NODE)
        .only(READY)
        .combine(Combine::Max),
    gauge("kube_resourcequota", Signal::QuotaUsage, "1")
        .of(&NAMESPACE)
        .only(USED)
        .keep(&["resource", "resourcequota"]),
    gauge("kube_resourcequota", Signal::QuotaLimit, "1")
        .of(&NAMESPACE)
        .only(HARD)
        .keep(&["resource", "resourcequota"]),
    // Why a container waits or ended stands in a label; the inventory of the cluster tells it better.
    gauge("kube_pod_container_status_waiting_reason", Signal::Other, "1")
        .of(&POD)
        .keep(&["container", "reason"]),
    gauge("kube_pod_container_status_last_terminated_reason", Signal::Other, "1")
        .of(&POD)
        .keep(&["container", "reason"]),
    gauge("kube_horizontalpodautoscaler_spec_max_replicas", Signal::Other, "{pod}").of(&WORKLOAD),
    gauge("kube_horizontalpodautoscaler_status_current_replicas", Signal::Other, "{pod}")
        .of(&WORKLOAD),
    gauge("kube_job_status_failed", Signal::Other, "{pod}").keep(&["job_name"]),
    gauge("kube_node_spec_unschedulable", Signal::Other, "1").of(&NODE),
];
