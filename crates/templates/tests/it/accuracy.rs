use nightjar_templates::{Limits, Miner, TemplateId, mine};

use crate::corpus::{Dice, grouping_accuracy, lines};

#[test]
fn lines_of_many_systems_are_grouped_by_their_templates() {
    for seed in [1, 2, 3] {
        let lines = lines(6_000, seed);
        let truth: Vec<usize> = lines.iter().map(|(index, _)| *index).collect();
        let mined = mine(lines.iter().map(|(_, line)| line.as_str()), Limits::default());
        let accuracy = grouping_accuracy(&truth, &mined.of_line);
        assert!(accuracy >= 0.9, "seed {seed}: {accuracy:.3}, {} templates", mined.miner.len());

        let mut miner = Miner::new(Limits::default());
        let ids: Vec<TemplateId> = lines.iter().map(|(_, line)| miner.learn(line)).collect();
        let ids: Vec<TemplateId> = ids.into_iter().map(|id| miner.resolve(id)).collect();
        let streamed = grouping_accuracy(&truth, &ids);
        assert!(streamed >= 0.9, "seed {seed}, streamed: {streamed:.3}");
    }
}

#[test]
fn the_order_of_lines_does_not_matter() {
    let lines = lines(2_000, 7);
    let mut order: Vec<usize> = (0..lines.len()).collect();
    let mut dice = Dice(9);
    for at in (1..order.len()).rev() {
        order.swap(at, usize::try_from(dice.roll(at as u64 + 1)).unwrap_or(0));
    }
    let text = |index: &usize| lines[*index].1.as_str();
    let straight = mine(lines.iter().map(|(_, line)| line.as_str()), Limits::default());
    let shuffled = mine(order.iter().map(text), Limits::default());
    for (place, index) in order.iter().enumerate() {
        let (a, b) = (straight.of_line[*index], shuffled.of_line[place]);
        assert_eq!(straight.miner.text(a), shuffled.miner.text(b));
    }
}

#[test]
fn the_template_reads_like_the_line() {
    let mined = mine(
        ["order 17 of ann failed: no stock", "order 9 of ann failed: no stock"],
        Limits::default(),
    );
    assert_eq!(mined.of_line[0], mined.of_line[1]);
    assert_eq!(mined.miner.text(mined.of_line[0]), "order <*> of ann failed: no stock");
}
