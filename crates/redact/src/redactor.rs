use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::context::Before;
use crate::find::{self, Candidate};
use crate::pseudonym::{self, Pseudonyms};
use crate::shape::piece;
use crate::{Kind, Policy};

/// How often a text is read again after something in it was replaced: what stood beside the
/// replaced may only then be seen for what it is. Ordinary text needs one more look.
const MOST_PASSES: usize = 4;

/// Replaces what a policy says by pseudonyms under one key, and remembers what it replaced.
#[derive(Clone)]
pub struct Redactor {
    pseudonyms: Pseudonyms,
    policy: Policy,
    /// Lower-case texts that stay.
    kept: BTreeSet<String>,
    found: BTreeMap<Kind, u64>,
    originals: BTreeMap<String, String>,
}

/// Prints neither key nor originals.
impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").field("found", &self.found).finish_non_exhaustive()
    }
}

impl Redactor {
    /// A redactor of one space: its key, its policy, and the names of its entities, which are
    /// never taken for those of people.
    pub fn new(key: &[u8; 32], policy: &Policy, known: impl Iterator<Item = String>) -> Self {
        let mut kept: BTreeSet<String> = known.map(|name| name.to_lowercase()).collect();
        kept.extend(policy.keep.iter().map(|text| text.to_lowercase()));
        Self {
            pseudonyms: Pseudonyms::new(key),
            policy: policy.clone(),
            kept,
            found: BTreeMap::new(),
            originals: BTreeMap::new(),
        }
    }

    /// A text with everything found replaced; the same text if nothing was.
    pub fn text<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        self.field("", text)
    }

    /// The value of a field: its name says what a bare number or word is.
    pub fn field<'t>(&mut self, name: &str, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for _ in 0..MOST_PASSES {
            match self.pass(name, &text) {
                Some(changed) => text = Cow::Owned(changed),
                None => break,
            }
        }
        text
    }

    /// How many of each kind were replaced so far.
    pub fn found(&self) -> &BTreeMap<Kind, u64> {
        &self.found
    }

    /// The originals by pseudonym, as first written; empty unless the policy seals them.
    pub fn originals(&self) -> &BTreeMap<String, String> {
        &self.originals
    }

    /// One look at a text; `None` if there is nothing to replace.
    fn pass(&mut self, name: &str, text: &str) -> Option<String> {
        let mut candidates = find::candidates(name, text);
        if candidates.is_empty() {
            return None;
        }
        let untouchable = untouchable(text);
        // From left to right; of those that begin together the surest, then the longest.
        candidates
            .sort_by_key(|c| (c.place.start, c.kind != Kind::Secret, usize::MAX - c.place.end));
        let name_words = name.split('\0').next().unwrap_or_default();
        let mut redacted = String::new();
        let mut done = 0;
        for Candidate { place, kind, need } in candidates {
            let original = piece(text, place.start, place.end);
            if place.start < done
                || original.is_empty()
                || untouchable.iter().any(|other| overlaps(other, &place))
                || self.stays(kind, original)
            {
                continue;
            }
            let barrier = untouchable
                .iter()
                .filter(|other| other.end <= place.start)
                .map(|other| other.end)
                .fold(done, usize::max);
            if !need.is_met(|| Before::new(name_words, text, barrier, place.start)) {
                continue;
            }
            redacted.push_str(piece(text, done, place.start));
            let pseudonym = self.pseudonyms.of(kind, original);
            redacted.push_str(&pseudonym);
            *self.found.entry(kind).or_default() += 1;
            if self.policy.seal_originals {
                self.originals.entry(pseudonym).or_insert_with(|| original.to_owned());
            }
            done = place.end;
        }
        (done > 0).then(|| {
            redacted.push_str(piece(text, done, text.len()));
            redacted
        })
    }

    /// Whether the policy keeps a text as it is.
    fn stays(&self, kind: Kind, original: &str) -> bool {
        if !self.policy.kinds.contains(&kind) {
            return true;
        }
        match kind {
            Kind::Secret => false,
            Kind::Ip => {
                find::is_nobodys_text(original)
                    || self.policy.keep_private_addresses && find::is_private(original)
                    || self.kept.contains(&original.to_lowercase())
            }
            Kind::Email => {
                let lower = original.to_lowercase();
                let mut domain = lower.split_once('@').map_or("", |(_, domain)| domain);
                while !domain.is_empty() {
                    if self.kept.contains(domain) {
                        return true;
                    }
                    domain = domain.split_once('.').map_or("", |(_, above)| above);
                }
                self.kept.contains(&lower)
            }
            Kind::Phone | Kind::Card | Kind::Iban | Kind::NationalId | Kind::User => {
                self.kept.contains(&original.to_lowercase())
            }
        }
    }
}

fn overlaps(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// What is left alone whatever it looks like, in order: pseudonyms and Amazon's names of resources.
fn untouchable(text: &str) -> Vec<Range<usize>> {
    let mut places = pseudonym::places(text);
    for (start, _) in text.match_indices("arn:aws") {
        let rest = piece(text, start, text.len());
        let ends = |c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '"' | '\''
                        | ','
                        | ';'
                        | ')'
                        | ']'
                        | '}'
                        | '<'
                        | '>'
                        | '\\'
                        | '‹'
                        | '='
                        | '&'
                        | '|'
                )
        };
        // The longest that Amazon allows, in bytes.
        let mut length = rest.find(ends).unwrap_or(rest.len()).min(2048);
        while !rest.is_char_boundary(length) {
            length -= 1;
        }
        places.push(start..start + length);
    }
    places.sort_by_key(|place| place.start);
    places
}
