//! The verdict: decided from scores and recorded evidence, never by how loud a symptom is.

use nightjar_incident::{
    Conclusion, Hypothesis, HypothesisId, Observation, RootCause, Share, Signal, Stage, Verdict,
    amount,
};
use nightjar_topology::RelationKind;

use crate::attack::attack;
use crate::calm::nothing_deviates;
use crate::case::Case;
use crate::excess::Kind;
use crate::explain::{Scene, Suspect, normalise, suspects};
use crate::graph::{Culprit, Graph, State};
use crate::ledger::{Ledger, Place, measured};
use crate::observe::{self, View};
use crate::second_cause::second_cause;
use crate::statement::statement;
use crate::step::Step;
use crate::symptom::{Complaint, complaint, excess_of, onset_row};
use crate::thresholds as limit;
use crate::{calibration, gaps, impact, operations};

/// Investigates one case: the same input gives the same conclusion.
pub fn investigate(case: &Case<'_>) -> Conclusion {
    let (window, reference) = (case.window(), case.reference());
    let columns = measured(case.evidence);
    let mut ledger = Ledger::build(&columns, window, reference);
    let connected = ledger.as_mut().map(|ledger| connect(case, ledger));
    let (graph, complaint) = match &connected {
        Some((graph, complaint)) => (Some(graph), complaint.clone()),
        None => (None, Complaint::Unmeasured),
    };
    let onset = ledger.as_ref().zip(graph).and_then(|(ledger, graph)| {
        let state = match &complaint {
            Complaint::Shows(state)
            | Complaint::Slight(state)
            | Complaint::Recovered(state)
            | Complaint::Blip(state) => state,
            Complaint::Below(states) => states.first()?,
            Complaint::Usual(..) | Complaint::Unmeasured => return None,
        };
        let row = onset_row(excess_of(graph, *state)?)?;
        let at = ledger.rows.get(ledger.window.start + row)?;
        jiff::Timestamp::from_millisecond(*at).ok()
    });
    let symptom = onset.filter(|_| matches!(complaint, Complaint::Shows(_)));
    let changes = operations::changes(case, symptom);
    let view = View {
        operations: changes.as_ref(),
        case: *case,
        columns: &columns,
        window,
        reference,
        requests: ledger.as_ref().zip(graph),
        onset: onset.unwrap_or_else(|| case.alarm()),
    };
    let mut observations = observe::all(&view);
    let flow = match (&complaint, &ledger, graph) {
        (Complaint::Unmeasured, _, _) | (_, None, _) | (_, _, None) => None,
        (
            Complaint::Shows(state)
            | Complaint::Usual(state, _)
            | Complaint::Slight(state)
            | Complaint::Blip(state)
            | Complaint::Recovered(state),
            Some(ledger),
            Some(graph),
        ) => Some(graph.flow(ledger, &[*state], case.takes(Step::UnseenEdge))),
        (Complaint::Below(states), Some(ledger), Some(graph)) => {
            Some(graph.flow(ledger, states, case.takes(Step::UnseenEdge)))
        }
    };
    let starts = match (&flow, graph, &complaint) {
        (Some(flow), Some(graph), Complaint::Shows(_)) => {
            graph.entity_of(flow.symptom.0).into_iter().collect()
        }
        (_, _, _) => case.symptoms.iter().map(|symptom| symptom.entity.clone()).collect(),
    };
    let symptom_shows = matches!(complaint, Complaint::Shows(_));
    let scene = Scene {
        view: &view,
        graph,
        flow: flow.as_ref(),
        observations: &observations,
        symptom_shows,
        starts,
    };
    let mut ranked = suspects(&scene);
    let calm = if case.takes(Step::Attack) { attack(&scene, &mut ranked) } else { Vec::new() };
    normalise(&mut ranked);
    let stage = stage(&view, ledger.as_ref());
    let mut caps = Vec::new();
    if case.takes(Step::Caps) {
        caps.extend(ranked.iter_mut().map(|suspect| cap(&scene, suspect, stage)));
    }
    let second = ranked.first().and_then(|leading| second_cause(&scene, leading));
    let starts = scene.starts.clone();
    let second = second.map(|mut second| {
        cap(&scene, &mut second, stage);
        second
    });
    observations.extend(calm);
    let gaps = gaps::find(case, graph, &ranked, &starts);
    let verdict = decide(case, graph, &complaint, &ranked, &observations);
    if case.takes(Step::Calibration) {
        calibrate(&mut ranked, caps.first().copied().unwrap_or(1.0));
    }
    let claims = 1 + usize::from(second.is_some());
    if let Some(second) = second {
        ranked.retain(|s| (&s.culprit, s.mode) != (&second.culprit, second.mode));
        ranked.insert(1, second);
    }
    let impact = graph.zip(ledger.as_ref()).and_then(|(graph, ledger)| {
        impact::measure(ledger, graph, flow.as_ref()?.symptom, &observations)
    });
    let hypotheses: Vec<Hypothesis> = ranked.iter().enumerate().map(numbered).collect();
    let leading = hypotheses.first().map(|hypothesis| hypothesis.entity.clone());
    let blast_radius = leading.map_or(Vec::new(), |entity| {
        case.topology
            .blast_radius(&entity, |kind| kind.is_request() || kind == RelationKind::RunsOn)
    });
    Conclusion {
        at: case.now,
        stage,
        verdict: verdict.finish(hypotheses.get(..claims).unwrap_or_default(), &observations, &view),
        hypotheses,
        observations,
        gaps,
        impact,
        blast_radius,
        window,
        reference,
    }
}

