use std::collections::{BTreeMap, BTreeSet, VecDeque};

use nightjar_incident::{
    Expectation, ExpectedCause, ExpectedVerdict, FaultMode, MetricSeries, Recording, Signal,
    Statistic, Window, signal,
};
use nightjar_series::{Column, robust};
use nightjar_topology::{EntityId, EntityKind, Topology};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How much of a callee's excess reaches a caller, at least and at most: some requests don't wait
/// for it, or do something else at the same time.
const CARRIED: std::ops::Range<f64> = 0.5..1.0;
/// How far the symptom stands out of its noise, in standard deviations: visible without doubt, but
/// not absurd.
const VISIBLE: std::ops::Range<f64> = 8.0..30.0;
/// Below this the second row of the symptom doesn't stand out, whatever was aimed at.
const LEAST_VISIBLE: f64 = 5.0;
/// Seconds a request is slowed down by at most: clients give up behind that.
const MOST_SECONDS: f64 = 30.0;
/// Share of requests that fail at most: beyond it traffic itself would stop.
const MOST_FAILING: f64 = 0.9;
/// The smallest noise of an availability, in percentage points.
const AVAILABILITY_NOISE: f64 = 0.2;
/// The smallest noise of a latency, as a share of it.
const LATENCY_NOISE: f64 = 0.02;
/// Errors per second of added waiting in a saturated node: clients give up.
const TIMEOUTS_PER_SECOND: f64 = 0.02;

/// The shape of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Answers come later.
    Slow,
    /// Requests fail.
    Failing,
    /// Answers come later the more there is to do, some not at all, and the processor is busy
    /// where that is measured.
    Saturated,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Slow, Self::Failing, Self::Saturated];

    /// The signal in which the symptom shows. A graft needs a recording whose alert is about it.
    pub fn symptom(self) -> Signal {
        match self {
            Self::Slow | Self::Saturated => Signal::Latency,
            Self::Failing => Signal::Availability,
        }
    }

    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Failing => "failing",
            Self::Saturated => "saturated",
        }
    }
}

/// A fault to be put into a quiet recording.
#[derive(Clone, Copy, Debug)]
pub struct Graft<'a> {
    /// Where the fault is.
    pub target: &'a EntityId,
    /// What alarms.
    pub symptom: &'a EntityId,
    /// What it looks like.
    pub shape: Shape,
    /// When it is there. A row belongs to it as far as the interval that begins with it does.
    pub window: Window,
    /// Strength, transfer and noise follow from it.
    pub seed: u64,
}

/// Puts a fault on a node of a quiet recording and carries it up the call graph by traffic share.
///
/// Excess time and excess errors are handed from callee to caller: each caller gets the part that
/// belongs to its share of the callers' requests, times a factor between a half and one. The
/// strength is chosen so that the symptom stands out of its noise; the expected answer is the
/// target. None where the target has no traffic in the window, where the symptom can't be reached
/// or wouldn't show it with a plausible fault.
pub fn graft(recording: &Recording, graft: &Graft<'_>) -> Option<Recording> {
    let mut rng = ChaCha8Rng::seed_from_u64(graft.seed);
    let traffic = Traffic::of(recording);
    let rows = traffic.rows(graft)?;
    let carried = carry(&recording.topology, &traffic, &rows, graft, &mut rng);
    let at_symptom = carried.get(graft.symptom)?;
    let whole = rows.iter().filter(|(_, part)| **part >= 1.0);
    let mut shares: Vec<f64> =
        whole.filter_map(|(time, _)| at_symptom.get(time).copied()).collect();
    let transfer = shares.iter().sum::<f64>() / shares.len() as f64;
    shares.sort_by(f64::total_cmp);
    // What is seen in one row only is a blip, and right to pass over: the second row counts.
    let second = shares.iter().rev().nth(1)?;
    let noise = noise(recording, graft)?;
    let wanted = noise * rng.random_range(VISIBLE);
    let (strength, most) = match graft.shape {
        Shape::Slow | Shape::Saturated => (wanted / transfer, MOST_SECONDS),
        Shape::Failing => (wanted / 100.0 / transfer, MOST_FAILING),
    };
    let strength = strength.min(most);
    let seen = strength * second * if graft.shape == Shape::Failing { 100.0 } else { 1.0 };
    if !seen.is_finite() || seen < LEAST_VISIBLE * noise {
        return None;
    }

    let mut new = recording.clone();
    new.name = format!("{}/graft_{}_{}", recording.name, graft.shape.label(), graft.seed);
    let has_processor = alter(&mut new.metrics, graft, &carried, strength, &mut rng);
    let is_outside = recording.topology.kind(graft.target) == EntityKind::External;
    let fault_mode = match graft.shape {
        _ if is_outside => Some(FaultMode::ExternalDependency),
        Shape::Slow => Some(FaultMode::Slow),
        Shape::Failing => Some(FaultMode::Failing),
        Shape::Saturated => has_processor.then_some(FaultMode::CpuSaturation),
    };
    new.expect = Some(Expectation {
        verdict: ExpectedVerdict::CauseFound,
        causes: vec![ExpectedCause {
            entity: graft.target.clone(),
            fault_mode,
            fault_label: None,
            trigger: None,
            accept: Vec::new(),
        }],
        category: None,
        must_say: Vec::new(),
        must_not_say: Vec::new(),
        must_not_blame: Vec::new(),
    });
    Some(new)
}

