use nightjar_templates::{Limits, Miner, TemplateId, has_stack_trace, message, mine};
use proptest::prelude::*;

use crate::corpus::Dice;

/// A line of words that no other line has.
fn hostile(dice: &mut Dice, words: usize) -> String {
    let letter = |dice: &mut Dice| char::from(b'g' + u8::try_from(dice.roll(20)).unwrap_or(0));
    (0..words).map(|_| (0..9).map(|_| letter(dice)).collect::<String>() + " ").collect()
}

#[test]
fn what_goes_beyond_the_limits_is_counted_as_other() {
    let limits = Limits { templates: 100, bytes: 1 << 20, remembered: 16, per_leaf: 50 };
    let mut miner = Miner::new(limits);
    let mut dice = Dice(1);
    for _ in 0..2_000 {
        miner.learn(&hostile(&mut dice, 6));
    }
    assert_eq!(miner.len(), 100);
    assert_eq!(miner.others(), 1_900);
    assert_eq!(miner.text(TemplateId::OTHER), "(other lines)");
    // What was learnt before is still recognised.
    let known = Miner::new(limits).learn("order 7 placed");
    assert_ne!(known, TemplateId::OTHER);
}

#[test]
fn bytes_are_bounded_too() {
    let limits = Limits { templates: 1_000_000, bytes: 64 << 10, ..Limits::default() };
    let mut miner = Miner::new(limits);
    let mut dice = Dice(2);
    for _ in 0..500 {
        miner.learn(&hostile(&mut dice, 60));
    }
    assert!(miner.len() < 60, "{}", miner.len());
    assert!(miner.others() > 400);
}

#[test]
fn a_hundred_thousand_templates_are_learnt_and_known_again() {
    let mut miner = Miner::new(Limits::default());
    let mut dice = Dice(3);
    let lines: Vec<String> = (0..100_000).map(|_| hostile(&mut dice, 3)).collect();
    let first: Vec<TemplateId> = lines.iter().map(|line| miner.learn(line)).collect();
    assert!(miner.len() > 99_000, "{}", miner.len());
    let again: Vec<TemplateId> = lines.iter().take(2_000).map(|line| miner.learn(line)).collect();
    assert_eq!(first[..2_000], again);
}

proptest! {
    #[test]
    fn any_text_is_taken(lines in prop::collection::vec(".{0,200}", 0..40)) {
        let mined = mine(lines.iter().map(String::as_str), Limits::default());
        prop_assert_eq!(mined.of_line.len(), lines.len());
        for (line, id) in lines.iter().zip(&mined.of_line) {
            let _ = (message(line), has_stack_trace(line), mined.miner.text(*id));
        }
    }

    #[test]
    fn punctuation_in_any_order_is_taken(line in "[\\[\\]{}\"'=:,./\\\\ a1é：-]{0,300}") {
        let mut miner = Miner::new(Limits::default());
        let first = miner.learn(&line);
        prop_assert_eq!(first, miner.learn(&line));
    }
}
