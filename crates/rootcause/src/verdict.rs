//! How an investigation ends: decided from recorded evidence, never by how loud a symptom is.

use nightjar_incident::{Hypothesis, Observation, RootCause, Signal, Verdict, amount};

use crate::calibration;
use crate::calm::nothing_deviates;
use crate::case::Case;
use crate::excess::Kind;
use crate::explain::Suspect;
use crate::graph::{Graph, State};
use crate::ledger::Place;
use crate::observe::View;
use crate::statement::statement;
use crate::step::Step;
use crate::symptom::{Complaint, excess_of};
use crate::thresholds as limit;

/// The verdict before it is put in words.
pub(crate) enum Decision {
    Cause,
    Nothing(String),
    Unknown(String),
}

pub(crate) fn decide(
    case: &Case<'_>,
    graph: Option<&Graph>,
    complaint: &Complaint,
    ranked: &[Suspect],
    observations: &[Observation],
) -> Decision {
    match decide_by_what_was_seen(case, graph, complaint, ranked, observations) {
        // The trouble may be in what wasn't asked for any more.
        Decision::Nothing(calm) if case.is_cut_short => {
            Decision::Unknown(format!("{calm}, as far as was asked"))
        }
        decision => decision,
    }
}

fn decide_by_what_was_seen(
    case: &Case<'_>,
    graph: Option<&Graph>,
    complaint: &Complaint,
    ranked: &[Suspect],
    observations: &[Observation],
) -> Decision {
    let name = |state: &State| {
        let place = graph.and_then(|graph| graph.nodes.get(state.0)).map(|node| &node.place);
        match place {
            Some(Place::Entity(id)) => format!("`{id}`"),
            Some(Place::Edge { from, to }) => format!("`{from}` calling `{to}`"),
            None => "the alerting entity".to_owned(),
        }
    };
    let what = |state: &State| match state.1 {
        Kind::Time => "latency",
        Kind::Errors => "error rate",
    };
    let places = |states: &[State]| {
        let each = states.iter().take(3).map(|state| format!("{} of {}", what(state), name(state)));
        each.collect::<Vec<_>>().join(", ")
    };
    let leading = ranked.first();
    let decisive = leading
        .filter(|s| s.decisive && s.confidence >= limit::CLAIM.value)
        .is_some_and(|s| has_own_mark(s, observations));
    let own = own_deviation(case, observations);
    // Who doesn't answer goes on not to answer, whatever requests look like.
    let is_down = own.is_some_and(|seen| seen.signal == Some(Signal::Up));
    let as_usual = match complaint {
        Complaint::Usual(state, _) => Some(state),
        Complaint::Recovered(state) | Complaint::Blip(state) if is_down => Some(state),
        _ => None,
    };
    if let Some((state, seen)) = as_usual.zip(own).filter(|_| !decisive) {
        return Decision::Unknown(format!(
            "the {} of {} is as usual, but what the alert is about isn't: {}",
            what(state),
            name(state),
            seen.summary
        ));
    }
    match complaint {
        Complaint::NoPast(state) if !decisive => {
            return Decision::Unknown(format!(
                "too little was recorded before to know the usual {} of {}",
                what(state),
                name(state)
            ));
        }
        Complaint::Usual(state, z) if !decisive => {
            return Decision::Nothing(format!(
                "{} of {} is within its usual range ({z:.1} standard deviations)",
                what(state),
                name(state)
            ));
        }
        Complaint::Blip(state) if !is_down => {
            return Decision::Nothing(format!(
                "{} of {} stood out for a single interval and is back to normal",
                what(state),
                name(state)
            ));
        }
        Complaint::Slight(state) if !decisive => {
            return Decision::Nothing(format!(
                "{} of {} is hardly above its usual: nobody can feel what the alerts are about",
                what(state),
                name(state)
            ));
        }
        Complaint::Recovered(state) if !is_down => {
            return Decision::Nothing(format!(
                "{} of {} has already returned to normal",
                what(state),
                name(state)
            ));
        }
        Complaint::Below(states) if !leading.is_some_and(|leading| leading.decisive) => {
            return Decision::Unknown(format!(
                "the alerting entity is as usual; {} isn't, and nothing decisive was seen",
                places(states)
            ));
        }
        Complaint::Usual(..)
        | Complaint::NoPast(_)
        | Complaint::Blip(_)
        | Complaint::Recovered(_)
        | Complaint::Slight(_)
        | Complaint::Shows(_)
        | Complaint::Below(_)
        | Complaint::Unmeasured => {}
    }
    if *complaint == Complaint::Unmeasured
        && !decisive
        && let Some(calm) = nothing_deviates(case, observations)
    {
        return Decision::Nothing(calm);
    }
    if case.symptoms.is_empty() {
        return Decision::Unknown("no alert names an entity that the topology knows".to_owned());
    }
    let Some(leading) = leading else {
        return Decision::Unknown("nothing that was seen points anywhere".to_owned());
    };
    if *complaint == Complaint::Unmeasured && !decisive {
        return Decision::Unknown(
            "no request metrics of the alerting entities, or of what depends on them, were seen"
                .to_owned(),
        );
    }
    if let Complaint::Shows(state) = complaint
        && !decisive
        && is_faint(graph, Some(*state))
    {
        return Decision::Unknown(format!(
            "the {} of {} hardly stands out from chance, and no mark of a fault was seen",
            what(state),
            name(state)
        ));
    }
    if let (Complaint::Shows(state), Some(graph)) = (complaint, graph)
        && !leading.decisive
        && graph.blindness(*state) >= limit::TOO_BLIND.value
    {
        return Decision::Unknown(format!(
            "the {} of {} stays with it, but most of what it calls doesn't measure that",
            what(state),
            name(state)
        ));
    }
    if leading.confidence < limit::CLAIM.value {
        let takes = case.takes(Step::Calibration);
        let raw = leading.confidence;
        let share = if takes { calibration::probability(raw) } else { raw };
        let share = amount(100.0 * share, "%");
        return Decision::Unknown(format!("the strongest lead reaches only {share}"));
    }
    Decision::Cause
}

