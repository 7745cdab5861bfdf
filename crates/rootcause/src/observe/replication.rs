//! Replication: replicas behind what was written, and much more written than usual.

use nightjar_incident::{ObservationKind, Signal, amount, signal};

use super::about::SHIFT;
use super::disk::{draft, rises};
use super::gauge::moved;
use super::{About, Draft, View};
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[About {
    id: "replication",
    kind: ObservationKind::Replication,
    measured: "how far a replica is behind, and how much log is written",
    unit: "s",
    thresholds: &[limit::LAG_NOTABLE, limit::WAL_FACTOR],
    method: SHIFT,
    reason: "some seconds are common",
    means: "readers see old data; a failover would lose some",
}];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let lag = moved(view, &[Signal::ReplicationLag], |_| 1.0)
        .filter(|moved| rises(moved, 1.0) && moved.shift.seen >= limit::LAG_NOTABLE.value);
    let written = moved(view, &[Signal::WriteAheadLog], |usual| usual * limit::GAP_SHARE.value)
        .filter(|moved| rises(moved, limit::WAL_FACTOR.value));
    lag.chain(written)
        .map(|moved| {
            let entity = &moved.series.entity;
            let (unit, summary) = match signal::of(moved.series) {
                Signal::ReplicationLag => (
                    "s",
                    format!(
                        "`{entity}` is {} behind what was written, usually {}",
                        amount(moved.shift.seen, "s"),
                        amount(moved.shift.usual, "s")
                    ),
                ),
                _ => (
                    "By/s",
                    format!(
                        "`{entity}` writes {} of write-ahead log (WAL) a second, usually {}",
                        amount(moved.shift.seen, "By"),
                        amount(moved.shift.usual, "By")
                    ),
                ),
            };
            draft(&moved, ObservationKind::Replication, unit, summary)
        })
        .collect()
}
