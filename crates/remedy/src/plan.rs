//! One table from fault mode × kind of entity × trigger to a plan; one file per fault mode.
//!
//! The first row that fits counts. Every mode ends with a row for any kind and any trigger, so
//! that no cause is left without a plan; where nothing is known to repair, that plan looks and
//! repairs nothing.

mod bad_deployment;
mod connection_pool;
mod cpu_saturation;
mod external_dependency;
mod failing;
mod memory_leak;
mod network_delay;
mod slow;
mod throttled;
mod traffic_surge;
mod unavailable;
mod wrong_result;

use nightjar_incident::{FaultMode, Observation, Phase, PlanStep, Signal};
use nightjar_topology::EntityKind;

use crate::case::Case;
use crate::shell::{Command, console};
use crate::step::{Remedy, Repair, read};

/// Whether a row asks for a known trigger.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trigger {
    Known,
    Any,
}

/// One row: which plan fits.
struct Row {
    mode: FaultMode,
    /// Empty: any.
    kinds: &'static [EntityKind],
    trigger: Trigger,
    write: fn(&Case<'_>) -> Remedy,
}

const fn row(
    mode: FaultMode,
    kinds: &'static [EntityKind],
    trigger: Trigger,
    write: fn(&Case<'_>) -> Remedy,
) -> Row {
    Row { mode, kinds, trigger, write }
}

const ANY: &[EntityKind] = &[];

/// The table.
const TABLE: &[Row] = &[
    row(FaultMode::BadDeployment, ANY, Trigger::Any, bad_deployment::roll_back),
    row(FaultMode::ConnectionPoolExhausted, ANY, Trigger::Known, connection_pool::restore),
    row(
        FaultMode::ConnectionPoolExhausted,
        &[EntityKind::Database],
        Trigger::Any,
        connection_pool::free_the_database,
    ),
    row(FaultMode::ConnectionPoolExhausted, ANY, Trigger::Any, connection_pool::find_the_leak),
    row(FaultMode::Throttled, &[EntityKind::Table], Trigger::Any, throttled::raise_table),
    row(FaultMode::Throttled, ANY, Trigger::Known, throttled::restore),
    row(FaultMode::Throttled, &[EntityKind::Function], Trigger::Any, throttled::raise_function),
    row(FaultMode::Throttled, ANY, Trigger::Any, throttled::ask_for_less),
    row(FaultMode::ExternalDependency, ANY, Trigger::Any, external_dependency::stand_alone),
    row(FaultMode::CpuSaturation, ANY, Trigger::Known, cpu_saturation::restore),
    row(
        FaultMode::CpuSaturation,
        &[EntityKind::Host],
        Trigger::Any,
        cpu_saturation::relieve_the_host,
    ),
    row(FaultMode::CpuSaturation, ANY, Trigger::Any, cpu_saturation::scale_out),
    row(FaultMode::MemoryLeak, ANY, Trigger::Known, memory_leak::restore),
    row(FaultMode::MemoryLeak, ANY, Trigger::Any, memory_leak::restart_in_turn),
    row(FaultMode::TrafficSurge, ANY, Trigger::Any, traffic_surge::scale_and_shed),
    row(FaultMode::NetworkDelay, ANY, Trigger::Known, network_delay::restore),
    row(FaultMode::NetworkDelay, ANY, Trigger::Any, network_delay::go_around),
    row(FaultMode::Slow, ANY, Trigger::Known, slow::restore),
    row(FaultMode::Slow, ANY, Trigger::Any, slow::look),
    row(FaultMode::Failing, ANY, Trigger::Known, failing::restore),
    row(FaultMode::Failing, ANY, Trigger::Any, failing::look),
    row(FaultMode::WrongResult, ANY, Trigger::Known, wrong_result::restore),
    row(FaultMode::WrongResult, ANY, Trigger::Any, wrong_result::look),
    row(FaultMode::Unavailable, ANY, Trigger::Known, unavailable::restore),
    row(FaultMode::Unavailable, ANY, Trigger::Any, unavailable::look),
    row(FaultMode::ConfigurationError, ANY, Trigger::Known, failing::restore),
    row(FaultMode::ConfigurationError, ANY, Trigger::Any, failing::look),
    row(FaultMode::LockContention, ANY, Trigger::Known, failing::restore),
    row(FaultMode::LockContention, ANY, Trigger::Any, failing::look),
    row(FaultMode::SlowQuery, ANY, Trigger::Known, failing::restore),
    row(FaultMode::SlowQuery, ANY, Trigger::Any, failing::look),
    row(FaultMode::DiskFull, ANY, Trigger::Known, failing::restore),
    row(FaultMode::DiskFull, ANY, Trigger::Any, failing::look),
    row(FaultMode::IoSaturation, ANY, Trigger::Known, failing::restore),
    row(FaultMode::IoSaturation, ANY, Trigger::Any, failing::look),
    row(FaultMode::ReplicationLag, ANY, Trigger::Known, failing::restore),
    row(FaultMode::ReplicationLag, ANY, Trigger::Any, failing::look),
    row(FaultMode::Failover, ANY, Trigger::Known, failing::restore),
    row(FaultMode::Failover, ANY, Trigger::Any, failing::look),
    row(FaultMode::DnsFailure, ANY, Trigger::Known, failing::restore),
    row(FaultMode::DnsFailure, ANY, Trigger::Any, failing::look),
    row(FaultMode::CertificateExpired, ANY, Trigger::Known, failing::restore),
    row(FaultMode::CertificateExpired, ANY, Trigger::Any, failing::look),
    row(FaultMode::PacketLoss, ANY, Trigger::Known, failing::restore),
    row(FaultMode::PacketLoss, ANY, Trigger::Any, failing::look),
    row(FaultMode::ConsumerLag, ANY, Trigger::Known, failing::restore),
    row(FaultMode::ConsumerLag, ANY, Trigger::Any, failing::look),
    row(FaultMode::RetryStorm, ANY, Trigger::Known, failing::restore),
    row(FaultMode::RetryStorm, ANY, Trigger::Any, failing::look),
    row(FaultMode::QuotaReached, ANY, Trigger::Known, failing::restore),
    row(FaultMode::QuotaReached, ANY, Trigger::Any, failing::look),
    row(FaultMode::BadHost, ANY, Trigger::Known, failing::restore),
    row(FaultMode::BadHost, ANY, Trigger::Any, failing::look),
    row(FaultMode::CrashLoop, ANY, Trigger::Known, failing::restore),
    row(FaultMode::CrashLoop, ANY, Trigger::Any, failing::look),
    row(FaultMode::ImagePullFailure, ANY, Trigger::Known, failing::restore),
    row(FaultMode::ImagePullFailure, ANY, Trigger::Any, failing::look),
    row(FaultMode::ProbeFailure, ANY, Trigger::Known, failing::restore),
    row(FaultMode::ProbeFailure, ANY, Trigger::Any, failing::look),
    row(FaultMode::Unschedulable, ANY, Trigger::Known, failing::restore),
    row(FaultMode::Unschedulable, ANY, Trigger::Any, failing::look),
];

/// The plan for a cause.
pub(crate) fn write(case: &Case<'_>) -> Remedy {
    let fits = |row: &&Row| {
        row.mode == case.hypothesis.fault_mode
            && (row.kinds.is_empty() || row.kinds.contains(&case.entity.kind))
            && (row.trigger == Trigger::Any || case.trigger.is_some())
    };
    let row = TABLE.iter().find(fits);
    let write = row.expect("invariant: every mode ends with a row for any kind and trigger").write;
    write(case)
}

/// A plan from its parts, in the order of the phases.
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
    steps.extend(repairs.iter().filter_map(Repair::roll_back));
    Remedy { goal, steps, caveats: Vec::new() }
}

/// Reads the state of the entity before anything is touched.
fn note_state(case: &Case<'_>, what: &str) -> PlanStep {
    let describe = case.platform.describe().and_then(Command::finish);
    read(
        Phase::Prepare,
        format!(
            "Read the present state of {} and note {what}: the undo goes back to it.",
            case.name
        ),
        describe.or_else(|| console(&case.platform.console_path(&case.name))),
        format!("{what} noted in the incident's channel"),
    )
}

/// "Is the cause still what it seems": one check for the strongest deviation in these signals.
fn still_there(case: &Case<'_>, signals: &[Signal], otherwise: &str) -> PlanStep {
    match case.deviation(signals) {
        Some(observation) => read(
            Phase::CheckBefore,
            format!("See that the cause is still there; if it isn't, stop: {}.", stop_reason()),
            None,
            case.still(observation),
        ),
        None => read(
            Phase::CheckBefore,
            format!(
                "See that the cause is what it seems, since no number shows it directly: {otherwise}."
            ),
            None,
            format!("{otherwise}; if not, stop and look at the next hypothesis"),
        ),
    }
}

fn stop_reason() -> &'static str {
    "the incident recovered by itself or the cause is another one"
}

