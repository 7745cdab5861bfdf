//! From fault mode × kind of entity × trigger to a plan; one file per fault mode, with its rows.
//!
//! The first row that fits counts. Every mode ends with a row for any kind and any trigger, so
//! that no cause is left without a plan; where nothing is known to repair, that plan looks and
//! repairs nothing.

mod bad_deployment;
mod bad_host;
mod certificate_expired;
mod configuration_error;
mod connection_pool;
mod consumer_lag;
mod cpu_saturation;
mod crash_loop;
mod disk_full;
mod dns_failure;
mod external_dependency;
mod failing;
mod failover;
mod image_pull_failure;
mod io_saturation;
mod lock_contention;
mod memory_leak;
mod network_delay;
mod packet_loss;
mod probe_failure;
mod quota_reached;
mod replication_lag;
mod retry_storm;
mod slow;
mod slow_query;
mod throttled;
mod traffic_surge;
mod unavailable;
mod unschedulable;
mod wrong_result;

use nightjar_incident::{FaultMode, Phase, PlanStep};
use nightjar_topology::EntityKind;

use crate::case::Case;
use crate::shell::{Command, first};
use crate::step::{Remedy, Repair, read};

/// Whether a row asks for a change that set the fault off and that people can take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    Known,
    Any,
}

/// One row: which plan fits.
struct Row {
    /// Empty: any.
    kinds: &'static [EntityKind],
    trigger: Trigger,
    /// What the plan does, in a line.
    does: &'static str,
    write: fn(&Case<'_>) -> Remedy,
}

/// A row for a known change, whatever it altered.
const fn after_change(does: &'static str, write: fn(&Case<'_>) -> Remedy) -> Row {
    Row { kinds: &[], trigger: Trigger::Known, does, write }
}

/// A row for some kinds of entity, with or without a change.
const fn of_kinds(
    kinds: &'static [EntityKind],
    does: &'static str,
    write: fn(&Case<'_>) -> Remedy,
) -> Row {
    Row { kinds, trigger: Trigger::Any, does, write }
}

/// A row for all that is left.
const fn otherwise(does: &'static str, write: fn(&Case<'_>) -> Remedy) -> Row {
    Row { kinds: &[], trigger: Trigger::Any, does, write }
}

/// What isn't ours can't be repaired by us, whatever is wrong with it.
const NOT_OURS: Row = of_kinds(
    &[EntityKind::External],
    "gets along without it and tells its operator",
    external_dependency::stand_alone,
);

/// What keeps data of its own: restarted, scaled and rolled back with care or not at all.
const STORES: &[EntityKind] = &[EntityKind::Database, EntityKind::Cache, EntityKind::Queue];

/// The rows of a mode.
fn rows(mode: FaultMode) -> &'static [Row] {
    match mode {
        FaultMode::BadDeployment => bad_deployment::ROWS,
        FaultMode::ConnectionPoolExhausted => connection_pool::ROWS,
        FaultMode::Throttled => throttled::ROWS,
        FaultMode::ExternalDependency => external_dependency::ROWS,
        FaultMode::CpuSaturation => cpu_saturation::ROWS,
        FaultMode::MemoryLeak => memory_leak::ROWS,
        FaultMode::TrafficSurge => traffic_surge::ROWS,
        FaultMode::NetworkDelay => network_delay::ROWS,
        FaultMode::Slow => slow::ROWS,
        FaultMode::Failing => failing::ROWS,
        FaultMode::WrongResult => wrong_result::ROWS,
        FaultMode::Unavailable => unavailable::ROWS,
        FaultMode::ConfigurationError => configuration_error::ROWS,
        FaultMode::LockContention => lock_contention::ROWS,
        FaultMode::SlowQuery => slow_query::ROWS,
        FaultMode::DiskFull => disk_full::ROWS,
        FaultMode::IoSaturation => io_saturation::ROWS,
        FaultMode::ReplicationLag => replication_lag::ROWS,
        FaultMode::Failover => failover::ROWS,
        FaultMode::DnsFailure => dns_failure::ROWS,
        FaultMode::CertificateExpired => certificate_expired::ROWS,
        FaultMode::PacketLoss => packet_loss::ROWS,
        FaultMode::ConsumerLag => consumer_lag::ROWS,
        FaultMode::RetryStorm => retry_storm::ROWS,
        FaultMode::QuotaReached => quota_reached::ROWS,
        FaultMode::BadHost => bad_host::ROWS,
        FaultMode::CrashLoop => crash_loop::ROWS,
        FaultMode::ImagePullFailure => image_pull_failure::ROWS,
        FaultMode::ProbeFailure => probe_failure::ROWS,
        FaultMode::Unschedulable => unschedulable::ROWS,
    }
}

