//! Where a fault may be: places that the flow left probability at, and places connected with the
//! symptom at which something else is abnormal.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{Observation, ObservationKind};
use nightjar_topology::{EntityId, EntityKind, RelationKind};

use super::floors::least;
use super::suppliers::Suppliers;
use super::{Scene, away};
use crate::excess::Kind;
use crate::graph::{Culprit, Graph};
use crate::ledger::Place;
use crate::thresholds as limit;

/// What is known of a place before its fault modes are tried.
pub(super) struct Candidate {
    pub(super) culprit: Culprit,
    /// Probability that the fault starts here, by the flow alone.
    pub(super) mass: f64,
    pub(super) kind: Option<Kind>,
    pub(super) node: Option<usize>,
    pub(super) path: Vec<EntityId>,
    pub(super) share: Option<f64>,
}

/// Places the flow left probability at, and places connected with the symptom at which something
/// else is abnormal.
pub(super) fn candidates(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut found: BTreeMap<Culprit, Candidate> = BTreeMap::new();
    if let (Some(graph), Some(flow)) = (scene.graph, scene.flow) {
        for root in &flow.roots {
            let Some(culprit) = graph.culprit(root.node, root.kind) else { continue };
            let culprit = way_of_one(scene, graph, root.node).unwrap_or(culprit);
            let known = found.entry(culprit.clone()).or_insert_with(|| Candidate {
                culprit,
                mass: 0.0,
                kind: Some(root.kind),
                node: Some(root.node),
                path: entities(graph, &root.path),
                share: Some(root.share),
            });
            known.mass += root.mass;
        }
    } else {
        let each = 1.0 / scene.starts.len().max(1) as f64;
        for entity in &scene.starts {
            let culprit = Culprit::Entity(entity.clone());
            found.insert(
                culprit.clone(),
                Candidate {
                    culprit,
                    mass: each,
                    kind: None,
                    node: scene.graph.and_then(|graph| graph.entity(entity)),
                    path: vec![entity.clone()],
                    share: None,
                },
            );
        }
    }
    let reachable = Suppliers::of(scene, &scene.starts);
    for observation in scene.observations.iter().filter(|o| marks_a_place(o)) {
        let culprit = match (&observation.peer, observation.kind) {
            (Some(peer), ObservationKind::NetworkGap) => {
                Culprit::Connection { from: peer.clone(), to: observation.entity.clone() }
            }
            // Said of somebody else.
            (Some(peer), ObservationKind::Stated) => Culprit::Entity(peer.clone()),
            (None | Some(_), _) => Culprit::Entity(observation.entity.clone()),
        };
        if found.contains_key(&culprit) {
            continue;
        }
        let place = match &culprit {
            Culprit::Entity(id) => id,
            Culprit::Connection { to, .. } => to,
        };
        let told_above = || {
            let mut path = reachable.path(&observation.entity)?;
            path.insert(0, place.clone());
            Some(path)
        };
        let Some(path) = reachable.path(place).or_else(told_above) else { continue };
        let node = scene.graph.and_then(|graph| graph.entity(place));
        let candidate =
            Candidate { culprit: culprit.clone(), mass: 0.0, kind: None, node, path, share: None };
        found.insert(culprit, candidate);
    }
    for (host, path) in hosts(scene, &reachable) {
        let culprit = Culprit::Entity(host.clone());
        found.entry(culprit.clone()).or_insert_with(|| Candidate {
            culprit,
            mass: 0.0,
            kind: None,
            node: scene.graph.and_then(|graph| graph.entity(host)),
            path,
            share: None,
        });
    }
    if scene.flow.is_none() {
        merge_pods(scene, &mut found);
    }
    let floors: Vec<(Culprit, f64)> =
        found.values().map(|c| (c.culprit.clone(), least(scene, c, &found))).collect();
    for (culprit, floor) in floors {
        if let Some(candidate) = found.get_mut(&culprit) {
            candidate.mass = candidate.mass.max(floor);
        }
    }
    weigh_by_operations(scene, &mut found);
    // A reader wants to see what was ruled out: the places nearest to the symptom, hardly probable.
    let mut bystanders: Vec<(usize, &EntityId)> = reachable
        .0
        .iter()
        .filter(|(id, _)| !found.contains_key(&Culprit::Entity((**id).clone())))
        .map(|(id, (_, steps))| (*steps, *id))
        .collect();
    bystanders.sort_unstable();
    let kind = scene.flow.map(|flow| flow.symptom.1);
    let missing = limit::LEADS.saturating_sub(found.len());
    let fill: Vec<Candidate> = bystanders
        .into_iter()
        .take(missing)
        .enumerate()
        .map(|(rank, (_, id))| Candidate {
            culprit: Culprit::Entity(id.clone()),
            mass: limit::BYSTANDER.value / (rank + 1) as f64,
            kind,
            node: scene.graph.and_then(|graph| graph.entity(id)),
            path: reachable.path(id).unwrap_or_default(),
            share: Some(0.0),
        })
        .collect();
    found.into_values().chain(fill).collect()
}

