use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use nightjar_topology::{Entity, Topology};

use crate::graph::{Graph, Spot};

/// Names of a topology, letter case aside, built once so that many names are cheap.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Index {
    names: BTreeMap<String, Named>,
    /// How many spaces names have: most estates write none with any, and their texts needn't be
    /// searched for them.
    spaces: BTreeSet<usize>,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// Nothing known.
    Nothing,
    /// One entity.
    One(Spot),
    /// Several: choosing would be a guess.
    Several,
}

impl Index {
    pub(crate) fn new(topology: &Topology, graph: &Graph) -> Self {
        let mut names: BTreeMap<String, Named> = BTreeMap::new();
        let mut spaces = BTreeSet::new();
        for entity in topology.entities() {
            let Some(spot) = graph.spot(entity.id.as_str()) else { continue };
            for name in names_of(entity) {
                spaces.insert(name.matches(' ').count());
                match names.entry(name.to_lowercase()) {
                    Entry::Vacant(free) => {
                        free.insert(Named::One(spot));
                    }
                    Entry::Occupied(mut taken) => {
                        if *taken.get() != Named::One(spot) {
                            taken.insert(Named::Several);
                        }
                    }
                }
            }
        }
        Self { names, spaces }
    }

    /// Whether any name is made of so many words with single spaces between.
    pub(crate) fn has_names_of(&self, words: usize) -> bool {
        words.checked_sub(1).is_some_and(|spaces| self.spaces.contains(&spaces))
    }

    /// The entity of exactly this name: its id as written, else its id or an alias, letter case
    /// aside.
    pub(crate) fn exact(&self, name: &str, graph: &Graph) -> Named {
        if let Some(spot) = graph.spot(name) {
            return Named::One(spot);
        }
        self.names.get(&name.to_lowercase()).copied().unwrap_or(Named::Nothing)
    }

    /// The entity of this name in any form that senders use. The first form that is known decides;
    /// one that fits several entities ends the search.
    pub(crate) fn spoken(&self, name: &str, graph: &Graph) -> Named {
        let name = name.trim();
        let exact = self.exact(name, graph);
        if exact != Named::Nothing {
            return exact;
        }
        let mut known = forms(name).into_iter().map(|form| self.exact(form, graph));
        known.find(|named| *named != Named::Nothing).unwrap_or(Named::Nothing)
    }
}

fn names_of(entity: &Entity) -> impl Iterator<Item = &str> {
    let aliases = entity.aliases.iter().map(String::as_str);
    std::iter::once(entity.id.as_str()).chain(aliases).filter(|name| !name.trim().is_empty())
}

/// Shorter forms of a name, the closest first.
fn forms(name: &str) -> Vec<&str> {
    let mut forms = Vec::new();
    if name.starts_with("arn:") {
        forms.extend(arn_tail(name));
    }
    let bare = name.split_once("://").map_or(name, |(_, behind)| behind);
    let host = bare.split(['/', ':']).next().unwrap_or(bare);
    forms.push(bare);
    forms.push(host);
    // The first label of a host name; an address has none.
    if host.contains('.') && host.chars().any(char::is_alphabetic) {
        forms.extend(host.split('.').next());
    }
    // `namespace/name` of Kubernetes.
    forms.extend(bare.rsplit('/').next());
    for form in forms.clone() {
        forms.extend(without_pod_hashes(form));
        forms.extend(without_environment(form));
    }
    forms.retain(|form| !form.is_empty() && *form != name);
    forms
}

/// The name within an ARN; behind it may stand a version, an index or a number.
fn arn_tail(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let parts: Vec<&str> = resource.split([':', '/']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        ["function" | "table", name, ..] => Some(*name),
        ["loadbalancer", "app" | "net" | "gwy", name, ..] => Some(*name),
        [.., last] => Some(*last),
        [] => None,
    }
}

/// `cart` for the pod `cart-6d4cf56db6-x7k2p`.
fn without_pod_hashes(name: &str) -> Option<&str> {
    let (rest, instance) = name.rsplit_once('-')?;
    let (service, template) = rest.rsplit_once('-')?;
    let is_hash = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            && text.bytes().any(|b| b.is_ascii_digit())
    };
    (is_hash(instance, 5..=5) && is_hash(template, 6..=10)).then_some(service)
}

/// Words that stand before or behind a name to say where it runs.
const ENVIRONMENTS: [&str; 12] = [
    "prod",
    "production",
    "prd",
    "live",
    "stage",
    "staging",
    "stg",
    "dev",
    "development",
    "test",
    "qa",
    "uat",
];

/// `cart` for `cart.prod`, `cart-prod` and `prod-cart`.
fn without_environment(name: &str) -> Option<&str> {
    let is_environment = |word: &str| ENVIRONMENTS.iter().any(|e| word.eq_ignore_ascii_case(e));
    let separators = ['.', '-', '_', '/'];
    let behind = name.rsplit_once(separators).filter(|(_, word)| is_environment(word));
    let before = name.split_once(separators).filter(|(word, _)| is_environment(word));
    behind.map(|(rest, _)| rest).or(before.map(|(_, rest)| rest))
}
