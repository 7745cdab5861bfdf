//! The rules a team would have set up: a threshold on one metric of one entity.

use std::collections::BTreeMap;

use nightjar_incident::{MetricSeries, Signal, Statistic, signal};
use nightjar_series::robust;
use nightjar_topology::{EntityId, EntityKind};

use crate::FalseAlarm;
use crate::system::{Node, System};
use crate::table::Ref;

/// Who watches a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    CloudWatch,
    Datadog,
    PagerDuty,
    ServiceNow,
}

/// What a rule measures, as its tool calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Latency,
    ErrorShare,
    ErrorCount,
    Processor,
    Memory,
    PoolPending,
    Throttled,
    QueueAge,
    Disk,
}

/// A threshold on one measure of one entity, with the values it is held against.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) entity: EntityId,
    pub(crate) tool: Tool,
    pub(crate) subject: Subject,
    pub(crate) threshold: f64,
    /// Samples in a row above the threshold until it fires.
    pub(crate) samples: usize,
    /// Unix milliseconds and value.
    pub(crate) values: Vec<(i64, f64)>,
    /// How much later than usual its messages arrive.
    pub(crate) late_seconds: f64,
}

impl Rule {
    /// A rule on the latency of an entity that nothing exceeds yet.
    fn of(entity: EntityId) -> Self {
        Self {
            entity,
            tool: Tool::PagerDuty,
            subject: Subject::Latency,
            threshold: f64::NAN,
            samples: 1,
            values: Vec::new(),
            late_seconds: 0.0,
        }
    }
}

/// Failed share of requests that a team wouldn't accept.
pub(crate) const ERROR_SHARE: f64 = 0.05;
/// Processor use at which a team wants to know.
const PROCESSOR: f64 = 0.9;
/// Memory use, share of the limit, at which a team wants to know.
const MEMORY: f64 = 0.85;
/// Share of a full disk at which a team wants to know.
pub(crate) const DISK: f64 = 0.9;
/// A latency threshold is so many times the largest value of an ordinary half hour: monitors set
/// tighter than this one fire every week.
const LATENCY_FACTOR: f64 = 1.5;
/// The samples by which thresholds of latency were chosen.
const ORDINARY_SAMPLES: usize = 30;

/// A rule this near to the ordinary notices a blip that harms nobody.
const NEAR_FACTOR: f64 = 1.06;

/// Alerts of a storm, at most.
const STORM: usize = 12;
/// A message that was held up arrives so much later, seconds.
const LATE_SECONDS: f64 = 420.0;

/// The metrics of each entity about itself.
pub(crate) struct Measures<'a>(BTreeMap<&'a EntityId, Vec<&'a MetricSeries>>);

impl<'a> Measures<'a> {
    pub(crate) fn new(metrics: &'a [MetricSeries]) -> Self {
        let mut by_entity: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for series in metrics.iter().filter(|series| series.peer.is_none()) {
            by_entity.entry(&series.entity).or_default().push(series);
        }
        Self(by_entity)
    }

    fn of(&self, entity: &EntityId) -> impl Iterator<Item = &'a MetricSeries> {
        self.0.get(entity).into_iter().flatten().copied()
    }
}

/// All rules of a system.
pub(crate) fn usual(system: &System, metrics: &Measures<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (_, node) in system.nodes.iter() {
        let id = &node.entity.id;
        let mut add = |tool, subject, threshold: Option<f64>, samples| {
            rules.push(rule(metrics, id, tool, subject, threshold, samples));
        };
        match node.kind() {
            EntityKind::Gateway => {
                add(Tool::Datadog, Subject::Latency, None, 2);
                add(Tool::CloudWatch, Subject::ErrorCount, Some(20.0), 2);
            }
            EntityKind::Service => {
                add(Tool::PagerDuty, Subject::ErrorShare, Some(ERROR_SHARE), 2);
                add(Tool::Datadog, Subject::Latency, None, 3);
                add(Tool::Datadog, Subject::PoolPending, Some(5.0), 2);
                add(Tool::ServiceNow, Subject::Memory, Some(MEMORY), 1);
                add(Tool::ServiceNow, Subject::Processor, Some(PROCESSOR), 3);
            }
            EntityKind::Function => {
                add(Tool::CloudWatch, Subject::ErrorCount, Some(10.0), 2);
                add(Tool::CloudWatch, Subject::Latency, None, 3);
            }
            EntityKind::Table => add(Tool::CloudWatch, Subject::Throttled, Some(10.0), 1),
            EntityKind::Database => {
                add(Tool::ServiceNow, Subject::Processor, Some(PROCESSOR), 2);
                add(Tool::Datadog, Subject::Disk, Some(DISK), 1);
            }
            EntityKind::Queue => add(Tool::CloudWatch, Subject::QueueAge, Some(120.0), 1),
            EntityKind::Cache
            | EntityKind::Bucket
            | EntityKind::Workflow
            | EntityKind::Host
            | EntityKind::Pod
            | EntityKind::External
            | EntityKind::Client
            | EntityKind::Stack
            | EntityKind::Account
            | EntityKind::Region
            | EntityKind::Unknown => {}
        }
    }
    for (_, host) in system.hosts.iter() {
        let id = &host.entity.id;
        let processor = (Tool::ServiceNow, Subject::Processor, PROCESSOR, 2);
        let disk = (Tool::Datadog, Subject::Disk, DISK, 1);
        for (tool, subject, threshold, samples) in [processor, disk] {
            rules.push(rule(metrics, id, tool, subject, Some(threshold), samples));
        }
    }
    rules
}

