//! Each fault shows where its row in the table of fault modes says it does.

use nightjar_incident::{FaultMode, Recording, Signal};
use nightjar_world::Recipe;

use crate::look::{before_after, record, start, with};

/// Mean of the samples of a metric by name, before and from a minute after the onset on.
fn named(
    recording: &Recording,
    recipe: &Recipe,
    entity: &str,
    peer: Option<&str>,
    name: &str,
) -> (f64, f64) {
    let onset = recipe.onset(start()).as_millisecond();
    let series = recording.metrics.iter().find(|series| {
        series.entity.as_str() == entity
            && series.peer.as_ref().map(|peer| peer.as_str()) == peer
            && series.name == name
    });
    let column = &series.unwrap_or_else(|| panic!("{entity} has no {name}")).column;
    let mean = |from, to| {
        let values = column.between(from, to).values().to_vec();
        values.iter().sum::<f64>() / values.len() as f64
    };
    (mean(0, onset), mean(onset + 60_000, i64::MAX))
}

fn run(mode: FaultMode) -> (Recording, Recipe) {
    let recipe = with(mode);
    (record(&recipe), recipe)
}

fn says(recording: &Recording, entity: &str, text: &str) -> bool {
    recording.logs.iter().any(|line| line.entity.as_str() == entity && line.body.contains(text))
}

#[test]
fn a_wrong_setting_fails_requests_of_the_same_release() {
    let (recording, recipe) = run(FaultMode::ConfigurationError);
    let (few, many) = before_after(&recording, &recipe, "cart", Signal::Errors);
    assert!(few < 2.0 && many > 50.0, "{few} {many}");
    assert!(says(&recording, "cart", "invalid configuration"));
    assert!(says(&recording, "cart", "started cart version 1.44.0"));
    assert_eq!(recording.changes.last().unwrap().entities[0].as_str(), "cart");
}

#[test]
fn sessions_wait_for_locks_while_the_processor_is_idle() {
    let (recording, recipe) = run(FaultMode::LockContention);
    let locks = "postgresql.database.locks";
    let (none, waiting) = named(&recording, &recipe, "orders-db", None, locks);
    let (busy, still) = before_after(&recording, &recipe, "orders-db", Signal::CpuUtilization);
    assert!(none == 0.0 && waiting > 3.0, "{none} {waiting}");
    assert!(still < busy + 0.05, "{busy} {still}");
    assert!(says(&recording, "orders-db", "still waiting for ShareLock"));
}

#[test]
fn a_worse_plan_reads_many_times_the_rows_for_the_same_requests() {
    let (recording, recipe) = run(FaultMode::SlowQuery);
    let rows = |entity| named(&recording, &recipe, entity, None, "postgresql.tup_fetched");
    let (few, many) = rows("orders-db");
    let (busy, full) = before_after(&recording, &recipe, "orders-db", Signal::CpuUtilization);
    assert!(many > 2.5 * few && full > 2.0 * busy, "{few} {many} {busy} {full}");
    assert!(says(&recording, "orders-db", "Seq Scan on inventory_items"));
}

#[test]
fn a_disk_fills_up_and_then_nothing_can_be_written() {
    let (recording, recipe) = run(FaultMode::DiskFull);
    let free = "aws.rds.free_storage_space";
    let (much, little) = named(&recording, &recipe, "orders-db", None, free);
    assert!(little < 0.2 * much, "{much} {little}");
    assert!(says(&recording, "orders-db", "No space left on device"));
    assert!(says(&recording, "inventory", "No space left on device"));
}

#[test]
fn a_name_that_is_lost_fails_calls_at_once() {
    let (recording, recipe) = run(FaultMode::DnsFailure);
    let errors = recording.metrics.iter().any(|series| {
        series.attributes.get("error.type").is_some_and(|e| e.contains("UnknownHost"))
            && series.peer.as_ref().is_some_and(|peer| peer.as_str() == "card-network")
    });
    assert!(errors);
    assert!(says(&recording, "payment-processor", "api.card-network.example"));
    let (_, bad) = before_after(&recording, &recipe, "payment-processor", Signal::Errors);
    assert!(bad > 60.0, "{bad}");
}

