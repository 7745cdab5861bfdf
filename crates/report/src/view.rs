//! What the report says, as typed values: the page and the Markdown are written from the same.

mod cause;
mod headline;
mod plan;
mod sources;
mod story;

use askama::Template;
use jiff::Timestamp;
use nightjar_incident::{
    Conclusion, Hypothesis, Investigation, Observation, ObservationId, Stage, Verdict,
};

pub(crate) use cause::{CauseView, Claim};
pub(crate) use headline::Fact;
pub(crate) use plan::{PlanView, plan};
pub(crate) use sources::{EvidenceView, ObservationView};
pub(crate) use story::{Event, Note, Version};

use crate::Context;
use crate::graph::{self, Graph};
use crate::text::{Anchors, Prose};

/// The whole report.
#[derive(Template)]
#[template(path = "report.html", whitespace = "minimize")]
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) verdict_class: &'static str,
    pub(crate) verdict_word: &'static str,
    pub(crate) headline: Prose,
    pub(crate) lede: Vec<Prose>,
    pub(crate) stage: &'static str,
    pub(crate) facts: Vec<Fact>,
    pub(crate) impact: Option<Impact>,
    /// The claimed causes, or the strongest lead alone.
    pub(crate) causes: Vec<CauseView>,
    pub(crate) causes_heading: &'static str,
    pub(crate) graph: Option<Graph>,
    pub(crate) plans: Vec<PlanView>,
    pub(crate) no_plan: &'static str,
    pub(crate) unknown_heading: &'static str,
    pub(crate) where_heading: &'static str,
    /// What the offsets of the timeline count from.
    pub(crate) zero_word: &'static str,
    pub(crate) timeline: Vec<Event>,
    pub(crate) timeline_cut: usize,
    pub(crate) others: Vec<Other>,
    pub(crate) others_cut: usize,
    pub(crate) gaps: Vec<GapView>,
    pub(crate) gaps_cut: usize,
    pub(crate) triage: Vec<Note>,
    pub(crate) versions: Vec<Version>,
    pub(crate) observations: Vec<ObservationView>,
    pub(crate) observations_cut: usize,
    pub(crate) evidence: Vec<EvidenceView>,
    pub(crate) windows: Vec<Fact>,
    pub(crate) made_by: String,
    pub(crate) command: Option<String>,
}

/// Who is affected.
pub(crate) struct Impact {
    pub(crate) summary: Prose,
    pub(crate) facts: Vec<Fact>,
    pub(crate) from: Vec<Link>,
}

/// A reference by id.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) id: String,
    pub(crate) href: Option<String>,
}

/// A hypothesis that isn't claimed.
pub(crate) struct Other {
    pub(crate) what: Prose,
    pub(crate) confidence: String,
    /// What speaks for it, or limits it, in the engine's words.
    pub(crate) why: Vec<Prose>,
    /// What speaks for the leading hypothesis and not for this one.
    pub(crate) missing: Vec<Claim>,
    pub(crate) against: Vec<Claim>,
}

/// Something that couldn't be seen.
pub(crate) struct GapView {
    pub(crate) wanted: Prose,
    pub(crate) reason: Prose,
    pub(crate) would_tell: Prose,
}

/// What all parts of the page are made from.
pub(crate) struct Material<'a> {
    pub(crate) investigation: &'a Investigation,
    pub(crate) conclusion: &'a Conclusion,
    pub(crate) anchors: Anchors,
    /// The zero of all offsets: the onset of the cause, or else of what was noticed first.
    pub(crate) zero: Timestamp,
}

/// Longer lists of the same kind are no help at 3 a.m.; the rest is in the JSON. The first few
/// hypotheses are told however improbable they are, the others from one in a hundred on.
const LEAST_OTHERS: usize = 3;
const MOST_OTHERS: usize = 8;
const WORTH_TELLING: f64 = 0.01;
/// Observations that tell two hypotheses apart, by name.
const MOST_MISSING: usize = 3;
const MOST_GAPS: usize = 30;

impl Page {
    /// Everything the report says about an investigation.
    pub(crate) fn of(investigation: &Investigation, context: &Context) -> Self {
        match investigation.conclusion() {
            Some(conclusion) => Self::whole(investigation, conclusion, context),
            None => Self::unconcluded(investigation, context),
        }
    }

    /// What its beginning says, without links and pictures: the verdict, the claimed causes, the plans
    /// and what is still unknown.
    pub(crate) fn beginning_of(investigation: &Investigation, context: &Context) -> Self {
        match investigation.conclusion() {
            Some(conclusion) => {
                Self::beginning(&Material::of(investigation, conclusion, &[]), context)
            }
            None => Self::unconcluded(investigation, context),
        }
    }

