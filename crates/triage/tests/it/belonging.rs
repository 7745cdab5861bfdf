use nightjar_incident::{Alert, AlertStatus, Signal, TriageDecision};
use nightjar_topology::{Entity, EntityKind, RelationKind, Topology};
use nightjar_triage::Ruling;
use proptest::prelude::*;

use crate::world::{alert, decide, id, incident, shop, topology};

fn rule(news: &Alert, held: Vec<Alert>, topology: &Topology) -> Ruling {
    decide(news, &[incident("inc-1", held, topology)], topology)
}

fn four() -> Vec<Alert> {
    vec![
        alert("front", "api-gateway", 2, Some(Signal::Errors)),
        alert("pay", "payment-processor", 1, Some(Signal::Latency)),
        alert("table", "payments-table", 0, Some(Signal::Throttled)),
        alert("checkout", "checkout", 3, None),
    ]
}

#[test]
fn four_alerts_of_one_incident_link_in_any_order() {
    let topology = shop();
    for first in 0..4 {
        for step in [1, 3] {
            let order = (0..4).map(|n| (first + n * step) % 4);
            let mut held: Vec<Alert> = Vec::new();
            for index in order {
                let news = four().swap_remove(index);
                if !held.is_empty() {
                    let ruling = rule(&news, held.clone(), &topology);
                    assert_eq!(ruling.decision, TriageDecision::Linked, "{}", ruling.reason);
                }
                held.push(news);
            }
        }
    }
}

#[test]
fn the_reason_names_the_relation_and_the_time() {
    let held = vec![alert("table", "payments-table", 0, Some(Signal::Throttled))];
    let near =
        rule(&alert("pay", "payment-processor", 2, Some(Signal::Latency)), held.clone(), &shop());
    assert_eq!(
        near.reason,
        "payment-processor writes payments-table, 2 minutes after; same environment production"
    );
    let far = rule(&alert("front", "api-gateway", 2, Some(Signal::Errors)), held, &shop());
    assert_eq!(
        far.reason,
        "api-gateway depends on payments-table over checkout, payment-processor, 2 minutes after; \
         same environment production"
    );
    assert_eq!(far.incident.unwrap().as_str(), "inc-1");
}

#[test]
fn a_full_disk_elsewhere_stays_apart_and_the_reason_says_what_is_missing() {
    let ruling = rule(&alert("disk", "batch-7", 1, Some(Signal::DiskUtilization)), four(), &shop());
    assert_eq!(ruling.decision, TriageDecision::Proceed);
    assert_eq!(ruling.incident, None);
    assert_eq!(
        ruling.reason,
        "not part of inc-1: no chain of dependencies within 4 relations between batch-7 and \
         api-gateway; disk utilisation and errors are different trouble"
    );
}

#[test]
fn two_incidents_at_once_in_distant_parts_keep_their_own_alerts() {
    use RelationKind::Calls;
    let topology =
        topology(&[("a", Calls, "b"), ("b", Calls, "c"), ("x", Calls, "y"), ("y", Calls, "z")]);
    let left = incident("left", vec![alert("1", "c", 0, None)], &topology);
    let right = incident("right", vec![alert("2", "z", 0, None)], &topology);
    let open = [left, right];
    let to = |name: &str| {
        let ruling = decide(&alert("3", name, 1, None), &open, &topology);
        ruling.incident.map(|incident| incident.as_str().to_owned())
    };
    assert_eq!(to("a").as_deref(), Some("left"));
    assert_eq!(to("y").as_deref(), Some("right"));
}

#[test]
fn sharing_only_a_crowded_host_or_a_region_is_too_little() {
    use RelationKind::{BelongsTo, Calls, RunsOn};
    let mut relations: Vec<(String, RelationKind, String)> = Vec::new();
    for n in 0..200 {
        relations.push((format!("service-{n}"), RunsOn, "big-host".into()));
        relations.push((format!("service-{n}"), BelongsTo, "region".into()));
    }
    relations.push(("service-0".into(), Calls, "service-1".into()));
    let borrowed: Vec<(&str, RelationKind, &str)> =
        relations.iter().map(|(from, kind, to)| (from.as_str(), *kind, to.as_str())).collect();
    let mut topology = topology(&borrowed);
    topology.add(Entity::new(id("region"), EntityKind::Region));
    let held = vec![alert("1", "service-1", 0, Some(Signal::Latency))];
    let other = rule(&alert("2", "service-150", 0, Some(Signal::Latency)), held.clone(), &topology);
    assert_eq!(other.decision, TriageDecision::Proceed, "{}", other.reason);
    assert!(other.reason.contains("share only big-host, as 200 entities do"), "{}", other.reason);
    let caller = rule(&alert("3", "service-0", 0, Some(Signal::Latency)), held, &topology);
    assert_eq!(caller.decision, TriageDecision::Linked, "{}", caller.reason);
}

