//! The numbers the engine decides by, in one table with their reasons.
//!
//! docs/thresholds.md shows the table; a test holds the page against it. One file for each part of
//! the method.

mod confidence;
mod objects;
mod operations;
mod place;
mod signals;
mod speak;
mod transfer;
mod usual;

pub(crate) use confidence::*;
pub(crate) use objects::*;
pub(crate) use operations::*;
pub(crate) use place::*;
pub(crate) use signals::*;
pub(crate) use speak::*;
pub(crate) use transfer::*;
pub(crate) use usual::*;

/// One number: value, unit and why it is what it is.
#[derive(Clone, Copy, Debug)]
pub struct Threshold {
    /// What it is called in the table.
    pub name: &'static str,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// Where the number comes from.
    pub reason: &'static str,
}

const fn number(
    name: &'static str,
    value: f64,
    unit: &'static str,
    reason: &'static str,
) -> Threshold {
    Threshold { name, value, unit, reason }
}

/// All numbers, in the order of their use.
pub const TABLE: &[Threshold] = &[
    MIN_REFERENCE,
    MIN_REFERENCE_ADJACENT,
    ERROR_NOISE,
    SPREAD_SHARE,
    LATENCY_FLOOR,
    TRIMMED_ROWS,
    OLD_INCIDENT_FLOOR,
    DRIFT_SHARE,
    VARIANCE_FLOOR,
    TRANSFER_INEXACT,
    SHARE_BELOW,
    SHARE_ABOVE,
    EDGE_SHARE_BELOW,
    ERROR_SHARE_BELOW,
    TOGETHER,
    OVERRUN,
    OVERRUN_ODDS,
    ODD_ROW,
    SLOWNESS_TO_ERRORS,
    ERRORS_TO_SLOWNESS,
    OTHER_KIND,
    UNSEEN_EDGE,
    CALM_CALLEES,
    BLIND,
    BLIND_DEPTH,
    TOO_BLIND,
    OWN_TEST,
    MASS_FLOOR,
    SYMPTOM_Z,
    BELOW_Z,
    MATERIAL,
    SECOND_ROW,
    FELT_SLOWER,
    FELT_FAILING,
    COST_CHEAP,
    COST_DEAR,
    CLAIM,
    TRAFFIC_Z,
    TRAFFIC_RATIO,
    GAUGE_Z,
    RESTART_Z,
    UTILISATION_FLOOR,
    UTILISATION_FACTOR,
    MEMORY_FLOOR,
    MEMORY_FACTOR,
    STALE_MINUTES,
    MEMORY_NEAR_LIMIT,
    POOL_FLOOR,
    POOL_FULL,
    POOL_HELD,
    BACKLOG_FACTOR,
    TAIL_FACTOR,
    TAIL_REQUESTS,
    STEADY_SHARE,
    SILENT_STEPS,
    CHANGE_LOOKBACK,
    GAP_SHARE,
    GAP_DRIFT,
    GAP_FLOOR,
    LINES_IN_BUNCHES,
    LOG_Z,
    LOG_Z_INFO,
    OWN_TIME_FACTOR,
    FEW_CALLS,
    TIMEOUT_SPREAD,
    TIMEOUT_SHARE,
    TIMEOUT_SECONDS,
    SHORT_RECORD,
    DISK_FULL,
    DISK_FILLS,
    DISK_QUEUE,
    DISK_LATENCY,
    DISK_FACTOR,
    DISK_BUSY,
    DISK_STALLED,
    CREDIT_SPENT,
    LAG_NOTABLE,
    WAL_FACTOR,
    LOCKS_FACTOR,
    DEADLOCK_Z,
    STATEMENT_SHARE,
    STATEMENT_LOAD,
    CERTIFICATE_SOON,
    QUOTA_FULL,
    TREND_Z,
    TREND_TAU,
    DRIFT_RISE,
    HEADROOM_RISE,
    HEADROOM_SOON,
    PACKET_FACTOR,
    STATED_STALE,
    STATED_RATE,
    STATED_LINES,
    POOL_WELL,
    MIX_Z,
    MIX_CHANCE_Z,
    MIX_CAP,
    PARTIAL,
    GONE,
    HANDED_ON,
    MIN_OCCASIONS,
    MOSTLY,
    NEVER_SEEN_Z,
    HEARSAY,
    BUSY_SLOT,
    ALERT_DELAY,
    ALERT_DELAY_SPREAD,
    SYMPTOM_SLOTS,
    ONSET_TOGETHER,
    EXPLAINED_AWAY,
    CHANGED_BELOW_Z,
    CHANGED_BELOW_SPREAD,
    CHANGED_FOR_SURE_Z,
    UNMEASURED,
    EXCEPTION_SHARE,
    TEMPERATURE,
    NONE_OF_THESE,
    FLOOR_UNSEEN,
    FLOOR_CALM,
    HOST_SHARE,
    DOOR_SHARE,
    BYSTANDER,
    MARKS_CAP,
    MARK_CERTAIN,
    MARK_CLEAR,
    MARK_WEAK,
    GAP_CERTAIN,
    NEW_LINES,
    CPU_FULL,
    CPU_BUSY,
    CPU_RISE,
    DOWN_AS_ALERTED,
    HELD_BACK,
    SPARED,
    CPU_FROM_IDLE,
    RETRY_TIMES,
    SENT_SHARE,
    SURGE_FOLLOWS,
    SURGE_SURELY,
    CAP,
    CAP_UNDECIDED,
    CAP_SYMPTOM,
    SECOND_CAUSE,
    SECOND_CAUSE_Z,
    CAP_FAINT,
    FAINT_Z,
    CAP_PROVISIONAL,
    MIN_ROWS_AFTER,
    MIN_SECONDS_AFTER,
    CALM_ROWS,
    RECOVERED_SHARE,
    LATE_ROWS,
    SHARE_TOO_SMALL,
    ATTACK_WEIGHT,
    CALM_Z,
];

/// The table as Markdown, as docs/thresholds.md shows it.
pub fn markdown() -> String {
    let head = "| name | value | unit | reason |\n|---|---|---|---|\n".to_owned();
    TABLE.iter().fold(head, |page, row| {
        format!("{page}| `{}` | {} | {} | {} |\n", row.name, row.value, row.unit, row.reason)
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_shows_the_table() {
        let page = include_str!("../../../docs/thresholds.md");
        assert!(
            page.ends_with(&super::markdown()),
            "docs/thresholds.md is out of date; its table should be:\n{}",
            super::markdown()
        );
    }
}