    fn whole(investigation: &Investigation, conclusion: &Conclusion, context: &Context) -> Self {
        let shown = sources::shown_observations(conclusion);
        let material = Material::of(investigation, conclusion, &shown);
        let (timeline, timeline_cut) = story::timeline(&material);
        let claimed = material.claimed();
        let unclaimed: Vec<&Hypothesis> = conclusion
            .hypotheses
            .iter()
            .filter(|h| !claimed.iter().any(|claimed| claimed.id == h.id))
            .collect();
        let worth_telling = |(index, h): &(usize, &&Hypothesis)| {
            *index < LEAST_OTHERS || (h.confidence.value() >= WORTH_TELLING && *index < MOST_OTHERS)
        };
        let others = unclaimed.iter().enumerate().filter(worth_telling);
        let others: Vec<Other> =
            others.map(|(_, h)| other(&material, h, claimed.first().copied())).collect();
        let mut page = Self {
            graph: picture(&material, &claimed),
            timeline,
            timeline_cut,
            others_cut: unclaimed.len() - others.len(),
            others,
            triage: story::triage(&material),
            versions: story::versions(&material),
            observations_cut: conclusion.observations.len() - shown.len(),
            observations: shown.iter().map(|o| sources::observation(&material, o)).collect(),
            evidence: investigation.evidence.iter().map(sources::evidence).collect(),
            windows: headline::windows(&material),
            ..Self::beginning(&material, context)
        };
        cause::illustrate(&material, &claimed, &mut page.causes);
        page
    }

    fn beginning(material: &Material<'_>, context: &Context) -> Self {
        let Material { investigation, conclusion, .. } = material;
        let (verdict_class, verdict_word) = headline::verdict(conclusion);
        let claimed = material.claimed();
        let gaps = conclusion.gaps.iter().map(|gap| gap_view(material, gap));
        Self {
            title: headline::title(investigation, conclusion, context),
            verdict_class,
            verdict_word,
            headline: material.prose(&headline::headline(conclusion)),
            lede: headline::lede(material),
            stage: match conclusion.stage {
                Stage::Provisional => {
                    "provisional: little was seen after the onset, a later look may change it"
                }
                Stage::Final => "final",
            },
            facts: headline::facts(material),
            impact: impact(material),
            causes: claimed.iter().map(|h| cause::view(material, h)).collect(),
            causes_heading: match (&conclusion.verdict, claimed.len()) {
                (Verdict::CauseFound { .. }, 0 | 1) => "Root cause",
                (Verdict::CauseFound { .. }, _) => "Root causes",
                (Verdict::NotFound { .. } | Verdict::NoIncident { .. }, _) => "Strongest lead",
            },
            graph: None,
            plans: investigation.plans.iter().map(|p| plan(p, &material.anchors)).collect(),
            no_plan: match &conclusion.verdict {
                Verdict::CauseFound { .. } => "No plan was written for this cause.",
                Verdict::NoIncident { .. } => {
                    "Nothing to repair. If the alert fires again, the next run looks again."
                }
                Verdict::NotFound { .. } if claimed.is_empty() => {
                    "No repair is proposed: nothing that was seen points anywhere. Ask the owner of what alarmed, and look at what is still unknown."
                }
                Verdict::NotFound { .. } => {
                    "No repair is proposed: without a cause it would be a guess. Look at the strongest lead first, then at what is still unknown."
                }
            },
            unknown_heading: match (&conclusion.verdict, conclusion.stage) {
                (Verdict::NotFound { .. }, _) | (_, Stage::Provisional) => {
                    "What is still unknown, and would change the answer"
                }
                (Verdict::CauseFound { .. } | Verdict::NoIncident { .. }, Stage::Final) => {
                    "What is still unknown"
                }
            },
            where_heading: if claimed.is_empty() {
                "What the alerts are about"
            } else {
                "Where it is and whom it reaches"
            },
            zero_word: headline::zero_word(conclusion),
            timeline: Vec::new(),
            timeline_cut: 0,
            others: Vec::new(),
            others_cut: 0,
            gaps_cut: conclusion.gaps.len().saturating_sub(MOST_GAPS),
            gaps: gaps.take(MOST_GAPS).collect(),
            triage: Vec::new(),
            versions: Vec::new(),
            observations: Vec::new(),
            observations_cut: 0,
            evidence: Vec::new(),
            windows: Vec::new(),
            made_by: context.made_by.clone(),
            command: context.command.clone(),
        }
    }