/// The way from a caller to a place, where the place serves others as usual: then it isn't the place.
fn way_of_one(scene: &Scene<'_>, graph: &Graph, node: usize) -> Option<Culprit> {
    let Place::Edge { from, to } = &graph.nodes.get(node)?.place else { return None };
    let is_spared = scene.spared.get(to).is_some_and(|spared| spared != from);
    is_spared.then(|| Culprit::Connection { from: from.clone(), to: to.clone() })
}

/// Hosts of which several guests slow down or fail: a host rarely reports its own illness.
fn hosts<'a>(
    scene: &Scene<'a>,
    reachable: &Suppliers<'a>,
) -> impl Iterator<Item = (&'a EntityId, Vec<EntityId>)> {
    let topology = scene.view.case.topology;
    let suffering = scene.observations.iter().filter(|o| {
        o.peer.is_none()
            && o.is_abnormal()
            && matches!(o.kind, ObservationKind::Latency | ObservationKind::Errors)
    });
    let suffering: BTreeSet<&EntityId> = suffering.map(|o| &o.entity).collect();
    let mut guests: BTreeMap<&EntityId, usize> = BTreeMap::new();
    for id in suffering {
        for relation in topology.dependencies(id).filter(|r| r.kind == RelationKind::RunsOn) {
            *guests.entry(&relation.to).or_default() += 1;
        }
    }
    let several = guests.into_iter().filter(|(_, count)| *count > 1);
    several.filter_map(|(host, _)| Some((host, reachable.path(host)?)))
}

/// What is seen at a pod is judged at its workload, where that is a candidate: not twice.
fn merge_pods(scene: &Scene<'_>, found: &mut BTreeMap<Culprit, Candidate>) {
    let topology = scene.view.case.topology;
    let workload_of = |id: &EntityId| {
        let of = topology.dependencies(id).find(|r| r.kind == RelationKind::BelongsTo);
        of.filter(|_| topology.kind(id) == EntityKind::Pod).map(|r| Culprit::Entity(r.to.clone()))
    };
    let merged: Vec<(Culprit, Culprit)> = found
        .keys()
        .filter_map(|culprit| match culprit {
            Culprit::Entity(id) => Some((culprit.clone(), workload_of(id)?)),
            Culprit::Connection { .. } => None,
        })
        .filter(|(_, workload)| found.contains_key(workload))
        .collect();
    for (pod, workload) in merged {
        let mass = found.remove(&pod).map_or(0.0, |pod| pod.mass);
        if let Some(workload) = found.get_mut(&workload) {
            workload.mass += mass;
        }
    }
}

