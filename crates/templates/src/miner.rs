use std::collections::BTreeMap;

use crate::line::message;
use crate::mask::{Masked, Token, WILD, hash_of};

/// Which template a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId(u32);

impl TemplateId {
    /// Lines that came when no further template was allowed.
    pub const OTHER: Self = Self(u32::MAX);
}

/// What a miner may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Templates at the most.
    pub templates: usize,
    /// Bytes of their texts and tokens at the most, about.
    pub bytes: usize,
    /// Masked lines whose template is remembered; beyond it they are looked up in the tree.
    pub remembered: usize,
    /// Templates under one leaf of the tree that a line is compared with.
    pub per_leaf: usize,
}

impl Default for Limits {
    /// A hundred thousand templates in 64 MiB: more than any estate writes, and little enough to be
    /// hit by hostile lines without harm.
    fn default() -> Self {
        Self { templates: 100_000, bytes: 64 << 20, remembered: 1 << 16, per_leaf: 512 }
    }
}

/// Values seen at one position, all else alike, that make it a variable.
const VALUES_OF_A_VARIABLE: usize = 4;
/// The same behind `=`, where values are expected.
const VALUES_BEHIND_EQUALS: usize = 2;
/// Share of the constant tokens in which two lines of one template may differ.
const DIFFERENT_SHARE: f64 = 0.34;

/// Learns templates line by line.
#[derive(Clone, Debug, Default)]
pub struct Miner {
    limits: Limits,
    templates: Vec<Template>,
    /// Templates by number of tokens and first constant token.
    leaves: BTreeMap<(usize, u64), Vec<u32>>,
    /// Templates of masked lines seen lately.
    known: BTreeMap<u64, TemplateId>,
    /// About what the templates take.
    bytes: usize,
    others: u64,
    masked: Masked,
}

#[derive(Clone, Debug)]
struct Template {
    /// How it reads: its tokens one after the other.
    text: Box<str>,
    tokens: Box<[Token]>,
    /// The template that has taken this one in, if one has.
    into: Option<u32>,
}

impl Miner {
    /// A miner that knows nothing yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The template of a line, made if there is none. A template may later be taken in by a wider
    /// one: ask [`Miner::resolve`] when all lines were learnt.
    pub fn learn(&mut self, line: &str) -> TemplateId {
        let mut masked = std::mem::take(&mut self.masked);
        masked.read(&message(line));
        let form = masked.hash();
        let id = match self.known.get(&form) {
            Some(&id) => self.resolve(id),
            None => {
                let id = self.place(&masked);
                if self.known.len() >= self.limits.remembered {
                    self.known.clear();
                }
                self.known.insert(form, id);
                id
            }
        };
        self.masked = masked;
        self.others += u64::from(id == TemplateId::OTHER);
        id
    }

    /// The template that stands for this one now.
    pub fn resolve(&self, id: TemplateId) -> TemplateId {
        let mut at = id;
        // INVARIANT: a template is taken in by a later one only, so that this ends.
        while let Some(next) = self.template(at).and_then(|template| template.into) {
            at = TemplateId(next);
        }
        at
    }

    /// How a template reads, `<*>` where it varies.
    pub fn text(&self, id: TemplateId) -> &str {
        self.template(self.resolve(id)).map_or("(other lines)", |template| &template.text)
    }

    /// How many templates there are.
    pub fn len(&self) -> usize {
        self.templates.iter().filter(|template| template.into.is_none()).count()
    }

