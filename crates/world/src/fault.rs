//! What can go wrong: one file for each mode, one row in the table [`FAULTS`].
//!
//! A fault changes parameters of one place and says what the truth is; how it hurts is left to
//! the simulation.

mod bad_deployment;
mod bad_host;
mod certificate_expired;
mod configuration_error;
mod connection_pool_exhausted;
mod consumer_lag;
mod cpu_saturation;
mod disk_full;
mod dns_failure;
mod external_dependency;
mod lock_contention;
mod memory_leak;
mod network_delay;
mod packet_loss;
mod quota_reached;
mod retry_storm;
mod slow_query;
mod throttled;
mod traffic_surge;

use nightjar_incident::{ChangeKind, FaultMode};

use nightjar_topology::EntityId;

pub(crate) use self::bad_deployment::next_version;
use crate::app::Spot;
use crate::dice::Dice;
use crate::system::{Call, Node, System};
use crate::table::{Ref, Table};
use crate::{Error, FaultSpec};

/// All faults that can be simulated.
const FAULTS: &[&dyn Fault] = &[
    &bad_deployment::BadDeployment,
    &connection_pool_exhausted::ConnectionPoolExhausted,
    &throttled::Throttled,
    &external_dependency::ExternalDependency,
    &cpu_saturation::CpuSaturation,
    &memory_leak::MemoryLeak,
    &traffic_surge::TrafficSurge,
    &network_delay::NetworkDelay,
    &configuration_error::ConfigurationError,
    &lock_contention::LockContention,
    &slow_query::SlowQuery,
    &disk_full::DiskFull,
    &dns_failure::DnsFailure,
    &certificate_expired::CertificateExpired,
    &packet_loss::PacketLoss,
    &consumer_lag::ConsumerLag,
    &retry_storm::RetryStorm,
    &quota_reached::QuotaReached,
    &bad_host::BadHost,
];

/// The modes that can be simulated.
pub fn simulated_modes() -> Vec<FaultMode> {
    FAULTS.iter().map(|fault| fault.mode()).collect()
}

/// One mode of failing.
pub(crate) trait Fault: Sync {
    fn mode(&self) -> FaultMode;

    /// Whether it makes sense at a place.
    fn suits(&self, place: &Place<'_>) -> bool;

    /// What it does there; asked only where it suits.
    fn effect(&self, place: &Place<'_>) -> Effect;
}

/// Where a fault happens, and how badly.
pub(crate) struct Place<'a> {
    pub(crate) system: &'a System,
    pub(crate) node: Ref<Node>,
    /// The call concerned, for a fault of a connection.
    pub(crate) call: Option<Ref<Call>>,
    pub(crate) severity: f64,
    /// Whether the change that set it off is to be seen.
    pub(crate) is_change_recorded: bool,
    /// Requests per second at each node before the fault.
    pub(crate) rates: &'a Table<Node, f64>,
    /// Seconds until each node answers when nothing has to wait.
    pub(crate) times: &'a Table<Node, f64>,
    /// The calls that end at a node.
    pub(crate) incoming: &'a Table<Node, Vec<Ref<Call>>>,
}

impl Place<'_> {
    pub(crate) fn node(&self) -> &Node {
        &self.system.nodes[self.node]
    }

    pub(crate) fn rate(&self) -> f64 {
        self.rates[self.node]
    }

    /// Whether something waits for its answers.
    pub(crate) fn is_called(&self) -> bool {
        self.incoming[self.node]
            .iter()
            .any(|&call| self.system.nodes[self.system.calls[call].from].is_instrumented())
    }

    /// Who calls it, if nobody else does.
    pub(crate) fn only_caller(&self) -> Option<EntityId> {
        let [call] = self.incoming[self.node].as_slice() else { return None };
        Some(self.system.nodes[self.system.calls[*call].from].entity.id.clone())
    }

    /// Share of its processors that the node's requests keep busy.
    pub(crate) fn utilization(&self) -> f64 {
        self.rate() * self.node().work / self.node().processors.max(1) as f64
    }
}

/// Changes parameters at a time.
pub(crate) type Apply = Box<dyn Fn(&mut System, f64)>;

/// What a fault does.
pub(crate) struct Effect {
    /// Changes the parameters, at a time in seconds since the beginning of the recording.
    pub(crate) apply: Apply,
    /// The entity at fault where it isn't the node: its host.
    pub(crate) entity: Option<EntityId>,
    /// The change that set it off, if one did.
    pub(crate) change: Option<Trigger>,
    /// Other entities that are right as well.
    pub(crate) accept: Vec<EntityId>,
}

/// A change that sets a fault off.
pub(crate) struct Trigger {
    pub(crate) kind: ChangeKind,
    pub(crate) summary: String,
    pub(crate) previous: Option<String>,
}

/// A fault at its place, ready to happen.
pub(crate) struct Planned {
    pub(crate) mode: FaultMode,
    pub(crate) node: Ref<Node>,
    pub(crate) delay_seconds: f64,
    pub(crate) effect: Effect,
}

