//! Resources by the OpenTelemetry semantic conventions (1.38): process, system, container, Kubernetes, JVM.

use super::owner::{HOST, NAMESPACE, NODE, POD, VOLUME, WORKLOAD};
use super::{Family, Origin, Row, Signal, counter, gauge, histogram, interval, one_of};

pub(super) const FAMILY: Family = Family {
    name: "OpenTelemetry, resources",
    source: "OpenTelemetry semantic conventions 1.38, and the Collector's kubeletstats and cluster receivers",
    prefixes: &["process.", "system.", "container.", "k8s.", "jvm.", "tcp."],
    origin: Origin::Itself,
    rows: ROWS,
};

const ROWS: &[Row] = &[
    gauge("k8s.container.cpu_limit_utilization", Signal::CpuUtilization, "1").of(&POD),
    gauge("container.cpu.utilization", Signal::CpuUtilization, "1").of(&POD),
    gauge("process.cpu.utilization", Signal::CpuUtilization, "1"),
    gauge("system.cpu.utilization", Signal::CpuUtilization, "1").of(&HOST),
    gauge("container.memory.usage", Signal::MemoryUsage, "By").of(&POD),
    gauge("process.memory.usage", Signal::MemoryUsage, "By"),
    gauge("container.memory.limit", Signal::MemoryLimit, "By").of(&POD),
    gauge("k8s.container.memory_limit", Signal::MemoryLimit, "By").of(&POD),
    gauge("k8s.container.memory_limit_utilization", Signal::MemoryUtilization, "1").of(&POD),
    gauge("system.memory.utilization", Signal::MemoryUtilization, "1").of(&HOST),
    gauge("k8s.container.restart.count", Signal::Restarts, "{restart}").of(&POD),
    gauge("k8s.container.restarts", Signal::Restarts, "{restart}").of(&POD),
    interval("k8s.pod.network.io", Signal::NetworkIo, "By").of(&POD),
    gauge("system.filesystem.utilization", Signal::DiskUtilization, "1").of(&HOST),
    gauge("k8s.volume.utilization", Signal::DiskUtilization, "1").of(&VOLUME),
    gauge("k8s.volume.available", Signal::DiskFree, "By").of(&VOLUME),
    gauge("k8s.volume.capacity", Signal::DiskSize, "By").of(&VOLUME),
    gauge("system.disk.pending_operations", Signal::DiskQueue, "{operation}").of(&HOST),
    gauge("system.disk.operations", Signal::DiskOperations, "1/s").of(&HOST),
    gauge("system.disk.operation.latency", Signal::DiskLatency, "s").of(&HOST),
    gauge("k8s.deployment.desired", Signal::ReplicasWanted, "{pod}").of(&WORKLOAD),
    gauge("k8s.deployment.available", Signal::ReplicasAvailable, "{pod}").of(&WORKLOAD),
    gauge("k8s.statefulset.desired_pods", Signal::ReplicasWanted, "{pod}").of(&WORKLOAD),
    gauge("k8s.statefulset.ready_pods", Signal::ReplicasAvailable, "{pod}").of(&WORKLOAD),
    gauge("k8s.daemonset.desired_scheduled_nodes", Signal::ReplicasWanted, "{node}").of(&WORKLOAD),
    gauge("k8s.daemonset.ready_nodes", Signal::ReplicasAvailable, "{node}").of(&WORKLOAD),
    gauge("k8s.pod.pending", Signal::PodsPending, "{pod}").of(&WORKLOAD),
    gauge("k8s.container.ready", Signal::Ready, "1").of(&POD),
    gauge("k8s.node.condition_ready", Signal::HostReady, "1").of(&NODE),
    gauge("k8s.resource_quota.used", Signal::QuotaUsage, "1").of(&NAMESPACE),
    gauge("k8s.resource_quota.hard_limit", Signal::QuotaLimit, "1").of(&NAMESPACE),
    interval("system.network.errors", Signal::PacketErrors, "{error}").of(&HOST),
    interval("system.network.dropped", Signal::PacketErrors, "{packet}").of(&HOST),
    interval("tcp.retransmits", Signal::PacketErrors, "{segment}"),
    // The runtime of Java. Its collections pause a program and are no requests: no observer yet.
    gauge("jvm.cpu.recent_utilization", Signal::CpuUtilization, "1"),
    gauge("jvm.memory.used", Signal::MemoryUsage, "By")
        .only(&[one_of("jvm.memory.type", &["heap"])]),
    gauge("jvm.memory.limit", Signal::MemoryLimit, "By")
        .only(&[one_of("jvm.memory.type", &["heap"])]),
    histogram("jvm.gc.duration", Signal::Other, "s"),
    gauge("jvm.thread.count", Signal::Other, "{thread}"),
    counter("process.cpu.time", Signal::Other, "s"),
    gauge("process.open_file_descriptor.count", Signal::Other, "{file}"),
];
