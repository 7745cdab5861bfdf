//! From frames to metric columns, by the names of the OpenTelemetry conventions and of AWS.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{MetricSeries, Statistic};
use nightjar_series::Column;
use nightjar_topology::{EntityId, EntityKind, RelationKind};

use super::Clock;
use crate::frame::{Frame, NodeFrame, Summary};
use crate::system::{Call, Node, System};
use crate::table::Ref;

/// Connections that a database server accepts, as PostgreSQL is shipped (`max_connections`), four
/// times.
const BACKENDS: f64 = 400.0;

/// All columns, by entity.
///
/// Some parameters (when a certificate ends) are known from the beginning, whatever happens later:
/// they are taken from the system as all edits leave it.
pub(crate) fn metrics(
    system: &System,
    settled: &System,
    frames: &[Frame],
    clock: &Clock,
    (detail, seed): (u32, u64),
) -> Vec<MetricSeries> {
    let mut writer = Writer { frames, clock, out: Vec::new() };
    for (at, node) in system.nodes.iter() {
        writer.requests(at, node);
        if let (Some(_), Some(end)) = (node.certificate_ends, settled.nodes[at].certificate_ends) {
            writer.certificate(node, end);
        }
        if node.kind() == EntityKind::Database {
            writer.database(at, node);
        }
        writer.resources(at, node);
        writer.provider(at, node);
        for &call in &node.calls {
            if node.is_instrumented() {
                writer.call(call, system);
            }
        }
    }
    for (at, host) in system.hosts.iter() {
        let processor = Name::new(&host.entity.id, "system.cpu.utilization", "1");
        writer.column(processor, Statistic::Mean, |frame| Some(frame.hosts[at].processor));
        let disk = Name::new(&host.entity.id, "system.filesystem.utilization", "1");
        writer.column(disk, Statistic::Last, |frame| Some(frame.hosts[at].disk));
        let pending = Name::new(&host.entity.id, "system.disk.pending_operations", "{operation}");
        let waiting = |frame: &Frame| Some(frame.hosts[at].pending_operations);
        writer.column(pending, Statistic::Mean, waiting);
        let errors = Name::new(&host.entity.id, "system.network.errors", "{error}");
        writer.column(errors, Statistic::Sum, |frame| Some(frame.hosts[at].network_errors));
    }
    writer.detail(system, detail, seed);
    writer.out
}

/// What a column is of.
#[derive(Clone)]
pub(super) struct Name {
    entity: EntityId,
    peer: Option<EntityId>,
    name: &'static str,
    unit: &'static str,
    attributes: BTreeMap<String, String>,
}

impl Name {
    pub(super) fn new(entity: &EntityId, name: &'static str, unit: &'static str) -> Self {
        Self { entity: entity.clone(), peer: None, name, unit, attributes: BTreeMap::new() }
    }

    fn to(self, peer: &EntityId) -> Self {
        Self { peer: Some(peer.clone()), ..self }
    }

    pub(super) fn with(mut self, key: &str, value: &str) -> Self {
        self.attributes.insert(key.into(), value.into());
        self
    }
}

pub(super) struct Writer<'a> {
    pub(super) frames: &'a [Frame],
    clock: &'a Clock,
    out: Vec<MetricSeries>,
}

