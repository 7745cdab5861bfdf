//! A machine, by node_exporter 1.5.

use super::owner::HOST;
use super::{
    Combine, Family, Label, Make, Origin, Row, Signal, Whole, counter, gauge, none_of, one_of,
    whole,
};

pub(super) const FAMILY: Family = Family {
    name: "node_exporter",
    source: "prometheus/node_exporter 1.5.0",
    prefixes: &["node_"],
    origin: Origin::Exporter,
    rows: ROWS,
};

/// File systems that hold data; the others are as full as somebody made them.
const ON_DISKS: &[Label] = &[none_of(
    "fstype",
    &[
        "",
        "tmpfs",
        "ramfs",
        "overlay",
        "squashfs",
        "iso9660",
        "devtmpfs",
        "proc",
        "sysfs",
        "nsfs",
        "fuse.lxcfs",
    ],
)];
const IDLE: &[Label] = &[one_of("mode", &["idle"])];
const REAL: &[Label] = &[none_of("device", &["", "lo"])];

const fn host(row: Row) -> Row {
    row.of(&HOST)
}

const ROWS: &[Row] = &[
    host(counter("node_cpu_seconds_total", Signal::CpuUtilization, "s"))
        .only(IDLE)
        .make(Make::Busy)
        .combine(Combine::Mean),
    host(gauge("node_memory_MemAvailable_bytes", Signal::MemoryUtilization, "By"))
        .make(Make::MissingFrom(whole("node_memory_MemTotal_bytes"))),
    host(gauge("node_memory_MemAvailable_bytes", Signal::MemoryFree, "By")),
    host(gauge("node_memory_MemTotal_bytes", Signal::Other, "By")),
    host(gauge("node_filesystem_avail_bytes", Signal::DiskUtilization, "By"))
        .only(ON_DISKS)
        .make(Make::MissingFrom(Whole { name: "node_filesystem_size_bytes", only: ON_DISKS }))
        .keep(&["mountpoint"]),
    host(gauge("node_filesystem_avail_bytes", Signal::DiskFree, "By"))
        .only(ON_DISKS)
        .keep(&["mountpoint"])
        .combine(Combine::Max),
    host(gauge("node_filesystem_size_bytes", Signal::DiskSize, "By"))
        .only(ON_DISKS)
        .keep(&["mountpoint"])
        .combine(Combine::Max),
    host(gauge("node_filesystem_files_free", Signal::Other, "{file}"))
        .only(ON_DISKS)
        .keep(&["mountpoint"]),
    // Seconds of all operations under way, by the second: how many wait.
    host(counter("node_disk_io_time_weighted_seconds_total", Signal::DiskQueue, "s"))
        .make(Make::Rate)
        .keep(&["device"]),
    host(counter("node_disk_reads_completed_total", Signal::DiskOperations, "{operation}"))
        .make(Make::Rate)
        .keep(&["device"]),
    host(counter("node_disk_writes_completed_total", Signal::DiskOperations, "{operation}"))
        .make(Make::Rate)
        .keep(&["device"]),
    host(counter("node_disk_read_time_seconds_total", Signal::DiskLatency, "s"))
        .make(Make::PerEach("node_disk_reads_completed_total"))
        .keep(&["device"]),
    host(counter("node_disk_write_time_seconds_total", Signal::DiskLatency, "s"))
        .make(Make::PerEach("node_disk_writes_completed_total"))
        .keep(&["device"]),
    host(counter("node_network_receive_bytes_total", Signal::NetworkIo, "By")).only(REAL),
    host(counter("node_network_transmit_bytes_total", Signal::NetworkIo, "By")).only(REAL),
    host(counter("node_network_receive_errs_total", Signal::PacketErrors, "{packet}")).only(REAL),
    host(counter("node_network_transmit_errs_total", Signal::PacketErrors, "{packet}")).only(REAL),
    host(counter("node_network_receive_drop_total", Signal::PacketErrors, "{packet}")).only(REAL),
    host(counter("node_network_transmit_drop_total", Signal::PacketErrors, "{packet}")).only(REAL),
    host(counter("node_netstat_Tcp_RetransSegs", Signal::PacketErrors, "{segment}")),
    host(gauge("node_boot_time_seconds", Signal::Restarts, "s"))
        .make(Make::Changes)
        .combine(Combine::Max),
    // Load counts what waits for a disk as well; pressure tells them apart. No observer yet.
    host(gauge("node_load1", Signal::Other, "1")),
    host(counter("node_pressure_cpu_waiting_seconds_total", Signal::Other, "s")).make(Make::Rate),
    host(counter("node_pressure_io_waiting_seconds_total", Signal::Other, "s")).make(Make::Rate),
    host(counter("node_pressure_memory_waiting_seconds_total", Signal::Other, "s"))
        .make(Make::Rate),
    host(counter("node_vmstat_oom_kill", Signal::Other, "{process}")),
    host(gauge("node_nf_conntrack_entries", Signal::QuotaUsage, "{connection}")),
    host(gauge("node_nf_conntrack_entries_limit", Signal::QuotaLimit, "{connection}")),
    host(gauge("node_timex_offset_seconds", Signal::Other, "s")),
];
