use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::Alert;
use nightjar_topology::{EntityId, Topology};

use crate::everyday::is_common;
use crate::policy::Policy;

/// How much of each text is compared, in characters.
const COMPARED: usize = 4_000;

/// At most so many characters from the beginning of a text.
pub(crate) fn beginning(text: &str, characters: usize) -> &str {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

/// How many entities carry each word in their names: a word that many carry is this estate's own
/// common word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vocabulary {
    carriers: BTreeMap<String, usize>,
}

impl Vocabulary {
    pub(crate) fn of(topology: &Topology) -> Self {
        let mut carriers = BTreeMap::new();
        for entity in topology.entities() {
            for word in split(entity.id.as_str()).collect::<BTreeSet<String>>() {
                *carriers.entry(word).or_default() += 1;
            }
        }
        Self { carriers }
    }

    fn carriers(&self, word: &str) -> usize {
        self.carriers.get(word).copied().unwrap_or_default()
    }
}

/// The uncommon words of an alert that can count in a comparison, and whether the headline has
/// them; taken out once for all comparisons.
pub(crate) struct Told<'a> {
    provider: &'a str,
    words: BTreeMap<String, Where>,
}

/// The part of a message that a word stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    /// The headline, whatever else.
    Headline,
    /// The longer text only.
    Text,
}

impl<'a> Told<'a> {
    /// Words of `names`, which are compared as entities, don't count again.
    pub(crate) fn by<'n>(
        alert: &'a Alert,
        names: impl Iterator<Item = &'n EntityId>,
        vocabulary: &Vocabulary,
        policy: &Policy,
    ) -> Self {
        let mut words = uncommon(alert);
        words.retain(|word, _| vocabulary.carriers(word) <= policy.common_word);
        for named in names.flat_map(|id| split(id.as_str())) {
            words.remove(&named);
        }
        Self { provider: &alert.provider, words }
    }
}

impl Told<'_> {
    /// Leaves out what too many of the incidents say that it is to be compared with.
    pub(crate) fn leave_out_common<'s>(
        &mut self,
        incidents: impl Iterator<Item = &'s Said> + Clone,
        policy: &Policy,
    ) {
        self.words.retain(|word, _| {
            let mut saying = incidents.clone().filter(|said| said.words.contains_key(word));
            saying.nth(policy.common_to_incidents).is_none()
        });
    }
}

/// The uncommon words of an incident's alerts, with who said each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    providers: Vec<String>,
    /// By word; providers by their place in the list.
    words: BTreeMap<String, Speakers>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Speakers {
    in_headline: Vec<usize>,
    anywhere: Vec<usize>,
}

impl Said {
    /// Adds what an alert says.
    pub(crate) fn hear(&mut self, alert: &Alert) {
        let provider = self.provider(&alert.provider).unwrap_or(self.providers.len());
        if provider == self.providers.len() {
            self.providers.push(alert.provider.clone());
        }
        for (word, place) in uncommon(alert) {
            let speakers = self.words.entry(word).or_default();
            if place == Where::Headline && !speakers.in_headline.contains(&provider) {
                speakers.in_headline.push(provider);
            }
            if !speakers.anywhere.contains(&provider) {
                speakers.anywhere.push(provider);
            }
        }
    }

    fn provider(&self, name: &str) -> Option<usize> {
        self.providers.iter().position(|provider| provider == name)
    }
}

/// The words of names.
pub(crate) fn of_names<'a>(names: impl IntoIterator<Item = &'a EntityId>) -> BTreeSet<String> {
    names.into_iter().flat_map(|id| split(id.as_str())).collect()
}

/// What uncommon words in both texts weigh, and which they are.
///
/// Two messages of one sender are compared by their headlines only: the rest shares the sender's
/// template. Words of `named`, the incident's entities, were compared as entities already.
pub(crate) fn weigh(
    told: &Told<'_>,
    said: &Said,
    named: &BTreeSet<String>,
    policy: &Policy,
) -> Option<(f64, String)> {
    let us = said.provider(told.provider);
    let mut weight = 0.0;
    let mut quoted = Vec::new();
    for (word, place) in &told.words {
        let Some(speakers) = said.words.get(word) else { continue };
        let same_sender =
            *place == Where::Headline && us.is_some_and(|us| speakers.in_headline.contains(&us));
        let other_sender = speakers.anywhere.iter().any(|speaker| Some(*speaker) != us);
        if !(same_sender || other_sender) || named.contains(word) {
            continue;
        }
        // Not `>` alone: sums of tenths miss the whole by a hair.
        if weight + policy.shared_word > policy.shared_words_most + 1e-9 {
            break;
        }
        weight += policy.shared_word;
        quoted.push(format!("\"{word}\""));
    }
    (!quoted.is_empty()).then(|| (weight, format!("both texts say {}", quoted.join(", "))))
}

/// The words of a message that tell something; what the headline has counts as there.
fn uncommon(alert: &Alert) -> BTreeMap<String, Where> {
    let mut words = BTreeMap::new();
    for (text, place) in [(&alert.description, Where::Text), (&alert.title, Where::Headline)] {
        for chunk in beginning(text, COMPARED).split_whitespace() {
            // Whom to notify (`@oncall-shop`) isn't what happened.
            if !chunk.starts_with('@') {
                words.extend(split(chunk).filter(|word| is_telling(word)).map(|w| (w, place)));
            }
        }
    }
    words
}

fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase)
}

/// Whether a word in lower case says anything.
fn is_telling(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    word.chars().count() >= 4 && letters >= 3 && !is_common(word)
}
