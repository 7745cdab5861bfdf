//! Three storms each, which takes longer than other tests: a single one is a sample of twenty.

use crate::storm::{Shape, storm};
use crate::storm_play::{play, scores};

/// The mean F1 of pairs of messages, and of pairs of alerts, whose repeats don't count.
fn f1(shape: Shape) -> (f64, f64) {
    let (mut of_messages, mut of_alerts) = (0.0, 0.0);
    for seed in 101..=103 {
        let storm = storm(10_000, 0, shape, seed);
        assert_eq!(storm.messages.len(), 10_000);
        let (messages, alerts) = scores(&storm, &play(&storm, || {}));
        of_messages += messages.f1() / 3.0;
        of_alerts += alerts.f1() / 3.0;
    }
    (of_messages, of_alerts)
}

#[test]
fn ten_thousand_messages_of_twenty_faults_are_sorted_as_they_were_made() {
    let (messages, alerts) = f1(Shape::Apart);
    assert!(messages >= 0.95 && alerts >= 0.95, "messages {messages}, alerts {alerts}");
}

/// Where a team's services and those of a team that it calls break within two minutes, the first
/// alerts are three or four calls apart, as those of one fault are: some such pairs become one
/// incident. Nothing in the alerts says which; only telemetry would.
#[test]
fn neighbours_that_break_at_the_same_time_are_told_apart_less_well() {
    let (messages, alerts) = f1(Shape::Neighbours);
    assert!(messages >= 0.85 && alerts >= 0.85, "messages {messages}, alerts {alerts}");
}