/// Finds the fault and the place a specification means.
pub(crate) fn plan(
    spec: &FaultSpec,
    system: &System,
    dice: &mut Dice,
    usual_place: impl Fn(FaultMode) -> Option<Spot>,
) -> Result<Planned, Error> {
    let Some(fault) = FAULTS.iter().find(|fault| fault.mode() == spec.mode) else {
        let known: Vec<&str> = FAULTS.iter().map(|fault| fault.mode().row().id).collect();
        return Err(Error::UnknownFault { mode: spec.mode, known: known.join(", ") });
    };
    let places = Places::new(system, spec);
    let usual = usual_place(spec.mode);
    let (entity, peer) = match (&spec.entity, usual) {
        (Some(entity), _) => (entity.clone(), spec.peer.clone()),
        (None, Some(usual)) => {
            (usual.entity.to_owned(), spec.peer.clone().or(usual.peer.map(str::to_owned)))
        }
        (None, None) => (drawn(*fault, &places, dice)?, None),
    };
    let known = |name: &str| {
        system.node(name).ok_or_else(|| Error::UnknownEntity {
            name: name.to_owned(),
            known: some(system.nodes.iter().map(|(_, node)| node.entity.id.as_str())),
        })
    };
    // A host is named by itself and found by what runs on it.
    let guest = system.nodes.iter().find(|(_, node)| {
        node.host.is_some_and(|host| system.hosts[host].entity.id.as_str() == entity)
    });
    let node = match guest {
        Some((guest, _)) => guest,
        None => known(&entity)?,
    };
    let peer = peer.as_deref().map(known).transpose()?;
    let place_there = places.at(node, peer);
    if !fault.suits(&place_there) {
        let elsewhere = system.nodes.refs().filter(|&node| fault.suits(&places.at(node, None)));
        let suits = some(elsewhere.map(|node| system.nodes[node].entity.id.as_str()));
        return Err(Error::Unsuitable { mode: spec.mode, entity, suits });
    }
    Ok(Planned {
        mode: spec.mode,
        node,
        delay_seconds: f64::from(spec.delay_seconds),
        effect: fault.effect(&place_there),
    })
}

/// Makes places of nodes.
struct Places<'a> {
    system: &'a System,
    spec: &'a FaultSpec,
    rates: Table<Node, f64>,
    times: Table<Node, f64>,
    /// The calls that end at a node.
    incoming: Table<Node, Vec<Ref<Call>>>,
}

impl<'a> Places<'a> {
    fn new(system: &'a System, spec: &'a FaultSpec) -> Self {
        Self {
            system,
            spec,
            rates: system.rates(),
            times: system.times(),
            incoming: system.incoming(),
        }
    }

    fn at(&self, node: Ref<Node>, peer: Option<Ref<Node>>) -> Place<'_> {
        let from_peer =
            |call: &&Ref<Call>| peer.is_none_or(|peer| self.system.calls[**call].from == peer);
        Place {
            system: self.system,
            node,
            call: self.incoming[node].iter().find(from_peer).copied(),
            severity: self.spec.severity,
            is_change_recorded: self.spec.is_change_recorded,
            rates: &self.rates,
            times: &self.times,
            incoming: &self.incoming,
        }
    }
}

/// A place that suits, among the third of them with the most requests: a fault that nobody meets
/// isn't an incident.
fn drawn(fault: &dyn Fault, places: &Places<'_>, dice: &mut Dice) -> Result<String, Error> {
    let Places { system, spec, rates, .. } = places;
    let mut suited: Vec<Ref<Node>> =
        system.nodes.refs().filter(|&node| fault.suits(&places.at(node, None))).collect();
    suited.sort_by(|&a, &b| rates[b].total_cmp(&rates[a]));
    suited.truncate(suited.len().div_ceil(3));
    dice.pick(&suited).map(|&node| system.nodes[node].entity.id.as_str().to_owned()).ok_or(
        Error::Unsuitable {
            mode: spec.mode,
            entity: "any entity of this application".into(),
            suits: "nothing".into(),
        },
    )
}

/// The first names, for an error message.
fn some<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.take(15).map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recipe;
    use crate::simulate::plan as plan_run;

    /// How many parameters sets of two systems differ.
    fn differences(before: &System, after: &System) -> usize {
        fn rows<K, T: PartialEq>(a: &Table<K, T>, b: &Table<K, T>) -> usize {
            a.iter().zip(b.iter()).filter(|((_, a), (_, b))| a != b).count()
        }
        rows(&before.nodes, &after.nodes)
            + rows(&before.calls, &after.calls)
            + rows(&before.hosts, &after.hosts)
            + after.streams.len().abs_diff(before.streams.len())
    }

    #[test]
    fn a_fault_changes_the_parameters_of_one_place_and_nothing_else() {
        for mode in simulated_modes() {
            let faults = vec![FaultSpec::new(mode)];
            let recipe = Recipe { faults, background: false, ..Recipe::default() };
            let plan = plan_run(&recipe, jiff::Timestamp::UNIX_EPOCH).unwrap();
            let mut after = plan.system.clone();
            for edit in &plan.edits {
                (edit.apply)(&mut after);
            }
            assert_eq!(differences(&plan.system, &after), 1, "{mode:?}");
        }
    }

    #[test]
    fn a_fault_may_be_put_wherever_it_suits() {
        for fault in FAULTS {
            let spec = FaultSpec::new(fault.mode());
            let recipe = Recipe { faults: vec![spec.clone()], ..Recipe::default() };
            let system = plan_run(&recipe, jiff::Timestamp::UNIX_EPOCH).unwrap().system;
            let places = Places::new(&system, &spec);
            for node in system.nodes.refs() {
                let place = places.at(node, None);
                if fault.suits(&place) {
                    let mut after = system.clone();
                    (fault.effect(&place).apply)(&mut after, 600.0);
                    assert_eq!(differences(&system, &after), 1, "{:?} {node:?}", fault.mode());
                }
            }
        }
    }
}
