//! The columns of entities: counted first, screened by the server where there are too many, then downloaded.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::StreamExt as _;
use nightjar_connect::{Answer, Error, Metrics, Query};
use nightjar_incident::signal::Signal;
use nightjar_incident::{Content, Window};
use nightjar_topology::Topology;

use super::answer::{Labels, Series};
use super::api::{Expression, Grid, Time};
use super::batch::{Asked, Batch, TAG, TOGETHER, batches, number, pieces};
use super::columns::Columns;
use super::estate::{Estate, Group};
use super::inquiry::Inquiry;
use super::inventory::known;
use super::promql::{is_one_of, select};
use super::resolution::{Resolution, SAMPLE_BYTES, most_columns};
use super::screen::Picked;
use super::twice::once;
use super::wanted::{Part, Wanted};
use super::{Prometheus, is_asked};

/// What is to be downloaded.
struct Load<'a> {
    parts: &'a [(Wanted<'a>, Part)],
    /// The columns that count, where not all do.
    picked: Option<&'a Picked>,
    /// How many columns there are by what is wanted.
    counts: &'a BTreeMap<String, usize>,
    /// Who is there, to put names to the other ends of calls.
    topology: &'a Topology,
    window: Window,
    resolution: Resolution,
    /// How many columns may be kept.
    most: usize,
}

#[async_trait]
impl Metrics for Prometheus {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        let mut inquiry = Inquiry::new(&self.api, query);
        let estate = self.estate(&mut inquiry).await?;
        // What was asked to find out who is there stands for itself; the columns' queries are what counts.
        inquiry.asked.clear();
        let topology = known(&estate);
        let mut parts = self.wanted(query, &estate);
        parts.sort_by_key(|(wanted, part)| importance(wanted, *part));
        if parts.is_empty() {
            return Ok(nothing(query, inquiry));
        }
        let (scrape, counts) = self.counts(&estate, &parts, &mut inquiry).await?;
        // Names, queries and the tail of an answer take some of the bytes as well.
        let bytes = inquiry.bytes() / 10 * 8;
        let most = query.limit.min(self.most_columns).min(most_columns(bytes).max(1));
        let all: usize =
            parts.iter().map(|(w, _)| counts.get(&w.key()).copied().unwrap_or(0)).sum();
        parts.retain(|(wanted, _)| counts.contains_key(&wanted.key()));
        let mut chosen = None;
        if all > most {
            let screened = self.screened(query, parts, &counts, most, &mut inquiry);
            let (kept, picked) = screened.await?;
            parts = kept;
            chosen = Some(picked);
        }
        let resolution = Resolution::of(query.window, all.min(most), bytes, scrape);
        let load = Load {
            parts: &parts,
            picked: chosen.as_ref(),
            counts: &counts,
            topology: &topology,
            window: query.window,
            resolution,
            most,
        };
        let columns = load.columns(&mut inquiry).await?;
        let came = columns.len();
        let mut made = columns.made(&parts, most);
        inquiry.notes.extend(once(&mut made));
        let truncated = told(&inquiry, all, made.len().min(came), chosen.is_some());
        Ok(Answer {
            query: inquiry.asked.join("\n"),
            content: Content::Series(made),
            truncated,
            notes: inquiry.notes,
        })
    }
}

/// How requests fare comes first, then limits and resources, then quantiles, then what no observer looks at.
pub(super) fn importance(wanted: &Wanted<'_>, part: Part) -> u8 {
    match (wanted.row.signal, part) {
        (_, Part::Quantile(..)) => 2,
        (Signal::Other, _) => 3,
        (signal, _) if signal.is_of_requests() => 0,
        (_, _) => 1,
    }
}

fn nothing(query: &Query, inquiry: Inquiry<'_>) -> Answer {
    let query = match query.entities.is_empty() {
        true => "no metric that the table knows is there",
        false => "no metric that the table knows carries one of the entities' names",
    };
    Answer {
        query: query.to_owned(),
        content: Content::Series(Vec::new()),
        truncated: None,
        notes: inquiry.notes,
    }
}

