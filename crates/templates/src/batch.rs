use std::collections::BTreeMap;

use crate::line::message;
use crate::mask::Masked;
use crate::miner::{Limits, Miner, TemplateId};

/// What [`mine`] found.
#[derive(Clone, Debug)]
pub struct Mined {
    /// The template of each line, in the order of the lines.
    pub of_line: Vec<TemplateId>,
    /// All templates, with how they read.
    pub miner: Miner,
}

/// Mines lines that are all at hand. The templates don't depend on the order of the lines: each
/// masked form is learnt once, in an order of its own, before any line is assigned.
pub fn mine<'a>(lines: impl IntoIterator<Item = &'a str>, limits: Limits) -> Mined {
    let mut masked = Masked::default();
    let mut forms: Vec<u64> = Vec::new();
    let mut example: BTreeMap<u64, &'a str> = BTreeMap::new();
    for line in lines {
        masked.read(&message(line));
        let form = masked.hash();
        forms.push(form);
        example.entry(form).or_insert(line);
    }
    let mut miner = Miner::new(limits);
    let learnt: BTreeMap<u64, TemplateId> =
        example.into_iter().map(|(form, line)| (form, miner.learn(line))).collect();
    let of_line = forms
        .iter()
        .map(|form| learnt.get(form).map_or(TemplateId::OTHER, |id| miner.resolve(*id)))
        .collect();
    Mined { of_line, miner }
}