/// The rule on one subject of one entity; without a threshold of its own it gets one from the first
/// half hour.
pub(crate) fn rule(
    metrics: &Measures<'_>,
    entity: &EntityId,
    tool: Tool,
    subject: Subject,
    threshold: Option<f64>,
    samples: usize,
) -> Rule {
    let values = values(metrics, entity, subject);
    let threshold = threshold.unwrap_or_else(|| ordinary(&values));
    let entity = entity.clone();
    Rule { entity, tool, subject, threshold, samples, values, late_seconds: 0.0 }
}

/// Rules someone set too tight, as of the onset of a false alarm: at an ordinary level, or so near to
/// it that they notice a blip.
pub(crate) fn too_tight(
    kind: FalseAlarm,
    system: &System,
    metrics: &Measures<'_>,
    onset_millis: i64,
) -> Vec<Rule> {
    let ordinary_level = |at: Ref<Node>| {
        let entity = system.nodes[at].entity.id.clone();
        let mut values = values(metrics, &entity, Subject::Latency);
        values.retain(|&(at, _)| at >= onset_millis);
        let first = values.iter().take(3).map(|&(_, value)| value);
        let threshold = first.fold(f64::NAN, f64::max) * 0.998;
        Rule { threshold, samples: 1, values, ..Rule::of(entity) }
    };
    let blip = || near_blip(system, &[], metrics, onset_millis, i64::MAX);
    match kind {
        FalseAlarm::Blip => blip().into_iter().collect(),
        FalseAlarm::Recovered => {
            blip().map(|rule| Rule { late_seconds: LATE_SECONDS, ..rule }).into_iter().collect()
        }
        FalseAlarm::Flapping => gateway(system).map(ordinary_level).into_iter().collect(),
        FalseAlarm::Storm => {
            let all = system.nodes.iter().filter(|(_, node)| node.is_instrumented());
            all.take(STORM).map(|(at, _)| ordinary_level(at)).collect()
        }
    }
}

/// A rule that notices a blip at a time, by values before an end.
pub(crate) fn near_blip(
    system: &System,
    guilty: &[Ref<Node>],
    metrics: &Measures<'_>,
    at_millis: i64,
    end_millis: i64,
) -> Option<Rule> {
    let at = nearest_to_users(system, busiest(system, guilty)?);
    let entity = system.nodes[at].entity.id.clone();
    let mut values = values(metrics, &entity, Subject::Latency);
    values.retain(|&(at, _)| at < end_millis);
    let (before, after): (Vec<_>, Vec<_>) = values.into_iter().partition(|&(at, _)| at < at_millis);
    let first = after.iter().take(3).map(|&(_, value)| value).fold(f64::NAN, f64::max);
    let before: Vec<f64> = before.iter().map(|&(_, value)| value).collect();
    // Where minutes differ much, half the height of the blip is as near as it gets.
    let half = f64::midpoint(robust::quantile(&before, 0.5), first);
    let threshold = half.min(NEAR_FACTOR * robust::quantile(&before, 1.0));
    Some(Rule { threshold, samples: 1, values: after, ..Rule::of(entity) })
}

fn gateway(system: &System) -> Option<Ref<Node>> {
    system.nodes.iter().find(|(_, node)| node.kind() == EntityKind::Gateway).map(|(at, _)| at)
}

/// The service with the most work; it isn't fed by a queue, so someone waits for it.
pub(crate) fn busiest(system: &System, guilty: &[Ref<Node>]) -> Option<Ref<Node>> {
    let rates = system.rates();
    let load = |at: Ref<Node>| rates[at] * system.nodes[at].work;
    let services = system.nodes.iter().filter(|(at, node)| {
        node.kind() == EntityKind::Service
            && node.consumes.is_none()
            && !node.calls.is_empty()
            && !guilty.contains(at)
    });
    services.map(|(at, _)| at).max_by(|&a, &b| load(a).total_cmp(&load(b)))
}