/// What was left out.
fn told(inquiry: &Inquiry<'_>, all: usize, made: usize, is_screened: bool) -> Option<String> {
    let mut told = Vec::new();
    if is_screened {
        told.push(format!(
            "{made} of {all} columns: those of requests and those that changed most, by the server's own comparison"
        ));
    }
    told.extend(inquiry.missing());
    (!told.is_empty()).then(|| told.join("; "))
}

impl Prometheus {
    /// Everything that the table knows of the entities asked about.
    fn wanted<'a>(&self, query: &Query, estate: &'a Estate<'a>) -> Vec<(Wanted<'a>, Part)> {
        let mut found = Vec::new();
        for group in &estate.groups {
            for values in lists(query, group) {
                for &row in &group.rows {
                    let wanted = Wanted::new(row, group, values.as_deref(), &self.matchers);
                    let parts = wanted.parts(&estate.names);
                    found.extend(parts.into_iter().map(|part| (wanted.clone(), part)));
                }
            }
        }
        found
    }

    /// Seconds from one scrape to the next, and how many columns there are of each row.
    async fn counts(
        &self,
        estate: &Estate<'_>,
        parts: &[(Wanted<'_>, Part)],
        inquiry: &mut Inquiry<'_>,
    ) -> Result<(i64, BTreeMap<String, usize>), Error> {
        let ago = inquiry.ago;
        let distinct: BTreeMap<String, String> =
            parts.iter().map(|(wanted, _)| (wanted.key(), wanted.count(ago))).collect();
        let (keys, asked): (Vec<String>, Vec<String>) = distinct.into_iter().unzip();
        let asked = asked.into_iter().enumerate();
        let asked = asked.map(|(number, expression)| Asked { number, expression, samples: 1 });
        let mut asked: Vec<String> = batches(asked, 4 * TOGETHER).iter().map(Batch::text).collect();
        let scrapes = self.scrapes(estate);
        let has_scrapes = scrapes.is_some();
        asked.extend(scrapes);
        let mut found = inquiry.each(&asked).await?;
        let scrapes = found.pop_if(|_| has_scrapes).flatten();
        let mut counts = BTreeMap::new();
        for series in found.into_iter().flatten().flatten() {
            let key = number(&series).and_then(|number| keys.get(number));
            if let (Some(key), Some(sample)) = (key, series.value) {
                counts.insert(key.clone(), sample.count());
            }
        }
        let told = self.scrape_seconds.map(i64::from);
        let seconds = told.or_else(|| usual_distance(&scrapes?)).unwrap_or(USUAL_SCRAPE);
        Ok((seconds, counts))
    }

    /// What shows how often something is scraped, where nobody told; none where nothing would show it.
    fn scrapes(&self, estate: &Estate<'_>) -> Option<String> {
        if self.scrape_seconds.is_some() || !estate.names.contains("up") {
            return None;
        }
        // One target of some jobs: what a probe is about has no `up` of its own.
        let mut targets: BTreeMap<&str, &str> = BTreeMap::new();
        for labels in estate.groups.iter().flat_map(|group| &group.found) {
            if let (Some(job), Some(instance)) = (labels.get("job"), labels.get("instance")) {
                targets.entry(job).or_insert(instance);
            }
        }
        if targets.is_empty() {
            return None;
        }
        let some = || targets.iter().take(5);
        let mut matchers = vec![
            is_one_of("job", some().map(|(job, _)| *job)),
            is_one_of("instance", some().map(|(_, instance)| *instance)),
        ];
        matchers.extend(self.matchers.iter().cloned());
        Some(format!("{}[10m]", select("up", &matchers)))
    }
}

/// Seconds from one scrape to the next where nothing shows them: what Prometheus' example says.
const USUAL_SCRAPE: i64 = 15;

/// The usual distance of samples, seconds.
fn usual_distance(found: &[Series]) -> Option<i64> {
    let mut gaps: Vec<i64> = Vec::new();
    for series in found {
        let times: Vec<i64> = series.values.iter().map(|sample| sample.millis()).collect();
        gaps.extend(times.windows(2).filter_map(|two| match two {
            [a, b] => Some(b - a),
            _ => None,
        }));
    }
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2)?;
    Some(((usual + 500) / 1000).clamp(1, 3600))
}

