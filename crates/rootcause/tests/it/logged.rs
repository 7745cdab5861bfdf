//! What logs show besides their templates: bursts of errors, and what is thrown where.

use jiff::SignedDuration;
use nightjar_incident::{
    Change, ChangeId, ChangeKind, Conclusion, Direction, FaultMode, LogRecord, LogSeverity,
    ObservationKind, Statistic,
};

use crate::observations::of;
use crate::{AFTER, BEFORE, Estate, alert, id, leading, minute};

/// So many errors a minute, by minutes since the onset; the text follows from the number of the line.
fn logged(errors: impl Fn(i64) -> i64, text: impl Fn(i64) -> String) -> Conclusion {
    let mut estate = Estate::chain(&["front"]);
    estate.requests("front", 0.2, 0.3);
    let line = |at, severity, body| LogRecord {
        at,
        entity: id("front"),
        severity,
        body,
        trace_id: None,
        span_id: None,
    };
    for n in 0..BEFORE + AFTER {
        estate.lines.push(line(minute(n), LogSeverity::Info, "ready".into()));
        let since = i64::try_from(n).unwrap() - i64::try_from(BEFORE).unwrap();
        for number in 0..errors(since) {
            let at = minute(n) + SignedDuration::from_secs(1 + number);
            estate.lines.push(line(at, LogSeverity::Error, text(number)));
        }
    }
    let (alerts, symptoms) = alert("front");
    estate.investigate(&alerts, &symptoms)
}

#[test]
fn errors_of_many_kinds_are_one_burst_with_its_beginning() {
    let other_words = |n: i64| format!("{} failed", if n % 2 == 0 { "save" } else { "load" });
    let seen = logged(|since| if since >= 1 { 30 } else { i64::from(since % 4 == 0) }, other_words);
    let [burst] = of(&seen, ObservationKind::Burst)[..] else { panic!("{:?}", seen.observations) };
    assert!((burst.seen - 30.0).abs() < 6.0 && burst.usual < 0.5, "{burst:?}");
    assert_eq!(burst.onset.unwrap().at, minute(BEFORE + 1));
    assert!(burst.summary.ends_with("and goes on"), "{}", burst.summary);
}

#[test]
fn errors_as_usual_and_a_handful_are_no_burst() {
    let text = |_| "save failed".to_owned();
    for none in [logged(|_| 12, text), logged(|since| i64::from(since == 2) * 4, text)] {
        assert!(of(&none, ObservationKind::Burst).is_empty(), "{:?}", none.observations);
    }
}

#[test]
fn a_new_exception_is_told_with_its_place_and_an_old_one_is_not() {
    let trace = |n: i64| {
        format!(
            "Order {n} failed\njava.lang.IllegalStateException: no {n}\n\tat shop.Cart.total(Cart.java:{n})"
        )
    };
    let seen = logged(|since| if since >= 0 { 20 } else { 0 }, trace);
    let [thrown] = of(&seen, ObservationKind::StackTrace)[..] else {
        panic!("{:?}", seen.observations)
    };
    assert_eq!(thrown.direction, Direction::Appeared);
    let words = "`front` throws `java.lang.IllegalStateException` at `shop.Cart.total`: ";
    assert!(thrown.summary.starts_with(words), "{}", thrown.summary);
    assert!(of(&logged(|_| 5, trace), ObservationKind::StackTrace).is_empty());
}

/// A cart whose calls to its cache fail, since the name of it can't be resolved; with what was edited.
fn unresolved(edited: &str, summary: &str) -> Conclusion {
    let mut estate = Estate::chain(&["front", "cart", "new-cache"]);
    estate.requests("front", 0.2, 0.3);
    estate.requests("cart", 0.1, 0.0);
    for service in ["front", "cart"] {
        estate.metric(
            service,
            "errors",
            Statistic::Sum,
            |_, after| if after { 300.0 } else { 0.0 },
        );
    }
    for words in ["add to cart", "empty cart", "show cart", "load cart"] {
        estate.says(
            "cart",
            &format!("{words}: redis new-cache: failed to lookup address of new-cache"),
        );
        estate.says("cart", &format!("{words}: getaddrinfo ENOTFOUND new-cache"));
    }
    estate.changes.push(Change {
        id: ChangeId::new("edit"),
        kind: ChangeKind::Configuration,
        at: minute(BEFORE - 9),
        entities: vec![id(edited)],
        summary: summary.to_owned(),
        author: None,
        previous: None,
        url: None,
    });
    let (alerts, symptoms) = alert("front");
    estate.investigate(&alerts, &symptoms)
}

#[test]
fn a_name_that_an_edit_has_just_put_in_is_the_fault_of_the_edit() {
    let edited = unresolved("cart", "cart: use the new cache: cache.host: old-cache → new-cache");
    assert_eq!(leading(&edited), ("cart", FaultMode::ConfigurationError));
    let other = unresolved("new-cache", "new-cache: keep more: maxmemory: 60 → 120");
    assert_eq!(leading(&other), ("new-cache", FaultMode::DnsFailure));
}