/// What an alert complains of, seen where it says, if that is no request metric and no processor at
/// work.
fn own_deviation<'a>(case: &Case<'_>, observations: &'a [Observation]) -> Option<&'a Observation> {
    observations.iter().filter(|o| o.is_abnormal()).find(|o| {
        case.symptoms.iter().any(|symptom| {
            symptom.entity == o.entity
                && symptom.signal.is_some()
                && symptom.signal == o.signal
                && !o.signal.is_some_and(Signal::is_of_requests)
                && o.signal != Some(Signal::CpuUtilization)
        })
    })
}

/// Whether something besides requests was seen at the suspect: its own mark.
fn has_own_mark(suspect: &Suspect, observations: &[Observation]) -> bool {
    use nightjar_incident::ObservationKind as Is;
    observations.iter().any(|o| {
        suspect.support.contains(&o.id)
            && match o.kind {
                // A busy processor is at work; that somebody waits for it has to show elsewhere.
                Is::Saturation => o.is_abnormal() && o.signal != Some(Signal::CpuUtilization),
                Is::Throttling
                | Is::Backlog
                | Is::Restart
                | Is::Missing
                | Is::Stated
                | Is::Disk
                | Is::Locks
                | Is::Replication
                | Is::Replicas
                | Is::Statement
                | Is::Expiry => o.is_abnormal(),
                Is::LogMix | Is::Calls => o.z >= limit::CHANGED_FOR_SURE_Z.value,
                Is::Latency
                | Is::Errors
                | Is::Traffic
                | Is::NetworkGap
                | Is::Logs
                | Is::Spans
                | Is::Tail
                | Is::Headroom
                | Is::Drift
                | Is::Retries
                | Is::Timeouts
                | Is::Burst
                | Is::StackTrace
                | Is::Change => false,
            }
    })
}

impl Decision {
    pub(crate) fn finish(
        self,
        causes: &[Hypothesis],
        observations: &[Observation],
        view: &View<'_>,
    ) -> Verdict {
        let told = |cause: &Hypothesis| RootCause {
            statement: statement(cause, observations, view),
            hypothesis: cause.clone(),
        };
        match self {
            Self::Cause if causes.is_empty() => {
                Verdict::NotFound { reason: "nothing that was seen points anywhere".to_owned() }
            }
            Self::Cause => Verdict::CauseFound { causes: causes.iter().map(told).collect() },
            Self::Nothing(reason) => Verdict::NoIncident { reason },
            Self::Unknown(reason) => Verdict::NotFound { reason },
        }
    }
}

/// Whether what shows at a place hardly stands out.
pub(crate) fn is_faint(graph: Option<&Graph>, symptom: Option<State>) -> bool {
    let excess = graph.zip(symptom).and_then(|(graph, state)| excess_of(graph, state));
    excess.is_some_and(|excess| excess.z() < limit::FAINT_Z.value)
}
