//! Expiry: certificates that end within days or have ended, and quotas that are used up.

use nightjar_incident::{Direction, ObservationKind, Signal, amount, signal};

use super::gauge::{latest, moved};
use super::{About, Draft, View};
use crate::ledger::metrics;
use crate::thresholds as limit;

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[
    About {
        id: "certificate",
        kind: ObservationKind::Expiry,
        measured: "time until a certificate ends",
        unit: "s",
        thresholds: &[limit::CERTIFICATE_SOON],
        method: "comparison; no test",
        reason: "the end is known to the second",
        means: "clients refuse the connection, or will within days",
    },
    About {
        id: "quota",
        kind: ObservationKind::Saturation,
        measured: "use of a quota against the quota",
        unit: "1",
        thresholds: &[limit::QUOTA_FULL],
        method: "level against the limit; no test",
        reason: "the last unit is refused",
        means: "new objects are turned away until the quota is raised",
    },
];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let mut found = certificates(view);
    found.extend(quotas(view));
    found
}

fn certificates(view: &View<'_>) -> Vec<Draft> {
    let mut found = Vec::new();
    for (piece, series) in metrics(view.case.evidence) {
        if signal::of(series) != Signal::CertificateLeft {
            continue;
        }
        let until = series.column.between(i64::MIN, view.case.now.as_millisecond() + 1);
        let Some(&left) = until.values().iter().rev().find(|v| v.is_finite()) else { continue };
        if left > limit::CERTIFICATE_SOON.value {
            continue;
        }
        let first = until.samples().find(|(_, v)| *v <= 0.0).map(|(at, _)| at);
        let entity = &series.entity;
        let summary = if left <= 0.0 {
            format!("the certificate of `{entity}` ended {} ago", amount(-left, "s"))
        } else {
            format!("the certificate of `{entity}` ends in {}", amount(left, "s"))
        };
        found.push(Draft {
            entity: entity.clone(),
            peer: series.peer.clone(),
            kind: ObservationKind::Expiry,
            signal: Some(Signal::CertificateLeft),
            stated: None,
            direction: Direction::Down,
            onset: first.and_then(|first| super::between(None, first)),
            usual: limit::CERTIFICATE_SOON.value,
            seen: left,
            unit: "s".to_owned(),
            z: limit::GAUGE_Z.value,
            summary,
            evidence: vec![piece.id.clone()],
        });
    }
    found
}

fn quotas(view: &View<'_>) -> Vec<Draft> {
    let limits = latest(view, Signal::QuotaLimit);
    let mut found = Vec::new();
    for moved in moved(view, &[Signal::QuotaUsage], |usual| usual.abs() * 0.01) {
        let entity = &moved.series.entity;
        let Some(&most) = limits.get(entity).filter(|most| **most > 0.0) else { continue };
        let is_full = |level: f64| level >= limit::QUOTA_FULL.value * most;
        if !is_full(moved.shift.seen) || is_full(moved.shift.usual) || moved.is_over {
            continue;
        }
        let summary = format!(
            "`{entity}` uses {} of a quota of {}, usually {}",
            amount(moved.shift.seen, "1"),
            amount(most, "1"),
            amount(moved.shift.usual, "1")
        );
        found.push(super::disk::draft(&moved, ObservationKind::Saturation, "1", summary));
    }
    found
}
