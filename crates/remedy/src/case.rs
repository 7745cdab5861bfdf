//! What a plan is written from: one cause with everything that is known around it.

use nightjar_incident::{
    Change, ChangeKind, Conclusion, Content, Evidence, Hypothesis, MetricSeries, Observation,
    ObservationKind, Signal, amount, signal,
};
use nightjar_topology::{Entity, EntityKind, Topology};

use crate::platform::Platform;
use crate::sign::REQUESTS;
use crate::text::{named, shown};

/// One cause with everything that is known around it.
pub(crate) struct Case<'a> {
    pub(crate) hypothesis: &'a Hypothesis,
    pub(crate) conclusion: &'a Conclusion,
    pub(crate) topology: &'a Topology,
    pub(crate) evidence: &'a [Evidence],
    /// The change that set it off, if one did and is known.
    pub(crate) trigger: Option<&'a Change>,
    /// The entity at fault; of unknown kind where the topology doesn't hold it.
    pub(crate) entity: Entity,
    pub(crate) platform: Platform,
    /// The entity's name in backticks.
    pub(crate) name: String,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        hypothesis: &'a Hypothesis,
        conclusion: &'a Conclusion,
        topology: &'a Topology,
        (changes, evidence): (&'a [Change], &'a [Evidence]),
    ) -> Self {
        let entity = topology.entity(&hypothesis.entity).cloned();
        let entity =
            entity.unwrap_or_else(|| Entity::new(hypothesis.entity.clone(), EntityKind::Unknown));
        let trigger = hypothesis.trigger.as_ref();
        Self {
            trigger: trigger.and_then(|id| changes.iter().find(|change| &change.id == id)),
            platform: Platform::of(&entity),
            name: named(entity.id.as_str()),
            entity,
            hypothesis,
            conclusion,
            topology,
            evidence,
        }
    }

    /// Whether a known change set the fault off and people can take it back. What the platform
    /// did by itself (a failover, a maintenance) is on record without an author, and is over.
    pub(crate) fn can_be_taken_back(&self) -> bool {
        self.trigger.is_some_and(|change| match change.kind {
            ChangeKind::Infrastructure => change.author.is_some(),
            ChangeKind::Deployment
            | ChangeKind::Commit
            | ChangeKind::Configuration
            | ChangeKind::FeatureFlag
            | ChangeKind::Scaling
            | ChangeKind::Other => true,
        })
    }

    /// The same case seen from what the trigger altered, which isn't always what is at fault.
    pub(crate) fn altered(&self) -> Case<'a> {
        let altered = self.trigger.map(|change| change.entities.as_slice()).unwrap_or_default();
        let entity = match altered.first() {
            Some(first) if !altered.contains(&self.entity.id) => {
                let known = self.topology.entity(first).cloned();
                known.unwrap_or_else(|| Entity::new(first.clone(), EntityKind::Unknown))
            }
            Some(_) | None => self.entity.clone(),
        };
        self.of(entity)
    }

    /// The same case seen from another entity.
    pub(crate) fn of(&self, entity: Entity) -> Case<'a> {
        Self { platform: Platform::of(&entity), name: named(entity.id.as_str()), entity, ..*self }
    }

    /// The other end of a fault of a connection, in backticks.
    pub(crate) fn peer(&self) -> Option<String> {
        self.hypothesis.peer.as_ref().map(|peer| named(peer.as_str()))
    }

    /// Whose calls suffer: the other end of a faulty connection, or else whoever of ours calls it.
    pub(crate) fn callers(&self) -> String {
        if let Some(peer) = self.peer() {
            return peer;
        }
        let dependents = self.topology.dependents(&self.entity.id);
        let ours = dependents.filter(|relation| {
            relation.kind.is_request() && self.topology.kind(&relation.from) != EntityKind::Client
        });
        let mut names: Vec<String> = ours.map(|relation| named(relation.from.as_str())).collect();
        names.dedup();
        names.truncate(3);
        if names.is_empty() { "its callers".into() } else { names.join(", ") }
    }

    /// Who answers for the entity, as far as its attributes say.
    pub(crate) fn owner(&self) -> String {
        let keys = ["service.owner", "team", "owner"];
        match keys.iter().find_map(|key| self.entity.attributes.get(*key)) {
            Some(team) => format!("owner of {} ({})", self.name, shown(team)),
            None => format!("owner of {}", self.name),
        }
    }

    /// The trigger in words: kind, time, author and its own summary.
    pub(crate) fn trigger_text(&self) -> Option<String> {
        let change = self.trigger?;
        let author = change.author.as_ref().map(|author| format!(" by {}", shown(author)));
        Some(format!(
            "the {} of {}{} (“{}”, change {})",
            change.kind.label(),
            change.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            author.unwrap_or_default(),
            shown(&change.summary),
            named(change.id.as_str()),
        ))
    }

    /// The strongest deviation of the entity, or of what others see of it, in one of these signals.
    pub(crate) fn deviation(&self, signals: &[Signal]) -> Option<&'a Observation> {
        let about = |o: &&Observation| {
            o.entity == self.entity.id || o.peer.as_ref() == Some(&self.entity.id)
        };
        let fits = |o: &&Observation| o.signal.is_some_and(|signal| signals.contains(&signal));
        let mut found: Vec<&Observation> = self.conclusion.observations.iter().collect();
        found.retain(|o| o.is_abnormal() && about(o) && fits(o));
        // What supports the cause comes first, then the stronger one.
        found.into_iter().min_by(|a, b| {
            let supports = |o: &Observation| !self.hypothesis.support.contains(&o.id);
            let is_seen_by_others = |o: &Observation| o.entity != self.entity.id;
            let nearness = supports(a).cmp(&supports(b));
            let nearness = nearness.then(is_seen_by_others(a).cmp(&is_seen_by_others(b)));
            nearness.then(b.z.abs().total_cmp(&a.z.abs()))
        })
    }

    /// The number that measures the fault itself: in one of these signals, or else whatever was
    /// measured at the entity and supports the cause. Where the signals are those of requests,
    /// that is what users feel, and nothing else stands for it.
    pub(crate) fn own_deviation(&self, signals: &[Signal]) -> Option<&'a Observation> {
        let measures = |o: &&Observation| {
            o.is_abnormal()
                && o.entity == self.entity.id
                && o.peer.is_none()
                && self.hypothesis.support.contains(&o.id)
                && o.signal.is_some_and(|s| !matches!(s, Signal::Other | Signal::Requests))
        };
        let of_entity = || {
            let found = self.conclusion.observations.iter().filter(measures);
            let found = found.filter(|o| o.signal.is_none_or(|s| !REQUESTS.contains(&s)));
            found.max_by(|a, b| a.z.abs().total_cmp(&b.z.abs()))
        };
        // The fault's own number before what users feel of it, however loud that is.
        let is_felt = |signal: &&Signal| REQUESTS.contains(signal);
        let own: Vec<Signal> = signals.iter().filter(|s| !is_felt(s)).copied().collect();
        let found = self.deviation(&own).or_else(|| self.deviation(signals));
        found.or_else(|| if signals.iter().any(|s| is_felt(&s)) { None } else { of_entity() })
    }

    /// What the entity or its platform says of the fault in words, where that supports the cause.
    pub(crate) fn stated(&self) -> Option<&'a Observation> {
        let kinds = [ObservationKind::Stated, ObservationKind::Logs];
        kinds.into_iter().find_map(|kind| {
            let told = self.deviation_of_kind(kind)?;
            self.hypothesis.support.contains(&told.id).then_some(told)
        })
    }

    /// The strongest deviation of the entity of one kind.
    pub(crate) fn deviation_of_kind(&self, kind: ObservationKind) -> Option<&'a Observation> {
        let of_entity = self.conclusion.observations.iter();
        of_entity
            .filter(|o| o.kind == kind && o.entity == self.entity.id && o.is_abnormal())
            .max_by(|a, b| a.z.abs().total_cmp(&b.z.abs()))
    }

    /// What users feel: the strongest latency or error deviation of what alarmed.
    pub(crate) fn symptom(&self) -> Option<&'a Observation> {
        let suffering = self.conclusion.impact.as_ref().map(|impact| &impact.entity);
        let suffering = suffering.or(self.hypothesis.path.last())?;
        let of_users = self.conclusion.observations.iter().filter(|o| {
            &o.entity == suffering
                && o.peer.is_none()
                && o.is_abnormal()
                && matches!(o.signal, Some(Signal::Latency | Signal::Errors | Signal::Availability))
        });
        of_users.max_by(|a, b| a.z.abs().total_cmp(&b.z.abs()))
    }

    /// The metric behind an observation as its source writes it, with whose it is.
    pub(crate) fn metric(&self, observation: &Observation) -> String {
        let whose = match &observation.peer {
            Some(peer) if observation.kind == ObservationKind::NetworkGap => {
                let (a, b) = (named(peer.as_str()), named(observation.entity.as_str()));
                return format!("time on the way between {a} and {b}");
            }
            Some(peer) => {
                format!("{} calling {}", named(observation.entity.as_str()), named(peer.as_str()))
            }
            None => named(observation.entity.as_str()),
        };
        let label = observation.signal.map_or(observation.kind.label(), Signal::label);
        // Counts are recorded, and the share is what they were judged by.
        let is_share = observation.unit == "1" && observation.signal == Some(Signal::Errors);
        match self.series(observation) {
            Some(series) if is_share => {
                format!("share of failed requests of {whose}, from `{}`", shown(&series.name))
            }
            None if is_share => format!("share of failed requests of {whose}"),
            Some(series) => {
                format!("`{}` ({}) of {whose}", shown(&series.name), series.statistic.label())
            }
            None => format!("{label} of {whose}"),
        }
    }

    /// The series an observation speaks of, the mean rather than a quantile.
    fn series(&self, observation: &Observation) -> Option<&'a MetricSeries> {
        let wanted = observation.signal.filter(|&signal| signal != Signal::Other)?;
        let of_observation = |evidence: &&Evidence| observation.evidence.contains(&evidence.id);
        let series = self.evidence.iter().filter(of_observation).flat_map(|e| match &e.content {
            Content::Series(series) => series.as_slice(),
            Content::Logs(_)
            | Content::Spans(_)
            | Content::Changes(_)
            | Content::Inventory(_)
            | Content::Text(_) => &[],
        });
        let fitting = series.filter(|series| {
            series.entity == observation.entity
                && series.peer == observation.peer
                && signal::of(series) == wanted
        });
        fitting.min_by_key(|series| (series.statistic, signal::failed(series)))
    }

    /// Where the exact query of an observation is found.
    fn query(&self, observation: &Observation) -> String {
        match observation.evidence.first() {
            Some(id) => format!("; query of {}", named(id.as_str())),
            None => String::new(),
        }
    }

    /// "Still as seen": what a check before the repair must find.
    pub(crate) fn still(&self, observation: &Observation) -> String {
        if observation.signal == Some(Signal::Restarts) {
            return format!(
                "{} still rises (seen {}){}",
                self.metric(observation),
                observation.amount(observation.seen),
                self.query(observation),
            );
        }
        let side = if observation.seen >= observation.usual { "above" } else { "below" };
        let limit = halfway(observation);
        format!(
            "{} still {side} {} (usual {}, seen {}){}",
            self.metric(observation),
            observation.amount(limit),
            observation.amount(observation.usual),
            observation.amount(observation.seen),
            self.query(observation),
        )
    }

    /// "Back to usual": what a check after the repair must find, for five minutes.
    pub(crate) fn back(&self, observation: &Observation) -> String {
        // Restarts are counted up and never down.
        if observation.signal == Some(Signal::Restarts) {
            return format!(
                "{} no longer rises for 10 minutes (seen {}){}",
                self.metric(observation),
                observation.amount(observation.seen),
                self.query(observation),
            );
        }
        let side = if observation.seen >= observation.usual { "under" } else { "over" };
        format!(
            "{} back {side} {} for 5 minutes (usual {}, seen {}){}",
            self.metric(observation),
            observation.amount(recovered(observation)),
            observation.amount(observation.usual),
            observation.amount(observation.seen),
            self.query(observation),
        )
    }

    /// The newest value of a signal of the entity before the fault began, and its unit.
    pub(crate) fn level_before(
        &self,
        wanted: Signal,
        attribute_holds: &str,
    ) -> Option<(f64, String)> {
        let onset = self.onset_millis();
        let series = self.evidence.iter().flat_map(|e| match &e.content {
            Content::Series(series) => series.as_slice(),
            Content::Logs(_)
            | Content::Spans(_)
            | Content::Changes(_)
            | Content::Inventory(_)
            | Content::Text(_) => &[],
        });
        for series in series {
            let marked = series.attributes.values().chain([&series.name]);
            let marked = marked.into_iter().any(|v| v.to_lowercase().contains(attribute_holds));
            if series.entity != self.entity.id || signal::of(series) != wanted || !marked {
                continue;
            }
            // A sample may speak of the interval that begins at its time: the last whole one before.
            let onset = onset.saturating_sub(series.column.step().unwrap_or_default());
            let mut before =
                series.column.samples().filter(|(time, v)| *time < onset && !v.is_nan());
            if let Some((_, value)) = before.next_back() {
                return Some((value, series.unit.clone()));
            }
        }
        None
    }

    /// The same as text, without minding attributes.
    pub(crate) fn level_text(&self, wanted: Signal) -> Option<String> {
        self.level_before(wanted, "").map(|(value, unit)| amount(value, &unit))
    }

    /// When the fault began: the trigger or the earliest supporting onset, whichever came first.
    fn onset_millis(&self) -> i64 {
        let support = self.conclusion.observations.iter();
        let support = support.filter(|o| self.hypothesis.support.contains(&o.id));
        let earliest = support.filter_map(|o| Some(o.onset?.earliest)).min();
        let onset = earliest.unwrap_or(self.conclusion.window.from);
        self.trigger.map_or(onset, |change| change.at.min(onset)).as_millisecond()
    }
}

/// Between usual and seen: what still counts as "the fault is there".
fn halfway(observation: &Observation) -> f64 {
    f64::midpoint(observation.usual, observation.seen)
}

/// What counts as recovered: half as much again as usual, but never more than a quarter of the
/// excess, and at least a twentieth of it so that a usual level of zero doesn't ask for perfection.
fn recovered(observation: &Observation) -> f64 {
    let (usual, seen) = (observation.usual, observation.seen);
    let excess = (seen - usual).abs();
    // Not `clamp`, which panics where a number is missing.
    let slack = (0.5 * usual.abs()).max(0.05 * excess).min(0.25 * excess);
    if seen >= usual { usual + slack } else { usual - slack.min(0.1 * excess) }
}