/// The graph with the window cut to what the alerts are about: it begins a few rows before the
/// symptom, and what deviated in those rows is taken as drift.
fn connect(case: &Case<'_>, ledger: &mut Ledger) -> (Graph, Complaint) {
    let graph = Graph::build(ledger, case.topology);
    let first = complaint(case, &graph);
    let state = match &first {
        Complaint::Shows(state) => Some(state),
        Complaint::Below(states) => states.first(),
        Complaint::Usual(..)
        | Complaint::Blip(_)
        | Complaint::Slight(_)
        | Complaint::Recovered(_)
        | Complaint::Unmeasured => None,
    };
    let Some(onset) = state.and_then(|state| excess_of(&graph, *state)).and_then(onset_row) else {
        return (graph, first);
    };
    let cut = onset.saturating_sub(limit::LEAD_ROWS);
    ledger.window.start += cut;
    // Rows that ended before the alarm and before the symptom began.
    let alarm = case.alarm().as_millisecond();
    let early = ledger.rows.get(ledger.window.clone()).unwrap_or_default();
    let early = early.iter().take_while(|&&at| at + ledger.step <= alarm).count();
    let quiet = if case.takes(Step::EarlyDrift) { early.min(onset - cut) } else { 0 };
    if cut == 0 && quiet == 0 {
        return (graph, first);
    }
    let graph = graph.again(ledger, quiet);
    let second = complaint(case, &graph);
    (graph, second)
}

/// Final once enough rows followed the onset.
fn stage(view: &View<'_>, ledger: Option<&Ledger>) -> Stage {
    let step = ledger.map_or(60_000, |ledger| ledger.step);
    let since = view.case.now.duration_since(view.onset.min(view.case.alarm())).as_millis();
    let rows = since as f64 / step as f64;
    if rows >= limit::MIN_ROWS_AFTER.value { Stage::Final } else { Stage::Provisional }
}

/// Limits a confidence by what was seen at all; the limit.
fn cap(scene: &Scene<'_>, suspect: &mut Suspect, stage: Stage) -> f64 {
    let mut most = limit::CAP.value;
    if !suspect.decisive {
        most = most.min(limit::CAP_UNDECIDED.value);
    }
    let is_symptom = scene
        .flow
        .is_some_and(|flow| flow.symptoms.iter().any(|start| suspect.node == Some(start.0)));
    if is_symptom && !suspect.decisive {
        let kinds = "what it calls may not be fully observed";
        suspect.reasons.push(format!("the excess stays with the symptom itself; {kinds}"));
        most = most.min(limit::CAP_SYMPTOM.value);
    }
    if is_faint(scene.graph, scene.flow.map(|flow| flow.symptom)) && scene.symptom_shows {
        suspect.reasons.push("the symptom hardly stands out from chance".to_owned());
        most = most.min(limit::CAP_FAINT.value);
    }
    if stage == Stage::Provisional {
        suspect.reasons.push("little was seen after the onset yet".to_owned());
        most = most.min(limit::CAP_PROVISIONAL.value);
    }
    suspect.confidence = suspect.confidence.min(most);
    most
}

/// Whether what shows at a place hardly stands out.
fn is_faint(graph: Option<&Graph>, symptom: Option<State>) -> bool {
    let excess = graph.zip(symptom).and_then(|(graph, state)| excess_of(graph, state));
    excess.is_some_and(|excess| excess.z() < limit::FAINT_Z.value)
}

/// Turns raw confidences into probabilities. The leading place gets what its raw confidence is
/// worth, within its cap; the others share what is left.
fn calibrate(ranked: &mut [Suspect], cap: f64) {
    let Some(leading) = ranked.first() else { return };
    let (culprit, raw) = (leading.culprit.clone(), leading.confidence);
    let probable = calibration::probability(raw).min(cap);
    let own = if raw > 0.0 { probable / raw } else { 1.0 };
    let left = if raw < 1.0 { ((1.0 - probable) / (1.0 - raw)).min(1.0) } else { 1.0 };
    for suspect in ranked {
        let factor = if suspect.culprit == culprit { own } else { left };
        suspect.confidence = (suspect.confidence * factor).min(probable);
    }
}

fn numbered((index, suspect): (usize, &Suspect)) -> Hypothesis {
    let peer = match &suspect.culprit {
        Culprit::Entity(_) => None,
        Culprit::Connection { from, .. } => Some(from.clone()),
    };
    Hypothesis {
        id: HypothesisId::new(format!("hyp-{}", index + 1)),
        entity: suspect.entity().clone(),
        peer,
        fault_mode: suspect.mode,
        trigger: suspect.trigger.clone(),
        support: suspect.support.clone(),
        against: suspect.against.clone(),
        confidence: Share::new(suspect.confidence),
        share_explained: suspect.share_explained.map(Share::new),
        path: suspect.path.clone(),
        reasons: suspect.reasons.clone(),
    }
}

/// The verdict before it is put in words.
enum Decision {
    Cause,
    Nothing(String),
    Unknown(String),
}

fn decide(
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
    if let Complaint::Usual(state, _) = complaint
        && !decisive
        && let Some(seen) = own_deviation(case, observations)
    {
        return Decision::Unknown(format!(
            "the {} of {} is as usual, but what the alert is about isn't: {}",
            what(state),
            name(state),
            seen.summary
        ));
    }
    match complaint {
        Complaint::Usual(state, z) if !decisive => {
            return Decision::Nothing(format!(
                "{} of {} is within its usual range ({z:.1} standard deviations)",
                what(state),
                name(state)
            ));
        }
        Complaint::Blip(state) => {
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
        Complaint::Recovered(state) => {
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
    fn finish(
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
