//! Shared by the observers of single columns: cut, compare, place the onset.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{EvidenceId, MetricSeries, Onset, Signal};
use nightjar_series::Column;
use nightjar_series::excursion::excursions;
use nightjar_series::onset::onset;
use nightjar_series::robust::median;
use nightjar_series::screen::may_rise;
use nightjar_series::season::Season;
use nightjar_series::shift::{Shift, shift_with};
use nightjar_series::stretch::earliest_stretch;
use nightjar_topology::EntityId;

use super::{View, between};
use crate::ledger::Measured;
use crate::season::levelled;
use crate::thresholds as limit;

/// A column that moved, with where it comes from.
pub(super) struct Moved<'a> {
    pub(super) series: &'a MetricSeries,
    pub(super) shift: Shift,
    /// Whether the latest sample is nearer to the usual again.
    pub(super) is_over: bool,
    /// When it was last nearer to what was seen than to the usual, Unix milliseconds.
    pub(super) last: Option<i64>,
    pub(super) onset: Option<Onset>,
    pub(super) evidence: EvidenceId,
}

impl Moved<'_> {
    /// Whether it was over before the symptom began, or so long before the alert that the alert would
    /// have come earlier: then it belongs to something else.
    pub(super) fn is_stale(&self, view: &View<'_>) -> bool {
        let Some(last) = self.last else { return false };
        let minutes_until = |at: Timestamp| (at.as_millisecond() - last) as f64 / 60_000.0;
        let room = limit::STALE_MINUTES.value;
        minutes_until(view.onset) > room
            || minutes_until(view.case.alarm()) > room + limit::ALERT_DELAY.value
    }
}

/// All columns of some signals, compared with their own past. `floor` gives the move nobody would
/// care about, in the signal's unit, from the usual level.
pub(super) fn moved<'a>(
    view: &View<'a>,
    signals: &'static [Signal],
    floor: impl Fn(f64) -> f64 + 'a,
) -> impl Iterator<Item = Moved<'a>> {
    compared(view, signals, floor, |_, _| true)
}

/// As [`moved`], of the columns that rose by at least [`limit::GAUGE_Z`]: those that certainly
/// didn't, nearly all, aren't sorted to find it out.
pub(super) fn risen<'a>(
    view: &View<'a>,
    signals: &'static [Signal],
    floor: impl Fn(f64) -> f64 + 'a,
) -> impl Iterator<Item = Moved<'a>> {
    let least = limit::GAUGE_Z.value;
    compared(view, signals, floor, move |before, during| may_rise(before, during, least))
        .filter(move |moved| moved.shift.z >= least)
}

fn compared<'a>(
    view: &View<'a>,
    signals: &'static [Signal],
    floor: impl Fn(f64) -> f64 + 'a,
    screen: impl Fn(&[f64], &[f64]) -> bool + 'a,
) -> impl Iterator<Item = Moved<'a>> {
    let (window, reference) = (view.window, view.reference);
    let last = window.to.as_millisecond();
    view.columns.iter().filter(|measured| signals.contains(&measured.signal)).filter_map(
        move |&Measured { piece, series, .. }| {
            let (before, during) = parts(&series.column, reference, window);
            let season = Season::of(before.times(), before.values());
            let level = |column: &Column| levelled(season.as_ref(), column, last);
            let (before, during) = (level(&before), level(&during));
            if !screen(before.values(), during.values()) {
                return None;
            }
            let shift = shift_with(before.values(), during.values(), &floor)?;
            let onset = began(&before, &during, &shift);
            let middle = shift.usual / 2.0 + shift.seen / 2.0;
            let latest = during.values().iter().rev().find(|v| v.is_finite());
            let is_over = latest.is_some_and(|&latest| {
                if shift.seen >= shift.usual { latest < middle } else { latest > middle }
            });
            let beyond = |(_, value): &(i64, f64)| {
                if shift.seen >= shift.usual { *value >= middle } else { *value <= middle }
            };
            let last = during.samples().rfind(beyond).map(|(time, _)| time);
            Some(Moved { series, shift, is_over, last, onset, evidence: piece.id.clone() })
        },
    )
}

