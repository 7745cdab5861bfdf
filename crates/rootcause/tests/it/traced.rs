//! What traces show: calls made again, and calls that end at a time limit.

use nightjar_incident::{Conclusion, Direction, ObservationKind, Span, SpanStatus};

use crate::observations::of;
use crate::{AFTER, BEFORE, Estate, alert, id, minute};

/// How one attempt goes: milliseconds, and whether it fails.
type Attempt = (i64, bool);

/// Four traces a minute, in each of which `front` calls `back`, attempt after attempt.
fn traced(attempts: impl Fn(i64, bool) -> Vec<Attempt>) -> Conclusion {
    let mut estate = Estate::chain(&["front", "back"]);
    estate.requests("front", 0.2, 0.3);
    let mut number = 0_i64;
    for at in 0..BEFORE + AFTER {
        for quarter in 0..4 {
            number += 1;
            let start = minute(at).as_millisecond() * 1_000_000 + quarter * 15_000_000_000;
            let trace = format!("{number:032x}");
            let span = |n: i64,
                        parent: Option<i64>,
                        entity: &str,
                        (from, lasts): (i64, i64),
                        fails: bool| Span {
                trace_id: trace.clone(),
                span_id: format!("{n:016x}"),
                parent_id: parent.map(|parent| format!("{parent:016x}")),
                entity: id(entity),
                peer: None,
                operation: if n == 1 { "GET /".into() } else { "Lookup".into() },
                start_nanos: start + from * 1_000_000,
                end_nanos: start + (from + lasts) * 1_000_000,
                status: if fails { SpanStatus::Error } else { SpanStatus::Unset },
            };
            let mut from = 0;
            for (n, (lasts, fails)) in (2..).zip(attempts(number, at >= BEFORE)) {
                estate.spans.push(span(n, Some(1), "back", (from, lasts), fails));
                from += lasts + 1;
            }
            estate.spans.push(span(1, None, "front", (0, from), false));
        }
    }
    let (alerts, symptoms) = alert("front");
    estate.investigate(&alerts, &symptoms)
}

#[test]
fn a_call_made_again_after_a_failed_one_is_a_retry() {
    let usual = |n: i64| vec![(20 + n % 7, false)];
    let storm =
        traced(
            |n, after| {
                if after { vec![(20 + n % 7, true), (30, true), (20, false)] } else { usual(n) }
            },
        );
    let [retries] = of(&storm, ObservationKind::Retries)[..] else {
        panic!("{:?}", storm.observations)
    };
    assert_eq!((retries.entity.as_str(), retries.direction), ("front", Direction::Appeared));
    assert!((retries.seen - 2.0 / 3.0).abs() < 0.05, "{retries:?}");
    // Failing without another attempt, or calling twice without a failure, is none.
    for attempts in
        [vec![(20, true)], vec![(20, false), (20, false)], vec![(20, false), (20, true)]]
    {
        let none = traced(|n, after| if after { attempts.clone() } else { usual(n) });
        assert!(of(&none, ObservationKind::Retries).is_empty(), "{:?}", none.observations);
    }
}

#[test]
fn retries_that_were_always_there_and_a_few_new_ones_are_no_news() {
    let always = traced(|n, _| vec![(20, n % 3 == 0), (20, false)]);
    assert!(of(&always, ObservationKind::Retries).is_empty());
    let few = traced(|n, after| vec![(20, after && n % 9 == 0), (20, false)]);
    assert!(of(&few, ObservationKind::Retries).is_empty(), "{:?}", few.observations);
}

#[test]
fn failures_that_all_last_equally_long_end_at_a_time_limit() {
    let ends = traced(|n, after| {
        if after && n % 2 == 0 { vec![(2_000 + n % 3, true)] } else { vec![(20 + n % 90, false)] }
    });
    let [limit] = of(&ends, ObservationKind::Timeouts)[..] else {
        panic!("{:?}", ends.observations)
    };
    assert_eq!(limit.entity.as_str(), "back");
    assert!((limit.seen - 2.0).abs() < 0.01 && limit.usual < 0.12, "{limit:?}");
}

#[test]
fn failures_that_scatter_come_fast_or_outlast_no_answer_are_no_time_outs() {
    let usual = |n: i64| (20 + n % 90, false);
    let scattered =
        traced(|n, after| vec![if after { (500 + 131 * (n % 11), true) } else { usual(n) }]);
    let refused = traced(|n, after| vec![if after { (3, true) } else { usual(n) }]);
    let slow_anyway =
        traced(|n, after| vec![if after { (2_000, true) } else { (1_000 + 40 * (n % 90), false) }]);
    for none in [scattered, refused, slow_anyway] {
        assert!(of(&none, ObservationKind::Timeouts).is_empty(), "{:?}", none.observations);
    }
}
