//! Products that resemble another: compares words of all descriptions, each time it is asked.

use std::collections::BTreeSet;

/// Products that are compared, and the pieces of a description.
const PRODUCTS: i32 = 20_000;
const PIECES: i32 = 24;

/// The descriptions, as sets of words.
pub(crate) struct Related {
    words: Vec<(i32, Vec<String>)>,
}

impl Default for Related {
    fn default() -> Self {
        let piece = |id: i32, at: i32| format!("word-{}", (id * 31 + at * at * 17) % 499);
        let words =
            (1..=PRODUCTS).map(|id| (id, (0..PIECES).map(|at| piece(id, at)).collect())).collect();
        Self { words }
    }
}

impl Related {
    /// The five that share most words with this one.
    pub(crate) fn of(&self, id: i32) -> Vec<i32> {
        let Some((_, own)) = self.words.iter().find(|(other, _)| *other == id) else {
            return Vec::new();
        };
        let mut shared: Vec<(usize, i32)> = Vec::new();
        for (other, words) in &self.words {
            // Both sets are built anew for each pair: what a review would have caught.
            let own: BTreeSet<String> = own.iter().map(|word| word.to_lowercase()).collect();
            let words: BTreeSet<String> = words.iter().map(|word| word.to_lowercase()).collect();
            shared.push((own.intersection(&words).count(), *other));
        }
        shared.sort_unstable();
        shared.iter().rev().map(|(_, other)| *other).filter(|other| *other != id).take(5).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_five_others() {
        let found = Related::default().of(7);
        assert_eq!(found.len(), 5);
        assert!(!found.contains(&7));
        assert!(Related::default().of(-1).is_empty());
    }
}