impl Writer<'_> {
    /// A column of the intervals that have a value.
    pub(super) fn column(
        &mut self,
        name: Name,
        statistic: Statistic,
        value: impl FnMut(&Frame) -> Option<f64>,
    ) {
        let mut value = value;
        let samples = self.frames.iter().enumerate().filter_map(|(index, frame)| {
            value(frame).map(|value| (self.clock.sample_millis(index), rounded(value)))
        });
        let samples: Vec<(i64, f64)> = samples.collect();
        self.samples(name, statistic, samples);
    }

    fn samples(&mut self, name: Name, statistic: Statistic, samples: Vec<(i64, f64)>) {
        let (column, repairs) = Column::from_samples(samples);
        let Name { entity, peer, name, unit, attributes } = name;
        let name = name.to_owned();
        let unit = if statistic == Statistic::Count { "{request}" } else { unit }.to_owned();
        self.out.push(MetricSeries {
            entity,
            peer,
            name,
            statistic,
            unit,
            attributes,
            column,
            repairs,
        });
    }

    /// Count and durations; a quiet interval has a count of 0 and no durations.
    fn durations(
        &mut self,
        name: Name,
        statistics: &[Statistic],
        summary: impl Fn(&Frame) -> Option<Summary>,
    ) {
        let duration = |summary: Summary, value: f64| (summary.count > 0.0).then_some(value);
        for &statistic in statistics {
            self.column(name.clone(), statistic, |frame| {
                let summary = summary(frame)?;
                match statistic {
                    Statistic::Count => Some(summary.count),
                    Statistic::P50 => duration(summary, summary.p50),
                    Statistic::P95 => duration(summary, summary.p95),
                    Statistic::P99 => duration(summary, summary.p99),
                    Statistic::Last
                    | Statistic::Sum
                    | Statistic::Mean
                    | Statistic::Max
                    | Statistic::P90 => duration(summary, summary.mean),
                }
            });
        }
    }

    fn gauge(
        &mut self,
        name: Name,
        statistic: Statistic,
        at: Ref<Node>,
        value: impl Fn(&NodeFrame) -> f64,
    ) {
        self.column(name, statistic, |frame| Some(value(&frame.nodes[at])));
    }

    /// What a node tells of its own requests. A node that consumes a queue isn't asked by HTTP.
    fn requests(&mut self, at: Ref<Node>, node: &Node) {
        if !node.is_instrumented() {
            return;
        }
        let all =
            [Statistic::Count, Statistic::Mean, Statistic::P50, Statistic::P95, Statistic::P99];
        let id = &node.entity.id;
        let (name, key, good, bad) = if node.consumes.is_some() {
            ("messaging.process.duration", None, "", "processing_error")
        } else {
            ("http.server.request.duration", Some("http.response.status_code"), "200", "500")
        };
        let name = Name::new(id, name, "s");
        let answered = key.map_or(name.clone(), |key| name.clone().with(key, good));
        let failed = name.with(key.unwrap_or("error.type"), bad);
        // A process that is down all interval long tells nothing, not even that.
        self.durations(answered, &all, |frame| Some(frame.nodes[at].answered));
        let few = [Statistic::Count, Statistic::Mean];
        self.durations(failed, &few, |frame| Some(frame.nodes[at].failed));
    }

    /// The rest of a certificate's time, as a probe from outside measures it.
    fn certificate(&mut self, node: &Node, end: f64) {
        let name = Name::new(&node.entity.id, "httpcheck.tls.cert_remaining", "s");
        let first = self.clock.sample_millis(0);
        let samples: Vec<(i64, f64)> = (0..self.frames.len())
            .map(|index| {
                let at = self.clock.sample_millis(index);
                (at, (end - (at - first) as f64 / 1000.0).floor())
            })
            .collect();
        self.samples(name, Statistic::Last, samples);
    }

    /// What a database server tells of itself and its disk.
    fn database(&mut self, at: Ref<Node>, node: &Node) {
        let id = &node.entity.id;
        let gauge = |name, unit| Name::new(id, name, unit);
        let backends = gauge("postgresql.backends", "{connection}");
        self.gauge(backends, Statistic::Mean, at, |frame| frame.inside);
        let most = gauge("postgresql.connection.max", "{connection}");
        self.gauge(most, Statistic::Last, at, |_| BACKENDS);
        let locks = gauge("postgresql.database.locks", "{lock}").with("granted", "false");
        self.gauge(locks, Statistic::Last, at, |frame| frame.lock_waiting);
        let deadlocks = gauge("postgresql.deadlocks", "{deadlock}");
        self.gauge(deadlocks, Statistic::Sum, at, |frame| frame.deadlocks);
        let rows = gauge("postgresql.tup_fetched", "{tup_fetched}");
        self.gauge(rows, Statistic::Sum, at, |frame| frame.rows);
        if let Some(volume) = &node.volume {
            let bytes = volume.bytes;
            let used = gauge("system.filesystem.utilization", "1");
            self.gauge(used, Statistic::Last, at, |frame| frame.volume);
            let free = gauge("aws.rds.free_storage_space", "By");
            self.gauge(free, Statistic::Mean, at, |frame| (1.0 - frame.volume) * bytes);
        }
    }

    fn resources(&mut self, at: Ref<Node>, node: &Node) {
        let id = &node.entity.id;
        if node.kind() == EntityKind::Service {
            let name = Name::new(id, "k8s.container.cpu_limit_utilization", "1");
            self.gauge(name, Statistic::Mean, at, |frame| frame.processor);
        }
        if let Some(limit) = node.memory.as_ref().map(|memory| memory.limit) {
            let memory = Name::new(id, "container.memory.usage", "By");
            self.gauge(memory, Statistic::Last, at, |frame| frame.memory);
            let name = Name::new(id, "container.memory.limit", "By");
            self.gauge(name, Statistic::Last, at, |_| limit);
            let name = Name::new(id, "k8s.container.restart.count", "{restart}");
            self.gauge(name, Statistic::Last, at, |frame| frame.restarts);
        }
        if node.pool.is_some() {
            let pool = |name, unit| {
                Name::new(id, name, unit).with("db.client.connection.pool.name", "primary")
            };
            let used = pool("db.client.connection.count", "{connection}")
                .with("db.client.connection.state", "used");
            self.gauge(used, Statistic::Last, at, |frame| frame.pool_used);
            let limit = pool("db.client.connection.max", "{connection}");
            self.gauge(limit, Statistic::Last, at, |frame| frame.pool_limit);
            let pending = pool("db.client.connection.pending_requests", "{request}");
            self.gauge(pending, Statistic::Last, at, |frame| frame.pool_pending);
            let timeouts = pool("db.client.connection.timeouts", "{timeout}");
            self.gauge(timeouts, Statistic::Sum, at, |frame| frame.pool_timeouts);
        }
    }

    /// What a cloud provider measures of the things it runs.
    fn provider(&mut self, at: Ref<Node>, node: &Node) {
        let id = &node.entity.id;
        if node.kind() == EntityKind::Database {
            let name = Name::new(id, "system.cpu.utilization", "1");
            self.gauge(name, Statistic::Mean, at, |frame| frame.processor);
        }
        if node.kind() == EntityKind::Function {
            let name = Name::new(id, "aws.lambda.throttles", "{request}");
            self.gauge(name, Statistic::Sum, at, |frame| frame.throttled);
        }
        if node.kind() == EntityKind::Table {
            // Per second, so that consumed and provisioned can be compared.
            let unit = "{capacity_unit}/s";
            let name = Name::new(id, "aws.dynamodb.consumed_capacity", unit);
            self.gauge(name, Statistic::Mean, at, |frame| frame.admitted);
            let name = Name::new(id, "aws.dynamodb.provisioned_capacity", unit);
            self.gauge(name, Statistic::Last, at, |frame| frame.admitted_limit);
            let name = Name::new(id, "aws.dynamodb.throttled_requests", "{request}");
            self.gauge(name, Statistic::Sum, at, |frame| frame.throttled);
        }
        if node.kind() == EntityKind::Queue {
            let name = Name::new(id, "aws.sqs.approximate_number_of_messages_visible", "{message}");
            self.gauge(name, Statistic::Last, at, |frame| frame.queue_depth);
            let name = Name::new(id, "aws.sqs.approximate_age_of_oldest_message", "s");
            self.gauge(name, Statistic::Last, at, |frame| frame.queue_age);
        }
    }

    /// What a caller sees of its calls; one series for each way in which some failed.
    fn call(&mut self, at: Ref<Call>, system: &System) {
        let call = &system.calls[at];
        let (from, to) = (&system.nodes[call.from], &system.nodes[call.to]);
        let name = match to.kind() {
            EntityKind::Database | EntityKind::Table | EntityKind::Cache => {
                "db.client.operation.duration"
            }
            EntityKind::Queue => "messaging.client.operation.duration",
            _ => "http.client.request.duration",
        };
        let name = Name::new(&from.entity.id, name, "s").to(&to.entity.id);
        let most = [Statistic::Count, Statistic::Mean, Statistic::P95];
        self.durations(name.clone(), &most, |frame| Some(frame.calls[at].answered));
        if call.kind == RelationKind::Calls {
            let again = Name::new(&from.entity.id, "tcp.retransmits", "{packet}").to(&to.entity.id);
            self.column(again, Statistic::Sum, |frame| Some(frame.calls[at].retransmits));
        }
        if call.retries > 0 || self.frames.iter().any(|frame| frame.calls[at].retries > 0.0) {
            let name = "http.client.request.resend_count";
            let resent = Name::new(&from.entity.id, name, "{request}").to(&to.entity.id);
            self.column(resent, Statistic::Sum, |frame| Some(frame.calls[at].retries));
        }
        let errors: BTreeSet<_> =
            self.frames.iter().flat_map(|frame| frame.calls[at].failed.keys().copied()).collect();
        for error in errors {
            let name = name.clone().with("error.type", error.label());
            self.durations(name, &[Statistic::Count, Statistic::Mean], |frame| {
                Some(frame.calls[at].failed.get(&error).copied().unwrap_or_default())
            });
        }
    }
}

/// Seven significant digits: telemetry isn't more exact, and files stay small.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powf(6.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}