/// Where the request metrics of the alerting place show nothing, or lead nowhere, what operations do
/// differently is evidence of where the fault is; where they lead to a place, the flow of excess
/// knows better.
fn weigh_by_operations(scene: &Scene<'_>, found: &mut BTreeMap<Culprit, Candidate>) {
    if scene.symptom_shows && leads_somewhere(scene) {
        return;
    }
    let findings = scene.view.operations.map_or(&[][..], |changes| &changes.findings);
    let mut changed = away::changed(scene.observations, scene.view.case.topology, findings);
    // Who suffers behaves differently, too: where the symptom shows, only those count who don't
    // suffer in the same way, and a change has to be sure.
    if scene.symptom_shows {
        changed.retain(|id, _| !suffers(scene, id));
    }
    let surest = changed.values().copied().fold(0.0, f64::max);
    if scene.symptom_shows && surest < away::log_odds(limit::CHANGED_FOR_SURE_Z.value) {
        return;
    }
    let is_clear = surest >= limit::MARK_CLEAR.value;
    for candidate in found.values_mut() {
        if is_clear {
            candidate.mass = candidate.mass.min(limit::UNMEASURED.value);
        }
        let Culprit::Entity(id) = &candidate.culprit else { continue };
        let Some(&odds) = changed.get(id) else { continue };
        // Wrong answers cost neither time nor errors: calm requests don't clear a place of them.
        candidate.mass = candidate.mass.max(limit::FLOOR_UNSEEN.value * odds.exp());
    }
}

/// Whether an entity's own requests stand out in the way the symptom does.
fn suffers(scene: &Scene<'_>, id: &EntityId) -> bool {
    let Some((graph, flow)) = scene.graph.zip(scene.flow) else { return false };
    let node = graph.entity(id).and_then(|node| graph.nodes.get(node));
    let excess = node.and_then(|node| node.excess(flow.symptom.1));
    excess.is_some_and(|excess| excess.known && excess.z() >= limit::OWN_TEST.value)
}

/// Whether the flow of excess leaves the symptom for a place that it finds probable enough to claim,
/// and that explains enough of it.
fn leads_somewhere(scene: &Scene<'_>) -> bool {
    let Some(flow) = scene.flow else { return false };
    let strongest = flow.roots.iter().max_by(|a, b| a.mass.total_cmp(&b.mass));
    strongest.is_some_and(|root| {
        root.mass >= limit::CLAIM.value
            && root.share >= limit::SHARE_TOO_SMALL.value
            && flow.symptoms.iter().all(|state| state.0 != root.node)
    })
}

/// Whether an observation by itself makes its entity a suspect.
fn marks_a_place(observation: &Observation) -> bool {
    match observation.kind {
        ObservationKind::Saturation
        | ObservationKind::Throttling
        | ObservationKind::Restart
        | ObservationKind::NetworkGap
        | ObservationKind::Spans
        | ObservationKind::LogMix
        | ObservationKind::Calls
        | ObservationKind::Missing
        | ObservationKind::Backlog
        | ObservationKind::Stated
        | ObservationKind::Disk
        | ObservationKind::Locks
        | ObservationKind::Replication
        | ObservationKind::Replicas
        | ObservationKind::Statement
        | ObservationKind::Expiry
        | ObservationKind::Logs => observation.is_abnormal(),
        ObservationKind::Latency
        | ObservationKind::Errors
        | ObservationKind::Traffic
        | ObservationKind::Tail
        | ObservationKind::Headroom
        | ObservationKind::Drift
        | ObservationKind::Retries
        | ObservationKind::Timeouts
        | ObservationKind::Burst
        | ObservationKind::StackTrace
        | ObservationKind::Change => false,
    }
}

/// The entities along a path of nodes, from the root up; an edge stands for its callee.
fn entities(graph: &Graph, path: &[usize]) -> Vec<EntityId> {
    let mut found: Vec<EntityId> = Vec::new();
    let mut seen: BTreeSet<&EntityId> = BTreeSet::new();
    for &node in path {
        let Some(node) = graph.nodes.get(node) else { continue };
        let ends = match &node.place {
            Place::Entity(id) => vec![id],
            Place::Edge { from, to } => vec![to, from],
        };
        for id in ends {
            if seen.insert(id) {
                found.push(id.clone());
            }
        }
    }
    found
}
