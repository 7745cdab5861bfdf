use std::collections::BTreeSet;

use nightjar_incident::{
    Content, Hypothesis, MetricSeries, Observation, ObservationId, Signal, Verdict, Window, signal,
};

use super::Material;
use super::headline::{named_fault, upper_first};
use crate::chart::{self, Chart};
use crate::text::{Prose, anchor};
use crate::time::clock;

/// One cause, or the strongest lead.
pub(crate) struct CauseView {
    pub(crate) anchor: String,
    pub(crate) heading: Prose,
    pub(crate) statement: Prose,
    pub(crate) confidence: String,
    /// Whole percent, for the bar.
    pub(crate) percent: u8,
    pub(crate) explained: Option<String>,
    pub(crate) trigger: Option<Prose>,
    pub(crate) path: Prose,
    pub(crate) how_it_shows: &'static str,
    pub(crate) how_it_travels: &'static str,
    pub(crate) reasons: Vec<Prose>,
    pub(crate) support: Vec<Claim>,
    pub(crate) against: Vec<Claim>,
    pub(crate) charts: Vec<Chart>,
}

/// An observation that speaks for or against something.
pub(crate) struct Claim {
    pub(crate) id: String,
    pub(crate) href: Option<String>,
    pub(crate) text: Prose,
    pub(crate) since: Option<String>,
    pub(crate) chart: Option<String>,
}

/// More pictures than this tell nothing new and make the page heavy.
const MOST_CHARTS: usize = 8;
/// How much before the onset a chart shows, in lengths of what came after; and at least, in
/// seconds: half an hour of usual behaviour beside the fault.
const BEFORE: i64 = 3;
const LEAST_BEFORE: i64 = 1800;

/// Gives each cause its pictures; a picture two causes share stands with the first.
pub(super) fn illustrate(
    material: &Material<'_>,
    hypotheses: &[&Hypothesis],
    views: &mut [CauseView],
) {
    let mut drawn = BTreeSet::new();
    for (hypothesis, view) in hypotheses.iter().zip(views) {
        view.charts = charts(material, hypothesis);
        view.charts.retain(|chart| drawn.insert(chart.anchor.clone()));
        for claim in view.support.iter_mut().chain(&mut view.against) {
            let place = format!("chart-{}", anchor(&claim.id));
            claim.chart = drawn.contains(&place).then(|| format!("#{place}"));
        }
    }
}

/// A cause in words, without pictures.
pub(super) fn view(material: &Material<'_>, hypothesis: &Hypothesis) -> CauseView {
    let statement = match &material.conclusion.verdict {
        // A single cause was stated at the top already.
        Verdict::CauseFound { causes } if causes.len() < 2 => String::new(),
        Verdict::CauseFound { causes } => causes
            .iter()
            .find(|cause| cause.hypothesis.id == hypothesis.id)
            .map(|cause| cause.statement.clone())
            .unwrap_or_default(),
        Verdict::NotFound { .. } | Verdict::NoIncident { .. } => {
            "Not claimed as the cause: it is where to look first.".into()
        }
    };
    let row = hypothesis.fault_mode.row();
    let path: Vec<String> = hypothesis.path.iter().map(|id| format!("`{id}`")).collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share lies in 0..=1"
    )]
    let percent = (hypothesis.confidence.value() * 100.0).round() as u8;
    CauseView {
        anchor: anchor(hypothesis.id.as_str()),
        heading: material.prose(&upper_first(&named_fault(hypothesis))),
        statement: material.prose(&statement),
        confidence: hypothesis.confidence.to_string(),
        percent,
        explained: hypothesis.share_explained.map(|share| share.to_string()),
        trigger: trigger(material, hypothesis),
        path: material.prose(&if path.len() > 1 { path.join(" → ") } else { String::new() }),
        how_it_shows: row.shows,
        how_it_travels: row.travels,
        reasons: hypothesis.reasons.iter().map(|reason| material.prose(reason)).collect(),
        support: claims(material, &hypothesis.support),
        against: claims(material, &hypothesis.against),
        charts: Vec::new(),
    }
}

fn trigger(material: &Material<'_>, hypothesis: &Hypothesis) -> Option<Prose> {
    let id = hypothesis.trigger.as_ref()?;
    let changes = material.changes();
    let Some(change) = changes.iter().find(|change| &change.id == id) else {
        return Some(
            material.prose(&format!("change `{id}`, whose record isn't among the evidence")),
        );
    };
    let by = change.author.as_ref().map(|author| format!(" by {author}")).unwrap_or_default();
    let was = change.previous.as_ref().map(|was| format!(" (before: {was})")).unwrap_or_default();
    let entities: Vec<String> = change.entities.iter().map(|id| format!("`{id}`")).collect();
    Some(material.prose(&format!(
        "{} of {} at {} UTC{by}: {}{was}",
        change.kind.label(),
        entities.join(", "),
        clock(change.at),
        change.summary,
    )))
}

