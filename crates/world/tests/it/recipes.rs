use std::collections::BTreeSet;

use proptest::prelude::*;

use nightjar_incident::{FaultMode, Recording};
use nightjar_topology::EntityKind;
use nightjar_world::{
    App, Error, FaultSpec, Recipe, Shape, demo, simulate, simulated_modes, truth,
};

use crate::look::{estate, record, short, start, with};

fn bytes(recording: &Recording) -> String {
    serde_json::to_string(recording).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_differs() {
    for recipe in [with(FaultMode::Throttled), estate(300)] {
        let first = bytes(&record(&recipe));
        assert!(first == bytes(&record(&recipe)));
        assert!(first != bytes(&record(&Recipe { seed: 2, ..recipe })));
    }
}

#[test]
fn the_demo_is_always_the_same() {
    assert!(bytes(&demo()) == bytes(&demo()));
}

#[test]
fn the_truth_is_known_without_a_run() {
    let recipe = with(FaultMode::ConnectionPoolExhausted);
    assert_eq!(record(&recipe).expect, Some(truth(&recipe, start()).unwrap()));
}

#[test]
fn a_recipe_is_read_strictly() {
    let text = "minutes_after = 20\napp = { kind = \"estate\", services = 40 }\n[[fault]]\nmode = \"throttled\"\n";
    let recipe: Recipe = toml::from_str(text).unwrap();
    assert_eq!(recipe.app, App::Estate { services: 40, shape: Shape::Layered });
    assert_eq!(recipe.faults, [FaultSpec::new(FaultMode::Throttled)]);
    assert!(toml::from_str::<Recipe>("moon = 1").unwrap_err().to_string().contains("moon"));
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let on = |mode, place: &str| Recipe { faults: vec![FaultSpec::new(mode).on(place)], ..short() };
    let error = simulate(&on(FaultMode::Throttled, "checkout"), start()).unwrap_err();
    assert!(error.to_string().contains("payments-table"), "{error}");
    let error = simulate(&on(FaultMode::Throttled, "nobody"), start()).unwrap_err();
    assert!(error.to_string().contains("`checkout`"), "{error}");
    let error = simulate(&with(FaultMode::WrongResult), start()).unwrap_err();
    assert!(matches!(error, Error::UnknownFault { .. }), "{error}");
    let recipe = Recipe { minutes_before: 0, ..short() };
    let error = simulate(&recipe, start()).unwrap_err();
    assert!(error.to_string().contains("minutes_before"), "{error}");
}

#[test]
fn an_estate_has_the_asked_number_of_services_and_everything_they_need() {
    for services in [10, 60, 300] {
        let recording = record(&estate(services));
        let topology = &recording.topology;
        let count = |kind| topology.entities().filter(|e| e.kind == kind).count();
        // Consumers of queues come on top.
        let found = count(EntityKind::Service);
        assert!(found >= services as usize && found < services as usize * 6 / 5 + 3, "{found}");
        assert!(count(EntityKind::Host) > 0 && count(EntityKind::Gateway) > 0);
        let names: BTreeSet<_> = topology.entities().map(|e| e.id.clone()).collect();
        assert_eq!(names.len(), topology.len());
        assert!(recording.alerts.is_empty());
    }
}

#[test]
fn every_fault_finds_a_place_in_an_estate_and_raises_an_alert_at_two_seeds() {
    for mode in simulated_modes() {
        for seed in 1..=2 {
            let recipe = Recipe {
                app: App::Estate { services: 300, shape: Shape::Layered },
                seed,
                ..with(mode)
            };
            let recording = record(&recipe);
            assert!(!recording.alerts.is_empty(), "{mode:?} at seed {seed}");
            let cause = &recording.expect.unwrap().causes[0];
            assert!(recording.topology.entity(&cause.entity).is_some());
        }
    }
}

#[test]
fn samples_lines_spans_and_alerts_lie_within_the_window() {
    for recipe in [with(FaultMode::MemoryLeak), estate(300)] {
        let recording = record(&recipe);
        let window = recording.window.unwrap();
        let (from, to) = (window.from.as_millisecond(), window.to.as_millisecond());
        for series in &recording.metrics {
            assert!(series.column.times().iter().all(|&at| (from..to).contains(&at)));
            assert!(series.column.values().iter().all(|value| value.is_finite()));
        }
        assert!(recording.logs.iter().all(|line| window.contains(line.at)));
        assert!(recording.logs.is_sorted_by_key(|line| line.at));
        assert!(recording.spans.is_sorted_by_key(|span| span.start_nanos));
        assert!(recording.alerts.iter().all(|alert| window.contains(alert.received_at)));
    }
}

#[test]
fn spans_of_a_trace_hang_together() {
    for recipe in [short(), estate(300)] {
        let recording = record(&recipe);
        let ids: BTreeSet<_> = recording.spans.iter().map(|s| (&s.trace_id, &s.span_id)).collect();
        assert_eq!(ids.len(), recording.spans.len());
        let orphans = recording.spans.iter().filter(|span| {
            span.parent_id.as_ref().is_some_and(|parent| !ids.contains(&(&span.trace_id, parent)))
        });
        // A request still under way at the end has written what it called, not itself.
        let orphans = orphans.count();
        assert!(orphans * 50 < recording.spans.len(), "{orphans} of {}", recording.spans.len());
        assert!(recording.spans.iter().all(|span| span.end_nanos > span.start_nanos));
    }
}

#[test]
fn caller_and_callee_count_the_same_requests() {
    use nightjar_incident::Signal;
    for recipe in [short(), estate(300)] {
        let recording = record(&recipe);
        let sum = |entity: &str, peer: Option<&str>| -> f64 {
            recording
                .metrics
                .iter()
                .filter(|m| match peer {
                    Some(peer) => m.peer.as_ref().is_some_and(|p| p.as_str() == peer),
                    None => m.peer.is_none() && m.entity.as_str() == entity,
                })
                .filter(|m| {
                    let what = nightjar_incident::signal::of(m);
                    matches!(what, Signal::Requests | Signal::Errors)
                })
                .flat_map(|m| m.column.values().to_vec())
                .sum()
        };
        let mut checked = 0;
        for entity in recording.topology.entities() {
            let (id, is_service) = (entity.id.as_str(), entity.kind == EntityKind::Service);
            let sent = sum("", Some(id));
            if is_service && sent > 1000.0 {
                checked += 1;
                let received = sum(id, None);
                assert!((received / sent - 1.0).abs() < 0.02, "{id}: {sent} {received}");
            }
        }
        assert!(checked >= 3);
    }
}

proptest! {
    // A run takes a tenth of a second.
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_fault_of_any_severity_gives_finite_numbers_or_is_refused(
        mode in prop::sample::select(simulated_modes()),
        place in prop::sample::select(vec!["", "checkout", "inventory", "cart", "orders-db", "order-worker", "payment-processor"]),
        services in prop::sample::select(vec![0, 10, 200]),
        severity in 0.1..4.0,
        seed in any::<u64>(),
        rate in prop::option::of(0.1..30.0),
        is_change_recorded in any::<bool>(),
    ) {
        let is_shop = services == 0;
        let entity = (is_shop && !place.is_empty()).then(|| place.to_owned());
        let fault = FaultSpec { entity, severity, is_change_recorded, ..FaultSpec::new(mode) };
        let app = if is_shop { App::Shop } else { App::Estate { services, shape: Shape::Layered } };
        let requests_per_second = if is_shop { rate } else { None };
        let recipe = Recipe {
            app,
            faults: vec![fault],
            minutes_before: 10,
            minutes_after: 3,
            seed,
            requests_per_second,
            ..Recipe::default()
        };
        match simulate(&recipe, start()) {
            Ok(recording) => {
                for series in &recording.metrics {
                    let values = series.column.values();
                    prop_assert!(values.iter().all(|v| v.is_finite()));
                    // Only what is left of a certificate falls below nothing.
                    let is_signed = series.name == "httpcheck.tls.cert_remaining";
                    prop_assert!(is_signed || values.iter().all(|v| *v >= 0.0));
                }
            }
            Err(error) => prop_assert!(matches!(error, Error::Unsuitable { .. }), "{error}"),
        }
    }
}
