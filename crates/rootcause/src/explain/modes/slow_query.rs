//! Slow query: one statement takes most of a database, by computing or reading, not by waiting.

use nightjar_incident::{Direction, FaultMode, Observation, ObservationKind, Signal};

use super::{Fit, Place, ids};
use crate::thresholds as limit;

pub(super) fn judge(place: &Place<'_>) -> Option<Fit> {
    let marks = &place.marks;
    let statement = marks
        .signal(ObservationKind::Statement, Signal::StatementLoad)
        .or_else(|| marks.signal(ObservationKind::Statement, Signal::RowsRead))?;
    let computes = match statement.stated {
        None | Some(FaultMode::SlowQuery) => true,
        Some(_) => false,
    };
    let busy = marks.signal(ObservationKind::Saturation, Signal::CpuUtilization);
    let reads = marks
        .of(ObservationKind::Disk)
        .find(|o| o.signal == Some(Signal::DiskOperations) && o.direction == Direction::Up);
    // Rows by the million where there were thousands are read for somebody.
    let rows = marks
        .signal(ObservationKind::Statement, Signal::RowsRead)
        .filter(|o| o.id != statement.id && o.direction == Direction::Up);
    let surge = marks.of(ObservationKind::Traffic).any(|o| o.direction == Direction::Up);
    // Statements that find no space to write to are sent again and again.
    let full = marks
        .signal(ObservationKind::Saturation, Signal::DiskUtilization)
        .or_else(|| marks.signal(ObservationKind::Saturation, Signal::DiskFree))
        .is_some();
    if !computes || surge || full || marks.stated(FaultMode::DiskFull).is_some() {
        return None;
    }
    let weight = match busy.or(reads).or(rows) {
        Some(_) => limit::MARK_CERTAIN.value,
        None => limit::MARK_WEAK.value,
    };
    let support: Vec<&Observation> =
        [Some(statement), busy, reads, rows].into_iter().flatten().collect();
    Some(Fit {
        mode: FaultMode::SlowQuery,
        weight,
        decisive: weight >= limit::MARK_CLEAR.value,
        support: ids(support),
        reason: "one statement takes most of it, computing or reading".to_owned(),
    })
}
