//! The columns of entities: counted first, screened by the server where there are too many, then downloaded.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use nightjar_connect::{Answer, Error, ErrorKind, Metrics, Query};
use nightjar_incident::signal::Signal;
use nightjar_incident::{Content, Window};
use nightjar_topology::Topology;

use super::answer::Series;
use super::columns::Columns;
use super::estate::{Estate, Group};
use super::inventory::known;
use super::promql::{is_one_of, select};
use super::resolution::{Resolution, most_columns};
use super::screen::Picked;
use super::twice::once;
use super::wanted::{Asked, Part, TAG, Wanted, batches, together};
use super::{Prometheus, ago, is_asked};
use crate::limits::Allowance;

/// Expressions in one query: many small answers cost more than a few larger ones.
pub(super) const TOGETHER: usize = 8;

/// The longest list of names in one selector, bytes.
const LONGEST_LIST: usize = 4000;

/// What one question is answered with, besides the data.
pub(super) struct Log {
    pub(super) asked: Vec<String>,
    pub(super) notes: Vec<String>,
    /// What couldn't be had.
    failed: Vec<Error>,
    /// Whether time or bytes ran out.
    pub(super) is_cut: bool,
}

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
        let mut allowance = self.api.allowance();
        let mut log =
            Log { asked: Vec::new(), notes: Vec::new(), failed: Vec::new(), is_cut: false };
        let estate = self.estate(query, &mut allowance, &mut log.notes, &mut log.asked).await?;
        // What was asked to find out who is there stands for itself; the columns' queries are what counts.
        log.asked.clear();
        let topology = known(&estate);
        let mut parts = self.wanted(query, &estate);
        parts.sort_by_key(|(wanted, part)| importance(wanted, *part));
        if parts.is_empty() {
            return Ok(nothing(query, log));
        }
        let scrape = self.scrape(&estate, query, &mut allowance, &mut log).await?;
        // Names, queries and the tail of an answer take some of the bytes as well.
        let bytes = allowance.bytes / 10 * 8;
        let most = query.limit.min(self.most_columns).min(most_columns(bytes).max(1));
        let counts = self.counts(query, &parts, &mut allowance, &mut log).await?;
        let all: usize =
            parts.iter().map(|(w, _)| counts.get(&w.key()).copied().unwrap_or(0)).sum();
        parts.retain(|(wanted, _)| counts.contains_key(&wanted.key()));
        let mut chosen = None;
        if all > most {
            let screened = self.screened(query, parts, &counts, most, &mut allowance, &mut log);
            let (kept, picked) = screened.await?;
            parts = kept;
            chosen = Some(picked);
        }
        let resolution = Resolution::of(query.window, all.min(most), bytes, scrape);
        let mut columns = Columns::default();
        let load = Load {
            parts: &parts,
            picked: chosen.as_ref(),
            counts: &counts,
            topology: &topology,
            window: query.window,
            resolution,
            most,
        };
        self.download(load, &mut columns, &mut allowance, &mut log).await?;
        let came = columns.len();
        let mut made = columns.made(&parts, most);
        log.notes.extend(once(&mut made));
        let truncated = told(&log, all, made.len().min(came), chosen.is_some());
        Ok(Answer {
            query: log.asked.join("\n"),
            content: Content::Series(made),
            truncated,
            notes: log.notes,
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

fn nothing(query: &Query, log: Log) -> Answer {
    let query = match query.entities.is_empty() {
        true => "no metric that the table knows is there",
        false => "no metric that the table knows carries one of the entities' names",
    };
    Answer {
        query: query.to_owned(),
        content: Content::Series(Vec::new()),
        truncated: None,
        notes: log.notes,
    }
}

/// What was left out.
fn told(log: &Log, all: usize, made: usize, is_screened: bool) -> Option<String> {
    let mut told = Vec::new();
    if is_screened {
        told.push(format!(
            "{made} of {all} columns: those of requests and those that changed most, by the server's own comparison"
        ));
    }
    if log.is_cut {
        told.push("cut here: the budget of the question is used up".to_owned());
    }
    if let Some(error) = log.failed.first() {
        told.push(format!(
            "{} queries failed, the first with: {}",
            log.failed.len(),
            error.message
        ));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

impl Log {
    /// Whether one goes on after this error. What the server can't answer alone is no reason to lose the rest.
    pub(super) fn goes_on(&mut self, error: Error, has_some: bool) -> Result<(), Error> {
        match error.kind {
            ErrorKind::BadQuery => self.failed.push(error),
            ErrorKind::Timeout | ErrorKind::TooLarge if has_some => self.is_cut = true,
            _ => return Err(error),
        }
        Ok(())
    }
}

impl Prometheus {
    /// Everything that the table knows of the entities asked about.
    fn wanted<'a>(&self, query: &Query, estate: &'a Estate) -> Vec<(Wanted<'a>, Part)> {
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

    /// Seconds from one scrape to the next.
    async fn scrape(
        &self,
        estate: &Estate,
        query: &Query,
        allowance: &mut Allowance,
        log: &mut Log,
    ) -> Result<i64, Error> {
        if let Some(told) = self.scrape_seconds {
            return Ok(i64::from(told));
        }
        if !estate.names.contains("up") {
            return Ok(15);
        }
        // One target of some jobs: what a probe is about has no `up` of its own.
        let mut targets: BTreeMap<&str, &str> = BTreeMap::new();
        for labels in estate.groups.iter().flat_map(|group| &group.found) {
            if let (Some(job), Some(instance)) = (labels.get("job"), labels.get("instance")) {
                targets.entry(job).or_insert(instance);
            }
        }
        if targets.is_empty() {
            return Ok(15);
        }
        let some = || targets.iter().take(5);
        let mut matchers = vec![
            is_one_of("job", some().map(|(job, _)| *job)),
            is_one_of("instance", some().map(|(_, instance)| *instance)),
        ];
        matchers.extend(self.matchers.iter().cloned());
        let raw = format!("{}[10m]", select("up", &matchers));
        let at = self.moment(query.window);
        let found = self.api.instant(&raw, at, allowance, &mut log.notes).await?;
        let mut gaps: Vec<i64> = Vec::new();
        for series in found.result {
            let times: Vec<i64> = series.values.iter().map(|sample| sample.millis()).collect();
            gaps.extend(times.windows(2).filter_map(|two| match two {
                [a, b] => Some(b - a),
                _ => None,
            }));
        }
        gaps.sort_unstable();
        let usual = gaps.get(gaps.len() / 2).map(|millis| (millis + 500) / 1000);
        Ok(usual.unwrap_or(15).clamp(1, 3600))
    }

    /// How many columns there are of each row.
    async fn counts(
        &self,
        query: &Query,
        parts: &[(Wanted<'_>, Part)],
        allowance: &mut Allowance,
        log: &mut Log,
    ) -> Result<BTreeMap<String, usize>, Error> {
        let ago = ago(query);
        let distinct: BTreeMap<String, String> =
            parts.iter().map(|(wanted, _)| (wanted.key(), wanted.count(ago))).collect();
        let (keys, asked): (Vec<String>, Vec<String>) = distinct.into_iter().unzip();
        let mut counts = BTreeMap::new();
        let asked = asked.into_iter().enumerate();
        let asked = asked.map(|(number, expression)| Asked { number, expression, samples: 1 });
        for batch in batches(asked, 4 * TOGETHER) {
            let asked = together(&batch);
            let at = self.moment(query.window);
            let found = match self.api.instant(&asked, at, allowance, &mut log.notes).await {
                Ok(found) => found,
                Err(error) => {
                    log.goes_on(error, !counts.is_empty())?;
                    continue;
                }
            };
            for series in found.result {
                let key = number(&series).and_then(|number| keys.get(number));
                if let (Some(key), Some(sample)) = (key, series.value) {
                    counts.insert(key.clone(), sample.count());
                }
            }
        }
        Ok(counts)
    }

    /// Downloads columns, the most important first.
    async fn download(
        &self,
        load: Load<'_>,
        columns: &mut Columns,
        allowance: &mut Allowance,
        log: &mut Log,
    ) -> Result<(), Error> {
        let Load { parts, picked, counts, topology, window, resolution, most } = load;
        let points = resolution.points();
        let expressions = parts.iter().enumerate().map(|(number, (wanted, part))| {
            let chosen = picked.and_then(|picked| picked.get(number)).and_then(Option::as_ref);
            let all = || counts.get(&wanted.key()).copied().unwrap_or(1);
            Asked {
                number,
                expression: wanted.expression(*part, resolution.range),
                samples: points.saturating_mul(chosen.map_or_else(all, BTreeSet::len)),
            }
        });
        let mut has_old = true;
        for batch in batches(expressions, TOGETHER) {
            let asked = together(&batch);
            let coarse = resolution.coarse.filter(|_| has_old);
            for grid in [resolution.fine, coarse].into_iter().flatten() {
                if !allowance.is_left() || columns.len() >= most.saturating_mul(2) {
                    log.is_cut = true;
                    return Ok(());
                }
                let found = self.api.range(&asked, grid, allowance, &mut log.notes).await;
                let found = match found {
                    Ok(found) => found,
                    Err(error) => {
                        log.goes_on(error, !columns.is_empty())?;
                        continue;
                    }
                };
                // A young server has no past: it isn't asked for it again and again.
                if Some(grid) == coarse && found.result.is_empty() && batch.len() > 1 {
                    has_old = false;
                }
                for mut series in found.result {
                    let Some(number) = number(&series) else { continue };
                    let Some((wanted, _)) = parts.get(number) else { continue };
                    series.metric.remove(TAG);
                    let chosen =
                        picked.and_then(|picked| picked.get(number)).and_then(Option::as_ref);
                    if chosen.is_none_or(|chosen| chosen.contains(&series.metric)) {
                        columns.take(number, wanted, series, topology, window);
                    }
                }
                log.asked.push(format!(
                    "{asked} # from {} to {} every {} s",
                    grid.first, grid.last, grid.step
                ));
            }
        }
        if columns.is_empty() && !log.failed.is_empty() {
            return Err(log.failed.swap_remove(0));
        }
        Ok(())
    }
}

/// The values of a group's label that are asked about, in lists that a query can hold; `None` is all of them.
fn lists<'a>(query: &Query, group: &'a Group) -> Vec<Option<Vec<&'a str>>> {
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

/// Lists of names, each short enough for a selector.
pub(super) fn pieces(values: Vec<&str>) -> Vec<Vec<&str>> {
    let mut pieces: Vec<Vec<&str>> = Vec::new();
    let mut length = 0;
    for value in values {
        match pieces.last_mut() {
            Some(last) if length + value.len() <= LONGEST_LIST => last.push(value),
            Some(_) | None => {
                length = 0;
                pieces.push(vec![value]);
            }
        }
        length += 2 * value.len() + 1;
    }
    pieces
}

/// Which expression of a query a series answers.
pub(super) fn number(series: &Series) -> Option<usize> {
    series.metric.get(TAG)?.parse().ok()
}
