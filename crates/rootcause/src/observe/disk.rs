//! Disks: space that runs out, operations that queue, take long or stop.

use nightjar_incident::{Direction, ObservationKind, Signal, amount, signal};

use super::about::{COUNT, SHIFT};
use super::gauge::{Moved, latest, moved};
use super::{About, Draft, View};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[
    About {
        id: "disk-space",
        kind: ObservationKind::Disk,
        measured: "space in use, or left, and how fast that changes since the onset",
        unit: "1",
        thresholds: &[limit::GAUGE_Z, limit::DISK_FULL, limit::DISK_FILLS],
        method: "robust shift; time to full by a straight line since the onset",
        reason: "a disk that fills within the hour needs somebody now, a full one did before; full ones are `saturation`",
        means: "writes fail, or soon will",
    },
    About {
        id: "disk-queue",
        kind: ObservationKind::Disk,
        measured: "operations that wait for the disk",
        unit: "{operation}",
        thresholds: &[limit::DISK_QUEUE, limit::DISK_FACTOR],
        method: COUNT,
        reason: "a disk at work has one in flight",
        means: "the disk can not keep up",
    },
    About {
        id: "disk-operations",
        kind: ObservationKind::Disk,
        measured: "reads, writes and checkpoints",
        unit: "1/s",
        thresholds: &[limit::DISK_FACTOR, limit::DISK_BUSY, limit::DISK_STALLED],
        method: COUNT,
        reason: "much more is load, hardly any is a standstill",
        means: "somebody writes or reads much more, or nothing gets through any longer",
    },
    About {
        id: "disk-latency",
        kind: ObservationKind::Disk,
        measured: "time that one operation takes",
        unit: "s",
        thresholds: &[limit::DISK_LATENCY, limit::DISK_FACTOR],
        method: SHIFT,
        reason: "only what a database feels counts",
        means: "the volume is throttled or sick",
    },
    About {
        id: "disk-credit",
        kind: ObservationKind::Disk,
        measured: "burst credit left",
        unit: "1",
        thresholds: &[limit::GAUGE_Z, limit::CREDIT_SPENT],
        method: SHIFT,
        reason: "credit falls whenever it is used; its end is what hurts",
        means: "the volume is held to its baseline from now on",
    },
];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut found = shares(view);
    found.extend(free(view));
    found.extend(queues(view));
    found.extend(operations(view));
    found.extend(slow(view));
    found.extend(credit(view));
    found
}

/// Space in use as a share of the whole.
fn shares(view: &View<'_>) -> Vec<Draft> {
    let mut found = Vec::new();
    for moved in moved(view, &[Signal::DiskUtilization], |_| limit::UTILISATION_FLOOR.value) {
        let rises = moved.shift.z >= limit::GAUGE_Z.value && !moved.is_over;
        let left = 1.0 - moved.shift.seen;
        let full = moved.shift.seen >= limit::DISK_FULL.value;
        let speed = (moved.shift.seen - moved.shift.usual) / minutes_since_onset(view, &moved);
        if rises && (full || left / speed <= limit::DISK_FILLS.value) {
            let summary = format!(
                "the disk of `{}` filled up from {} to {}",
                moved.series.entity,
                amount(100.0 * moved.shift.usual, "%"),
                amount(100.0 * moved.shift.seen, "%")
            );
            found.push(draft(&moved, kind_of(full), "1", summary));
        }
    }
    found
}

/// A full disk is at its limit; one that fills only moves there.
fn kind_of(full: bool) -> ObservationKind {
    if full { ObservationKind::Saturation } else { ObservationKind::Disk }
}

/// Free space in bytes, against the whole where it is told, else against what used to be free.
fn free(view: &View<'_>) -> Vec<Draft> {
    let sizes = latest(view, Signal::DiskSize);
    let mut found = Vec::new();
    for moved in moved(view, &[Signal::DiskFree], |usual| usual * limit::UTILISATION_FLOOR.value) {
        let falls = moved.shift.z <= -limit::GAUGE_Z.value && !moved.is_over;
        let entity = &moved.series.entity;
        let whole = sizes.get(entity).copied().unwrap_or(moved.shift.usual);
        let little = moved.shift.seen <= (1.0 - limit::DISK_FULL.value) * whole;
        let speed = (moved.shift.usual - moved.shift.seen) / minutes_since_onset(view, &moved);
        if falls && (little || moved.shift.seen / speed <= limit::DISK_FILLS.value) {
            let summary = format!(
                "free disk space of `{entity}` fell from {} to {}",
                amount(moved.shift.usual, "By"),
                amount(moved.shift.seen.max(0.0), "By")
            );
            found.push(draft(&moved, kind_of(little), "By", summary));
        }
    }
    found
}