impl Load<'_> {
    /// Downloads the columns, the most important first.
    async fn columns(&self, inquiry: &mut Inquiry<'_>) -> Result<Columns, Error> {
        let points = self.resolution.points();
        let expressions = self.parts.iter().enumerate().map(|(number, (wanted, part))| {
            let all = || self.counts.get(&wanted.key()).copied().unwrap_or(1);
            let count = self.chosen(number).map_or_else(all, BTreeSet::len);
            let expression = wanted.expression(*part, self.resolution.range);
            Asked { number, expression, samples: points.saturating_mul(count) }
        });
        let mut first = batches(expressions, TOGETHER);
        let rest = first.split_off(first.len().min(1));
        let mut columns = Columns::default();
        // Where the budget is too small for all, what matters most still comes: it has nothing beside it. How large
        // it is tells how much of the others may be on its way together.
        let before = inquiry.bytes();
        let is_old_there = self.fetch(&first, 1, true, &mut columns, inquiry).await?;
        let samples = first.iter().map(|batch| batch.samples).sum::<usize>().max(1);
        let sample_bytes = ((before - inquiry.bytes()) / samples).max(SAMPLE_BYTES);
        let heaviest = rest.iter().map(|batch| batch.samples).max().unwrap_or(0);
        let expected = heaviest.saturating_mul(sample_bytes).max(1);
        let at_once = inquiry.bytes() / expected / 2;
        self.fetch(&rest, at_once, is_old_there, &mut columns, inquiry).await?;
        match columns.is_empty() {
            true => inquiry.trouble().map_or(Ok(columns), Err),
            false => Ok(columns),
        }
    }

    /// Asks for some of them. Whether there was anything old, as far as that can be told: a young server has no
    /// past, and isn't asked for it again and again.
    async fn fetch(
        &self,
        batches: &[Batch],
        at_once: usize,
        with_old: bool,
        columns: &mut Columns,
        inquiry: &mut Inquiry<'_>,
    ) -> Result<bool, Error> {
        let Resolution { fine, coarse, .. } = self.resolution;
        let mut asked = Vec::new();
        for batch in batches {
            let text = batch.text();
            for grid in [fine, coarse.filter(|_| with_old)].into_iter().flatten() {
                asked.push((text.clone(), grid, batch.len()));
            }
        }
        let expression = |(text, grid, _): &(String, Grid, usize)| Expression {
            text: text.clone(),
            time: Time::Over(*grid),
        };
        let mut answers = inquiry.answers(asked.iter().map(expression).collect(), at_once);
        let mut has_old = with_old;
        for (text, grid, expressions) in asked {
            if columns.len() >= self.most.saturating_mul(2) {
                inquiry.cut_here();
                break;
            }
            let Some(answer) = answers.next().await else { break };
            let Some(found) = inquiry.one_of_many(answer)? else { continue };
            has_old &= Some(grid) != coarse || !found.is_empty() || expressions == 1;
            found.into_iter().for_each(|series| self.take(series, columns));
            let Grid { first, last, step } = grid;
            inquiry.asked.push(format!("{text} # from {first} to {last} every {step} s"));
        }
        Ok(has_old)
    }

    /// The label sets that count of a part, where not all do.
    fn chosen(&self, number: usize) -> Option<&BTreeSet<Labels>> {
        self.picked?.get(number)?.as_ref()
    }

    fn take(&self, mut series: Series, columns: &mut Columns) {
        let Some(number) = number(&series) else { return };
        let Some((wanted, _)) = self.parts.get(number) else { return };
        series.metric.remove(TAG);
        if self.chosen(number).is_none_or(|chosen| chosen.contains(&series.metric)) {
            columns.take(number, wanted, series, self.topology, self.window);
        }
    }
}

/// The values of a group's label that are asked about, in lists that a query can hold; `None` is all of them.
fn lists<'a>(query: &Query, group: &'a Group<'_>) -> Vec<Option<Vec<&'a str>>> {
    let all = group.values.iter();
    let asked: Vec<&str> = all
        .filter(|(_, entity)| is_asked(query, entity))
        .map(|(value, _)| value.as_str())
        .collect();
    if asked.len() == group.values.len() && asked.len() > 1 {
        return vec![None];
    }
    pieces(asked).into_iter().map(Some).collect()
}
