use std::collections::BTreeSet;

use nightjar_incident::{
    Category, Conclusion, Expectation, ExpectedCause, ExpectedVerdict, FaultMode, Gap, Hypothesis,
    Verdict,
};
use nightjar_topology::EntityId;
use serde::{Deserialize, Serialize};

/// Entries of the ranking that are kept; the rank is counted beyond them.
const KEPT: usize = 10;

/// What a case is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// What to call it.
    pub name: &'a str,
    /// The part of the set it belongs to.
    pub scenario: &'a str,
    /// Which kinds of telemetry it has.
    pub modalities: &'a [String],
    /// The truth.
    pub expectation: &'a Expectation,
    /// What was concluded.
    pub conclusion: &'a Conclusion,
    /// How long that took.
    pub millis: f64,
}

/// How one case went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// What it is called.
    pub name: String,
    /// The part of the set it belongs to.
    #[serde(default)]
    pub scenario: String,
    /// Whether nothing should be claimed in it.
    #[serde(default)]
    pub quiet: bool,
    /// The entities at fault, each followed by those that are right as well; the category where
    /// the truth names nothing finer.
    pub expected: Vec<String>,
    /// Whether the category is judged instead of the entity.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_category: bool,
    /// The truth's word for the fault, or else ours, where known.
    pub expected_fault: Option<String>,
    /// How the investigation ended.
    pub verdict: Outcome,
    /// The first hypotheses, one per entity: what was claimed, then the leads.
    pub ranked: Vec<Ranked>,
    /// The place of the right entity, counted from 1; none if it isn't among the hypotheses. Of
    /// several causes, see [`CaseResult::judge`].
    pub rank: Option<usize>,
    /// The place of the right fault mode among those given for the right entity.
    pub fault_rank: Option<usize>,
    /// Which kinds of telemetry it has.
    pub modalities: Vec<String>,
    /// How long the investigation took.
    pub millis: f64,
    /// How much couldn't be seen.
    pub gaps: usize,
    /// What was concluded, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
    /// What couldn't be seen of the entity at fault, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<String>,
    /// Forbidden texts that the conclusion contains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// Wanted texts that the conclusion lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsaid: Vec<String>,
}

/// How an investigation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A cause is claimed.
    CauseFound,
    /// There is nothing to repair.
    NoIncident,
    /// Something is wrong and the cause isn't known.
    NotFound,
}

impl Outcome {
    /// As people read it.
    pub fn label(self) -> &'static str {
        match self {
            Self::CauseFound => "cause found",
            Self::NoIncident => "no incident",
            Self::NotFound => "not found",
        }
    }
}

/// One entity of the ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// Which one.
    pub entity: EntityId,
    /// The fault mode first given for it.
    pub fault_mode: FaultMode,
    /// The coarse kind of that fault.
    pub category: Category,
    /// How probable it is said to be.
    pub confidence: f64,
}

impl CaseResult {
    /// Compares a conclusion with the truth.
    ///
    /// An entity has one place, the best of its hypotheses; what is claimed stands before the
    /// leads. The rank is the place of the entity at fault or of one that is accepted for it. Of
    /// several causes the worst place counts, not counting the other true causes before it: the
    /// rank is 1 exactly when the causes hold the first places, and none if one isn't there.
    pub fn judge(case: Judged<'_>) -> Self {
        let Judged { name, scenario, modalities, expectation, conclusion, millis } = case;
        let order = in_order(conclusion);
        let places = first_of_each_entity(&order);
        let causes = &expectation.causes;
        let category = expectation.category.as_deref();
        let right = || causes.iter().flat_map(right_entities).map(|id| id.as_str().to_owned());
        let quiet = expectation.verdict != ExpectedVerdict::CauseFound && category.is_none();
        let said = text(conclusion);
        let says = |wanted: &&String| said.contains(&wanted.to_lowercase());
        Self {
            name: name.to_owned(),
            scenario: scenario.to_owned(),
            quiet,
            expected: category.map_or_else(|| right().collect(), |kind| vec![kind.to_owned()]),
            by_category: category.is_some(),
            expected_fault: causes.iter().find_map(fault_word),
            verdict: match conclusion.verdict {
                Verdict::CauseFound { .. } => Outcome::CauseFound,
                Verdict::NoIncident { .. } => Outcome::NoIncident,
                Verdict::NotFound { .. } => Outcome::NotFound,
            },
            ranked: places.iter().take(KEPT).map(|h| ranked(h)).collect(),
            rank: match category {
                Some(kind) => rank_of_category(kind, &conclusion.verdict, &places),
                None => rank(causes, &places),
            },
            fault_rank: causes.iter().find_map(|cause| fault_rank(cause, &order)),
            modalities: modalities.to_vec(),
            millis,
            gaps: conclusion.gaps.len(),
            said: sentence(&conclusion.verdict),
            unseen: unseen(causes, &conclusion.gaps),
            forbidden: expectation
                .must_not_say
                .iter()
                .filter(says)
                .chain(expectation.must_not_blame.iter().filter(|kind| {
                    // A lead is blame too, unless nothing is said to be wrong.
                    let first = places.first().filter(|_| !is_over(&conclusion.verdict));
                    first.is_some_and(|first| id_of(first.fault_mode.row().category) == **kind)
                }))
                .cloned()
                .collect(),
            unsaid: expectation.must_say.iter().filter(|t| !says(t)).cloned().collect(),
        }
    }