/// One number per row, by the row's time.
type Rows = BTreeMap<i64, f64>;

/// Requests of each entity, row by row.
struct Traffic(BTreeMap<EntityId, Rows>);

impl Traffic {
    fn of(recording: &Recording) -> Self {
        let mut traffic: BTreeMap<EntityId, Rows> = BTreeMap::new();
        let own = recording.metrics.iter().filter(|series| series.peer.is_none());
        for series in own.filter(|series| signal::of(series) == Signal::Requests) {
            let rows = traffic.entry(series.entity.clone()).or_default();
            for (time, value) in series.column.samples().filter(|(_, value)| !value.is_nan()) {
                *rows.entry(time).or_default() += value;
            }
        }
        Self(traffic)
    }

    fn at(&self, id: &EntityId, time: i64) -> f64 {
        self.0.get(id).and_then(|rows| rows.get(&time)).copied().unwrap_or(0.0)
    }

    /// The rows in which the fault is there, with the part of the row that it fills; none if the
    /// target has no traffic in one that it fills wholly.
    fn rows(&self, graft: &Graft<'_>) -> Option<Rows> {
        let all = self.0.get(graft.target)?;
        let times: Vec<(i64, f64)> = all.iter().map(|(time, value)| (*time, *value)).collect();
        let step = Column::from_samples(times).0.step()?;
        let (from, to) = (graft.window.from.as_millisecond(), graft.window.to.as_millisecond());
        let mut rows = Rows::new();
        for (&time, &requests) in all {
            let overlap = (time + step).min(to) - time.max(from);
            if overlap > 0 && requests > 0.0 {
                rows.insert(time, overlap as f64 / step as f64);
            }
        }
        rows.values().any(|part| *part >= 1.0).then_some(rows)
    }
}

/// For each entity that the fault reaches: what a request of it suffers, row by row, when one of
/// the target suffers 1 (a second, or a failure for sure).
fn carry(
    topology: &Topology,
    traffic: &Traffic,
    rows: &Rows,
    graft: &Graft<'_>,
    rng: &mut ChaCha8Rng,
) -> BTreeMap<EntityId, Rows> {
    let mut excess: BTreeMap<EntityId, Rows> = BTreeMap::new();
    let target = graft.target;
    let usual = rows.keys().map(|time| traffic.at(target, *time)).sum::<f64>() / rows.len() as f64;
    let own = rows.iter().map(|(&time, part)| {
        let requests = traffic.at(target, time);
        let load = match graft.shape {
            // Waiting grows faster than the load.
            Shape::Saturated => (requests / usual).powi(2),
            Shape::Slow | Shape::Failing => 1.0,
        };
        (time, part * load * requests)
    });
    excess.insert(target.clone(), own.collect());
    for callee in upward(topology, target) {
        let Some(of_callee) = excess.get(&callee).cloned() else { continue };
        let callers = callers(topology, &callee);
        for caller in &callers {
            let factor = rng.random_range(CARRIED);
            for (&time, &amount) in &of_callee {
                let all: f64 = callers.iter().map(|id| traffic.at(id, time)).sum();
                let own = traffic.at(caller, time);
                if own > 0.0 {
                    let rows = excess.entry(caller.clone()).or_default();
                    *rows.entry(time).or_default() += amount * own / all * factor;
                }
            }
        }
    }
    let per_request = |(id, rows): (EntityId, Rows)| {
        let share = |(time, amount): (i64, f64)| {
            let requests = traffic.at(&id, time);
            (requests > 0.0).then(|| (time, amount / requests))
        };
        let rows = rows.into_iter().filter_map(share).collect();
        (id, rows)
    };
    excess.into_iter().map(per_request).collect()
}

fn callers(topology: &Topology, callee: &EntityId) -> Vec<EntityId> {
    let requests = topology.dependents(callee).filter(|r| r.kind.is_request());
    let callers: BTreeSet<&EntityId> =
        requests.map(|r| &r.from).filter(|caller| *caller != callee).collect();
    callers.into_iter().cloned().collect()
}