#[test]
fn naming_the_host_beside_the_service_is_not_about_everything_on_it() {
    use RelationKind::RunsOn;
    let names: Vec<String> = (0..30).map(|n| format!("service-{n}")).collect();
    let relations: Vec<(&str, RelationKind, &str)> =
        names.iter().map(|name| (name.as_str(), RunsOn, "host")).collect();
    let topology = topology(&relations);
    let with_host = |mut alert: Alert| {
        alert.entity_names.push("host".into());
        alert
    };
    let held = vec![with_host(alert("1", "service-1", 0, None))];
    let beside = rule(&with_host(alert("2", "service-2", 1, None)), held.clone(), &topology);
    assert_eq!(beside.decision, TriageDecision::Proceed, "{}", beside.reason);
    let host = rule(&alert("3", "host", 1, None), held, &topology);
    assert_eq!(host.decision, TriageDecision::Linked, "{}", host.reason);
    assert!(host.reason.starts_with("service-1 runs on host"), "{}", host.reason);
}

#[test]
fn staging_does_not_join_production() {
    let held = vec![alert("1", "checkout", 0, Some(Signal::Errors))];
    let mut news = alert("2", "cart", 1, Some(Signal::Errors));
    news.labels.insert("env".into(), "staging".into());
    let ruling = rule(&news, held, &shop());
    assert_eq!(ruling.decision, TriageDecision::Proceed);
    assert!(ruling.reason.contains("environment staging, not production"), "{}", ruling.reason);
}

#[test]
fn an_unknown_entity_needs_labels_or_words_in_common() {
    let held = vec![alert("1", "checkout", 0, Some(Signal::Errors))];
    let stranger = alert("2", "who-knows", 1, None);
    assert_eq!(rule(&stranger, held.clone(), &shop()).decision, TriageDecision::Proceed);

    let with_service = |mut alert: Alert| {
        alert.labels.insert("service".into(), "checkout".into());
        alert.title = "Gibraltar customers see timeouts".into();
        alert
    };
    let held = held.into_iter().map(with_service).collect();
    let ruling = rule(&with_service(stranger), held, &shop());
    assert_eq!(ruling.decision, TriageDecision::Linked, "{}", ruling.reason);
    assert!(ruling.reason.contains("same service checkout"), "{}", ruling.reason);
}

#[test]
fn an_empty_topology_links_nothing_by_time_alone() {
    let held = vec![alert("1", "checkout", 0, Some(Signal::Errors))];
    let ruling = rule(&alert("2", "cart", 0, Some(Signal::Errors)), held, &Topology::default());
    assert_eq!(ruling.decision, TriageDecision::Proceed);
    assert!(ruling.reason.contains("names no entity of the topology"), "{}", ruling.reason);
}

#[test]
fn a_cyclic_topology_is_walked_once() {
    use RelationKind::Calls;
    let topology =
        topology(&[("a", Calls, "b"), ("b", Calls, "c"), ("c", Calls, "a"), ("a", Calls, "a")]);
    let held = vec![alert("1", "a", 0, None)];
    let ruling = rule(&alert("2", "c", 0, None), held, &topology);
    assert_eq!(ruling.decision, TriageDecision::Linked);
    assert!(ruling.reason.starts_with("c calls a, at the same time"), "{}", ruling.reason);
}

#[test]
fn after_the_lookback_even_the_same_entity_is_a_new_incident() {
    let held = vec![alert("1", "checkout", 0, None)];
    let ruling = rule(&alert("2", "checkout", 21, None), held, &shop());
    assert_eq!(ruling.decision, TriageDecision::Proceed);
    assert_eq!(ruling.reason, "no open incident had news within the last 20 minutes");
}

