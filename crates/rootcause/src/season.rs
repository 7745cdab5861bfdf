//! What is usual at the hour of the incident: a daily peak is no excess, and the level of noon is one at
//! night. Nothing changes where the record is too short to know, or the hour doesn't matter.

use std::ops::Range;

use nightjar_series::Column;
use nightjar_series::season::{Season, at_the_hour};

/// Values in rows as they would be at the hour of the last row, by what the reference tells of hours.
pub(crate) fn without_season(values: &mut Vec<f64>, rows: &[i64], reference: &Range<usize>) {
    let (Some(times), Some(usual)) = (rows.get(reference.clone()), values.get(reference.clone()))
    else {
        return;
    };
    if let (Some(season), Some(&last)) = (Season::of(times, usual), rows.last()) {
        *values = at_the_hour(Some(&season), rows, values, last).into_owned();
    }
}

/// A column as it would be at the hour of `last`, Unix milliseconds.
pub(crate) fn levelled(season: Option<&Season>, column: &Column, last: i64) -> Column {
    if season.is_none() {
        return column.clone();
    }
    let values = at_the_hour(season, column.times(), column.values(), last);
    Column::from_samples(column.times().iter().copied().zip(values.iter().copied())).0
}