#[test]
fn a_certificate_runs_out_at_the_onset_for_whoever_looked() {
    let (recording, recipe) = run(FaultMode::CertificateExpired);
    let left = "httpcheck.tls.cert_remaining";
    let (before, after) = named(&recording, &recipe, "inventory", None, left);
    assert!(before > 0.0 && before < 3600.0 && after < 0.0, "{before} {after}");
    assert!(says(&recording, "checkout", "certificate"));
    // What still reaches it is answered as ever.
    let (fast, same) = before_after(&recording, &recipe, "inventory", Signal::Latency);
    assert!(same < 1.2 * fast, "{fast} {same}");
}

#[test]
fn lost_packets_are_sent_again_and_the_callee_is_well() {
    let (recording, recipe) = run(FaultMode::PacketLoss);
    let (from, to) = ("checkout", Some("payment-processor"));
    let (none, many) = named(&recording, &recipe, from, to, "tcp.retransmits");
    assert!(none == 0.0 && many > 50.0, "{none} {many}");
    let (same, still) = before_after(&recording, &recipe, "payment-processor", Signal::Latency);
    assert!((still / same - 1.0).abs() < 0.1, "{same} {still}");
}

#[test]
fn a_message_that_cannot_be_worked_on_holds_up_the_queue_and_nobody_else() {
    let (recording, recipe) = run(FaultMode::ConsumerLag);
    let (young, old) = before_after(&recording, &recipe, "order-queue", Signal::QueueAge);
    assert!(young < 5.0 && old > 120.0, "{young} {old}");
    let (fast, same) = before_after(&recording, &recipe, "checkout", Signal::Latency);
    assert!(same < 1.2 * fast, "{fast} {same}");
    assert!(says(&recording, "order-worker", "failed to process message"));
}

#[test]
fn retries_multiply_the_requests_though_users_send_no_more() {
    let (recording, recipe) = run(FaultMode::RetryStorm);
    let all = |entity| {
        let (good, good_later) = before_after(&recording, &recipe, entity, Signal::Requests);
        let (bad, bad_later) = before_after(&recording, &recipe, entity, Signal::Errors);
        (good_later + bad_later) / (good + bad)
    };
    assert!(all("inventory") > 2.0, "{}", all("inventory"));
    assert!(all("api-gateway") < 1.3, "{}", all("api-gateway"));
    let resent = "http.client.request.resend_count";
    let (_, many) = named(&recording, &recipe, "checkout", Some("inventory"), resent);
    assert!(many > 300.0, "{many}");
}

#[test]
fn a_quota_that_is_used_up_is_named_by_those_it_refuses() {
    let (recording, recipe) = run(FaultMode::QuotaReached);
    assert!(says(&recording, "payment-processor", "Quota exceeded for quota metric"));
    let (_, bad) = before_after(&recording, &recipe, "payment-processor", Signal::Errors);
    assert!(bad > 100.0, "{bad}");
}

#[test]
fn whatever_runs_on_an_ill_machine_is_slow_and_nothing_else() {
    let (recording, recipe) = run(FaultMode::BadHost);
    for entity in ["inventory", "catalog"] {
        let (few, many) = before_after(&recording, &recipe, entity, Signal::Errors);
        assert!(many > few + 5.0, "{entity}: {few} {many}");
    }
    let (few, same) = before_after(&recording, &recipe, "cart", Signal::Errors);
    assert!(same < few + 1.0, "{few} {same}");
    let host = "ip-10-0-2-38";
    let pending = "system.disk.pending_operations";
    let (calm, waiting) = named(&recording, &recipe, host, None, pending);
    assert!(waiting > 5.0 * calm, "{calm} {waiting}");
    assert!(recording.logs.iter().any(|line| line.entity.as_str() == host));
    assert_eq!(recording.expect.unwrap().causes[0].entity.as_str(), host);
}
