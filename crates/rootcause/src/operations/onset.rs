//! When operations began to behave differently.

use jiff::Timestamp;

use super::compare::{Sides, compare};
use super::{Operations, SLOT_SECONDS};
use crate::thresholds as limit;

/// The slot from which on the deviations add up to most. Where the request metrics show when the
/// symptom began, it is near; else faults begin some minutes before an alert, and a change of the
/// operations has to outweigh that.
pub(super) fn find(operations: &Operations, alarm: Timestamp, symptom: Option<Timestamp>) -> i64 {
    let slot_of = |at: Timestamp| at.as_second().div_euclid(SLOT_SECONDS);
    let last = slot_of(alarm);
    let usual = limit::ALERT_DELAY.value * 60.0 / SLOT_SECONDS as f64;
    let prior = |slot: i64| {
        let strayed = match symptom {
            Some(symptom) => (slot - slot_of(symptom)) as f64 / limit::SYMPTOM_SLOTS.value,
            None => ((last - slot) as f64 / usual).ln() / limit::ALERT_DELAY_SPREAD.value,
        };
        -strayed * strayed / 2.0
    };
    let mut best = (f64::NEG_INFINITY, last);
    for slot in (last - limit::ONSET_SLOTS)..last {
        let score = prior(slot) + evidence(operations, slot);
        if score > best.0 {
            best = (score, slot);
        }
    }
    best.1
}

/// Log likelihood gained by a change at that slot, from what is clearly different: the strongest
/// deviation, and a little of all others, since lines and calls of one trace go together.
fn evidence(operations: &Operations, slot: i64) -> f64 {
    let Some(sides) = Sides::at(operations, slot) else { return f64::NEG_INFINITY };
    let deviations = operations.items.iter().filter_map(|(item, seen)| {
        let operation = operations.operations.get(item.operation)?;
        let (_, _, z) = compare(operation, item, seen, &sides)?;
        let clear = z * z - limit::MIX_CHANCE_Z.value.powi(2);
        (clear > 0.0).then_some(clear / 2.0)
    });
    let (strongest, all) =
        deviations.fold((0.0_f64, 0.0), |(most, all), one| (most.max(one), all + one));
    strongest + limit::ONSET_TOGETHER.value * (all - strongest)
}
