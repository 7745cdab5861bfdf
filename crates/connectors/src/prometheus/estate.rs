//! Who is there: entities by the labels of what is scraped, as the table of metrics says whose metrics are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use nightjar_connect::{Error, Query};
use nightjar_incident::Window;
use nightjar_incident::signal::{FAMILIES, Family, Instrument, Origin, Owner, Row};
use nightjar_topology::EntityId;

use super::answer::Labels;
use super::promql::{is_none_of, is_one_of, lately, select};
use super::{Prometheus, ago, name_of};
use crate::limits::Allowance;

/// Labels that tell where an entity is scraped and runs; they are asked beside those that name it.
pub(super) const WHERE: &[&str] = &["job", "instance", "namespace", "pod", "node", "server"];

/// Metrics of one family that are of one kind of owner and named by one label.
pub(super) struct Group {
    pub(super) owner: &'static Owner,
    /// The label that names the entities.
    pub(super) label: &'static str,
    /// Labels that would name them better and are empty here.
    pub(super) better: Vec<&'static str>,
    /// Jobs whose metrics of this family are about the exporter and not about what it watches.
    pub(super) without_jobs: BTreeSet<String>,
    /// The rows that are there.
    pub(super) rows: Vec<&'static Row>,
    /// What the label says, and who that is.
    pub(super) values: BTreeMap<String, EntityId>,
    /// Where each is: the label sets that were found, without the metric's name.
    pub(super) found: Vec<Labels>,
}

/// Everything that is known of who is there.
#[derive(Default)]
pub(super) struct Estate {
    pub(super) groups: Vec<Group>,
    /// All names of metrics.
    pub(super) names: BTreeSet<String>,
}

impl Prometheus {
    /// Looks at who is there towards the end of a question's window.
    pub(super) async fn estate(
        &self,
        query: &Query,
        allowance: &mut Allowance,
        notes: &mut Vec<String>,
        asked: &mut Vec<String>,
    ) -> Result<Estate, Error> {
        let at = self.moment(query.window);
        let recent = jiff::SignedDuration::from_mins(60);
        let from = at.saturating_sub(recent).unwrap_or(at);
        let mut some = self.matchers.clone();
        some.push("__name__!=\"\"".to_owned());
        let selector = select("", &some);
        let names = self.api.names(&selector, Window { from, to: at }, allowance, notes).await?;
        let mut estate = Estate { groups: Vec::new(), names: names.into_iter().collect() };
        let mut exporters: BTreeSet<String> = BTreeSet::new();
        // Exporters first: their own process isn't what they watch.
        for origin in [Origin::Exporter, Origin::Itself, Origin::Process] {
            for family in FAMILIES.iter().filter(|family| family.origin == origin) {
                let without = match origin {
                    Origin::Process => exporters.clone(),
                    Origin::Exporter | Origin::Itself => BTreeSet::new(),
                };
                let found = self.family(
                    family,
                    &estate.names,
                    &without,
                    (at, ago(query)),
                    allowance,
                    notes,
                    asked,
                );
                for group in found.await? {
                    if origin == Origin::Exporter {
                        let jobs = group.found.iter().filter_map(|labels| labels.get("job"));
                        exporters.extend(jobs.cloned());
                    }
                    estate.groups.push(group);
                }
            }
        }
        Ok(estate)
    }

    /// The owners of one family's metrics.
    #[expect(clippy::too_many_arguments, reason = "what is read and where it is written down")]
    async fn family(
        &self,
        family: &'static Family,
        names: &BTreeSet<String>,
        without_jobs: &BTreeSet<String>,
        (at, ago): (Timestamp, [i64; 2]),
        allowance: &mut Allowance,
        notes: &mut Vec<String>,
        asked: &mut Vec<String>,
    ) -> Result<Vec<Group>, Error> {
        let present: Vec<&'static Row> =
            family.rows.iter().filter(|row| is_there(row, names)).collect();
        let mut groups = Vec::new();
        let mut owners: Vec<&'static Owner> = Vec::new();
        for row in &present {
            if !row.owner.labels.is_empty() && !owners.contains(&row.owner) {
                owners.push(row.owner);
            }
        }
        for owner in owners {
            let rows: Vec<&'static Row> =
                present.iter().copied().filter(|row| row.owner == owner).collect();
            let telling: BTreeSet<String> = rows.iter().map(|row| exposed(row)).collect();
            let mut matchers = vec![is_one_of("__name__", telling.iter().map(String::as_str))];
            if !without_jobs.is_empty() {
                matchers.push(is_none_of("job", without_jobs.iter().map(String::as_str)));
            }
            matchers.extend(self.matchers.iter().cloned());
            let labels: BTreeSet<&str> = owner.labels.iter().chain(WHERE).copied().collect();
            let labels: Vec<&str> = labels.into_iter().collect();
            let query = format!(
                "count by ({}) ({})",
                labels.join(","),
                lately(&select("", &matchers), ago)
            );
            let answer = self.api.instant(&query, at, allowance, notes).await?;
            asked.push(query);
            let found = answer.result.into_iter().map(|series| series.metric);
            groups.extend(grouped(owner, &rows, without_jobs, found));
        }
        Ok(groups)
    }
}

/// Whether a row's metric is there, under the name by which it is exposed.
fn is_there(row: &Row, names: &BTreeSet<String>) -> bool {
    names.contains(&exposed(row))
}

/// The name of a series that tells of a row: a histogram has none of its own.
pub(super) fn exposed(row: &Row) -> String {
    match row.instrument {
        Instrument::Histogram | Instrument::Summary => format!("{}_count", row.name),
        _ => row.name.to_owned(),
    }
}

/// Label sets by the label that names their entity.
fn grouped(
    owner: &'static Owner,
    rows: &[&'static Row],
    without_jobs: &BTreeSet<String>,
    found: impl Iterator<Item = Labels>,
) -> Vec<Group> {
    let mut groups: BTreeMap<&'static str, Group> = BTreeMap::new();
    for labels in found {
        let label = |name: &str| labels.get(name).map(String::as_str);
        let Some((by, value)) = owner.name(label) else { continue };
        let Some(entity) = name_of(by, value) else { continue };
        let group = groups.entry(by).or_insert_with(|| Group {
            owner,
            label: by,
            better: owner.labels.iter().copied().take_while(|label| *label != by).collect(),
            without_jobs: without_jobs.clone(),
            rows: rows.to_vec(),
            values: BTreeMap::new(),
            found: Vec::new(),
        });
        group.values.insert(value.to_owned(), entity);
        group.found.push(labels);
    }
    groups.into_values().collect()
}
