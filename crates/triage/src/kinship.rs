use crate::graph::{Graph, Spot, Way};
use crate::policy::Policy;
use crate::reach::Reach;

/// The surroundings of the entities an alert speaks of, walked once and compared with every open
/// incident.
pub(crate) struct Surroundings<'a> {
    graph: &'a Graph,
    policy: &'a Policy,
    around: Vec<Around>,
}

struct Around {
    spot: Spot,
    down: Reach,
    up: Reach,
}

/// How an alert's entities and an incident's are related.
pub(crate) struct Kinship<'s> {
    pub(crate) weight: f64,
    /// The same entity, or one relation apart.
    pub(crate) is_close: bool,
    /// Whether both sides are known to the topology.
    pub(crate) is_located: bool,
    link: Link<'s>,
}

/// What a kinship rests on, kept until somebody wants to read it: of twenty incidents that are
/// compared, one is spoken of.
enum Link<'s> {
    UnknownAlert,
    UnknownIncident,
    /// No chain between these two, nor any others.
    None(Spot, Spot),
    Tie(&'s Around, Spot, Tie),
}

/// What connects two entities.
#[derive(Clone, Copy)]
enum Tie {
    /// They are one.
    Same,
    /// A chain of dependencies.
    Chain(Way),
    /// A supplier or caller that both have.
    Shared(Way, Spot),
    /// The same, where so many have it that it says little.
    Crowd(Way, Spot),
}

/// Weight, number of relations, and what they are.
type Found = (f64, usize, Tie);

/// More entities than this are a list; the first are the most specific.
const MOST: usize = 8;

impl<'a> Surroundings<'a> {
    pub(crate) fn of(entities: &[Spot], graph: &'a Graph, policy: &'a Policy) -> Self {
        let around = graph.specific(entities).into_iter().take(MOST).map(|spot| Around {
            spot,
            down: Reach::walk(graph, spot, Way::Down, policy),
            up: Reach::walk(graph, spot, Way::Up, policy),
        });
        Self { graph, policy, around: around.collect() }
    }

    /// The entities it is about.
    pub(crate) fn entities(&self) -> impl Iterator<Item = Spot> {
        self.around.iter().map(|around| around.spot)
    }

    /// The closest relation between any of the alert's entities and any of `theirs`, an incident's
    /// without the places among them.
    pub(crate) fn compare(&self, theirs: &[Spot]) -> Kinship<'_> {
        let unlocated = |link| Kinship { weight: 0.0, is_close: false, is_located: false, link };
        let Some(ours) = self.around.first() else { return unlocated(Link::UnknownAlert) };
        let Some(first) = theirs.first() else { return unlocated(Link::UnknownIncident) };
        let mut best: Option<(f64, usize, Link<'_>)> = None;
        for around in &self.around {
            for their in theirs {
                let Some((weight, hops, tie)) = self.between(around, *their) else { continue };
                if best.as_ref().is_none_or(|best| weight > best.0) {
                    best = Some((weight, hops, Link::Tie(around, *their, tie)));
                }
            }
        }
        if let Some((weight, hops, link)) = best {
            return Kinship { weight, is_close: hops <= 1, is_located: true, link };
        }
        let isolated = self.around.iter().all(|around| self.graph.is_isolated(around.spot))
            || theirs.iter().all(|their| self.graph.is_isolated(*their));
        let weight = if isolated { self.policy.unrelated_isolated } else { self.policy.unrelated };
        let link = Link::None(ours.spot, *first);
        Kinship { weight, is_close: false, is_located: true, link }
    }

    /// How a kinship reads: `cart calls carts-table`.
    pub(crate) fn phrase(&self, kinship: &Kinship<'_>) -> String {
        let name = |spot: Spot| self.graph.id(spot);
        let (around, their, tie) = match &kinship.link {
            Link::UnknownAlert => return "the alert names no entity of the topology".into(),
            Link::UnknownIncident => return "the incident names no entity of the topology".into(),
            Link::None(ours, first) => {
                return format!(
                    "no chain of dependencies within {} relations between {} and {}",
                    self.policy.max_hops,
                    name(*ours),
                    name(*first)
                );
            }
            Link::Tie(around, their, tie) => (*around, *their, *tie),
        };
        let (our, their_name) = (name(around.spot), name(their));
        match tie {
            Tie::Same => format!("both speak of {their_name}"),
            Tie::Chain(way) => {
                let sentence = around.reach(way).sentence(their, self.graph);
                sentence.expect("invariant: a chain leads to another entity, over a relation")
            }
            Tie::Shared(Way::Down, middle) => {
                format!("{our} and {their_name} both need {}", name(middle))
            }
            Tie::Shared(Way::Up, middle) => {
                format!("{our} and {their_name} both are needed by {}", name(middle))
            }
            Tie::Crowd(way, middle) => format!(
                "{our} and {their_name} share only {}, as {} entities do",
                name(middle),
                self.members(middle, way)
            ),
        }
    }

    /// What connects two entities, if anything does.
    fn between(&self, around: &Around, their: Spot) -> Option<Found> {
        if around.spot == their {
            let weight = self.policy.by_hops.first().copied().unwrap_or_default();
            let grouping = if self.graph.is_grouping(their) { self.policy.grouping } else { 0.0 };
            return Some((weight + grouping, 0, Tie::Same));
        }
        let mut best: Option<Found> = None;
        for way in [Way::Down, Way::Up] {
            let Some(step) = around.reach(way).step(their) else { continue };
            let by_hops = self.policy.by_hops.get(step.hops).copied().unwrap_or_default();
            let weight = by_hops + step.discount;
            if best.is_none_or(|(best, ..)| weight > best) {
                best = Some((weight, step.hops, Tie::Chain(way)));
            }
        }
        best.or_else(|| self.shared(around, their))
    }

    /// A supplier or caller that both have, where no chain leads from one to the other.
    fn shared(&self, around: &Around, their: Spot) -> Option<Found> {
        let mut best: Option<Found> = None;
        for way in [Way::Down, Way::Up] {
            for road in self.graph.roads(their, way) {
                let middle = road.far_end(way);
                // One relation on one side and at most two on the other: further away everything
                // meets somewhere.
                let step = around.reach(way).step(middle).filter(|step| step.hops <= 2);
                let Some(step) = step else { continue };
                let is_crowd = self.members(middle, way) > self.policy.shared_crowd
                    || self.graph.is_grouping(middle);
                let (weight, tie) = match way {
                    _ if is_crowd => (self.policy.shared_crowd_only, Tie::Crowd(way, middle)),
                    Way::Down => (self.policy.shared_supplier, Tie::Shared(way, middle)),
                    Way::Up => (self.policy.shared_caller, Tie::Shared(way, middle)),
                };
                if best.is_none_or(|(best, ..)| weight > best) {
                    best = Some((weight, step.hops + 1, tie));
                }
            }
        }
        best
    }

    /// How many have this supplier (`Down`) or caller (`Up`).
    fn members(&self, middle: Spot, way: Way) -> usize {
        self.graph.roads(middle, way.back()).len()
    }
}

impl Around {
    fn reach(&self, way: Way) -> &Reach {
        match way {
            Way::Down => &self.down,
            Way::Up => &self.up,
        }
    }
}
