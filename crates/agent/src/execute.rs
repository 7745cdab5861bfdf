//! One execution: plan, gather, observe, explain, attack, conclude.

use nightjar_connect::Question;
use nightjar_incident::journal::Kind;
use nightjar_incident::{
    Alert, Conclusion, Content, Evidence, ExecutionId, Gap, Incident, Investigation,
    MitigationPlan, Verdict,
};
use nightjar_rootcause::{Case, Sort, Symptom, Wanted, second_round};
use nightjar_topology::{EntityId, Topology};
use nightjar_triage::Estate;
use serde_json::json;

use crate::budget::Spent;
use crate::gather::{Asking, Gathered};
use crate::keeper::Refused;
use crate::record::Recorder;
use crate::scope::scope;
use crate::stands::weighed;
use crate::strangers::{introduce, strangers};

/// What one execution found, with everything it saw.
pub(crate) struct Executed {
    pub(crate) conclusion: Conclusion,
    pub(crate) plans: Vec<MitigationPlan>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) topology: Topology,
    /// What asking has cost.
    pub(crate) spent: Spent,
}

/// Hypotheses that go into the journal: what a reader may want to see ruled out.
const JOURNALLED_HYPOTHESES: usize = 5;

pub(crate) async fn execute(
    asking: &Asking<'_>,
    before: &Investigation,
    execution: &ExecutionId,
    occasion: &str,
    recorder: &mut Recorder<'_, '_>,
) -> Result<Executed, Refused> {
    let incident = &before.incident;
    let mut gathered = Gathered::default();
    recorder.write(
        Kind::Planning,
        "agent",
        json!({
            "incident": incident.id, "execution": execution, "occasion": occasion,
            "alerts": incident.alerts.iter().map(|alert| &alert.id).collect::<Vec<_>>(),
        }),
    );
    asking.ask(&[Question::Inventory], &[], &mut gathered, recorder).await?;
    let mut topology = topology_of(&gathered.evidence);
    let symptoms = symptoms(&incident.alerts, &topology);
    let names: Vec<EntityId> = symptoms.iter().map(|symptom| symptom.entity.clone()).collect();
    let near = scope(&topology, &names, asking.policy.scope);
    let first =
        look(asking, incident, &symptoms, &near, &mut topology, &mut gathered, recorder).await?;
    let first = match gathered.is_cut_short() || is_sure(&first) {
        true => first,
        false => {
            let (topology, gathered) = (&mut topology, &mut gathered);
            look_outside(asking, incident, &symptoms, first, topology, gathered, recorder).await?
        }
    };
    // Beyond the graph's neighbourhood when the trail isn't found within it.
    let wider = topology.len() > near.len() && !near.is_empty() && !gathered.is_cut_short();
    let conclusion = if wider && matches!(first.verdict, Verdict::NotFound { .. }) {
        let all: Vec<EntityId> = topology
            .entities()
            .map(|entity| entity.id.clone())
            .filter(|id| !near.contains(id))
            .take(asking.policy.scope * 4)
            .collect();
        let reason = "the trail isn't found near the symptom: look at the rest of the estate";
        recorder.write(Kind::Planning, "agent", json!({ "entities": all.len(), "reason": reason }));
        look(asking, incident, &symptoms, &all, &mut topology, &mut gathered, recorder).await?
    } else {
        first
    };
    let conclusion = match gathered.is_cut_short() {
        true => conclusion,
        false => {
            let (topology, gathered) = (&mut topology, &mut gathered);
            look_closer(asking, incident, &symptoms, conclusion, topology, gathered, recorder)
                .await?
        }
    };
    let changes: Vec<_> = gathered
        .evidence
        .iter()
        .filter_map(|piece| match &piece.content {
            Content::Changes(changes) => Some(changes.as_slice()),
            _ => None,
        })
        .flatten()
        .cloned()
        .collect();
    let plans = nightjar_remedy::plans(&conclusion, &topology, &changes, &gathered.evidence);
    let is_cut_short = gathered.is_cut_short();
    let Gathered { evidence, spent, .. } = gathered;
    let mut executed = Executed { conclusion, plans, evidence, topology, spent };
    if is_cut_short {
        executed = weighed(executed, before, recorder);
    }
    write_down(&executed.conclusion, &executed.plans, recorder);
    Ok(executed)
}

