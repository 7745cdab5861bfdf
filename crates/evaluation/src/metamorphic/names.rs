use std::collections::BTreeMap;

use nightjar_incident::{MetricSeries, Recording};
use nightjar_topology::{Entity, EntityId, Relation, Topology};
use serde_json::Value;

/// New names for old ones, replaced all at once so that two names can be exchanged.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    ids: BTreeMap<EntityId, EntityId>,
    /// Old and new texts by the first byte of the old one, the longest first.
    texts: BTreeMap<u8, Vec<(String, String)>>,
}

impl Names {
    pub(super) fn id(&mut self, old: &EntityId, new: EntityId) {
        self.text(old.as_str(), new.as_str());
        self.ids.insert(old.clone(), new);
    }

    /// Another name of an entity: replaced wherever it stands as a word of its own.
    pub(super) fn text(&mut self, old: &str, new: &str) {
        let Some(first) = old.bytes().next() else { return };
        let known = self.texts.entry(first).or_default();
        if known.iter().all(|(text, _)| text != old) {
            known.push((old.to_owned(), new.to_owned()));
            known.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        }
    }

    fn of(&self, id: &EntityId) -> EntityId {
        self.ids.get(id).unwrap_or(id).clone()
    }

    /// The text with all names replaced that stand in it as words of their own.
    fn within(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        let mut is_start = true;
        while let Some(next) = rest.chars().next() {
            let found = is_start.then(|| self.at_start(rest)).flatten();
            if let Some((behind, new)) = found {
                out.push_str(new);
                rest = behind;
                is_start = false;
            } else {
                out.push(next);
                rest = rest.get(next.len_utf8()..).unwrap_or_default();
                is_start = !is_word(next);
            }
        }
        out
    }

    /// What follows the name at the start of a text, and the name's replacement.
    fn at_start<'a>(&'a self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let candidates = self.texts.get(&text.bytes().next()?)?;
        candidates.iter().find_map(|(old, new)| {
            let behind = text.strip_prefix(old.as_str())?;
            let ends = behind.chars().next().is_none_or(|c| !is_word(c));
            ends.then_some((behind, new.as_str()))
        })
    }

    fn within_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.within(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.within_json(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.within_json(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn within_values(&self, attributes: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        attributes.iter().map(|(key, value)| (key.clone(), self.within(value))).collect()
    }

    fn topology(&self, old: &Topology) -> Topology {
        let mut new = Topology::default();
        for entity in old.entities() {
            new.add(Entity {
                id: self.of(&entity.id),
                kind: entity.kind,
                aliases: entity.aliases.iter().map(|alias| self.within(alias)).collect(),
                attributes: self.within_values(&entity.attributes),
            });
        }
        for relation in old.relations() {
            let (from, to) = (self.of(&relation.from), self.of(&relation.to));
            new.relate(Relation { from, to, kind: relation.kind });
        }
        new
    }

    /// The recording under the new names, in texts too.
    pub(super) fn apply(&self, recording: &Recording) -> Recording {
        let mut new = recording.clone();
        new.topology = self.topology(&recording.topology);
        for alert in &mut new.alerts {
            self.within_json(&mut alert.payload);
        }
        for change in &mut new.changes {
            change.entities.iter_mut().for_each(|id| *id = self.of(id));
            change.summary = self.within(&change.summary);
            for text in [&mut change.previous, &mut change.url, &mut change.author] {
                *text = text.as_deref().map(|text| self.within(text));
            }
        }
        for series in &mut new.metrics {
            series.entity = self.of(&series.entity);
            series.peer = series.peer.as_ref().map(|peer| self.of(peer));
            series.attributes = self.within_values(&series.attributes);
        }
        // The place of a column tells nothing of its old name.
        new.metrics.sort_by(|a, b| order(a).cmp(&order(b)));
        for line in &mut new.logs {
            line.entity = self.of(&line.entity);
            line.body = self.within(&line.body);
        }
        for span in &mut new.spans {
            span.entity = self.of(&span.entity);
            span.peer = span.peer.as_ref().map(|peer| self.of(peer));
            span.operation = self.within(&span.operation);
        }
        if let Some(expect) = &mut new.expect {
            for cause in &mut expect.causes {
                cause.entity = self.of(&cause.entity);
                cause.accept.iter_mut().for_each(|id| *id = self.of(id));
            }
            for text in expect.must_say.iter_mut().chain(&mut expect.must_not_say) {
                *text = self.within(text);
            }
        }
        new
    }
}

/// What columns are sorted by.
fn order(series: &MetricSeries) -> impl Ord + '_ {
    (&series.entity, &series.peer, &series.name, series.statistic, &series.attributes)
}

/// Whether a character belongs to a name, so that a name doesn't end before it.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_as_words_and_two_can_be_exchanged() {
        let mut names = Names::default();
        names.id(&EntityId::new("cart").unwrap(), EntityId::new("pay").unwrap());
        names.id(&EntityId::new("pay").unwrap(), EntityId::new("cart").unwrap());
        names.text("cart v2", "pay v2");
        assert_eq!(
            names.within("cart calls pay:80, not redis-cart; über cart"),
            "pay calls cart:80, not redis-cart; über pay"
        );
        assert_eq!(names.within("cart v2 cart"), "pay v2 pay");
    }
}