/// The gateway where nearly all its requests need this node, else the node itself.
fn nearest_to_users(system: &System, at: Ref<Node>) -> Ref<Node> {
    let needs = system.calls.iter().map(|(_, call)| call).find(|call| {
        call.to == at && call.share > 0.8 && system.nodes[call.from].kind() == EntityKind::Gateway
    });
    needs.map_or(at, |call| call.from)
}

/// A threshold above everything ordinary; `NaN`, which nothing exceeds, where nothing was measured.
fn ordinary(values: &[(i64, f64)]) -> f64 {
    let first: Vec<f64> = values.iter().take(ORDINARY_SAMPLES).map(|&(_, value)| value).collect();
    let largest = first.iter().copied().fold(f64::NAN, f64::max);
    (largest * LATENCY_FACTOR * 1000.0).ceil() / 1000.0
}

/// What a rule on this subject sees of an entity.
fn values(metrics: &Measures<'_>, entity: &EntityId, subject: Subject) -> Vec<(i64, f64)> {
    let own = |wanted: Signal, statistic: Option<Statistic>| {
        metrics.of(entity).find(|series| {
            signal::of(series) == wanted
                && statistic.is_none_or(|statistic| series.statistic == statistic)
        })
    };
    let plain = |series: Option<&MetricSeries>| -> Vec<(i64, f64)> {
        series.map(|series| series.column.samples().collect()).unwrap_or_default()
    };
    let ratio = |above: Option<&MetricSeries>, below: Option<&MetricSeries>, is_share: bool| {
        let (Some(above), Some(below)) = (above, below) else { return Vec::new() };
        let both = above.column.samples().filter_map(|(at, part)| {
            let rest = below.column.at(at)?;
            let whole = if is_share { part + rest } else { rest };
            (whole > 0.0).then_some((at, part / whole))
        });
        both.collect()
    };
    match subject {
        Subject::Latency => mean_of_all(metrics, entity),
        Subject::ErrorCount => plain(own(Signal::Errors, None)),
        Subject::ErrorShare => ratio(own(Signal::Errors, None), own(Signal::Requests, None), true),
        Subject::Processor => plain(own(Signal::CpuUtilization, None)),
        Subject::Memory => {
            ratio(own(Signal::MemoryUsage, None), own(Signal::MemoryLimit, None), false)
        }
        Subject::PoolPending => plain(own(Signal::PoolPending, None)),
        Subject::Throttled => plain(own(Signal::Throttled, None)),
        Subject::QueueAge => plain(own(Signal::QueueAge, None)),
        Subject::Disk => plain(own(Signal::DiskUtilization, None)),
    }
}

/// Mean time to answer, failed requests included: what a load balancer shows.
fn mean_of_all(metrics: &Measures<'_>, entity: &EntityId) -> Vec<(i64, f64)> {
    let mut sums: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    let own = || metrics.of(entity);
    for counts in own().filter(|m| {
        matches!(signal::of(m), Signal::Requests | Signal::Errors)
            && m.statistic == Statistic::Count
    }) {
        let mean = own().find(|m| {
            m.statistic == Statistic::Mean
                && m.name == counts.name
                && m.attributes == counts.attributes
        });
        let Some(mean) = mean else { continue };
        for (at, value) in mean.column.samples() {
            let count = counts.column.at(at).unwrap_or(0.0);
            let sum = sums.entry(at).or_default();
            *sum = (sum.0 + count, sum.1 + count * value);
        }
    }
    sums.into_iter().map(|(at, (count, seconds))| (at, seconds / count)).collect()
}

impl Rule {
    /// The headline a person would have given the rule.
    pub(crate) fn title(&self) -> String {
        let entity = &self.entity;
        match self.subject {
            Subject::Latency => format!("{entity}: average latency above {:.2} s", self.threshold),
            Subject::ErrorShare => {
                format!("{entity}: more than {:.0} % of requests fail", self.threshold * 100.0)
            }
            Subject::ErrorCount => {
                format!("{entity}: more than {:.0} errors per minute", self.threshold)
            }
            Subject::Processor => {
                format!("{entity}: CPU above {:.0} %", self.threshold * 100.0)
            }
            Subject::Disk => {
                format!("{entity}: disk more than {:.0} % full", self.threshold * 100.0)
            }
            Subject::Memory => format!("{entity}: memory above {:.0} %", self.threshold * 100.0),
            Subject::PoolPending => {
                format!("{entity}: requests wait for a database connection")
            }
            Subject::Throttled => format!("{entity}: requests are throttled"),
            Subject::QueueAge => {
                format!("{entity}: oldest message older than {:.0} s", self.threshold)
            }
        }
    }
}