    fn unconcluded(investigation: &Investigation, context: &Context) -> Self {
        let prose = |text: &str| Prose::new(text, &Anchors::default());
        Self {
            title: format!("Incident {}", investigation.incident.id),
            verdict_class: "unknown",
            verdict_word: "not investigated",
            headline: prose("Nothing was investigated yet."),
            lede: vec![prose(
                "Alerts arrived and no execution has ended. Run the investigation to get a verdict.",
            )],
            stage: "none",
            facts: Vec::new(),
            impact: None,
            causes: Vec::new(),
            causes_heading: "Root cause",
            graph: None,
            plans: Vec::new(),
            no_plan: "No plan: nothing was investigated yet.",
            unknown_heading: "What is still unknown",
            where_heading: "What the alerts are about",
            zero_word: "first alert",
            timeline: Vec::new(),
            timeline_cut: 0,
            others: Vec::new(),
            others_cut: 0,
            gaps: Vec::new(),
            gaps_cut: 0,
            triage: story::notes(investigation, &Anchors::default()),
            versions: Vec::new(),
            observations: Vec::new(),
            observations_cut: 0,
            evidence: investigation.evidence.iter().map(sources::evidence).collect(),
            windows: Vec::new(),
            made_by: context.made_by.clone(),
            command: context.command.clone(),
        }
    }
}

impl<'a> Material<'a> {
    fn of(
        investigation: &'a Investigation,
        conclusion: &'a Conclusion,
        shown: &[&Observation],
    ) -> Self {
        let mut anchors = Anchors::default();
        for observation in shown {
            anchors.add(observation.id.as_str());
        }
        for evidence in &investigation.evidence {
            anchors.add(evidence.id.as_str());
        }
        let zero = headline::zero(investigation, conclusion);
        Self { investigation, conclusion, anchors, zero }
    }

    /// A text of the engine with its names and links.
    pub(crate) fn prose(&self, text: &str) -> Prose {
        Prose::new(text, &self.anchors)
    }

    /// A reference to something by its id.
    pub(crate) fn link(&self, id: &str) -> Link {
        Link { id: id.to_owned(), href: self.anchors.link(id) }
    }

    /// The claimed causes' hypotheses; where none is claimed but something is wrong, the lead.
    pub(crate) fn claimed(&self) -> Vec<&'a Hypothesis> {
        match &self.conclusion.verdict {
            Verdict::CauseFound { causes } => causes.iter().map(|c| &c.hypothesis).collect(),
            Verdict::NotFound { .. } => self.conclusion.hypotheses.iter().take(1).collect(),
            Verdict::NoIncident { .. } => Vec::new(),
        }
    }

    /// The observation of an id.
    pub(crate) fn observation(&self, id: &ObservationId) -> Option<&'a Observation> {
        self.conclusion.observations.iter().find(|observation| &observation.id == id)
    }

    /// All changes in the evidence, each once, in time order.
    pub(crate) fn changes(&self) -> Vec<&'a nightjar_incident::Change> {
        let mut changes: Vec<_> =
            self.investigation.evidence.iter().flat_map(sources::changes_of).collect();
        changes.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        changes.dedup_by(|a, b| a.id == b.id);
        changes
    }
}

fn other(material: &Material<'_>, hypothesis: &Hypothesis, leading: Option<&Hypothesis>) -> Other {
    let missing: Vec<ObservationId> = leading
        .map(|leading| leading.support.as_slice())
        .unwrap_or_default()
        .iter()
        .filter(|id| !hypothesis.support.contains(id))
        .take(MOST_MISSING)
        .cloned()
        .collect();
    Other {
        what: material.prose(&headline::upper_first(&headline::named_fault(hypothesis))),
        confidence: headline::confidence(hypothesis.confidence),
        why: hypothesis.reasons.iter().take(3).map(|reason| material.prose(reason)).collect(),
        missing: cause::claims(material, &missing),
        against: cause::claims(material, &hypothesis.against).into_iter().take(3).collect(),
    }
}

fn gap_view(material: &Material<'_>, gap: &nightjar_incident::Gap) -> GapView {
    let whose = gap.entity.as_ref().map(|entity| format!(" of `{entity}`")).unwrap_or_default();
    GapView {
        wanted: material.prose(&format!("{}{whose}", gap.wanted)),
        reason: material.prose(&gap.reason),
        would_tell: material.prose(&gap.would_tell),
    }
}

fn impact(material: &Material<'_>) -> Option<Impact> {
    let impact = material.conclusion.impact.as_ref()?;
    Some(Impact {
        summary: material.prose(&headline::sentence(&impact.summary)),
        facts: headline::impact_facts(material, impact),
        from: impact.observations.iter().map(|id| material.link(id.as_str())).collect(),
    })
}

fn picture(material: &Material<'_>, claimed: &[&Hypothesis]) -> Option<Graph> {
    let is_found = matches!(material.conclusion.verdict, Verdict::CauseFound { .. });
    graph::draw(&graph::Scene {
        topology: &material.investigation.topology,
        causes: claimed.to_vec(),
        cause_word: if is_found { "cause" } else { "lead" },
        alerting: &material.investigation.incident.entities,
        suffering: material.conclusion.impact.as_ref().map(|impact| &impact.entity),
        blast_radius: if claimed.is_empty() { &[] } else { &material.conclusion.blast_radius },
    })
}