#[test]
fn of_two_that_weigh_the_same_the_more_recently_active_takes_it() {
    let topology = shop();
    let older = incident("older", vec![alert("1", "cart", 0, None)], &topology);
    let mut newer = incident("newer", vec![alert("2", "cart", 0, None)], &topology);
    newer.last_news_at = crate::world::minute(1);
    for open in [[older.clone(), newer.clone()], [newer, older]] {
        let ruling = decide(&alert("3", "cart", 1, None), &open, &topology);
        assert_eq!(ruling.incident.unwrap().as_str(), "newer");
    }
}

#[test]
fn a_word_that_two_open_incidents_say_speaks_for_neither() {
    let saying = |key: &str, name: &str| {
        let mut alert = alert(key, name, 0, None);
        alert.title = "Synthetic journeys fail".into();
        alert
    };
    let topology = shop();
    let one = incident("one", vec![saying("1", "cart")], &topology);
    let other = incident("other", vec![saying("2", "worker")], &topology);
    let news = saying("3", "nobody");
    let alone = decide(&news, std::slice::from_ref(&one), &topology);
    let among = decide(&news, &[one, other], &topology);
    assert_eq!(alone.decision, TriageDecision::Linked, "{}", alone.reason);
    assert_eq!(among.decision, TriageDecision::Proceed, "{}", among.reason);
}

#[test]
fn the_same_key_is_the_same_alert() {
    let held = vec![alert("1", "checkout", 0, None)];
    let mut again = alert("1", "checkout", 5, None);
    assert_eq!(rule(&again, held.clone(), &shop()).decision, TriageDecision::Duplicate);
    again.status = AlertStatus::Resolved;
    assert_eq!(rule(&again, held.clone(), &shop()).decision, TriageDecision::Duplicate);
    again.provider = "pagerduty".into();
    let unknown = rule(&again, held, &shop());
    assert_eq!(unknown.decision, TriageDecision::Skipped);
    assert_eq!(unknown.reason, "it resolves an alert that no open incident holds");
}

#[test]
fn ten_thousand_entities_are_weighed_by_their_surroundings_only() {
    use RelationKind::{Calls, RunsOn};
    let mut topology = Topology::default();
    let names: Vec<_> = (0..10_000).map(|n| id(&format!("svc-{n:05}"))).collect();
    for (n, from) in names.iter().enumerate() {
        for m in [n * 2 + 1, n * 2 + 2] {
            let to = names.get(m).cloned().unwrap_or_else(|| id("shared-store"));
            topology.relate(nightjar_topology::Relation { from: from.clone(), to, kind: Calls });
        }
        let host = id(&format!("host-{}", n % 100));
        topology.relate(nightjar_topology::Relation { from: from.clone(), to: host, kind: RunsOn });
    }
    let open: Vec<_> = (0..4)
        .map(|n| {
            let about = format!("svc-{:05}", n * 199);
            incident(&format!("inc-{n}"), vec![alert(&about, &about, 0, None)], &topology)
        })
        .collect();
    let ruling = decide(&alert("x", "svc-00399", 1, None), &open, &topology);
    // 199's children are 399 and 400.
    assert_eq!(ruling.incident.unwrap().as_str(), "inc-1", "{}", ruling.reason);
}

proptest! {
    #[test]
    fn the_order_of_the_open_incidents_does_not_matter(
        picks in prop::collection::vec((0_usize..10, 0_i64..18, 0_usize..4), 1..6),
        about in 0_usize..10,
        shift in 0_usize..6,
    ) {
        const NAMES: [&str; 10] = [
            "api-gateway", "checkout", "cart", "payment-processor", "payments-table", "inventory",
            "inventory-db", "worker", "batch-7", "nobody",
        ];
        const SIGNALS: [Option<Signal>; 4] =
            [None, Some(Signal::Latency), Some(Signal::Errors), Some(Signal::DiskUtilization)];
        let topology = shop();
        let open: Vec<_> = picks
            .iter()
            .enumerate()
            .map(|(n, (name, at, signal))| {
                let alert = alert(&n.to_string(), NAMES[*name], *at, SIGNALS[*signal]);
                incident(&format!("inc-{n}"), vec![alert], &topology)
            })
            .collect();
        let news = alert("news", NAMES[about], 9, None);
        let ruling = decide(&news, &open, &topology);
        let mut turned = open.clone();
        turned.rotate_left(shift % open.len());
        prop_assert_eq!(&ruling, &decide(&news, &turned, &topology));
        turned.reverse();
        prop_assert_eq!(&ruling, &decide(&news, &turned, &topology));
    }
}