/// Asks everything about some entities and thinks about all that is known by then; what the answers
/// show of the topology is added to it.
async fn look(
    asking: &Asking<'_>,
    incident: &Incident,
    symptoms: &[Symptom],
    entities: &[EntityId],
    topology: &mut Topology,
    gathered: &mut Gathered,
    recorder: &mut Recorder<'_, '_>,
) -> Result<Conclusion, Refused> {
    let questions = [Question::Metrics, Question::Logs, Question::Traces, Question::Changes];
    recorder.write(
        Kind::Planning,
        "agent",
        json!({ "questions": questions, "entities": entities.len() }),
    );
    asking.ask(&questions, entities, gathered, recorder).await?;
    Ok(think(asking, incident, symptoms, topology, gathered))
}

/// Looks up names that failed calls and errors speak of and the topology doesn't know, and thinks again
/// where somebody knows something about them.
async fn look_outside(
    asking: &Asking<'_>,
    incident: &Incident,
    symptoms: &[Symptom],
    conclusion: Conclusion,
    topology: &mut Topology,
    gathered: &mut Gathered,
    recorder: &mut Recorder<'_, '_>,
) -> Result<Conclusion, Refused> {
    let strangers = strangers(&gathered.considered(), topology);
    if strangers.is_empty() {
        return Ok(conclusion);
    }
    let names: Vec<EntityId> = strangers.iter().map(|stranger| stranger.name.clone()).collect();
    let reason = "failed calls and errors speak of what the topology doesn't know: look it up";
    recorder.write(Kind::Planning, "agent", json!({ "strangers": names, "reason": reason }));
    let questions = [
        Question::Inventory,
        Question::Metrics,
        Question::Logs,
        Question::Traces,
        Question::Changes,
    ];
    let before = gathered.evidence.len();
    asking.ask(&questions, &names, gathered, recorder).await?;
    let answers = gathered.evidence.get(before..).unwrap_or_default();
    topology.merge(topology_of(answers));
    let (known, unknown): (Vec<_>, Vec<_>) =
        strangers.into_iter().partition(|stranger| tells_of(answers, &stranger.name));
    known.iter().for_each(|stranger| introduce(topology, stranger));
    gathered.gaps.extend(unknown.into_iter().map(|stranger| Gap {
        entity: Some(stranger.by.clone()),
        wanted: format!("what `{}` is", stranger.name),
        reason: format!(
            "{} failed calls or errors of `{}` speak of it, and no connection knows it",
            stranger.times, stranger.by
        ),
        would_tell: "whether the cause lies outside of what is watched".to_owned(),
    }));
    Ok(think(asking, incident, symptoms, topology, gathered))
}

/// Whether answers hold anything of an entity.
fn tells_of(answers: &[Evidence], entity: &EntityId) -> bool {
    answers.iter().any(|piece| match &piece.content {
        Content::Series(series) => series.iter().any(|series| series.entity == *entity),
        Content::Logs(lines) => lines.iter().any(|line| line.entity == *entity),
        Content::Spans(spans) => spans.iter().any(|span| span.entity == *entity),
        Content::Inventory(topology) => topology.entity(entity).is_some(),
        Content::Changes(changes) => changes.iter().any(|change| change.entities.contains(entity)),
        Content::Text(_) => false,
    })
}

/// Whether a cause is found that hardly anything could still change.
fn is_sure(conclusion: &Conclusion) -> bool {
    match &conclusion.verdict {
        Verdict::CauseFound { causes } => {
            let all = causes.iter().map(|cause| cause.hypothesis.confidence.value());
            all.fold(0.0, f64::max) >= 0.8
        }
        Verdict::NoIncident { .. } | Verdict::NotFound { .. } => false,
    }
}

