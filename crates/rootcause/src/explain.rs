//! Hypotheses: where the fault starts (from the flow of excess) and what is wrong there (from
//! what else is seen at the place).

mod away;
mod modes;
mod surge;

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{
    Change, ChangeId, Content, FaultMode, Observation, ObservationId, ObservationKind, Share,
};
use nightjar_series::gaussian::log_sum_exp;
use nightjar_topology::{EntityId, EntityKind, RelationKind};

use crate::excess::Kind;
use crate::flow::Flow;
use crate::graph::{Culprit, Graph};
use crate::observe::View;
use crate::thresholds as limit;

/// A hypothesis under work.
#[derive(Clone, Debug)]
pub(crate) struct Suspect {
    pub(crate) culprit: Culprit,
    pub(crate) mode: FaultMode,
    pub(crate) trigger: Option<ChangeId>,
    pub(crate) support: Vec<ObservationId>,
    pub(crate) against: Vec<ObservationId>,
    /// Log odds before normalisation.
    pub(crate) score: f64,
    /// Whether something was seen that this fault mode shows and others don't.
    pub(crate) decisive: bool,
    /// Node of the graph where the flow left its probability, if it did.
    pub(crate) node: Option<usize>,
    pub(crate) share_explained: Option<f64>,
    /// From the culprit up to the symptom.
    pub(crate) path: Vec<EntityId>,
    pub(crate) reasons: Vec<String>,
    /// Probability, after [`normalise`].
    pub(crate) confidence: f64,
}

impl Suspect {
    pub(crate) fn entity(&self) -> &EntityId {
        match &self.culprit {
            Culprit::Entity(id) | Culprit::Connection { to: id, .. } => id,
        }
    }

    /// The entity, or all ways to it.
    fn place(&self) -> (bool, EntityId) {
        (matches!(self.culprit, Culprit::Connection { .. }), self.entity().clone())
    }
}

/// What is known of a place before its fault modes are tried.
struct Candidate {
    culprit: Culprit,
    /// Probability that the fault starts here, by the flow alone.
    mass: f64,
    kind: Option<Kind>,
    node: Option<usize>,
    path: Vec<EntityId>,
    share: Option<f64>,
}

/// What the fault modes are judged by, besides the observations.
pub(crate) struct Scene<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) graph: Option<&'a Graph>,
    pub(crate) flow: Option<&'a Flow>,
    pub(crate) observations: &'a [Observation],
    /// Whether the request metrics show the symptom.
    pub(crate) symptom_shows: bool,
    /// Where the flow starts, or the alerting entities.
    pub(crate) starts: Vec<EntityId>,
}

impl Scene<'_> {
    /// Whether an entity measures its own requests.
    fn is_measured(&self, id: &EntityId) -> bool {
        self.graph.is_some_and(|graph| graph.is_measured(id))
    }
}

/// All hypotheses, best first.
pub(crate) fn suspects(scene: &Scene<'_>) -> Vec<Suspect> {
    let mut found = Vec::new();
    for candidate in candidates(scene) {
        found.extend(modes::judge(scene, &candidate));
    }
    found.extend(surge::judge(scene, &found));
    normalise(&mut found);
    found
}