    /// Whether nothing was learnt yet.
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }

    /// Lines that found no template because the limits were reached.
    pub fn others(&self) -> u64 {
        self.others
    }

    fn template(&self, id: TemplateId) -> Option<&Template> {
        self.templates.get(usize::try_from(id.0).ok()?)
    }

    /// Walks the tree: number of tokens, first constant token, then the templates of that leaf.
    fn place(&mut self, masked: &Masked) -> TemplateId {
        let leaf = (masked.tokens.len(), first_constant(&masked.tokens));
        let near = self.leaves.get(&leaf).map_or(&[][..], Vec::as_slice);
        let mut alike: Vec<(u32, Vec<usize>)> = Vec::new();
        for &index in near {
            let Some(template) = self.template(TemplateId(index)) else { continue };
            match differences(&template.tokens, &masked.tokens) {
                Some(at) if at.is_empty() => return TemplateId(index),
                Some(at) => alike.push((index, at)),
                None => {}
            }
        }
        let varying = self.varying(&masked.tokens, &alike);
        let taken: Vec<u32> = alike
            .iter()
            .filter(|(_, at)| at.iter().all(|position| varying.contains(position)))
            .map(|(index, _)| *index)
            .collect();
        let is_full = near.len() >= self.limits.per_leaf;
        if taken.is_empty() && is_full {
            return TemplateId::OTHER;
        }
        let made = if taken.is_empty() {
            self.template_of(masked, &[])
        } else {
            self.template_of(masked, &varying)
        };
        let size = made.text.len() + size_of_val(&*made.tokens);
        let is_spent =
            self.templates.len() >= self.limits.templates || self.bytes + size > self.limits.bytes;
        let index = u32::try_from(self.templates.len()).unwrap_or(u32::MAX);
        if is_spent || index == u32::MAX {
            return TemplateId::OTHER;
        }
        for &old in &taken {
            let old = usize::try_from(old).ok().and_then(|old| self.templates.get_mut(old));
            if let Some(old) = old {
                old.into = Some(index);
                self.bytes -= (old.text.len() + size_of_val(&*old.tokens)).min(self.bytes);
                old.text = Box::default();
                old.tokens = Box::default();
            }
        }
        self.bytes += size;
        self.templates.push(made);
        let leaf = self.leaves.entry(leaf).or_default();
        leaf.retain(|known| !taken.contains(known));
        leaf.push(index);
        TemplateId(index)
    }

    /// Positions that have been seen with enough values while hardly anything else differed.
    fn varying(&self, line: &[Token], alike: &[(u32, Vec<usize>)]) -> Vec<usize> {
        let mut values: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for (index, at) in alike {
            let Some(template) = self.template(TemplateId(*index)) else { continue };
            for &position in at {
                let seen = values.entry(position).or_default();
                if let Some(token) = template.tokens.get(position)
                    && !seen.contains(&token.hash)
                {
                    seen.push(token.hash);
                }
            }
        }
        let is_enough = |(position, seen): &(&usize, &Vec<u64>)| {
            let is_value = line.get(**position).is_some_and(|token| token.is_value);
            let enough = if is_value { VALUES_BEHIND_EQUALS } else { VALUES_OF_A_VARIABLE };
            // The line's own value is one more.
            seen.len() + 1 >= enough
        };
        values.iter().filter(is_enough).map(|(position, _)| *position).collect()
    }

    /// The masked line as a template, with further positions masked.
    fn template_of(&self, masked: &Masked, varying: &[usize]) -> Template {
        let mut text = String::with_capacity(masked.text.len());
        let mut tokens = Vec::with_capacity(masked.tokens.len());
        for (position, (token, word)) in masked.tokens.iter().zip(masked.words()).enumerate() {
            let from = text.len();
            let is_wild = token.is_wild || varying.contains(&position);
            if is_wild && !token.is_wild {
                // The punctuation before the word stays.
                let bare = word.trim_start_matches(|c: char| !c.is_alphanumeric());
                text.push_str(word.strip_suffix(bare).unwrap_or_default());
                text.push_str(WILD);
            } else {
                text.push_str(word);
            }
            let hash = hash_of(text.get(from..).unwrap_or_default().as_bytes());
            tokens.push(Token { end: text.len(), hash, is_wild, is_value: token.is_value });
        }
        Template { text: text.into(), tokens: tokens.into(), into: None }
    }
}

/// What leads to the leaf: the first word that isn't a value, so that time stamps and thread numbers
/// at the beginning don't matter.
fn first_constant(tokens: &[Token]) -> u64 {
    tokens.iter().find(|token| !token.is_wild && !token.is_value).map_or(0, |token| token.hash)
}

/// Positions at which a line differs from a template of the same length; `None` if it is too many
/// for one template. A template's variable takes any word.
fn differences(template: &[Token], line: &[Token]) -> Option<Vec<usize>> {
    let constants = template.iter().filter(|token| !token.is_wild).count();
    let allowed = (constants as f64 * DIFFERENT_SHARE).max(f64::from(u8::from(constants >= 2)));
    let mut at = Vec::new();
    for (position, (known, token)) in template.iter().zip(line).enumerate() {
        if known.is_wild || known.hash == token.hash {
            continue;
        }
        at.push(position);
        if at.len() as f64 > allowed {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[&str]) -> Vec<String> {
        let mut miner = Miner::new(Limits::default());
        let ids: Vec<TemplateId> = lines.iter().map(|line| miner.learn(line)).collect();
        ids.into_iter().map(|id| miner.text(id).to_owned()).collect()
    }

    #[test]
    fn two_outcomes_are_two_templates_and_many_names_are_one() {
        let [hit, miss, ..] = &texts(&["cache lookup hit", "cache lookup miss"])[..] else {
            panic!("two lines")
        };
        assert_ne!(hit, miss);
        let names = texts(&[
            "user ann logged in",
            "user bob logged in",
            "user cid logged in",
            "user dan logged in",
        ]);
        assert!(names.iter().all(|name| name == "user <*> logged in"), "{names:?}");
    }

    #[test]
    fn behind_an_equals_sign_two_values_are_enough() {
        let both = texts(&["region=north ready", "region=south ready"]);
        assert!(both.iter().all(|text| text == "region=<*> ready"), "{both:?}");
    }
}
