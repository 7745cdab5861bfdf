//! What differs between a stored result and a fresh run.

use super::text::{BAD, FAINT, GOOD, STRONG, WIDTH, Words, count};
use crate::difference::Difference;

/// How many differences are listed.
const MOST: usize = 20;

/// The outcome of a replay. `entries` were compared.
pub(crate) fn replay(differences: &[Difference], entries: usize, against: &str) -> String {
    let entries = count(entries, "journal entry");
    if differences.is_empty() {
        let words = Words::new()
            .styled(GOOD, "same")
            .plain(&format!(" as {against}: {entries} compared, byte for byte"));
        return words.flow("", WIDTH);
    }
    let what = count(differences.len(), "difference");
    let words = Words::new()
        .styled(BAD, "different")
        .plain(&format!(" from {against}: {what} in {entries}"));
    let mut out = words.flow("", WIDTH);
    for difference in differences.iter().take(MOST) {
        let place = format!("{} #{} {}", difference.chain, difference.seq, difference.kind);
        out.push_str(
            &Words::new()
                .styled(STRONG, &place)
                .plain(" ")
                .faint(&difference.place)
                .flow("  ", WIDTH),
        );
        for (label, value) in [("stored  ", &difference.stored), ("now     ", &difference.now)] {
            let words = match value {
                Some(value) => Words::new().plain(value),
                None => Words::new().styled(FAINT, "nothing"),
            };
            out.push_str(&words.flow(&format!("    {label}"), WIDTH));
        }
    }
    let rest = differences.len().saturating_sub(MOST);
    if rest > 0 {
        out.push_str(
            &Words::new().faint(&format!("and {rest} more; --json lists all")).flow("  ", WIDTH),
        );
    }
    out
}
