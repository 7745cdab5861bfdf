//! Containers, by cAdvisor 0.49 as the kubelet serves it, and volumes by the kubelet 1.30 itself.
//!
//! Names: github.com/google/cadvisor, docs/storage/prometheus.md. Limits of processors come from
//! kube-state-metrics: cAdvisor's quota is by the scheduler's period.

use super::owner::{POD, VOLUME};
use super::{
    Combine, Family, Label, Make, Origin, Row, Signal, Whole, counter, gauge, none_of, one_of,
};

pub(super) const FAMILY: Family = Family {
    name: "cAdvisor and kubelet",
    source: "google/cadvisor 0.49, kubelet 1.30",
    prefixes: &["container_", "kubelet_volume_"],
    origin: Origin::Exporter,
    rows: ROWS,
};

/// Containers themselves: the sandbox of a pod and the slices above it count the same again.
const OF_A_CONTAINER: &[Label] = &[none_of("container", &["POD", ""])];
const CPU_LIMITS: Whole =
    Whole { name: "kube_pod_container_resource_limits", only: &[one_of("resource", &["cpu"])] };

const ROWS: &[Row] = &[
    counter("container_cpu_usage_seconds_total", Signal::CpuUtilization, "s")
        .of(&POD)
        .only(OF_A_CONTAINER)
        .make(Make::ShareOf(CPU_LIMITS)),
    // Without a limit: cores in use.
    counter("container_cpu_usage_seconds_total", Signal::Other, "s")
        .of(&POD)
        .only(OF_A_CONTAINER)
        .make(Make::Rate),
    counter("container_cpu_cfs_throttled_periods_total", Signal::CpuThrottling, "{period}")
        .of(&POD)
        .only(OF_A_CONTAINER)
        .make(Make::PerEach("container_cpu_cfs_periods_total"))
        .combine(Combine::Max),
    gauge("container_memory_working_set_bytes", Signal::MemoryUsage, "By")
        .of(&POD)
        .only(OF_A_CONTAINER)
        .keep(&["container"]),
    gauge("container_spec_memory_limit_bytes", Signal::MemoryLimit, "By")
        .of(&POD)
        .only(OF_A_CONTAINER)
        .keep(&["container"]),
    gauge("container_memory_rss", Signal::Other, "By").of(&POD).only(OF_A_CONTAINER),
    counter("container_oom_events_total", Signal::Other, "{process}").of(&POD),
    gauge("container_start_time_seconds", Signal::Restarts, "s")
        .of(&POD)
        .only(OF_A_CONTAINER)
        .make(Make::Changes)
        .combine(Combine::Max),
    counter("container_network_receive_bytes_total", Signal::NetworkIo, "By").of(&POD),
    counter("container_network_transmit_bytes_total", Signal::NetworkIo, "By").of(&POD),
    counter("container_network_receive_packets_dropped_total", Signal::PacketErrors, "{packet}")
        .of(&POD),
    counter("container_network_transmit_packets_dropped_total", Signal::PacketErrors, "{packet}")
        .of(&POD),
    counter("container_network_receive_errors_total", Signal::PacketErrors, "{packet}").of(&POD),
    counter("container_network_transmit_errors_total", Signal::PacketErrors, "{packet}").of(&POD),
    gauge("kubelet_volume_stats_available_bytes", Signal::DiskFree, "By").of(&VOLUME),
    gauge("kubelet_volume_stats_capacity_bytes", Signal::DiskSize, "By").of(&VOLUME),
];
