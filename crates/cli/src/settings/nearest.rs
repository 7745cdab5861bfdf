/// The text among many that is nearest to one that isn't there; none if nothing is near.
pub(crate) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = text.chars().count() / 3 + 1;
    let near = known.into_iter().map(|other| (distance(text, other), other));
    near.filter(|(distance, _)| *distance <= most).min().map(|(_, other)| other)
}

/// Letters to change, add or take away (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, letter) in a.chars().enumerate() {
        let mut next = vec![above + 1];
        for ((cost, other), both) in row.iter().skip(1).zip(&b).zip(&row) {
            let left = next.last().copied().unwrap_or_default();
            next.push((cost + 1).min(left + 1).min(both + usize::from(letter != *other)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_near_and_another_word_is_not() {
        let known = ["worker.role", "worker.concurrency", "server.listen"];
        assert_eq!(nearest("worker.concurency", known), Some("worker.concurrency"));
        assert_eq!(nearest("sever.listen", known), Some("server.listen"));
        assert_eq!(nearest("database", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
