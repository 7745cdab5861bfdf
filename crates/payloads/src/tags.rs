use std::collections::{BTreeMap, BTreeSet};

/// `service:cart` as name and value; a tag without a value keeps an empty one. A name given twice
/// (`team:a`, `team:b`) keeps both values.
pub(crate) fn labels(tags: impl IntoIterator<Item = String>) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for tag in tags {
        let tag = tag.trim();
        let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
        if name.is_empty() || name == "*" || !seen.insert(tag.to_owned()) {
            continue;
        }
        match labels.get_mut(name) {
            Some(known) => {
                known.push(',');
                known.push_str(value);
            }
            None => {
                labels.insert(name.to_owned(), value.to_owned());
            }
        }
    }
    labels
}