/// Probabilities from scores, "none of these" included, and the order that follows.
///
/// The flow is well ordered but too sure of itself (missing edges, siblings that share noise), so
/// scores are flattened by one temperature.
pub(crate) fn normalise(suspects: &mut [Suspect]) {
    let scaled = |score: f64| score / limit::TEMPERATURE.value;
    let mut all: Vec<f64> = suspects.iter().map(|suspect| scaled(suspect.score)).collect();
    all.push(scaled(limit::NONE_OF_THESE.value.ln()));
    let total = log_sum_exp(&all);
    for suspect in suspects.iter_mut() {
        suspect.confidence = Share::new((scaled(suspect.score) - total).exp()).value();
    }
    // The place is what counts first, all ways to it being one place: its fault modes together,
    // then the best of them.
    let mut by_place: BTreeMap<(bool, EntityId), (f64, f64)> = BTreeMap::new();
    for suspect in suspects.iter() {
        let (all, top) = by_place.entry(suspect.place()).or_insert((0.0, f64::NEG_INFINITY));
        *all += suspect.confidence;
        *top = top.max(suspect.score);
    }
    for suspect in suspects.iter_mut() {
        // The best mode of a place speaks for the place.
        if let Some((all, top)) = by_place.get(&suspect.place())
            && *top == suspect.score
        {
            suspect.confidence = *all;
        }
    }
    suspects.sort_by(|a, b| {
        let order = b.confidence.total_cmp(&a.confidence).then(b.score.total_cmp(&a.score));
        order.then_with(|| a.culprit.cmp(&b.culprit)).then(a.mode.cmp(&b.mode))
    });
}

