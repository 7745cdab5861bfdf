//! Statements: one that takes much of a database's time by itself, as Performance Insights or
//! `pg_stat_statements` tell it.

use std::collections::BTreeMap;

use nightjar_incident::{
    Direction, EvidenceId, FaultMode, MetricSeries, ObservationKind, Signal, amount, signal,
};
use nightjar_series::Column;
use nightjar_topology::EntityId;

use super::about::COUNT;
use super::gauge::moved;
use super::{About, Draft, View};
use crate::ledger::metrics;
use crate::thresholds as limit;

/// Attributes that name a statement, and what it waits for, by the OpenTelemetry conventions.
const STATEMENT: &str = "db.query.text";
const WAIT: &str = "db.wait.event";

/// One statement in one database.
struct Load<'a> {
    /// Mean sessions at work for it.
    level: f64,
    /// Where most of that goes, with the sessions.
    wait: Option<(&'a str, f64)>,
    evidence: EvidenceId,
}

/// The rows of the table of observations.
pub(super) const ABOUT: &[About] = &[
    About {
        id: "statement",
        kind: ObservationKind::Statement,
        measured: "share of one statement in the load of a database, and rows read",
        unit: "{session}",
        thresholds: &[limit::STATEMENT_SHARE, limit::STATEMENT_LOAD, limit::UTILISATION_FACTOR],
        method: "mean sessions at work against the whole; no test",
        reason: "what takes half of a database decides how the others fare",
        means: "this statement needs another plan, an index, or an end",
    },
    About {
        id: "database-load",
        kind: ObservationKind::Backlog,
        measured: "sessions at work in a database at a time",
        unit: "{session}",
        thresholds: &[limit::GAUGE_Z, limit::BACKLOG_FACTOR],
        method: COUNT,
        reason: "load is what waits and what works together",
        means: "more is asked of the database, or each question takes longer",
    },
];

pub(super) fn observe(view: &View<'_>) -> Vec<Draft> {
    let window = (view.window.from.as_millisecond(), view.window.to.as_millisecond() + 1);
    let mut loads: BTreeMap<&EntityId, BTreeMap<&str, Load<'_>>> = BTreeMap::new();
    for (piece, series) in metrics(view.case.evidence) {
        if signal::of(series) != Signal::StatementLoad {
            continue;
        }
        let (Some(text), level) = (series.attributes.get(STATEMENT), mean(series, window)) else {
            continue;
        };
        let Some(level) = level else { continue };
        let load = loads.entry(&series.entity).or_default().entry(text).or_insert_with(|| Load {
            level: 0.0,
            wait: None,
            evidence: piece.id.clone(),
        });
        load.level += level;
        if let Some(wait) = series.attributes.get(WAIT)
            && load.wait.is_none_or(|(_, most)| level > most)
        {
            load.wait = Some((wait, level));
        }
    }
    let mut found: Vec<Draft> =
        loads.into_iter().filter_map(|(entity, loads)| leading(view, entity, &loads)).collect();
    found.extend(whole(view));
    found.extend(rows(view));
    found
}

/// The mean over the window; the last sample before it where the window holds none.
fn mean(series: &MetricSeries, (from, to): (i64, i64)) -> Option<f64> {
    let within = series.column.between(from, to);
    let values: Vec<f64> = finite(&within);
    if values.is_empty() {
        return finite(&series.column.between(i64::MIN, from)).last().copied();
    }
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

fn finite(column: &Column) -> Vec<f64> {
    column.values().iter().copied().filter(|v| v.is_finite()).collect()
}

/// The statement that takes most, if it takes half of the whole and more than it used to.
fn leading(view: &View<'_>, entity: &EntityId, loads: &BTreeMap<&str, Load<'_>>) -> Option<Draft> {
    let total: f64 = loads.values().map(|load| load.level).sum();
    let (text, load) = loads.iter().max_by(|a, b| a.1.level.total_cmp(&b.1.level))?;
    let share = load.level / total.max(f64::MIN_POSITIVE);
    if load.level < limit::STATEMENT_LOAD.value || share < limit::STATEMENT_SHARE.value {
        return None;
    }
    let usual = moved(view, &[Signal::StatementLoad], |usual| usual.max(0.1))
        .filter(|moved| moved.series.entity == *entity)
        .filter(|moved| moved.series.attributes.get(STATEMENT).is_some_and(|t| t == text))
        .map(|moved| moved.shift.usual)
        .sum::<f64>();
    if usual * limit::UTILISATION_FACTOR.value > load.level {
        return None;
    }
    let short: String = text.chars().take(100).collect();
    let waits = load.wait.map_or(String::new(), |(wait, _)| format!(", mostly for {wait}"));
    Some(Draft {
        entity: entity.clone(),
        peer: None,
        kind: ObservationKind::Statement,
        signal: Some(Signal::StatementLoad),
        stated: load.wait.and_then(|(wait, _)| told_by(wait)),
        direction: Direction::Up,
        onset: None,
        usual,
        seen: load.level,
        unit: "{session}".to_owned(),
        z: limit::GAUGE_Z.value,
        summary: format!(
            "one statement takes {} of the load of `{entity}`{waits}: {short}",
            amount(100.0 * share, "%")
        ),
        evidence: vec![load.evidence.clone()],
    })
}

/// What a database's own name for a wait says about the statement that waits (wait events of
/// PostgreSQL and of Performance Insights).
fn told_by(wait: &str) -> Option<FaultMode> {
    let starts = |heads: &[&str]| {
        heads.iter().any(|head| {
            wait.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
        })
    };
    if starts(&["cpu", "io:datafileread", "io:bufferread", "ipc:parallel"]) {
        Some(FaultMode::SlowQuery)
    } else if starts(&["lock:", "lwlock:lockmanager", "lwlock:lock_manager"]) {
        Some(FaultMode::LockContention)
    } else if starts(&["io:", "wal", "lwlock:wal", "lwlock:buffer", "lwlock:checkpoint"]) {
        Some(FaultMode::IoSaturation)
    } else if starts(&["client:"]) {
        Some(FaultMode::ConnectionPoolExhausted)
    } else {
        None
    }
}

/// Many more rows read than usual: some statement takes another way to its answer.
fn rows(view: &View<'_>) -> Vec<Draft> {
    moved(view, &[Signal::RowsRead], |usual| usual.max(1.0).sqrt())
        .filter(|moved| super::disk::rises(moved, limit::BACKLOG_FACTOR.value))
        .map(|moved| {
            let summary = format!(
                "`{}` reads {} rows per sample, usually {}",
                moved.series.entity,
                amount(moved.shift.seen, "1"),
                amount(moved.shift.usual, "1")
            );
            super::disk::draft(&moved, ObservationKind::Statement, "{row}", summary)
        })
        .collect()
}

/// The load of the whole database.
fn whole(view: &View<'_>) -> Vec<Draft> {
    moved(view, &[Signal::DatabaseLoad], |usual| usual.max(1.0).sqrt())
        .filter(|moved| super::disk::rises(moved, limit::BACKLOG_FACTOR.value))
        .map(|moved| {
            let summary = format!(
                "{} sessions are at work in `{}` at a time, usually {}",
                amount(moved.shift.seen, "1"),
                moved.series.entity,
                amount(moved.shift.usual, "1")
            );
            super::disk::draft(&moved, ObservationKind::Backlog, "{session}", summary)
        })
        .collect()
}
