//! Shared by the observers of single columns: cut, compare, place the onset.

use std::collections::BTreeMap;

use nightjar_incident::{EvidenceId, MetricSeries, Onset, Signal, signal};
use nightjar_series::Column;
use nightjar_series::shift::{Shift, shift};
use nightjar_topology::EntityId;

use super::{View, between};
use crate::ledger::metrics;

/// A column that moved, with where it comes from.
pub(super) struct Moved<'a> {
    pub(super) series: &'a MetricSeries,
    pub(super) shift: Shift,
    pub(super) onset: Option<Onset>,
    pub(super) evidence: EvidenceId,
}

/// All columns of some signals, compared with their own past. `floor` gives the move nobody would
/// care about, in the signal's unit, from the usual level.
pub(super) fn moved<'a>(
    view: &View<'a>,
    signals: &'static [Signal],
    floor: impl Fn(f64) -> f64 + 'a,
) -> impl Iterator<Item = Moved<'a>> {
    let (window, reference) = (view.window, view.reference);
    metrics(view.case.evidence)
        .filter(move |(_, series)| signals.contains(&signal::of(series)))
        .filter_map(move |(piece, series)| {
            let before = cut(&series.column, reference);
            let during = cut(&series.column, window);
            let usual = nightjar_series::robust::median(before.values());
            let shift = shift(before.values(), during.values(), floor(usual))?;
            let onset = during.times().get(shift.first).and_then(|&first| {
                let last = shift.first.checked_sub(1).and_then(|n| during.times().get(n));
                between(last.or(before.times().last()).copied(), first)
            });
            Some(Moved { series, shift, onset, evidence: piece.id.clone() })
        })
}

fn cut(column: &Column, window: nightjar_incident::Window) -> Column {
    column.between(window.from.as_millisecond(), window.to.as_millisecond())
}

/// The latest level of a signal per entity, such as a limit.
pub(super) fn latest(view: &View<'_>, wanted: Signal) -> BTreeMap<EntityId, f64> {
    metrics(view.case.evidence)
        .filter(|(_, series)| signal::of(series) == wanted)
        .filter_map(|(_, series)| {
            let last = series.column.values().iter().rev().find(|v| v.is_finite())?;
            Some((series.entity.clone(), *last))
        })
        .collect()
}
