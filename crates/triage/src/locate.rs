use nightjar_incident::Alert;
use nightjar_topology::{EntityId, EntityKind};

use crate::estate::Estate;
use crate::everyday::is_common;
use crate::graph::Spot;
use crate::index::Named;
use crate::words;

/// How much of a text is searched for names, in characters. What an alert is about stands at its
/// top; the rest is runbooks and links.
const SEARCHED: usize = 4_000;
/// The most words of a name that is written with spaces.
const LONGEST_NAME: usize = 4;
/// A text that mentions more entities than this is a list and speaks of none in particular.
const MOST_MENTIONS: usize = 3;

impl Estate {
    /// The entities an alert speaks of, most specific first; never a guess between two.
    ///
    /// The names it carries decide: as they are, else the tail of an ARN, the first label of a host
    /// name, a pod without its hashes, a name without its environment. Where no name is known,
    /// whole mentions in the headline count, else in the text; a longer mention hides the shorter
    /// ones inside it. Accounts, regions and stacks count only where nothing within them is named.
    pub fn locate(&self, alert: &Alert) -> Vec<EntityId> {
        self.spots(alert).into_iter().map(|spot| self.graph.id(spot).clone()).collect()
    }

    /// The entities that any of the alerts speaks of, each once.
    pub fn locate_all(&self, alerts: &[Alert]) -> Vec<EntityId> {
        let mut found = Vec::new();
        for entity in alerts.iter().flat_map(|alert| self.locate(alert)) {
            if !found.contains(&entity) {
                found.push(entity);
            }
        }
        found
    }

    pub(crate) fn spots(&self, alert: &Alert) -> Vec<Spot> {
        let mut found: Vec<Spot> = Vec::new();
        for name in &alert.entity_names {
            if let Named::One(spot) = self.index.spoken(name, &self.graph)
                && !found.contains(&spot)
            {
                found.push(spot);
            }
        }
        if found.is_empty() {
            found = self.mentions(&alert.title);
        }
        if found.is_empty() {
            found = self.mentions(&alert.description);
        }
        if found.iter().any(|spot| !self.graph.is_grouping(*spot)) {
            found.retain(|spot| !self.graph.is_grouping(*spot));
        }
        found
    }

    fn mentions(&self, text: &str) -> Vec<Spot> {
        let searched = words::beginning(text, SEARCHED);
        let words = tokens(searched);
        let mut taken = vec![false; words.len()];
        let mut found: Vec<Spot> = Vec::new();
        let lengths = (1..=LONGEST_NAME).rev().filter(|length| self.index.has_names_of(*length));
        // A single word may be a name in another form than the one that is known.
        for length in lengths.filter(|length| *length > 1).chain([1]) {
            for (start, window) in words.windows(length).enumerate() {
                let places = start..start + length;
                if taken.get(places.clone()).is_none_or(|places| places.contains(&true)) {
                    continue;
                }
                let named = self.mention(window);
                if named == Named::Nothing {
                    continue;
                }
                // A name that fits several also hides its parts: they would be a guess as well.
                if let Some(places) = taken.get_mut(places) {
                    places.fill(true);
                }
                if let Named::One(spot) = named
                    && !found.contains(&spot)
                {
                    found.push(spot);
                }
            }
        }
        if found.len() > MOST_MENTIONS { Vec::new() } else { found }
    }

    fn mention(&self, window: &[&str]) -> Named {
        match window {
            [word] if is_common(word) || word.chars().count() < 3 => Named::Nothing,
            // A name with a separator or a digit is meant as a name, in whatever form.
            [word] if word.contains(|c: char| !c.is_alphabetic()) => {
                self.index.spoken(word, &self.graph)
            }
            words => self.index.exact(&words.join(" "), &self.graph),
        }
    }
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