/// The target and everything above it, each behind all that it calls among them; where calls go
/// round in a circle, in the order of the distance.
fn upward(topology: &Topology, target: &EntityId) -> Vec<EntityId> {
    let above = topology.blast_radius(target, |kind| kind.is_request());
    let mut reached: BTreeSet<EntityId> = above.iter().map(|(id, _)| id.clone()).collect();
    reached.insert(target.clone());
    let mut waiting: BTreeMap<EntityId, usize> = BTreeMap::new();
    for id in &reached {
        let below = topology.dependencies(id).filter(|r| r.kind.is_request());
        let below: BTreeSet<&EntityId> =
            below.map(|r| &r.to).filter(|to| reached.contains(*to) && *to != id).collect();
        waiting.insert(id.clone(), below.len());
    }
    let mut order = Vec::new();
    let mut done: BTreeSet<EntityId> = BTreeSet::new();
    let mut ready = VecDeque::from([target.clone()]);
    let mut by_distance = above.into_iter().map(|(id, _)| id);
    loop {
        while let Some(id) = ready.pop_front() {
            if !done.insert(id.clone()) {
                continue;
            }
            for caller in callers(topology, &id) {
                if let Some(left) = waiting.get_mut(&caller) {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        ready.push_back(caller);
                    }
                }
            }
            order.push(id);
        }
        match by_distance.find(|id| !done.contains(id)) {
            Some(id) => ready.push_back(id),
            None => return order,
        }
    }
}

/// The noise of the symptom before the fault: short-term standard deviation, with a floor.
fn noise(recording: &Recording, graft: &Graft<'_>) -> Option<f64> {
    let shows = |series: &&MetricSeries| {
        series.entity == *graft.symptom
            && series.peer.is_none()
            && series.statistic == Statistic::Mean
            && signal::of(series) == graft.shape.symptom()
    };
    let series = recording.metrics.iter().find(shows)?;
    let before = series.column.between(i64::MIN, graft.window.from.as_millisecond());
    let floor = match graft.shape {
        Shape::Slow | Shape::Saturated => LATENCY_NOISE * robust::median(before.values()),
        Shape::Failing => AVAILABILITY_NOISE,
    };
    let noise = robust::short_term_sd(before.values()).max(floor);
    (noise.is_finite() && noise > 0.0).then_some(noise)
}

/// Changes the columns; tells whether the target's processor use was among them.
fn alter(
    metrics: &mut [MetricSeries],
    graft: &Graft<'_>,
    carried: &BTreeMap<EntityId, Rows>,
    strength: f64,
    rng: &mut ChaCha8Rng,
) -> bool {
    let mut has_processor = false;
    for series in metrics {
        let whose = suffering(series);
        let Some(rows) = carried.get(whose) else { continue };
        let is_target = whose == graft.target;
        let signal = signal::of(series);
        if signal == Signal::CpuUtilization && graft.shape == Shape::Saturated && is_target {
            has_processor = true;
        }
        let statistic = series.statistic;
        let altered: Vec<(i64, f64)> = series
            .column
            .samples()
            .map(|(time, value)| {
                let Some(part) = rows.get(&time) else { return (time, value) };
                let amount = part * strength * rng.random_range(0.9..1.1);
                (time, value_with(graft.shape, signal, statistic, is_target, value, amount))
            })
            .collect();
        series.column = Column::from_samples(altered).0;
    }
    has_processor
}

/// Whose slowness a column shows: of what a caller sees of its callee, the callee's.
fn suffering(series: &MetricSeries) -> &EntityId {
    match &series.peer {
        Some(peer) if series.name.contains("client") => peer,
        Some(_) | None => &series.entity,
    }
}

/// One value with the fault in it; `amount` is what a request suffers: seconds, or the share that
/// fails.
fn value_with(
    shape: Shape,
    signal: Signal,
    statistic: Statistic,
    is_target: bool,
    value: f64,
    amount: f64,
) -> f64 {
    let failing = match shape {
        Shape::Slow => 0.0,
        Shape::Failing => amount,
        Shape::Saturated => amount * TIMEOUTS_PER_SECOND,
    };
    match (signal, shape) {
        (Signal::Latency, Shape::Slow | Shape::Saturated) => {
            value + amount * quantile_share(statistic, is_target)
        }
        (Signal::Availability, _) => value * (1.0 - failing.clamp(0.0, 1.0)),
        (Signal::CpuUtilization, Shape::Saturated) if is_target => value.max(0.96),
        (Signal::Latency, Shape::Failing) | (_, _) => value,
    }
}

/// How much more than the mean a quantile rises. At the target every request is slower; a caller's
/// requests that need the target are a part of all, and stand at the slow end.
fn quantile_share(statistic: Statistic, is_target: bool) -> f64 {
    match statistic {
        _ if is_target => 1.0,
        Statistic::P50 => 0.3,
        Statistic::P90 => 1.5,
        Statistic::P95 => 2.0,
        Statistic::P99 | Statistic::Max => 3.0,
        Statistic::Last | Statistic::Sum | Statistic::Count | Statistic::Mean => 1.0,
    }
}
