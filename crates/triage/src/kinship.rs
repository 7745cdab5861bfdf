use nightjar_incident::Incident;
use nightjar_topology::{EntityId, RelationKind, Topology};

use crate::locate::is_grouping;
use crate::policy::Policy;
use crate::reach::{Reach, Way, far_end, is_isolated, next};

/// The surroundings of the entities an alert speaks of, walked once and compared with every open
/// incident.
pub(crate) struct Surroundings<'a> {
    topology: &'a Topology,
    around: Vec<Around<'a>>,
}

struct Around<'a> {
    id: &'a EntityId,
    down: Reach<'a>,
    up: Reach<'a>,
}

/// How an alert's entities and an incident's are related.
pub(crate) struct Kinship {
    pub(crate) weight: f64,
    /// How it reads: `cart calls carts-table`.
    pub(crate) phrase: String,
    /// The same entity, or one relation apart.
    pub(crate) is_close: bool,
    /// Whether both sides are known to the topology.
    pub(crate) is_located: bool,
}

/// More entities than this are a list; the first are the most specific.
const MOST: usize = 8;

impl<'a> Surroundings<'a> {
    pub(crate) fn of(entities: &[EntityId], topology: &'a Topology, policy: &Policy) -> Self {
        let around = specific(entities, topology).into_iter().take(MOST).map(|id| Around {
            id,
            down: Reach::walk(topology, id, Way::Down, policy),
            up: Reach::walk(topology, id, Way::Up, policy),
        });
        Self { topology, around: around.collect() }
    }

    /// All entities that the comparison with an incident is about.
    pub(crate) fn names_with(&self, incident: &'a Incident) -> Vec<&'a EntityId> {
        self.around.iter().map(|around| around.id).chain(&incident.entities).collect()
    }

    /// The closest relation between any of the alert's entities and any of the incident's.
    pub(crate) fn compare(&self, incident: &Incident, policy: &Policy) -> Kinship {
        let located = |phrase: String, weight: f64, is_close: bool| Kinship {
            weight,
            phrase,
            is_close,
            is_located: true,
        };
        let theirs = specific(&incident.entities, self.topology);
        let (Some(ours), Some(first)) = (self.around.first(), theirs.first()) else {
            let side = if self.around.is_empty() { "the alert" } else { "the incident" };
            return Kinship {
                weight: 0.0,
                phrase: format!("{side} names no entity of the topology"),
                is_close: false,
                is_located: false,
            };
        };
        let mut best: Option<Kinship> = None;
        for around in &self.around {
            for their in &theirs {
                let Some((weight, phrase, hops)) = self.between(around, their, policy) else {
                    continue;
                };
                if best.as_ref().is_none_or(|best| weight > best.weight) {
                    best = Some(located(phrase, weight, hops <= 1));
                }
            }
        }
        best.unwrap_or_else(|| {
            let phrase = format!(
                "no chain of dependencies within {} relations between {} and {first}",
                policy.max_hops, ours.id
            );
            let isolated = self.around.iter().all(|around| is_isolated(self.topology, around.id))
                || theirs.iter().all(|their| is_isolated(self.topology, their));
            let weight = if isolated { policy.unrelated_isolated } else { policy.unrelated };
            located(phrase, weight, false)
        })
    }

    /// Weight, sentence and number of relations between two entities, if anything connects them.
    fn between(
        &self,
        around: &Around<'a>,
        their: &EntityId,
        policy: &Policy,
    ) -> Option<(f64, String, usize)> {
        if around.id == their {
            let weight = policy.by_hops.first().copied().unwrap_or_default();
            let grouping =
                if is_grouping(self.topology.kind(their)) { policy.grouping } else { 0.0 };
            return Some((weight + grouping, format!("both speak of {their}"), 0));
        }
        let mut best: Option<(f64, String, usize)> = None;
        for reach in [&around.down, &around.up] {
            let Some(step) = reach.step(their) else { continue };
            let weight = policy.by_hops.get(step.hops).copied().unwrap_or_default() + step.discount;
            if best.as_ref().is_none_or(|(best, ..)| weight > *best) {
                best = reach.sentence(their).map(|sentence| (weight, sentence, step.hops));
            }
        }
        best.or_else(|| self.shared(around, their, policy))
    }

    /// A supplier or caller that both have, where no chain leads from one to the other.
    fn shared(
        &self,
        around: &Around<'a>,
        their: &EntityId,
        policy: &Policy,
    ) -> Option<(f64, String, usize)> {
        let sides = [
            (&around.down, Way::Down, "both need", policy.shared_supplier),
            (&around.up, Way::Up, "both are needed by", policy.shared_caller),
        ];
        let mut best: Option<(f64, String, usize)> = None;
        for (reach, way, words, weight) in sides {
            for relation in next(self.topology, their, way) {
                let middle = far_end(relation, way);
                // One relation on one side and at most two on the other: further away everything
                // meets somewhere.
                let Some(step) = reach.step(middle).filter(|step| step.hops <= 2) else { continue };
                let back = match way {
                    Way::Down => Way::Up,
                    Way::Up => Way::Down,
                };
                let members = next(self.topology, middle, back).count();
                let is_crowd =
                    members > policy.shared_crowd || is_grouping(self.topology.kind(middle));
                let found = if is_crowd {
                    let phrase = format!(
                        "{} and {their} share only {middle}, as {members} entities do",
                        around.id
                    );
                    (policy.shared_crowd_only, phrase, step.hops + 1)
                } else {
                    let phrase = format!("{} and {their} {words} {middle}", around.id);
                    (weight, phrase, step.hops + 1)
                };
                if best.as_ref().is_none_or(|best| found.0 > best.0) {
                    best = Some(found);
                }
            }
        }
        best
    }
}

/// The entities that are known, without the places (hosts, groups) of others among them: an alert
/// of a service that also names its host isn't about everything on the host.
fn specific<'a>(entities: &[EntityId], topology: &'a Topology) -> Vec<&'a EntityId> {
    let known: Vec<&EntityId> =
        entities.iter().filter_map(|id| topology.entity(id)).map(|entity| &entity.id).collect();
    let is_place = |id: &EntityId| {
        known.iter().any(|other| {
            let mut places =
                topology.dependencies(other).filter(|relation| is_placing(relation.kind));
            *other != id && places.any(|relation| relation.to == *id)
        })
    };
    let specific: Vec<&EntityId> = known.iter().copied().filter(|id| !is_place(id)).collect();
    // Two that belong to each other would both go.
    if specific.is_empty() { known } else { specific }
}

fn is_placing(kind: RelationKind) -> bool {
    match kind {
        RelationKind::RunsOn | RelationKind::BelongsTo | RelationKind::DeployedBy => true,
        RelationKind::Calls
        | RelationKind::Reads
        | RelationKind::Writes
        | RelationKind::Publishes
        | RelationKind::Consumes => false,
    }
}
