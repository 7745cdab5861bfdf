//! What else to ask: the evidence that would tell the leading hypotheses apart, where it is worth
//! what it costs.
//!
//! The value of an answer is the chance that it changes who leads: how near the runner-up is, times
//! how much of what would show either of them is of that kind and hasn't been seen (the expected
//! value of information, Howard 1966, for a decision between two).

use std::collections::BTreeSet;

use nightjar_incident::{Conclusion, FaultMode, Hypothesis, Verdict};
use nightjar_topology::EntityId;

use crate::thresholds as limit;

/// A kind of evidence that can be asked for once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Metric columns.
    Metrics,
    /// Log lines.
    Logs,
    /// Spans of traces.
    Traces,
    /// Changes.
    Changes,
}

/// A question that is worth asking.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What to ask for.
    pub sort: Sort,
    /// Of which entities.
    pub entities: Vec<EntityId>,
    /// The chance that the answer changes who leads, 0 to 1.
    pub value: f64,
    /// What it costs, on the same scale: how much such a chance has to be for the question to pay.
    pub cost: f64,
}

/// The questions that may tell the two leading places apart, the one that gains most over its cost
/// first. `is_seen` says whether all there is of a kind was answered for an entity.
pub fn second_round(
    conclusion: &Conclusion,
    is_seen: impl Fn(Sort, &EntityId) -> bool,
) -> Vec<Wanted> {
    // Two causes that are both told aren't rivals.
    if matches!(&conclusion.verdict, Verdict::CauseFound { causes } if causes.len() > 1) {
        return Vec::new();
    }
    let leaders = leaders(&conclusion.hypotheses);
    let doubt = doubt(&leaders);
    let mut found: Vec<Wanted> = [Sort::Metrics, Sort::Logs, Sort::Traces, Sort::Changes]
        .into_iter()
        .map(|sort| {
            let unseen = leaders.iter().filter(|leader| !is_seen(sort, &leader.entity));
            let unseen: Vec<&&Hypothesis> = unseen.collect();
            let tells = unseen.iter().map(|leader| telling(leader.fault_mode, sort));
            let value = doubt * tells.fold(0.0, f64::max);
            let entities: BTreeSet<EntityId> = unseen.iter().map(|l| l.entity.clone()).collect();
            let entities = entities.into_iter().collect();
            Wanted { sort, entities, value, cost: cost(sort) }
        })
        .filter(|wanted| wanted.value > wanted.cost)
        .collect();
    found.sort_by(|a, b| (b.value - b.cost).total_cmp(&(a.value - a.cost)));
    found
}

/// The best hypothesis of each of the two most probable places.
fn leaders(hypotheses: &[Hypothesis]) -> Vec<&Hypothesis> {
    let first = hypotheses.first();
    let second = hypotheses.iter().find(|h| first.is_some_and(|first| first.entity != h.entity));
    first.into_iter().chain(second).collect()
}

/// How open it is who leads: 1 where two are as probable, 0 where one is certain.
fn doubt(leaders: &[&Hypothesis]) -> f64 {
    let confidence = |n: usize| leaders.get(n).map_or(0.0, |leader| leader.confidence.value());
    let (first, second) = (confidence(0), confidence(1));
    if second > 0.0 { 2.0 * second / (first + second) } else { 0.0 }
}

fn cost(sort: Sort) -> f64 {
    match sort {
        Sort::Metrics | Sort::Changes => limit::COST_CHEAP.value,
        Sort::Logs | Sort::Traces => limit::COST_DEAR.value,
    }
}

/// The share of what shows a fault mode that is of one kind of evidence.
fn telling(mode: FaultMode, sort: Sort) -> f64 {
    let [metrics, logs, traces, changes] = match mode {
        FaultMode::Slow | FaultMode::Failing | FaultMode::WrongResult => [0.2, 0.3, 0.3, 0.2],
        FaultMode::BadDeployment | FaultMode::ConfigurationError => [0.1, 0.3, 0.1, 0.5],
        FaultMode::DnsFailure
        | FaultMode::CertificateExpired
        | FaultMode::QuotaReached
        | FaultMode::CrashLoop
        | FaultMode::ImagePullFailure
        | FaultMode::ProbeFailure
        | FaultMode::Unschedulable
        | FaultMode::Unavailable => [0.3, 0.6, 0.0, 0.1],
        FaultMode::RetryStorm | FaultMode::ExternalDependency => [0.3, 0.2, 0.3, 0.2],
        FaultMode::NetworkDelay | FaultMode::PacketLoss => [0.6, 0.0, 0.4, 0.0],
        FaultMode::LockContention | FaultMode::SlowQuery | FaultMode::ConnectionPoolExhausted => {
            [0.5, 0.3, 0.1, 0.1]
        }
        FaultMode::CpuSaturation
        | FaultMode::MemoryLeak
        | FaultMode::Throttled
        | FaultMode::TrafficSurge
        | FaultMode::DiskFull
        | FaultMode::IoSaturation
        | FaultMode::ReplicationLag
        | FaultMode::ConsumerLag
        | FaultMode::BadHost
        | FaultMode::Failover => [0.7, 0.2, 0.0, 0.1],
    };
    match sort {
        Sort::Metrics => metrics,
        Sort::Logs => logs,
        Sort::Traces => traces,
        Sort::Changes => changes,
    }
}
