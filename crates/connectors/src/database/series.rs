use std::collections::BTreeMap;

use nightjar_incident::{MetricSeries, Statistic};
use nightjar_series::{Column, Repairs};
use nightjar_topology::EntityId;

/// Attributes of a series.
pub(crate) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// Series of one database.
#[derive(Debug)]
pub(crate) struct Levels {
    entity: EntityId,
    found: Vec<MetricSeries>,
}

impl Levels {
    pub(crate) fn new(entity: EntityId) -> Self {
        Self { entity, found: Vec::new() }
    }

    /// Adds a series where there is a column.
    pub(crate) fn add(
        &mut self,
        name: &str,
        unit: &str,
        attributes: Attributes<'_>,
        column: Option<Column>,
    ) {
        self.add_as(Statistic::Last, name, unit, attributes, column);
    }

    /// As [`Levels::add`], of another statistic than a level.
    pub(crate) fn add_as(
        &mut self,
        statistic: Statistic,
        name: &str,
        unit: &str,
        attributes: Attributes<'_>,
        column: Option<Column>,
    ) {
        let Some(column) = column else { return };
        let clean = |text: &str| text.chars().filter(|letter| !letter.is_control()).collect();
        let attributes: BTreeMap<String, String> =
            attributes.iter().map(|(key, value)| ((*key).to_owned(), clean(value))).collect();
        self.found.push(MetricSeries {
            entity: self.entity.clone(),
            peer: None,
            name: name.to_owned(),
            statistic,
            unit: unit.to_owned(),
            attributes,
            column,
            repairs: Repairs::default(),
        });
    }

    /// The first ones, as they were added: the most telling come first. With a word about what was left out.
    pub(crate) fn finish(mut self, limit: usize) -> (Vec<MetricSeries>, Option<String>) {
        let all = self.found.len();
        self.found.truncate(limit);
        let cut = (all > limit).then(|| format!("cut here: the first {limit} of {all} series"));
        (self.found, cut)
    }
}
