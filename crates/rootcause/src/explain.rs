//! Hypotheses: where the fault starts (from the flow of excess) and what is wrong there (from
//! what else is seen at the place).

mod away;
mod candidates;
mod floors;
mod modes;
mod spared;
mod suppliers;
mod surge;

use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::{Change, ChangeId, Content, FaultMode, Observation, ObservationId, Share};
use nightjar_series::gaussian::log_sum_exp;
use nightjar_topology::{EntityId, EntityKind, RelationKind};

use self::candidates::candidates;
use self::suppliers::Suppliers;
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
    /// Places that some find slow or failing, and a caller whom they serve as usual.
    pub(crate) spared: BTreeMap<EntityId, EntityId>,
    /// Who has no processor time left.
    starved: BTreeSet<&'a EntityId>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(
        view: &'a View<'a>,
        graph: Option<&'a Graph>,
        flow: Option<&'a Flow>,
        observations: &'a [Observation],
        symptom_shows: bool,
        starts: Vec<EntityId>,
    ) -> Self {
        let spared = graph.zip(flow);
        let spared = spared.map(|(graph, flow)| spared::all(graph, flow.symptom.1));
        Self {
            view,
            graph,
            flow,
            observations,
            symptom_shows,
            starts,
            spared: spared.unwrap_or_default(),
            starved: floors::starved(observations),
        }
    }

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

/// The way from an entity up to where the search began; none if it isn't needed there.
pub(crate) fn path_up(scene: &Scene<'_>, from: &EntityId) -> Option<Vec<EntityId>> {
    Suppliers::of(scene, &scene.starts).path(from)
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
