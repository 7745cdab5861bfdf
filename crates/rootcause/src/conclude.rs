//! One investigation from evidence to conclusion, step by step; each step is a file of its own.

use nightjar_incident::{Conclusion, Hypothesis, HypothesisId, Share, Stage};
use nightjar_topology::RelationKind;

use crate::attack::attack;
use crate::case::Case;
use crate::explain::{Scene, Suspect, normalise, suspects};
use crate::graph::{Culprit, Graph};
use crate::ledger::{Ledger, measured};
use crate::observe::{self, View};
use crate::second_cause::second_cause;
use crate::step::Step;
use crate::symptom::{Complaint, complaint, excess_of, onset_row};
use crate::thresholds as limit;
use crate::verdict::{decide, is_faint};
use crate::{calibration, gaps, impact, operations};

/// Investigates one case: the same input gives the same conclusion.
pub fn investigate(case: &Case<'_>) -> Conclusion {
    let columns = measured(case.evidence);
    let window = case.window(&columns);
    let reference = Case::reference(window);
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
            Complaint::Usual(..) | Complaint::NoPast(_) | Complaint::Unmeasured => return None,
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
            | Complaint::NoPast(state)
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
    let scene = Scene::new(&view, graph, flow.as_ref(), &observations, symptom_shows, starts);
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
        | Complaint::NoPast(_)
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

/// Final once enough was measured after the onset, and all was asked that is asked.
fn stage(view: &View<'_>, ledger: Option<&Ledger>) -> Stage {
    if view.case.is_cut_short {
        return Stage::Provisional;
    }
    let step = ledger.map_or(60_000, |ledger| ledger.step);
    let since = view.case.now.duration_since(view.onset.min(view.case.alarm())).as_millis();
    let least =
        (limit::MIN_ROWS_AFTER.value * step as f64).max(1000.0 * limit::MIN_SECONDS_AFTER.value);
    if since as f64 >= least { Stage::Final } else { Stage::Provisional }
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
        let why = if scene.view.case.is_cut_short {
            "asking ended before it was through"
        } else {
            "little was seen after the onset yet"
        };
        suspect.reasons.push(why.to_owned());
        most = most.min(limit::CAP_PROVISIONAL.value);
    }
    suspect.confidence = suspect.confidence.min(most);
    most
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