/// Samples before the window among which a change may have begun as well.
const BEFORE: usize = 30;

/// When a column left its usual level, by change point, with the range that surely holds it.
fn began(before: &Column, during: &Column, shift: &Shift) -> Option<Onset> {
    let middle = shift.usual / 2.0 + shift.seen / 2.0;
    let is_beyond =
        |value: &f64| if shift.seen >= shift.usual { *value >= middle } else { *value <= middle };
    let beyond: Vec<f64> = during.values().iter().copied().filter(is_beyond).collect();
    // What came after it was over says nothing of its beginning.
    let until = during.values().iter().rposition(is_beyond).map_or(0, |last| last + 1);
    let early = before.len().saturating_sub(BEFORE);
    let samples: Vec<(i64, f64)> =
        before.samples().skip(early).chain(during.samples().take(until)).collect();
    let values: Vec<f64> = samples.iter().map(|(_, value)| *value).collect();
    let scale = (shift.seen - shift.usual) / shift.z;
    let found = onset(&values, shift.usual, median(&beyond), scale)?;
    let sample = |index: usize| {
        let time = |n: usize| samples.get(n).map(|(time, _)| *time);
        between(index.checked_sub(1).and_then(time), time(index)?)
    };
    let (at, earliest, latest) =
        (sample(found.at)?, sample(found.earliest)?, sample(found.latest)?);
    Some(Onset { at: at.at, earliest: earliest.earliest, latest: latest.latest })
}

/// What is taken as usual, and what is compared with it. A record too short to tell the usual from
/// before the window is divided where it first leaves the level it begins with: the fault may have
/// begun long before the alert.
fn parts(
    column: &Column,
    reference: nightjar_incident::Window,
    window: nightjar_incident::Window,
) -> (Column, Column) {
    let (before, during) = (cut(column, reference), cut(column, window));
    // Counted only until it is enough: most records are long.
    let mut told = before.values().iter().filter(|v| v.is_finite()).zip(1_u32..);
    if told.any(|(_, count)| f64::from(count) >= limit::SHORT_RECORD.value) {
        return (without_old_incidents(before), during);
    }
    let all = column.between(reference.from.as_millisecond(), window.to.as_millisecond());
    match all.times().get(earliest_stretch(all.values())) {
        Some(&first) => (all.between(i64::MIN, first), all.between(first, i64::MAX)),
        None => (without_old_incidents(before), during),
    }
}

/// A short reference without an incident that lies in it: it would pass for usual.
fn without_old_incidents(before: Column) -> Column {
    if before.values().len() >= limit::SHORT_REFERENCE {
        return before;
    }
    let floor = |level: f64, _: usize| limit::OLD_INCIDENT_FLOOR.value * level.abs();
    let old = excursions(before.values(), limit::OLD_INCIDENT, floor);
    if !old.contains(&true) {
        return before;
    }
    let kept = before.samples().zip(old).filter(|(_, old)| !old).map(|(sample, _)| sample);
    Column::from_samples(kept).0
}

fn cut(column: &Column, window: nightjar_incident::Window) -> Column {
    column.between(window.from.as_millisecond(), window.to.as_millisecond())
}

/// The latest level of a signal per entity, such as a limit.
pub(super) fn latest(view: &View<'_>, wanted: Signal) -> BTreeMap<EntityId, f64> {
    let columns = view.columns.iter().filter(|measured| measured.signal == wanted);
    columns
        .filter_map(|&Measured { series, .. }| {
            let last = series.column.values().iter().rev().find(|v| v.is_finite())?;
            Some((series.entity.clone(), *last))
        })
        .collect()
}
