//! Saturation: a resource near its limit, or suddenly used much more than usual.

use nightjar_incident::{Direction, ObservationKind, Signal, amount};

use super::about::{COUNT, SHIFT};
use super::gauge::{Moved, latest, moved, risen};
use super::{About, Draft, View};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[
    About {
        id: "utilisation",
        kind: ObservationKind::Saturation,
        measured: "processor and memory as a share of the limit",
        unit: "1",
        thresholds: &[
            limit::GAUGE_Z,
            limit::UTILISATION_FLOOR,
            limit::UTILISATION_FACTOR,
            limit::MEMORY_NEAR_LIMIT,
            limit::STALE_MINUTES,
        ],
        method: SHIFT,
        reason: "a resource explains something when it is used much more than usual, not when it is always busy",
        means: "work waits for the processor, or the collector fights for memory",
    },
    About {
        id: "held-back",
        kind: ObservationKind::Saturation,
        measured: "periods of the scheduler in which a processor limit holds a container back",
        unit: "1",
        thresholds: &[limit::GAUGE_Z, limit::UTILISATION_FLOOR, limit::HELD_BACK],
        method: SHIFT,
        reason: "use that stays below a limit shows nothing while every request waits for the next period",
        means: "it has less processor time than it needs: the limit is too low, or it does more",
    },
    About {
        id: "memory",
        kind: ObservationKind::Saturation,
        measured: "bytes in use, against the limit where one is told",
        unit: "By",
        thresholds: &[
            limit::GAUGE_Z,
            limit::MEMORY_FLOOR,
            limit::MEMORY_FACTOR,
            limit::MEMORY_NEAR_LIMIT,
        ],
        method: SHIFT,
        reason: "memory below its limit hurts nobody",
        means: "the process is about to be killed, or was",
    },
    About {
        id: "memory-limit",
        kind: ObservationKind::Saturation,
        measured: "bytes in use against a limit that was lowered",
        unit: "By",
        thresholds: &[limit::MEMORY_NEAR_LIMIT],
        method: "level against the limit; no test",
        reason: "a limit is set by somebody and doesn't swing",
        means: "there is no room any more for what fitted before",
    },
    About {
        id: "evictions",
        kind: ObservationKind::Saturation,
        measured: "what a cache drops to make room",
        unit: "{key}",
        thresholds: &[limit::GAUGE_Z],
        method: COUNT,
        reason: "many caches drop something all the time; more than usual is news",
        means: "the cache is too small for what is asked of it, and what it dropped is asked of others",
    },
    About {
        id: "pool",
        kind: ObservationKind::Saturation,
        measured: "connections in use against those allowed",
        unit: "{connection}",
        thresholds: &[limit::POOL_FLOOR, limit::POOL_FULL],
        method: "level against the limit; no test",
        reason: "a pool hurts when it is full and hardly before",
        means: "requests wait for a connection: too few, or somebody keeps them",
    },
];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut found = shares(view);
    found.extend(held_back(view));
    found.extend(memory(view));
    found.extend(lowered(view));
    found.extend(evictions(view));
    found.extend(pools(view));
    found
}

/// Utilisations: CPU and memory as a share of their limit.
fn shares(view: &View<'_>) -> Vec<Draft> {
    const SIGNALS: &[Signal] = &[Signal::CpuUtilization, Signal::MemoryUtilization];
    let floor = |_usual: f64| limit::UTILISATION_FLOOR.value;
    let notable = |moved: &Moved<'_>| {
        // Memory below its limit hurts nobody, however it grew.
        let needed = match nightjar_incident::signal::of(moved.series) {
            Signal::MemoryUtilization => limit::MEMORY_NEAR_LIMIT.value,
            _ => 0.0,
        };
        moved.shift.seen >= limit::UTILISATION_FACTOR.value * moved.shift.usual
            && moved.shift.seen >= needed
            && !moved.is_stale(view)
    };
    risen(view, SIGNALS, floor)
        .filter(notable)
        .map(|moved| {
            let signal = nightjar_incident::signal::of(moved.series);
            let entity = &moved.series.entity;
            let summary = format!(
                "{} of `{entity}` rose from {} to {}",
                signal.label(),
                amount(100.0 * moved.shift.usual, "%"),
                amount(100.0 * moved.shift.seen, "%")
            );
            draft(&moved, signal, "1", summary)
        })
        .collect()
}