/// Places the flow left probability at, and places connected with the symptom at which something
/// else is abnormal.
fn candidates(scene: &Scene<'_>) -> Vec<Candidate> {
    let mut found: BTreeMap<Culprit, Candidate> = BTreeMap::new();
    if let (Some(graph), Some(flow)) = (scene.graph, scene.flow) {
        for root in &flow.roots {
            let Some(culprit) = graph.culprit(root.node, root.kind) else { continue };
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

/// How probable a place is at the least.
fn least(scene: &Scene<'_>, candidate: &Candidate, all: &BTreeMap<Culprit, Candidate>) -> f64 {
    let culprit = &candidate.culprit;
    floor(scene, candidate, all).max(at_the_door(culprit, all)).max(as_told(scene, culprit, all))
}

/// What those who call a place say of it in well-known words is believed as often as not: of what
/// they are suspected themselves, half goes to it.
fn as_told(scene: &Scene<'_>, culprit: &Culprit, all: &BTreeMap<Culprit, Candidate>) -> f64 {
    let Culprit::Entity(id) = culprit else { return 0.0 };
    let said = scene.observations.iter().filter(|o| {
        o.kind == ObservationKind::Stated && o.is_abnormal() && o.peer.as_ref() == Some(id)
    });
    let tellers: BTreeSet<&EntityId> = said.map(|o| &o.entity).collect();
    let masses = tellers.into_iter().filter_map(|id| all.get(&Culprit::Entity(id.clone())));
    masses.map(|teller| teller.mass).sum::<f64>() * limit::DOOR_SHARE.value
}

/// How probable a place is at the least, by what its telemetry could have shown.
fn floor(scene: &Scene<'_>, candidate: &Candidate, all: &BTreeMap<Culprit, Candidate>) -> f64 {
    let Culprit::Entity(id) = &candidate.culprit else { return limit::FLOOR_UNSEEN.value };
    let measured = candidate.node.and_then(|node| scene.graph?.nodes.get(node)).is_some_and(|n| {
        Kind::BOTH.into_iter().any(|kind| n.excess(kind).is_some_and(|excess| excess.known))
    });
    if measured {
        return limit::FLOOR_CALM.value;
    }
    // A host suffers in silence: what runs on it shows for it.
    let hosted = scene.view.case.topology.dependents(id);
    let hosted = hosted.filter(|relation| relation.kind == RelationKind::RunsOn);
    let carried: f64 = hosted
        .filter_map(|relation| all.get(&Culprit::Entity(relation.from.clone())))
        .map(|service| service.mass)
        .sum();
    (carried * limit::HOST_SHARE.value).max(limit::FLOOR_UNSEEN.value)
}

/// What the way to a place is suspected of, the place itself may have done: it may be slow to
/// accept a request that it then answers fast.
fn at_the_door(culprit: &Culprit, all: &BTreeMap<Culprit, Candidate>) -> f64 {
    let Culprit::Entity(id) = culprit else { return 0.0 };
    let ways = all.values().filter(
        |candidate| matches!(&candidate.culprit, Culprit::Connection { to, .. } if to == id),
    );
    ways.map(|way| way.mass).sum::<f64>() * limit::DOOR_SHARE.value
}

/// Everything a fault can reach the symptom from: for each place the next one on the shortest way up
/// to a start, and how many steps that is.
struct Suppliers<'a>(BTreeMap<&'a EntityId, (Option<&'a EntityId>, usize)>);

impl<'a> Suppliers<'a> {
    fn of(scene: &Scene<'a>, starts: &'a [EntityId]) -> Self {
        let topology = scene.view.case.topology;
        let mut found: BTreeMap<&EntityId, (Option<&EntityId>, usize)> =
            starts.iter().map(|start| (start, (None, 0))).collect();
        let mut queue: std::collections::VecDeque<&EntityId> = starts.iter().collect();
        while let Some(here) = queue.pop_front() {
            let steps = found.get(here).map_or(0, |(_, steps)| *steps);
            let down = topology.dependencies(here).map(|r| (&r.to, r.kind));
            // A queue waits for those who empty it, and a workload is its pods.
            let others = topology.dependents(here).filter(|r| {
                r.kind == RelationKind::Consumes
                    || (r.kind == RelationKind::BelongsTo
                        && topology.kind(&r.from) == EntityKind::Pod)
            });
            for (next, kind) in down.chain(others.map(|r| (&r.from, RelationKind::Calls))) {
                let travels = kind.is_request() || kind == RelationKind::RunsOn;
                if travels && !found.contains_key(next) {
                    found.insert(next, (Some(here), steps + 1));
                    queue.push_back(next);
                }
            }
        }
        Self(found)
    }

    /// The way from a place up to a start; none if there isn't any.
    fn path(&self, from: &EntityId) -> Option<Vec<EntityId>> {
        let mut next = Some(self.0.get_key_value(from)?.0);
        let mut path = Vec::new();
        while let Some(&here) = next.as_ref() {
            path.push((*here).clone());
            next = self.0.get(here).and_then(|(above, _)| above.as_ref());
        }
        Some(path)
    }
}

/// The entities along a path of nodes, from the root up; an edge stands for its callee.
fn entities(graph: &Graph, path: &[usize]) -> Vec<EntityId> {
    let mut found: Vec<EntityId> = Vec::new();
    let mut seen: BTreeSet<&EntityId> = BTreeSet::new();
    for &node in path {
        let Some(node) = graph.nodes.get(node) else { continue };
        let ends = match &node.place {
            crate::ledger::Place::Entity(id) => vec![id],
            crate::ledger::Place::Edge { from, to } => vec![to, from],
        };
        for id in ends {
            if seen.insert(id) {
                found.push(id.clone());
            }
        }
    }
    found
}

/// Changes of an entity, or of the stack it was deployed by, that may have set off what began at
/// the onset, with the log odds their timing is worth.
fn triggers<'a>(scene: &Scene<'a>, entity: &EntityId) -> Vec<(&'a Change, f64)> {
    let topology = scene.view.case.topology;
    let stacks = topology.dependencies(entity).filter(|relation| {
        matches!(relation.kind, RelationKind::DeployedBy | RelationKind::BelongsTo)
    });
    let altered: BTreeSet<&EntityId> =
        [entity].into_iter().chain(stacks.map(|relation| &relation.to)).collect();
    let mut found = Vec::new();
    for piece in scene.view.case.evidence {
        let Content::Changes(changes) = &piece.content else { continue };
        for change in changes {
            let minutes = scene.view.onset.duration_since(change.at).as_secs_f64() / 60.0;
            let weight = limit::trigger_weight(minutes);
            if let Some(weight) = weight
                && change.entities.iter().any(|id| altered.contains(id))
            {
                found.push((change, weight));
            }
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.id.cmp(&b.0.id)));
    found
}

/// Whether the entity belongs to somebody else.
fn is_outside(scene: &Scene<'_>, id: &EntityId) -> bool {
    scene.view.case.topology.kind(id) == EntityKind::External
}
