//! Where two journals of the same incident differ: bodies, not times, ids and hashes.

use nightjar_incident::journal::{Entry, canonical};
use serde::Serialize;
use serde_json::Value;

/// Characters of a value that are shown.
const MOST_SHOWN: usize = 200;

/// One place where the stored journal and the fresh one differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    pub(crate) chain: String,
    pub(crate) seq: u64,
    pub(crate) kind: &'static str,
    /// JSON pointer into the entry's body; `actor` or `kind` for the entry itself.
    pub(crate) place: String,
    pub(crate) stored: Option<String>,
    pub(crate) now: Option<String>,
}

/// All differences, in the order of the stored entries; then what is only in the fresh journal.
pub(crate) fn differences(stored: &[Entry], now: &[Entry]) -> Vec<Difference> {
    let mut found = Vec::new();
    for old in stored {
        match twin(old, now) {
            Some(new) => compare(old, new, &mut found),
            None => found.push(Difference { stored: Some(shown(&old.body)), ..at(old, "") }),
        }
    }
    for new in now.iter().filter(|new| twin(new, stored).is_none()) {
        found.push(Difference { now: Some(shown(&new.body)), ..at(new, "") });
    }
    found
}

fn twin<'a>(entry: &Entry, others: &'a [Entry]) -> Option<&'a Entry> {
    others.iter().find(|other| other.chain == entry.chain && other.seq == entry.seq)
}

fn at(entry: &Entry, place: &str) -> Difference {
    Difference {
        chain: entry.chain.clone(),
        seq: entry.seq,
        kind: entry.kind.label(),
        place: place.to_owned(),
        stored: None,
        now: None,
    }
}

fn compare(old: &Entry, new: &Entry, found: &mut Vec<Difference>) {
    let heads = [("kind", old.kind.label(), new.kind.label()), ("actor", &old.actor, &new.actor)];
    for (place, before, after) in heads {
        if before != after {
            let (stored, now) = (Some(before.to_owned()), Some(after.to_owned()));
            found.push(Difference { stored, now, ..at(old, place) });
        }
    }
    let mut open = vec![(String::new(), Some(&old.body), Some(&new.body))];
    while let Some((place, before, after)) = open.pop() {
        match (before, after) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                let added = after.keys().filter(|key| !before.contains_key(*key));
                let keys: Vec<&String> = before.keys().chain(added).collect();
                for key in keys.into_iter().rev() {
                    let inner = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
                    open.push((inner, before.get(key), after.get(key)));
                }
            }
            (Some(Value::Array(before)), Some(Value::Array(after))) => {
                for index in (0..before.len().max(after.len())).rev() {
                    open.push((format!("{place}/{index}"), before.get(index), after.get(index)));
                }
            }
            (before, after) => {
                // In canonical form, as the hashes cover them: a store may write 1.0 as 1.
                let bytes = |value: Option<&Value>| value.map(|value| canonical(value).ok());
                if bytes(before) != bytes(after) {
                    let (stored, now) = (before.map(shown), after.map(shown));
                    found.push(Difference { stored, now, ..at(old, &place) });
                }
            }
        }
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= MOST_SHOWN {
        return text;
    }
    let mut short: String = text.chars().take(MOST_SHOWN).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use nightjar_incident::SpaceId;
    use nightjar_incident::journal::{Chain, Kind};
    use serde_json::json;

    use super::*;

    fn journal(bodies: &[Value], at: &str) -> Vec<Entry> {
        let mut chain = Chain::new(SpaceId::new("s"), "exec-1");
        let at = at.parse().unwrap();
        let append = |body: &Value| chain.append(at, Kind::Finding, "test", body.clone()).unwrap();
        bodies.iter().map(append).collect()
    }

    const MORNING: &str = "2026-11-23T03:00:00Z";

    #[test]
    fn the_same_bodies_at_another_time_are_the_same() {
        let bodies = [json!({"a": [1, 2]}), json!("b")];
        let later = journal(&bodies, "2027-01-01T00:00:00Z");
        assert_eq!(differences(&journal(&bodies, MORNING), &later), []);
    }

    #[test]
    fn a_changed_value_is_named_by_its_place() {
        let stored = journal(&[json!({"a/b": [1, {"c": 2}]})], MORNING);
        let now = journal(&[json!({"a/b": [1.0, {"c": 2.5, "d": null}]})], MORNING);
        let found = differences(&stored, &now);
        let places: Vec<_> = found
            .iter()
            .map(|d| (d.place.as_str(), d.stored.as_deref(), d.now.as_deref()))
            .collect();
        assert_eq!(
            places,
            [("/a~1b/1/c", Some("2"), Some("2.5")), ("/a~1b/1/d", None, Some("null"))]
        );
    }

    #[test]
    fn entries_of_one_side_only_are_named() {
        let stored = journal(&[json!(1), json!(2)], MORNING);
        let now = journal(&[json!(1)], MORNING);
        assert_eq!(
            differences(&stored, &now).first().map(|d| (d.seq, d.now.clone())),
            Some((1, None))
        );
        assert_eq!(
            differences(&now, &stored).first().map(|d| (d.seq, d.stored.clone())),
            Some((1, None))
        );
    }
}
