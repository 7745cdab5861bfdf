use std::collections::BTreeSet;

use nightjar_incident::{FaultMode, LogSeverity, Signal};
use nightjar_world::{FaultSpec, Recipe, simulated_modes};

use crate::look::{before_after, failed_share, record, short, start, with};

const DOOR: &str = "api-gateway";

#[test]
fn an_ordinary_hour_has_few_errors_and_no_alerts() {
    for seed in 1..=3 {
        let recipe = Recipe { seed, background: true, ..short() };
        let recording = record(&recipe);
        let (before, after) = failed_share(&recording, &recipe, DOOR);
        assert!(before < 0.01 && after < 0.01, "{before} {after}");
        assert!(recording.alerts.is_empty(), "seed {seed}: {}", recording.alerts.len());
    }
}

#[test]
fn every_fault_hurts_the_front_door_and_raises_an_alert_at_two_seeds() {
    let mut tools = BTreeSet::new();
    for mode in simulated_modes() {
        for seed in 1..=2 {
            let recipe = Recipe { seed, ..with(mode) };
            let recording = record(&recipe);
            let (good, bad) = failed_share(&recording, &recipe, DOOR);
            // Where nothing is answered any more, there is no time to answer either.
            let (fast, slow) = before_after(&recording, &recipe, DOOR, Signal::Latency);
            // Trouble of a consumer doesn't reach the publisher, nor its callers.
            let is_hurt = bad > good + 0.02 || slow > 1.3 * fast;
            let is_behind_a_queue = mode == FaultMode::ConsumerLag;
            assert!(is_hurt != is_behind_a_queue, "{mode:?}: {good} {bad} {fast} {slow}");
            let onset = recipe.onset(start());
            assert!(recording.alerts.iter().any(|a| a.received_at > onset), "{mode:?} {seed}");
            tools.extend(recording.alerts.into_iter().filter_map(|alert| alert.provider));
        }
    }
    let expected = ["cloudwatch", "datadog", "pagerduty", "servicenow"];
    assert_eq!(tools.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn an_exhausted_pool_leaves_the_database_calm() {
    let recipe = with(FaultMode::ConnectionPoolExhausted);
    let recording = record(&recipe);
    let (_, used) = before_after(&recording, &recipe, "inventory", Signal::PoolUsage);
    let (_, limit) = before_after(&recording, &recipe, "inventory", Signal::PoolLimit);
    let (none, waiting) = before_after(&recording, &recipe, "inventory", Signal::PoolPending);
    let (busy, calm) = before_after(&recording, &recipe, "orders-db", Signal::CpuUtilization);
    assert_eq!(used, limit);
    assert!(none == 0.0 && waiting > 5.0, "{none} {waiting}");
    assert!(calm < busy, "{busy} {calm}");
    assert!(recording.logs.iter().any(|line| {
        line.severity == LogSeverity::Error
            && line.body.contains("timeout waiting for connection from pool after 5000ms")
    }));
}

#[test]
fn a_pool_that_leaks_fills_without_a_change_on_record() {
    let mut recipe = with(FaultMode::ConnectionPoolExhausted);
    recipe.faults[0].is_change_recorded = false;
    let recording = record(&recipe);
    assert!(recording.changes.is_empty());
    let (_, waiting) = before_after(&recording, &recipe, "inventory", Signal::PoolPending);
    assert!(waiting > 1.0, "{waiting}");
}

#[test]
fn a_throttled_table_consumes_what_is_provisioned_and_retries_amplify_the_load() {
    let recipe = with(FaultMode::Throttled);
    let recording = record(&recipe);
    let table = "payments-table";
    let (_, consumed) = before_after(&recording, &recipe, table, Signal::CapacityConsumed);
    let (_, provisioned) = before_after(&recording, &recipe, table, Signal::CapacityLimit);
    let (none, throttled) = before_after(&recording, &recipe, table, Signal::Throttled);
    assert!((consumed / provisioned - 1.0).abs() < 0.15, "{consumed} {provisioned}");
    let (asked, _) = before_after(&recording, &recipe, "payment-processor", Signal::Requests);
    assert!(none == 0.0);
    // Some 5 a second more than the capacity are turned away three times each.
    assert!(throttled + consumed * 60.0 > 1.3 * asked, "{throttled} {consumed} {asked}");
}

#[test]
fn a_leaking_process_is_killed_again_and_again() {
    let recipe = Recipe { minutes_after: 15, ..with(FaultMode::MemoryLeak) };
    let recording = record(&recipe);
    let restarts = recording.metrics.iter().find(|series| {
        series.entity.as_str() == "cart" && series.name == "k8s.container.restart.count"
    });
    let last = *restarts.unwrap().column.values().last().unwrap();
    assert!(last >= 2.0, "{last}");
    assert!(recording.logs.iter().any(|line| line.body.contains("OOMKilled")));
}

#[test]
fn a_network_delay_is_seen_by_the_caller_alone() {
    let recipe = with(FaultMode::NetworkDelay);
    let recording = record(&recipe);
    let (fast, slow) = before_after(&recording, &recipe, "checkout", Signal::Latency);
    let (same, still) = before_after(&recording, &recipe, "inventory", Signal::Latency);
    assert!(slow - fast > 0.5, "{fast} {slow}");
    assert!((still / same - 1.0).abs() < 0.1, "{same} {still}");
}

#[test]
fn what_is_outside_the_estate_tells_nothing_itself() {
    let recording = record(&with(FaultMode::ExternalDependency));
    assert!(recording.metrics.iter().all(|series| series.entity.as_str() != "card-network"));
    assert!(recording.logs.iter().all(|line| line.entity.as_str() != "card-network"));
    assert!(recording.spans.iter().all(|span| span.entity.as_str() != "card-network"));
}

#[test]
fn a_surge_brings_more_requests_everywhere() {
    let recipe = with(FaultMode::TrafficSurge);
    let recording = record(&recipe);
    for entity in [DOOR, "checkout", "cart"] {
        let (few, many) = before_after(&recording, &recipe, entity, Signal::Requests);
        assert!(many > 2.0 * few, "{entity}: {few} {many}");
    }
}

#[test]
fn a_starving_processor_shows_its_use() {
    for place in ["inventory", "checkout", "orders-db"] {
        let fault = FaultSpec::new(FaultMode::CpuSaturation).on(place);
        let recipe = Recipe { faults: vec![fault], ..short() };
        let recording = record(&recipe);
        let (calm, full) = before_after(&recording, &recipe, place, Signal::CpuUtilization);
        assert!(calm < 0.5 && full > 0.85, "{place}: {calm} {full}");
    }
}

#[test]
fn a_bad_release_leaves_lines_never_seen_before() {
    let recipe = with(FaultMode::BadDeployment);
    let recording = record(&recipe);
    let change = recording.changes.last().unwrap();
    let first = recording.logs.iter().find(|line| line.body.contains("IllegalStateException"));
    assert!(first.unwrap().at >= change.at);
    assert_eq!(change.previous.as_deref(), Some("3.18.2"));
    let cause = &recording.expect.as_ref().unwrap().causes[0];
    assert_eq!(cause.trigger.as_deref(), Some(change.id.as_str()));
}

#[test]
fn two_faults_in_different_parts_are_both_expected() {
    let faults = vec![
        FaultSpec::new(FaultMode::BadDeployment).on("catalog"),
        FaultSpec::new(FaultMode::CpuSaturation).on("order-worker"),
    ];
    let recipe = Recipe { faults, ..short() };
    let recording = record(&recipe);
    assert_eq!(recording.expect.as_ref().unwrap().causes.len(), 2);
    let (_, backlog) = before_after(&recording, &recipe, "order-queue", Signal::QueueDepth);
    let (good, bad) = failed_share(&recording, &recipe, "catalog");
    assert!(backlog > 3.0 && bad > good + 0.05, "{backlog} {good} {bad}");
}
