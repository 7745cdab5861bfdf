//! Screening where the data is: the server compares each column with its past, so that only what is abnormal
//! travels.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_connect::{Error, Query};

use super::Prometheus;
use super::answer::{Labels, Series};
use super::batch::{Asked, Batch, TAG, TOGETHER, batches, number, pieces};
use super::inquiry::Inquiry;
use super::metrics::importance;
use super::score::Compared;
use super::wanted::{Part, Wanted};

/// For each thing asked for, the label sets that count; all where none are named.
pub(super) type Picked = Vec<Option<BTreeSet<Labels>>>;

impl Prometheus {
    /// Has the server choose what changed most. Answers with what to ask for and which columns of it count;
    /// without a choice all do.
    pub(super) async fn screened<'a>(
        &self,
        query: &Query,
        parts: Vec<(Wanted<'a>, Part)>,
        counts: &BTreeMap<String, usize>,
        most: usize,
        inquiry: &mut Inquiry<'_>,
    ) -> Result<(Vec<(Wanted<'a>, Part)>, Picked), Error> {
        let mut kept: Vec<(Wanted<'a>, Part)> = Vec::new();
        let mut picked = Picked::new();
        let mut left = most;
        let mut rest: Vec<(Wanted<'a>, Part)> = Vec::new();
        for (wanted, part) in parts {
            let count = counts.get(&wanted.key()).copied().unwrap_or(0);
            // Half is for what the engine always needs: how the requests of the entities in scope fare.
            let is_needed = !query.entities.is_empty() && importance(&wanted, part) == 0;
            if is_needed && count <= left.saturating_sub(most / 2) {
                left -= count;
                picked.push(None);
                kept.push((wanted, part));
            } else if !matches!(part, Part::Quantile(..)) {
                rest.push((wanted, part));
            }
        }
        let by_row = self.changed(query, &rest, left, inquiry).await?;
        for (wanted, part) in rest {
            let Some(chosen) = by_row.get(&wanted.key()) else { continue };
            for (narrow, labels) in narrowed(&wanted, chosen, &self.matchers) {
                kept.push((narrow, part));
                picked.push(Some(labels));
            }
        }
        Ok((kept, picked))
    }

    /// The columns that changed most, by row. A histogram's mean and count go together: neither tells without
    /// the other.
    async fn changed(
        &self,
        query: &Query,
        rest: &[(Wanted<'_>, Part)],
        most: usize,
        inquiry: &mut Inquiry<'_>,
    ) -> Result<BTreeMap<String, BTreeSet<Labels>>, Error> {
        let compared = compared(query);
        let each = (2 * most / rest.len().max(1)).clamp(1, most.max(1));
        let scores = rest.iter().enumerate().map(|(number, (wanted, part))| Asked {
            number,
            expression: wanted.score(*part, compared, each),
            samples: each,
        });
        let asked: Vec<String> = batches(scores, TOGETHER).iter().map(Batch::text).collect();
        let answers = inquiry.each(&asked).await?;
        inquiry.asked.extend(asked);
        let answers = answers.into_iter().flatten().flatten();
        let mut found: Vec<(f64, usize, Labels)> = answers.filter_map(scored).collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1, &a.2).cmp(&(b.1, &b.2))));
        let parts = |wanted: &Wanted<'_>| {
            rest.iter().filter(|(other, _)| other.key() == wanted.key()).count().max(1)
        };
        let mut left = most;
        let mut by_row: BTreeMap<String, BTreeSet<Labels>> = BTreeMap::new();
        for (_, number, labels) in found {
            let Some((wanted, _)) = rest.get(number) else { continue };
            let chosen = by_row.entry(wanted.key()).or_default();
            if chosen.contains(&labels) {
                continue;
            }
            match left.checked_sub(parts(wanted)) {
                Some(fewer) => left = fewer,
                None if left == most => left = 0,
                None => break,
            }
            chosen.insert(labels);
        }
        Ok(by_row)
    }
}

/// What is asked for to get chosen columns of a row: the names they have, in lists that a query can hold.
fn narrowed<'a>(
    wanted: &Wanted<'a>,
    chosen: &BTreeSet<Labels>,
    matchers: &[String],
) -> Vec<(Wanted<'a>, BTreeSet<Labels>)> {
    let label = wanted.group.label;
    let mut by_name: BTreeMap<&str, BTreeSet<Labels>> = BTreeMap::new();
    for labels in chosen {
        if let Some(name) = labels.get(label) {
            by_name.entry(name).or_default().insert(labels.clone());
        }
    }
    let pieces = pieces(by_name.keys().copied().collect());
    let narrow = pieces.into_iter().map(|names| {
        let of = names.iter().filter_map(|name| by_name.get(name)).flatten().cloned().collect();
        (Wanted::new(wanted.row, wanted.group, Some(&names), matchers), of)
    });
    narrow.collect()
}

/// The score of a column, the number of what it belongs to, and its labels.
fn scored(mut series: Series) -> Option<(f64, usize, Labels)> {
    let number = number(&series)?;
    series.metric.remove(TAG);
    let score = series.value?.value();
    (!score.is_nan()).then_some((score, number, series.metric))
}

/// What is compared with what: since the trouble began, as far as that is known.
fn compared(query: &Query) -> Compared {
    let since = query.since.unwrap_or(query.window.to - jiff::SignedDuration::from_mins(10));
    let recent = query.window.to.duration_since(since).as_secs().clamp(120, 1800);
    let whole = query.window.to.duration_since(query.window.from).as_secs();
    Compared { recent, reference: (6 * recent).clamp(600, 7200).min((whole - recent).max(120)) }
}
