//! What a runtime and a platform tell of each process beside requests and resources: dozens of
//! series that move with the load and by themselves, and say nothing of an incident.

use nightjar_incident::Statistic;
use nightjar_topology::EntityId;

use super::metric::{Name, Writer};
use crate::dice::{Dice, Purpose};
use crate::frame::Frame;
use crate::system::{Node, System};
use crate::table::Ref;

/// A metric with its unit, its usual value, how much of it follows the load, and an attribute with
/// the values it comes in.
struct Kind {
    name: &'static str,
    unit: &'static str,
    level: f64,
    load_share: f64,
    attribute: &'static str,
    values: &'static [&'static str],
}

const POOLS: &[&str] = &[
    "CodeCache",
    "Compressed Class Space",
    "G1 Eden Space",
    "G1 Old Gen",
    "G1 Survivor Space",
    "Metaspace",
];
const STATES: &[&str] = &["blocked", "new", "runnable", "terminated", "timed_waiting", "waiting"];
const DIRECTIONS: &[&str] = &["receive", "transmit"];
const COLLECTORS: &[&str] = &["G1 Old Generation", "G1 Young Generation"];
const METHODS: &[&str] = &["DELETE", "GET", "PATCH", "POST", "PUT"];
const DEVICES: &[&str] = &["nvme0n1", "nvme1n1"];
const NONE: &[&str] = &[""];

const fn kind(name: &'static str, unit: &'static str, level: f64, load_share: f64) -> Kind {
    Kind { name, unit, level, load_share, attribute: "", values: NONE }
}

const fn each(kind: Kind, attribute: &'static str, values: &'static [&'static str]) -> Kind {
    Kind { attribute, values, ..kind }
}

/// Names of the OpenTelemetry conventions for the JVM, containers and Kubernetes.
const KINDS: &[Kind] = &[
    each(kind("jvm.memory.used", "By", 4e7, 0.3), "jvm.memory.pool.name", POOLS),
    each(kind("jvm.memory.committed", "By", 6e7, 0.0), "jvm.memory.pool.name", POOLS),
    each(kind("jvm.memory.limit", "By", 2e8, 0.0), "jvm.memory.pool.name", POOLS),
    each(kind("jvm.memory.used_after_last_gc", "By", 2e7, 0.0), "jvm.memory.pool.name", POOLS),
    each(kind("jvm.gc.duration", "s", 0.02, 0.5), "jvm.gc.name", COLLECTORS),
    each(kind("jvm.thread.count", "{thread}", 12.0, 0.2), "jvm.thread.state", STATES),
    kind("jvm.class.count", "{class}", 9400.0, 0.0),
    kind("jvm.class.loaded", "{class}", 9500.0, 0.0),
    kind("jvm.class.unloaded", "{class}", 12.0, 0.0),
    kind("jvm.cpu.count", "{cpu}", 2.0, 0.0),
    kind("jvm.system.cpu.load_1m", "{run_queue_item}", 1.2, 0.4),
    each(
        kind("jvm.buffer.count", "{buffer}", 40.0, 0.3),
        "jvm.buffer.pool.name",
        &["direct", "mapped"],
    ),
    each(
        kind("jvm.buffer.memory.used", "By", 5e6, 0.3),
        "jvm.buffer.pool.name",
        &["direct", "mapped"],
    ),
    each(
        kind("http.server.active_requests", "{request}", 1.0, 0.9),
        "http.request.method",
        METHODS,
    ),
    each(kind("http.server.request.body.size", "By", 900.0, 0.1), "http.request.method", METHODS),
    each(kind("http.server.response.body.size", "By", 4e3, 0.1), "http.request.method", METHODS),
    kind("process.open_file_descriptor.count", "{file_descriptor}", 220.0, 0.2),
    kind("process.thread.count", "{thread}", 60.0, 0.1),
    each(
        kind("process.context_switches", "{context_switch}", 3e4, 0.7),
        "type",
        &["involuntary", "voluntary"],
    ),
    kind("process.paging.faults", "{fault}", 400.0, 0.2),
    each(kind("k8s.pod.network.io", "By", 3e6, 0.9), "network.io.direction", DIRECTIONS),
    each(kind("container.disk.io", "By", 2e5, 0.4), "system.device", DEVICES),
    kind("k8s.pod.filesystem.usage", "By", 3e8, 0.0),
    kind("k8s.pod.filesystem.available", "By", 4e10, 0.0),
    kind("k8s.pod.memory.working_set", "By", 2.4e8, 0.1),
    kind("k8s.pod.memory.rss", "By", 2.2e8, 0.1),
    kind("k8s.pod.memory.page_faults", "{fault}", 500.0, 0.3),
    kind("container.cpu.throttling_data.throttled_periods", "{period}", 2.0, 0.5),
];

impl Writer<'_> {
    /// So many series for each process that tells of its requests.
    pub(super) fn detail(&mut self, system: &System, series: u32, seed: u64) {
        let mut dice = Dice::new(seed, Purpose::Detail);
        for (at, node) in system.nodes.iter().filter(|(_, node)| node.is_instrumented()) {
            let load = self.load(at);
            let names = (0u32..).flat_map(|round| names(&node.entity.id, round));
            for (name, kind) in names.take(usize::try_from(series).unwrap_or(0)) {
                let level = dice.lognormal(kind.level, 0.5);
                let restless = dice.between(0.01, 0.12);
                let mut drift = 0.0;
                let mut index = 0;
                let values: Vec<f64> = load
                    .iter()
                    .map(|load| {
                        drift = 0.8 * drift + restless * dice.normal();
                        let with_load = 1.0 - kind.load_share + kind.load_share * load;
                        (level * with_load * (1.0 + drift)).max(0.0)
                    })
                    .collect();
                self.column(name, Statistic::Mean, |_: &Frame| {
                    let value = values.get(index).copied();
                    index += 1;
                    value
                });
            }
        }
    }

    /// Requests of each interval compared with their average.
    fn load(&self, at: Ref<Node>) -> Vec<f64> {
        let count = |frame: &Frame| frame.nodes[at].answered.count + frame.nodes[at].failed.count;
        let counts: Vec<f64> = self.frames.iter().map(count).collect();
        let mean = counts.iter().sum::<f64>() / (counts.len() as f64).max(1.0);
        counts.into_iter().map(|count| count / mean.max(1e-9)).collect()
    }
}

/// Every kind in every value of its attribute; further rounds are further containers of the pod.
fn names(entity: &EntityId, round: u32) -> impl Iterator<Item = (Name, &'static Kind)> {
    KINDS.iter().flat_map(move |kind| {
        kind.values.iter().map(move |value| {
            let mut name = Name::new(entity, kind.name, kind.unit);
            if !kind.attribute.is_empty() {
                name = name.with(kind.attribute, value);
            }
            if round > 0 {
                name = name.with("k8s.container.name", &format!("sidecar-{round}"));
            }
            (name, kind)
        })
    })
}
