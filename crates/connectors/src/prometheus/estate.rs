//! Who is there: entities by the labels of what is scraped, as the table of metrics says whose metrics are.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_connect::Error;
use nightjar_incident::signal::{FAMILIES, Instrument, Origin, Owner, Row};
use nightjar_topology::EntityId;

use super::Prometheus;
use super::answer::Labels;
use super::inquiry::Inquiry;
use super::naming::{Naming, name_of};
use super::promql::{is_one_of, lately, select};

/// Labels that tell where an entity is scraped and runs; they are asked beside those that name it.
pub(super) const WHERE: &[&str] = &["job", "instance", "namespace", "pod", "node", "server"];

/// Metrics of one family that are of one kind of owner and named by one label.
pub(super) struct Group<'a> {
    pub(super) owner: &'static Owner,
    /// The label that names the entities.
    pub(super) label: &'a str,
    /// Labels that would name them better and are empty here.
    pub(super) better: Vec<&'a str>,
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
pub(super) struct Estate<'a> {
    pub(super) naming: &'a Naming,
    pub(super) groups: Vec<Group<'a>>,
    /// All names of metrics.
    pub(super) names: BTreeSet<String>,
}

/// Metrics of a family that have one kind of owner.
struct Owned {
    origin: Origin,
    owner: &'static Owner,
    rows: Vec<&'static Row>,
}

impl Prometheus {
    /// Looks at who is there towards the end of a question's window.
    pub(super) async fn estate<'a>(
        &'a self,
        inquiry: &mut Inquiry<'_>,
    ) -> Result<Estate<'a>, Error> {
        let mut some = self.matchers.clone();
        some.push("__name__!=\"\"".to_owned());
        let names = inquiry.names(&select("", &some)).await?;
        let all = owned(&names);
        let asked: Vec<String> = all.iter().map(|owned| self.who(owned, inquiry.ago)).collect();
        let answers = inquiry.all(&asked).await?;
        inquiry.asked.extend(asked);
        let mut estate = Estate { naming: &self.naming, groups: Vec::new(), names };
        let mut exporters: BTreeSet<String> = BTreeSet::new();
        for (owned, found) in all.iter().zip(answers) {
            let without = match owned.origin {
                Origin::Process => exporters.clone(),
                Origin::Exporter | Origin::Itself => BTreeSet::new(),
            };
            let is_of_exporter =
                |labels: &Labels| labels.get("job").is_some_and(|job| without.contains(job));
            let found: Vec<Labels> = found.into_iter().map(|series| series.metric).collect();
            let others = found.into_iter().filter(|labels| !is_of_exporter(labels));
            for group in grouped(owned, &self.naming, &without, others) {
                if owned.origin == Origin::Exporter {
                    let jobs = group.found.iter().filter_map(|labels| labels.get("job"));
                    exporters.extend(jobs.cloned());
                }
                estate.groups.push(group);
            }
        }
        Ok(estate)
    }

    /// What tells who has metrics of these.
    fn who(&self, Owned { owner, rows, .. }: &Owned, ago: [i64; 2]) -> String {
        let telling: BTreeSet<String> = rows.iter().map(|row| exposed(row)).collect();
        let mut matchers = vec![is_one_of("__name__", telling.iter().map(String::as_str))];
        matchers.extend(self.matchers.iter().cloned());
        let hosts = self.naming.hosts.iter().map(String::as_str);
        let labels =
            self.naming.labels(owner).into_iter().chain(WHERE.iter().copied()).chain(hosts);
        let labels: Vec<&str> = labels.collect::<BTreeSet<_>>().into_iter().collect();
        let found = lately(&select("", &matchers), ago);
        format!("count by ({}) ({found})", labels.join(","))
    }
}

/// The metrics that are there, by whose they are. Exporters first: their own process isn't what they watch.
fn owned(names: &BTreeSet<String>) -> Vec<Owned> {
    let mut all: Vec<Owned> = Vec::new();
    for origin in [Origin::Exporter, Origin::Itself, Origin::Process] {
        for family in FAMILIES.iter().filter(|family| family.origin == origin) {
            let first = all.len();
            for row in family.rows {
                if row.owner.labels.is_empty() || !is_there(row, names) {
                    continue;
                }
                match all.iter_mut().skip(first).find(|owned| owned.owner == row.owner) {
                    Some(owned) => owned.rows.push(row),
                    None => all.push(Owned { origin, owner: row.owner, rows: vec![row] }),
                }
            }
        }
    }
    all
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
fn grouped<'a>(
    Owned { owner, rows, .. }: &Owned,
    naming: &'a Naming,
    without_jobs: &BTreeSet<String>,
    found: impl Iterator<Item = Labels>,
) -> Vec<Group<'a>> {
    let names = naming.labels(owner);
    let mut groups: BTreeMap<&str, Group<'a>> = BTreeMap::new();
    for labels in found {
        let value = |label: &&'a str| {
            labels
                .get(*label)
                .filter(|value| !value.is_empty())
                .map(|value| (*label, value.clone()))
        };
        let Some((by, value)) = names.iter().find_map(value) else { continue };
        let Some(entity) = name_of(by, &value) else { continue };
        let group = groups.entry(by).or_insert_with(|| Group {
            owner,
            label: by,
            better: names.iter().copied().take_while(|label| *label != by).collect(),
            without_jobs: without_jobs.clone(),
            rows: rows.clone(),
            values: BTreeMap::new(),
            found: Vec::new(),
        });
        group.values.insert(value, entity);
        group.found.push(labels);
    }
    groups.into_values().collect()
}