/// Which row fits, by its place in the rows of the mode.
fn fitting(mode: FaultMode, kind: EntityKind, is_change_known: bool) -> Option<usize> {
    rows(mode).iter().position(|row| {
        (row.kinds.is_empty() || row.kinds.contains(&kind))
            && (row.trigger == Trigger::Any || is_change_known)
    })
}

/// The plan for a cause.
pub(crate) fn write(case: &Case<'_>) -> Remedy {
    let mode = case.hypothesis.fault_mode;
    let fits = fitting(mode, case.entity.kind, case.can_be_taken_back());
    let row = fits.and_then(|index| rows(mode).get(index));
    (row.expect("invariant: every mode ends with a row for any kind and trigger").write)(case)
}

/// What one plan is for and what it does, as the guide lists it.
#[derive(Clone, Copy, Debug)]
pub struct PlanKind {
    /// The fault it is for.
    pub mode: FaultMode,
    /// The kinds of entity it is for; empty where it is for all that no earlier one is for.
    pub kinds: &'static [EntityKind],
    /// Whether it is only for a fault that a known change set off.
    pub is_after_change: bool,
    /// What it does, in a line.
    pub does: &'static str,
}

/// All plans there are, in the order in which the first that fits is taken.
pub fn catalogue() -> impl Iterator<Item = PlanKind> {
    FaultMode::ALL.into_iter().flat_map(|mode| {
        rows(mode).iter().map(move |row| PlanKind {
            mode,
            kinds: row.kinds,
            is_after_change: row.trigger == Trigger::Known,
            does: row.does,
        })
    })
}

/// A plan from its parts, in the order of the phases; what was done last is undone first.
fn assemble(
    goal: String,
    looks: Vec<PlanStep>,
    repairs: &[Repair],
    after: Vec<PlanStep>,
) -> Remedy {
    let mut steps = looks;
    steps.sort_by_key(|step| step.phase);
    steps.extend(repairs.iter().map(Repair::apply));
    steps.extend(after);
    steps.extend(repairs.iter().rev().filter_map(Repair::roll_back));
    let mut caveats = Vec::new();
    if !repairs.is_empty() && steps.iter().all(|step| step.phase != Phase::RollBack) {
        caveats.push(
            "If nothing improves within 10 minutes of the repair, stop here and go to the next hypothesis: there is nothing to undo."
                .into(),
        );
    }
    Remedy { goal, steps, caveats }
}

/// Reads the state of the entity before anything is touched.
fn note_state(case: &Case<'_>, what: &str) -> PlanStep {
    note(case, what, case.platform.describe())
}

/// The same by a command of its own.
fn note(case: &Case<'_>, what: &str, command: Option<Command>) -> PlanStep {
    read(
        Phase::Prepare,
        format!("Read the state {} is in now, and note {what}.", case.name),
        first([command], &case.platform.console_path(&case.name)),
        "noted in the incident's channel; an undo goes back to it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [EntityKind; 17] = [
        EntityKind::Service,
        EntityKind::Function,
        EntityKind::Gateway,
        EntityKind::Database,
        EntityKind::Table,
        EntityKind::Cache,
        EntityKind::Queue,
        EntityKind::Bucket,
        EntityKind::Workflow,
        EntityKind::Host,
        EntityKind::Pod,
        EntityKind::External,
        EntityKind::Client,
        EntityKind::Stack,
        EntityKind::Account,
        EntityKind::Region,
        EntityKind::Unknown,
    ];

    #[test]
    fn every_mode_ends_with_a_row_for_any_kind_and_trigger() {
        for mode in FaultMode::ALL {
            let last = rows(mode).last().unwrap();
            assert!(last.kinds.is_empty() && last.trigger == Trigger::Any, "{mode:?}");
        }
    }

    #[test]
    fn no_row_is_hidden_behind_earlier_ones() {
        for mode in FaultMode::ALL {
            let reached: Vec<Option<usize>> = KINDS
                .into_iter()
                .flat_map(|kind| [true, false].map(|known| fitting(mode, kind, known)))
                .collect();
            for (index, row) in rows(mode).iter().enumerate() {
                assert!(reached.contains(&Some(index)), "{mode:?}: {}", row.does);
                for kind in row.kinds {
                    let known = row.trigger == Trigger::Known;
                    assert_eq!(fitting(mode, *kind, known), Some(index), "{mode:?}: {}", row.does);
                }
            }
        }
    }
}
