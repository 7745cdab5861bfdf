//! Which log lines are kept where not all that were read may be answered.

use std::collections::BTreeMap;

use nightjar_connect::Query;
use nightjar_incident::{LogRecord, LogSeverity};
use nightjar_topology::EntityId;

use crate::sample::{Sort, WHOLE, grouped, shares};

/// How much of a line tells what sort it is of, letters.
const BEGINNING: usize = 120;

/// What lines of one sort have in common: who writes them, how bad, and the words without their numbers.
type Sorts = BTreeMap<(EntityId, LogSeverity, String), Vec<usize>>;

/// Lines in the order of time, at most as many as may be answered, with a word about what was left out. Each
/// sort of lines is thinned evenly over the whole time, so that what changed still shows; where nobody says
/// when the trouble began the latest are kept.
pub(crate) fn fewer(mut lines: Vec<LogRecord>, query: &Query) -> (Vec<LogRecord>, Option<String>) {
    lines.sort_by(|a, b| (a.at, &a.entity, &a.body).cmp(&(b.at, &b.entity, &b.body)));
    let (found, limit) = (lines.len(), query.limit);
    if found <= limit {
        return (lines, None);
    }
    let Some(since) = query.since else {
        lines.drain(..found - limit);
        return (lines, Some(format!("cut here: the latest {limit} of {found} lines")));
    };
    let mut sorts = Sorts::new();
    for (at, line) in lines.iter().enumerate() {
        let key = (line.entity.clone(), line.severity, words(&line.body));
        sorts.entry(key).or_default().push(at);
    }
    let count = |of: &[usize], is_before: bool| {
        let on_side = |at: &&usize| lines.get(**at).is_some_and(|l| (l.at < since) == is_before);
        u64::try_from(of.iter().filter(on_side).count()).unwrap_or(u64::MAX)
    };
    let counted: Vec<Sort> = sorts
        .iter()
        .map(|((_, severity, _), of)| Sort {
            before: count(of, true),
            after: count(of, false),
            is_bad: *severity >= LogSeverity::Warn,
        })
        .collect();
    let mut kept = vec![false; found];
    // What is left of a share goes over to the next sort: of many small ones some are kept.
    let mut due = 0;
    for (of, share) in sorts.values().zip(shares(&counted, limit)) {
        for at in of {
            due += share;
            if due >= WHOLE
                && let Some(kept) = kept.get_mut(*at)
            {
                due -= WHOLE;
                *kept = true;
            }
        }
    }
    let mut keeps = kept.into_iter();
    lines.retain(|_| keeps.next().unwrap_or(false));
    let told = format!(
        "cut here: {} of {} lines, of each sort the same share before {since} and since",
        grouped(u64::try_from(lines.len()).unwrap_or(u64::MAX)),
        grouped(u64::try_from(found).unwrap_or(u64::MAX)),
    );
    (lines, Some(told))
}

/// The beginning of a line without its numbers.
fn words(body: &str) -> String {
    let mut words = String::new();
    for letter in body.chars().take(BEGINNING) {
        match letter.is_ascii_digit() {
            true if words.ends_with('#') => {}
            true => words.push('#'),
            false => words.push(letter),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nightjar_connect::Question;
    use nightjar_incident::Window;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn line(second: i64, severity: LogSeverity, body: &str) -> LogRecord {
        LogRecord {
            at: at(second),
            entity: EntityId::new("cart").unwrap(),
            severity,
            body: body.to_owned(),
            trace_id: None,
            span_id: None,
        }
    }

    fn asked(since: Option<i64>, limit: usize) -> Query {
        let window = Window { from: at(0), to: at(10_000) };
        let since = since.map(at);
        Query { question: Question::Logs, entities: Vec::new(), window, limit, since }
    }

    #[test]
    fn everything_is_kept_that_fits_and_the_latest_where_nobody_knows_since_when() {
        let lines = |count| (0..count).rev().map(|n| line(n, LogSeverity::Info, "x")).collect();
        let seconds = |(lines, cut): (Vec<LogRecord>, Option<String>)| {
            (lines.iter().map(|line| line.at.as_second()).collect::<Vec<_>>(), cut)
        };
        assert_eq!(seconds(fewer(lines(3), &asked(Some(1), 3))), (vec![0, 1, 2], None));
        let (kept, cut) = seconds(fewer(lines(10), &asked(None, 3)));
        assert_eq!(
            (kept, cut.as_deref()),
            (vec![7, 8, 9], Some("cut here: the latest 3 of 10 lines"))
        );
        assert!(fewer(lines(10), &asked(Some(5), 0)).0.is_empty());
    }

    #[test]
    fn a_cut_makes_up_no_change_and_keeps_what_is_rare_and_bad() {
        let mut lines: Vec<LogRecord> =
            (0..9_000).map(|n| line(n, LogSeverity::Info, &format!("order {n} placed"))).collect();
        lines.extend(
            (8_000..8_100).map(|n| line(n, LogSeverity::Error, &format!("order {n} failed"))),
        );
        let (kept, cut) = fewer(lines, &asked(Some(6_000), 1_000));
        assert!(kept.len() <= 1_000 && kept.len() > 950, "{}", kept.len());
        assert!(kept.windows(2).all(|two| two[0].at <= two[1].at));
        let count = |from: i64, to: i64, word: &str| {
            let is_in = |line: &&LogRecord| (at(from)..at(to)).contains(&line.at);
            kept.iter().filter(is_in).filter(|line| line.body.ends_with(word)).count() as f64
        };
        assert_eq!(count(0, 10_000, "failed"), 100.0, "the errors are whole");
        let (before, since) = (count(0, 6_000, "placed"), count(6_000, 9_000, "placed"));
        assert!((before / since - 2.0).abs() < 0.05, "{before} before, {since} since");
        assert!(cut.unwrap().starts_with("cut here: "));
    }
}