fn queues(view: &View<'_>) -> Vec<Draft> {
    moved(view, &[Signal::DiskQueue], |usual| usual.max(1.0).sqrt())
        .filter(|moved| rises(moved, limit::DISK_FACTOR.value))
        .filter(|moved| moved.shift.seen >= limit::DISK_QUEUE.value)
        .map(|moved| {
            let summary = format!(
                "{} operations wait for the disk of `{}`, usually {}",
                amount(moved.shift.seen, "1"),
                moved.series.entity,
                amount(moved.shift.usual, "1")
            );
            draft(&moved, ObservationKind::Disk, "{operation}", summary)
        })
        .collect()
}

/// Whether as much is done as keeps a disk busy; of checkpoints each counts.
fn is_work(signal: Signal, level: f64) -> bool {
    signal != Signal::DiskOperations || level >= limit::DISK_BUSY.value
}

/// Much more operations than usual, or hardly any more.
fn operations(view: &View<'_>) -> Vec<Draft> {
    moved(view, &[Signal::DiskOperations, Signal::Checkpoints], |usual| usual.max(1.0).sqrt())
        .filter(|moved| {
            let signal = signal::of(moved.series);
            rises(moved, limit::DISK_FACTOR.value) && is_work(signal, moved.shift.seen)
                || stalls(moved) && is_work(signal, moved.shift.usual)
        })
        .map(|moved| {
            let what = match moved.series.name.rsplit('.').next() {
                Some("read_iops") => "disk reads a second",
                Some("write_iops") => "disk writes a second",
                Some(_) | None => signal::of(moved.series).label(),
            };
            let summary = format!(
                "`{}` does {} {what}, usually {}",
                moved.series.entity,
                amount(moved.shift.seen, "1"),
                amount(moved.shift.usual, "1")
            );
            draft(&moved, ObservationKind::Disk, "1/s", summary)
        })
        .collect()
}

fn slow(view: &View<'_>) -> Vec<Draft> {
    moved(view, &[Signal::DiskLatency], |usual| usual.max(0.001))
        .filter(|moved| rises(moved, limit::DISK_FACTOR.value))
        .filter(|moved| moved.shift.seen >= limit::DISK_LATENCY.value)
        .map(|moved| {
            let summary = format!(
                "a disk operation of `{}` takes {}, usually {}",
                moved.series.entity,
                amount(moved.shift.seen, "s"),
                amount(moved.shift.usual, "s")
            );
            draft(&moved, ObservationKind::Disk, "s", summary)
        })
        .collect()
}

fn credit(view: &View<'_>) -> Vec<Draft> {
    moved(view, &[Signal::BurstCredit], |_| limit::UTILISATION_FLOOR.value)
        .filter(|moved| moved.shift.z <= -limit::GAUGE_Z.value && !moved.is_over)
        .filter(|moved| moved.shift.seen <= limit::CREDIT_SPENT.value)
        .map(|moved| {
            let summary = format!(
                "burst credit of `{}` fell from {} to {}",
                moved.series.entity,
                amount(100.0 * moved.shift.usual, "%"),
                amount(100.0 * moved.shift.seen, "%")
            );
            draft(&moved, ObservationKind::Disk, "1", summary)
        })
        .collect()
}

pub(super) fn rises(moved: &Moved<'_>, factor: f64) -> bool {
    moved.shift.z >= limit::GAUGE_Z.value
        && moved.shift.seen >= factor * moved.shift.usual
        && !moved.is_over
}

fn stalls(moved: &Moved<'_>) -> bool {
    moved.shift.z <= -limit::GAUGE_Z.value
        && moved.shift.seen <= limit::DISK_STALLED.value * moved.shift.usual
        && !moved.is_over
}

/// At least one, so that a speed can be told.
fn minutes_since_onset(view: &View<'_>, moved: &Moved<'_>) -> f64 {
    let onset = moved.onset.map_or(view.onset, |onset| onset.at);
    (view.window.to.duration_since(onset).as_secs_f64() / 60.0).max(1.0)
}

pub(super) fn draft(
    moved: &Moved<'_>,
    kind: ObservationKind,
    unit: &str,
    summary: String,
) -> Draft {
    let up = moved.shift.seen >= moved.shift.usual;
    Draft {
        entity: moved.series.entity.clone(),
        peer: None,
        kind,
        signal: Some(signal::of(moved.series)),
        stated: None,
        direction: if up { Direction::Up } else { Direction::Down },
        onset: moved.onset,
        usual: moved.shift.usual,
        seen: moved.shift.seen,
        unit: unit.to_owned(),
        z: moved.shift.z.abs(),
        summary,
        evidence: vec![moved.evidence.clone()],
    }
}