    /// Whether a cause was claimed.
    pub fn is_claimed(&self) -> bool {
        self.verdict == Outcome::CauseFound
    }

    /// What was claimed first, if anything was.
    pub fn leading_claim(&self) -> Option<&Ranked> {
        self.ranked.first().filter(|_| self.is_claimed())
    }

    /// Whether what was claimed first is right.
    pub fn is_leading_claim_right(&self) -> bool {
        self.leading_claim().is_some_and(|claim| {
            let said =
                if self.by_category { id_of(claim.category) } else { claim.entity.to_string() };
            self.expected.contains(&said)
        })
    }

    /// Whether the case went as it should: the cause first, or nothing claimed where nothing is.
    pub fn is_right(&self) -> bool {
        if self.quiet { !self.is_claimed() } else { self.rank == Some(1) }
    }
}

/// All hypotheses in the order in which a reader meets them: claims, then leads.
fn in_order(conclusion: &Conclusion) -> Vec<&Hypothesis> {
    let mut order: Vec<&Hypothesis> = match &conclusion.verdict {
        Verdict::CauseFound { causes } => causes.iter().map(|cause| &cause.hypothesis).collect(),
        Verdict::NoIncident { .. } | Verdict::NotFound { .. } => Vec::new(),
    };
    order.extend(&conclusion.hypotheses);
    order
}

fn first_of_each_entity<'a>(order: &[&'a Hypothesis]) -> Vec<&'a Hypothesis> {
    let mut seen = BTreeSet::new();
    order.iter().copied().filter(|hypothesis| seen.insert(&hypothesis.entity)).collect()
}

fn ranked(hypothesis: &Hypothesis) -> Ranked {
    Ranked {
        entity: hypothesis.entity.clone(),
        fault_mode: hypothesis.fault_mode,
        category: hypothesis.fault_mode.row().category,
        confidence: hypothesis.confidence.value(),
    }
}

fn right_entities(cause: &ExpectedCause) -> impl Iterator<Item = &EntityId> {
    std::iter::once(&cause.entity).chain(&cause.accept)
}

fn fault_word(cause: &ExpectedCause) -> Option<String> {
    let ours = || cause.fault_mode.map(|mode| mode.row().id.to_owned());
    cause.fault_label.clone().or_else(ours)
}

fn rank(causes: &[ExpectedCause], places: &[&Hypothesis]) -> Option<usize> {
    let place_of = |cause: &ExpectedCause| {
        let is_right = |h: &&Hypothesis| right_entities(cause).any(|id| *id == h.entity);
        places.iter().position(is_right)
    };
    let mut found: Vec<usize> = causes.iter().map(place_of).collect::<Option<_>>()?;
    found.sort_unstable();
    // Two causes that accept one entity may share a place.
    let worst = found.iter().enumerate().map(|(before, place)| place.saturating_sub(before)).max();
    worst.map(|place| place + 1)
}

/// The word for a case in which nothing is wrong.
const HEALTHY: &str = "healthy";

/// The place of the first entity whose fault is of this kind; `healthy` is right exactly when no
/// incident was found.
fn rank_of_category(kind: &str, verdict: &Verdict, places: &[&Hypothesis]) -> Option<usize> {
    if kind == HEALTHY {
        return is_over(verdict).then_some(1);
    }
    let is_right = |h: &&Hypothesis| id_of(h.fault_mode.row().category) == kind;
    places.iter().position(is_right).map(|place| place + 1)
}

/// A category as it is written in files.
fn id_of(category: Category) -> String {
    let text = serde_json::to_value(category).ok();
    text.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

fn is_over(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::NoIncident { .. })
}

fn is_false(value: &bool) -> bool {
    !value
}

fn fault_rank(cause: &ExpectedCause, order: &[&Hypothesis]) -> Option<usize> {
    let expected = cause.fault_mode?;
    let mut modes: Vec<FaultMode> = Vec::new();
    for hypothesis in order {
        let is_right = right_entities(cause).any(|id| *id == hypothesis.entity);
        if is_right && !modes.contains(&hypothesis.fault_mode) {
            modes.push(hypothesis.fault_mode);
        }
    }
    modes.iter().position(|mode| *mode == expected).map(|place| place + 1)
}

/// The statements of the causes, or the reason why none is claimed.
fn sentence(verdict: &Verdict) -> String {
    match verdict {
        Verdict::CauseFound { causes } => {
            let statements: Vec<&str> = causes.iter().map(|c| c.statement.as_str()).collect();
            statements.join("\n")
        }
        Verdict::NoIncident { reason } | Verdict::NotFound { reason } => reason.clone(),
    }
}

/// Gaps that are about an entity at fault.
fn unseen(causes: &[ExpectedCause], gaps: &[Gap]) -> Vec<String> {
    let concerns = |gap: &&Gap| {
        let entity = gap.entity.as_ref();
        causes.iter().any(|cause| entity == Some(&cause.entity))
    };
    gaps.iter().filter(concerns).map(|gap| format!("{}: {}", gap.wanted, gap.reason)).collect()
}

/// What the conclusion says in words, in lower case.
fn text(conclusion: &Conclusion) -> String {
    let mut text = sentence(&conclusion.verdict);
    if let Some(impact) = &conclusion.impact {
        text.push('\n');
        text.push_str(&impact.summary);
    }
    text.to_lowercase()
}

#[cfg(test)]
pub(crate) mod tests;
