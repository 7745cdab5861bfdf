//! Which log lines are kept where not all may be answered.

use nightjar_connect::Query;
use nightjar_incident::LogRecord;

/// Lines in the order of time, at most as many as may be answered, with a word about what was left out:
/// as many from before the trouble as since, those nearest to its beginning; the latest if nobody says
/// when it began.
pub(crate) fn around(mut lines: Vec<LogRecord>, query: &Query) -> (Vec<LogRecord>, Option<String>) {
    lines.sort_by(|a, b| (a.at, &a.entity, &a.body).cmp(&(b.at, &b.entity, &b.body)));
    let (found, limit) = (lines.len(), query.limit);
    if found <= limit {
        return (lines, None);
    }
    let Some(since) = query.since else {
        lines.drain(..found - limit);
        return (lines, Some(format!("cut here: the latest {limit} of {found} lines")));
    };
    let split = lines.partition_point(|line| line.at < since);
    let after = found - split;
    // What one side doesn't need is the other's.
    let kept_before = split.min((limit / 2).max(limit.saturating_sub(after)));
    let kept_after = after.min(limit - kept_before);
    lines.truncate(split + kept_after);
    lines.drain(..split - kept_before);
    let told = format!(
        "cut here: {kept_before} of {split} lines before {since} and {kept_after} of {after} since, \
         those nearest to it"
    );
    (lines, Some(told))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use nightjar_connect::Question;
    use nightjar_incident::{LogSeverity, Window};
    use nightjar_topology::EntityId;

    use super::*;

    fn kept(count: i64, since: Option<i64>, limit: usize) -> Vec<i64> {
        let at = |second| Timestamp::from_second(second).unwrap();
        let line = |second: i64| LogRecord {
            at: at(second),
            entity: EntityId::new("cart").unwrap(),
            severity: LogSeverity::Info,
            body: String::new(),
            trace_id: None,
            span_id: None,
        };
        let window = Window { from: at(0), to: at(count) };
        let since = since.map(at);
        let query = Query { question: Question::Logs, entities: Vec::new(), window, limit, since };
        // Given in the wrong order.
        let (lines, cut) = around((0..count).rev().map(line).collect(), &query);
        assert_eq!(cut.is_some(), lines.len() < usize::try_from(count).unwrap());
        lines.iter().map(|line| line.at.as_second()).collect()
    }

    #[test]
    fn lines_around_the_beginning_of_the_trouble_are_kept() {
        assert_eq!(kept(5, None, 10), [0, 1, 2, 3, 4]);
        assert_eq!(kept(10, None, 3), [7, 8, 9]);
        assert_eq!(kept(10, Some(5), 4), [3, 4, 5, 6]);
        assert_eq!(kept(10, Some(1), 4), [0, 1, 2, 3]);
        assert_eq!(kept(10, Some(9), 4), [6, 7, 8, 9]);
        assert_eq!(kept(10, Some(50), 4), [6, 7, 8, 9]);
    }
}
