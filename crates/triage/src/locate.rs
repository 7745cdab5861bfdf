use nightjar_incident::Alert;
use nightjar_topology::{EntityId, EntityKind, Topology};

use crate::index::{Index, Named};
use crate::words;

/// How much of a text is searched for names, in characters. What an alert is about stands at its
/// top; the rest is runbooks and links.
const SEARCHED: usize = 4_000;
/// The most words of a name that is written with spaces.
const LONGEST_NAME: usize = 4;
/// A text that mentions more entities than this is a list and speaks of none in particular.
const MOST_MENTIONS: usize = 3;

/// The entities an alert speaks of, most specific first; never a guess between two.
///
/// The names it carries decide: as they are, else the tail of an ARN, the first label of a host
/// name, a pod without its hashes, a name without its environment. Where no name is known, whole
/// mentions in the headline count, else in the text; a longer mention hides the shorter ones inside
/// it. Accounts, regions and stacks count only where nothing within them is named.
pub fn locate(alert: &Alert, topology: &Topology) -> Vec<EntityId> {
    let index = Index::new(topology);
    let mut found: Vec<&EntityId> = Vec::new();
    for name in &alert.entity_names {
        if let Named::One(id) = index.spoken(name)
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    if found.is_empty() {
        found = mentions(&alert.title, &index);
    }
    if found.is_empty() {
        found = mentions(&alert.description, &index);
    }
    if found.iter().any(|id| !is_grouping(topology.kind(id))) {
        found.retain(|id| !is_grouping(topology.kind(id)));
    }
    found.into_iter().cloned().collect()
}

/// Whether the kind only groups others: what is said of it is said of hundreds.
pub(crate) fn is_grouping(kind: EntityKind) -> bool {
    match kind {
        EntityKind::Stack | EntityKind::Account | EntityKind::Region => true,
        EntityKind::Service
        | EntityKind::Function
        | EntityKind::Gateway
        | EntityKind::Database
        | EntityKind::Table
        | EntityKind::Cache
        | EntityKind::Queue
        | EntityKind::Bucket
        | EntityKind::Workflow
        | EntityKind::Host
        | EntityKind::Pod
        | EntityKind::External
        | EntityKind::Client
        | EntityKind::Unknown => false,
    }
}

fn mentions<'a>(text: &str, index: &Index<'a>) -> Vec<&'a EntityId> {
    let searched: String = text.chars().take(SEARCHED).collect();
    let words = tokens(&searched);
    let mut taken = vec![false; words.len()];
    let mut found: Vec<&EntityId> = Vec::new();
    for length in (1..=LONGEST_NAME).rev() {
        for (start, window) in words.windows(length).enumerate() {
            let spots = start..start + length;
            if taken.get(spots.clone()).is_none_or(|spots| spots.contains(&true)) {
                continue;
            }
            let named = mention(window, index);
            if named == Named::Nothing {
                continue;
            }
            // A name that fits several also hides its parts: they would be a guess as well.
            if let Some(spots) = taken.get_mut(spots) {
                spots.fill(true);
            }
            if let Named::One(id) = named
                && !found.contains(&id)
            {
                found.push(id);
            }
        }
    }
    if found.len() > MOST_MENTIONS { Vec::new() } else { found }
}

fn mention<'a>(window: &[&str], index: &Index<'a>) -> Named<'a> {
    match window {
        [word] if words::is_common(word) || word.chars().count() < 3 => Named::Nothing,
        // A name with a separator or a digit is meant as a name, in whatever form.
        [word] if word.contains(|c: char| !c.is_alphabetic()) => index.spoken(word),
        words => index.exact(&words.join(" ")),
    }
}

/// Words of a text, with the characters that names are made of; an ARN stays whole.
fn tokens(text: &str) -> Vec<&str> {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/');
    let mut tokens = Vec::new();
    for chunk in text.split(|c: char| !in_name(c)) {
        if chunk.starts_with("arn:") {
            tokens.push(chunk.trim_end_matches(['.', ':', '/']));
        } else {
            tokens.extend(chunk.split([':', '/']).map(|t| t.trim_matches(['-', '_', '.'])));
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}