/// "Did it work": the cause's own signal, then what users feel.
fn recovered(case: &Case<'_>, signals: &[Signal]) -> Vec<PlanStep> {
    let own = case.deviation(signals);
    let felt = case.symptom().filter(|symptom| own.is_none_or(|own| own.id != symptom.id));
    let check = |action: String, observation: &Observation| {
        read(Phase::CheckAfter, action, None, case.back(observation))
    };
    let mut steps = Vec::new();
    if let Some(own) = own {
        steps.push(check(format!("See that {} itself is back to usual.", case.name), own));
    }
    if let Some(felt) = felt {
        let whose = crate::text::named(felt.entity.as_str());
        steps.push(check(format!("See that users are served again, at {whose}."), felt));
    }
    if steps.is_empty() {
        steps.push(read(
            Phase::CheckAfter,
            format!("See that {} and what calls it are back to usual.", case.name),
            None,
            format!(
                "latency and failed requests of {} at the level of before the onset for 5 minutes",
                case.name
            ),
        ));
    }
    steps
}

/// What the repair itself must show within minutes, in a line.
fn goes_down(case: &Case<'_>, signals: &[Signal], otherwise: &str) -> String {
    match case.deviation(signals) {
        Some(observation) => {
            let way = if observation.seen >= observation.usual { "falls" } else { "rises" };
            format!("{} {way} within 5 minutes", case.metric(observation))
        }
        None => otherwise.to_owned(),
    }
}

/// What shows that requests suffer at all.
const REQUESTS: &[Signal] = &[Signal::Latency, Signal::Errors, Signal::Availability];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_ends_with_a_row_for_any_kind_and_trigger() {
        for mode in FaultMode::ALL {
            let last = TABLE.iter().rfind(|row| row.mode == mode).unwrap();
            assert!(last.kinds.is_empty() && last.trigger == Trigger::Any, "{mode:?}");
        }
    }
}