/// Asks for what would tell the leading places apart, where the first answers were cut or didn't
/// reach that far, and thinks again.
async fn look_closer(
    asking: &Asking<'_>,
    incident: &Incident,
    symptoms: &[Symptom],
    conclusion: Conclusion,
    topology: &mut Topology,
    gathered: &mut Gathered,
    recorder: &mut Recorder<'_, '_>,
) -> Result<Conclusion, Refused> {
    let wanted = second_round(&conclusion, |sort, entity| {
        let question = question(sort);
        let is_answerable = asking.connections.iter().any(|c| c.answers(question));
        !is_answerable || gathered.is_seen(question, entity)
    });
    if wanted.is_empty() {
        return Ok(conclusion);
    }
    for Wanted { sort, entities, value, cost } in wanted {
        let reason = "what was cut off may tell the leading causes apart";
        recorder.write(
            Kind::Planning,
            "agent",
            json!({
                "question": question(sort), "of": entities, "value": value, "cost": cost,
                "reason": reason,
            }),
        );
        asking.ask(&[question(sort)], &entities, gathered, recorder).await?;
    }
    Ok(think(asking, incident, symptoms, topology, gathered))
}

fn question(sort: Sort) -> Question {
    match sort {
        Sort::Metrics => Question::Metrics,
        Sort::Logs => Question::Logs,
        Sort::Traces => Question::Traces,
        Sort::Changes => Question::Changes,
    }
}

/// What all that is known by now says.
fn think(
    asking: &Asking<'_>,
    incident: &Incident,
    symptoms: &[Symptom],
    topology: &mut Topology,
    gathered: &Gathered,
) -> Conclusion {
    let evidence = gathered.considered();
    nightjar_rootcause::relate_as_seen(topology, &evidence);
    nightjar_rootcause::investigate(&Case {
        now: asking.now,
        alerts: &incident.alerts,
        symptoms,
        topology,
        evidence: &evidence,
        gaps: &gathered.gaps,
        is_cut_short: gathered.is_cut_short(),
        without: &asking.policy.without,
    })
}

fn topology_of(evidence: &[Evidence]) -> Topology {
    let mut topology = Topology::default();
    for piece in evidence {
        if let Content::Inventory(snapshot) = &piece.content {
            topology.merge(snapshot.clone());
        }
    }
    topology
}

/// What the alerts complain about, without repeats, the primary's first.
fn symptoms(alerts: &[Alert], topology: &Topology) -> Vec<Symptom> {
    let estate = Estate::new(topology.clone());
    let mut found: Vec<Symptom> = Vec::new();
    for alert in alerts {
        for entity in estate.locate(alert) {
            let symptom = Symptom { entity, signal: alert.signal };
            if !found.contains(&symptom) {
                found.push(symptom);
            }
        }
    }
    found
}

/// The result as journal entries: what was seen, thought and decided.
fn write_down(conclusion: &Conclusion, plans: &[MitigationPlan], recorder: &mut Recorder<'_, '_>) {
    let leading = conclusion.hypotheses.first();
    for observation in &conclusion.observations {
        let matters = leading.is_some_and(|h| {
            h.support.contains(&observation.id) || h.against.contains(&observation.id)
        });
        let kind = if matters { Kind::Finding } else { Kind::Observation };
        recorder.write(kind, "rootcause", json!(observation));
    }
    for hypothesis in conclusion.hypotheses.iter().take(JOURNALLED_HYPOTHESES) {
        recorder.write(Kind::Hypothesis, "rootcause", json!(hypothesis));
    }
    for gap in &conclusion.gaps {
        recorder.write(Kind::InvestigationGap, "rootcause", json!(gap));
    }
    recorder.write(
        Kind::RootCause,
        "rootcause",
        json!({
            "stage": conclusion.stage, "verdict": conclusion.verdict, "impact": conclusion.impact,
        }),
    );
    for plan in plans {
        let text = nightjar_report::plan_markdown(plan);
        recorder.write(Kind::MitigationSummaryMd, "remedy", json!({ "plan": plan, "text": text }));
    }
}