/// Containers that a processor limit holds back.
fn held_back(view: &View<'_>) -> Vec<Draft> {
    risen(view, &[Signal::CpuThrottling], |_| limit::UTILISATION_FLOOR.value)
        .filter(|moved| moved.shift.seen >= limit::HELD_BACK.value && !moved.is_stale(view))
        .map(|moved| {
            let summary = format!(
                "its processor limit holds `{}` back in {} of the periods, usually in {}",
                moved.series.entity,
                amount(100.0 * moved.shift.seen, "%"),
                amount(100.0 * moved.shift.usual, "%")
            );
            draft(&moved, Signal::CpuThrottling, "1", summary)
        })
        .collect()
}

/// Memory in bytes, against its limit where one is told.
fn memory(view: &View<'_>) -> Vec<Draft> {
    let limits = latest(view, Signal::MemoryLimit);
    let mut found = Vec::new();
    for moved in risen(view, &[Signal::MemoryUsage], |usual| usual * limit::MEMORY_FLOOR.value) {
        let entity = &moved.series.entity;
        let share = limits.get(entity).map(|most| moved.shift.seen / most);
        // Without a limit only a lot more memory is worth a word.
        let near = match share {
            Some(share) => share >= limit::MEMORY_NEAR_LIMIT.value,
            None => moved.shift.seen >= limit::MEMORY_FACTOR.value * moved.shift.usual,
        };
        if !near || moved.is_stale(view) {
            continue;
        }
        let of =
            share.map_or(String::new(), |s| format!(", {} of its limit", amount(100.0 * s, "%")));
        let summary = format!(
            "memory of `{entity}` rose from {} to {}{of}",
            amount(moved.shift.usual, "By"),
            amount(moved.shift.seen, "By")
        );
        found.push(draft(&moved, Signal::MemoryUsage, "By", summary));
    }
    found
}

/// Memory that was well below its limit until that was lowered.
fn lowered(view: &View<'_>) -> Vec<Draft> {
    let used = latest(view, Signal::MemoryUsage);
    let near = limit::MEMORY_NEAR_LIMIT.value;
    let mut found = Vec::new();
    for moved in moved(view, &[Signal::MemoryLimit], |usual| usual * limit::MEMORY_FLOOR.value) {
        let entity = &moved.series.entity;
        let Some(&used) = used.get(entity) else { continue };
        let (was, is) = (moved.shift.usual, moved.shift.seen);
        if moved.is_over || is <= 0.0 || is >= was || used < near * is || used >= near * was {
            continue;
        }
        let summary = format!(
            "the memory limit of `{entity}` fell from {} to {}, of which {} are in use",
            amount(was, "By"),
            amount(is, "By"),
            amount(used, "By")
        );
        found.push(draft(&moved, Signal::MemoryUsage, "By", summary));
    }
    found
}

/// What caches drop to make room.
fn evictions(view: &View<'_>) -> Vec<Draft> {
    risen(view, &[Signal::Evictions], |usual| usual.max(1.0).sqrt())
        .filter(|moved| !moved.is_stale(view))
        .map(|moved| {
            let summary = format!(
                "`{}` drops {} entries per sample to make room, usually {}",
                moved.series.entity,
                amount(moved.shift.seen, "1"),
                amount(moved.shift.usual, "1")
            );
            draft(&moved, Signal::Evictions, "{key}", summary)
        })
        .collect()
}

/// Connections in use against the limit.
fn pools(view: &View<'_>) -> Vec<Draft> {
    let limits = latest(view, Signal::PoolLimit);
    let mut found = Vec::new();
    for moved in moved(view, &[Signal::PoolUsage], |_| limit::POOL_FLOOR.value) {
        let entity = &moved.series.entity;
        let Some(&most) = limits.get(entity).filter(|most| **most > 0.0) else { continue };
        let full = moved.shift.seen >= limit::POOL_FULL.value * most;
        let was_full = moved.shift.usual >= limit::POOL_FULL.value * most;
        // A smaller limit fills a pool without one more connection in use, or with fewer.
        if !full || was_full && moved.shift.z >= 0.0 {
            continue;
        }
        let summary = format!(
            "`{entity}` uses {} of {} connections, usually {}",
            amount(moved.shift.seen, "1"),
            amount(most, "1"),
            amount(moved.shift.usual, "1")
        );
        found.push(draft(&moved, Signal::PoolUsage, "{connection}", summary));
    }
    found
}

fn draft(moved: &Moved<'_>, signal: Signal, unit: &str, summary: String) -> Draft {
    Draft {
        entity: moved.series.entity.clone(),
        peer: None,
        kind: ObservationKind::Saturation,
        signal: Some(signal),
        stated: None,
        direction: Direction::Up,
        onset: moved.onset,
        usual: moved.shift.usual,
        seen: moved.shift.seen,
        unit: unit.to_owned(),
        z: moved.shift.z.abs(),
        summary,
        evidence: vec![moved.evidence.clone()],
    }
}