/// Observations as claims, in the order given; an id that resolves to nothing is said.
pub(super) fn claims(material: &Material<'_>, ids: &[ObservationId]) -> Vec<Claim> {
    let claim = |id: &ObservationId| {
        let link = material.link(id.as_str());
        let observation = material.observation(id);
        Claim {
            id: link.id,
            href: link.href,
            text: match observation {
                Some(observation) => material.prose(&observation.summary),
                None => material.prose("The observation of this id isn't in the record."),
            },
            since: observation
                .and_then(|o| o.onset)
                .map(|onset| format!("{} UTC", clock(onset.at))),
            chart: None,
        }
    };
    ids.iter().map(claim).collect()
}

fn charts(material: &Material<'_>, hypothesis: &Hypothesis) -> Vec<Chart> {
    let changes = material.changes();
    let change = hypothesis.trigger.as_ref();
    let change = change.and_then(|id| changes.iter().copied().find(|change| &change.id == id));
    let impact = material.conclusion.impact.iter().flat_map(|impact| &impact.observations);
    let ids = hypothesis.support.iter().chain(impact).chain(&hypothesis.against);
    let mut drawn: Vec<(&ObservationId, &MetricSeries)> = Vec::new();
    let mut charts = Vec::new();
    for id in ids {
        let Some(observation) = material.observation(id) else { continue };
        let Some(series) = series_of(material, observation) else { continue };
        // Two observations of one series are one picture.
        if drawn.iter().any(|(_, known)| std::ptr::eq(*known, series)) {
            continue;
        }
        let whose = match &observation.peer {
            Some(peer) => format!("{} → {peer}", observation.entity),
            None => observation.entity.to_string(),
        };
        let subject = chart::Subject {
            observation,
            series,
            change,
            reference: material.conclusion.reference,
            shown: shown(material),
            whose,
        };
        if let Some(chart) = chart::draw(&subject) {
            drawn.push((id, series));
            charts.push(chart);
        }
        if charts.len() == MOST_CHARTS {
            break;
        }
    }
    charts
}

/// The time all charts show, the same for all so that they can be compared.
fn shown(material: &Material<'_>) -> Window {
    let (zero, to) = (material.zero, material.conclusion.at.max(material.conclusion.window.to));
    let after = to.as_second().saturating_sub(zero.as_second()).max(0);
    let before = after.saturating_mul(BEFORE).max(LEAST_BEFORE);
    let earliest = zero.as_second().saturating_sub(before);
    let from = material.conclusion.reference.from.min(material.conclusion.window.from);
    let from = from.as_second().max(earliest);
    Window {
        from: jiff::Timestamp::from_second(from).unwrap_or(material.conclusion.window.from),
        to,
    }
}

/// The series an observation was computed from, the one whose level fits what it says.
fn series_of<'a>(material: &Material<'a>, observation: &Observation) -> Option<&'a MetricSeries> {
    let wanted = observation.signal?;
    let of_observation =
        |evidence: &&nightjar_incident::Evidence| observation.evidence.contains(&evidence.id);
    let evidence = material.investigation.evidence.iter().filter(of_observation);
    let series = evidence.flat_map(|evidence| match &evidence.content {
        Content::Series(series) => series.as_slice(),
        Content::Logs(_)
        | Content::Spans(_)
        | Content::Changes(_)
        | Content::Inventory(_)
        | Content::Text(_) => &[],
    });
    let fits = |series: &&MetricSeries| {
        let is_kind = if wanted == Signal::Other {
            observation.summary.contains(&series.name)
        } else {
            signal::of(series) == wanted
        };
        series.entity == observation.entity && series.peer == observation.peer && is_kind
    };
    // A value nearest to what was seen tells the quantiles of one histogram apart.
    let from = material.zero.as_millisecond();
    let distance = |series: &MetricSeries| {
        let after = series.column.between(from, i64::MAX);
        let near = after.values().iter().map(|v| (v - observation.seen).abs());
        let unit_differs = if series.unit == observation.unit { 0.0 } else { 1e12 };
        near.filter(|d| d.is_finite()).fold(1e15, f64::min) + unit_differs
    };
    series.filter(fits).min_by(|a, b| distance(a).total_cmp(&distance(b)))
}
