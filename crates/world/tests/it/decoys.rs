use nightjar_incident::{ExpectedVerdict, FaultMode, Recording, Signal};
use nightjar_world::{App, Decoy, FalseAlarm, Recipe, Shape, truth};

use crate::look::{before_after, failed_share, record, short, start, with};

fn fooling(mode: FaultMode, decoy: Decoy) -> (Recording, Recipe) {
    let recipe = Recipe { decoys: vec![decoy], ..with(mode) };
    (record(&recipe), recipe)
}

#[test]
fn no_decoy_changes_the_truth() {
    let plain = truth(&with(FaultMode::BadDeployment), start()).unwrap();
    for decoy in Decoy::ALL {
        let recipe = Recipe { decoys: vec![decoy], ..with(FaultMode::BadDeployment) };
        assert_eq!(truth(&recipe, start()).unwrap(), plain, "{decoy:?}");
    }
}

#[test]
fn decoys_without_a_fault_hurt_nobody() {
    for decoy in Decoy::ALL {
        let recipe = Recipe { decoys: vec![decoy], ..short() };
        let recording = record(&recipe);
        assert_eq!(recording.expect.as_ref().unwrap().verdict, ExpectedVerdict::NoIncident);
        let (_, bad) = failed_share(&recording, &recipe, "api-gateway");
        let (fast, slow) = before_after(&recording, &recipe, "api-gateway", Signal::Latency);
        assert!(bad < 0.01 && slow < 1.2 * fast, "{decoy:?}: {bad} {fast} {slow}");
    }
}

#[test]
fn decoys_can_be_put_into_any_estate() {
    for shape in [Shape::Hub, Shape::Chain, Shape::SharedData, Shape::Mesh] {
        let app = App::Estate { services: 7, shape };
        let decoys = Decoy::ALL.to_vec();
        let recipe = Recipe { app, decoys, ..with(FaultMode::CpuSaturation) };
        let recording = record(&recipe);
        assert!(!recording.metrics.is_empty(), "{shape:?}");
    }
}

#[test]
fn a_peak_and_a_checkpoint_are_loud_in_the_processor_alone() {
    for (decoy, least) in
        [(Decoy::CpuPeak, 0.8), (Decoy::NoisyNeighbour, 0.8), (Decoy::Checkpoint, 0.6)]
    {
        let (recording, _) = fooling(FaultMode::DnsFailure, decoy);
        let loudest = recording
            .metrics
            .iter()
            .filter(|series| nightjar_incident::signal::of(series) == Signal::CpuUtilization)
            .flat_map(|series| series.column.values().to_vec())
            .fold(0.0, f64::max);
        assert!(loudest > least, "{decoy:?}: {loudest}");
    }
}

#[test]
fn an_innocent_deployment_is_on_record_shortly_before() {
    let (recording, recipe) = fooling(FaultMode::NetworkDelay, Decoy::InnocentDeployment);
    let change = recording.changes.last().unwrap();
    let before = recipe.onset(start()).duration_since(change.at).as_secs();
    assert!((0..=400).contains(&before), "{before}");
    // The caller of inventory is the only service next to it.
    assert_eq!(change.entities[0].as_str(), "checkout");
}

#[test]
fn an_alert_that_had_recovered_resolves_before_the_onset() {
    let (recording, recipe) = fooling(FaultMode::ExternalDependency, Decoy::RecoveredAlert);
    let onset = recipe.onset(start());
    let early = recording.alerts.iter().filter(|alert| alert.received_at < onset);
    assert!(early.count() >= 2);
}

#[test]
fn what_nobody_watches_has_no_alert_of_its_own() {
    let of = |recording: &Recording, entity: &str| {
        let about = |alert: &&nightjar_incident::RawAlert| {
            alert.payload.to_string().contains(&format!("{entity}:"))
        };
        recording.alerts.iter().filter(about).count()
    };
    let mode = FaultMode::ConnectionPoolExhausted;
    let plain = record(&with(mode));
    assert!(of(&plain, "inventory") > 0);
    let (silent, _) = fooling(mode, Decoy::SilentCause);
    assert!(of(&silent, "inventory") == 0 && of(&silent, "checkout") > 0);
    let (distant, _) = fooling(mode, Decoy::DistantAlerts);
    assert!(of(&distant, "checkout") == 0 && of(&distant, "api-gateway") > 0);
}

#[test]
fn telemetry_is_missing_where_it_matters() {
    let of = |recording: &Recording, entity: &str, wanted| {
        recording.metrics.iter().any(|series| {
            series.entity.as_str() == entity && nightjar_incident::signal::of(series) == wanted
        })
    };
    let (recording, _) = fooling(FaultMode::CpuSaturation, Decoy::MissingMetric);
    assert!(!of(&recording, "inventory", Signal::CpuUtilization));
    assert!(of(&recording, "inventory", Signal::Latency));
    let (recording, _) = fooling(FaultMode::CpuSaturation, Decoy::DarkCause);
    assert!(!of(&recording, "inventory", Signal::Latency));
    assert!(recording.logs.iter().all(|line| line.entity.as_str() != "inventory"));
}

#[test]
fn a_storm_fires_at_many_services_and_a_recovered_alert_is_late() {
    let quiet = |alarm| record(&Recipe { false_alarm: Some(alarm), ..short() });
    assert!(quiet(FalseAlarm::Storm).alerts.len() >= 6);
    let recipe = Recipe { false_alarm: Some(FalseAlarm::Recovered), ..short() };
    let first = record(&recipe).alerts.first().unwrap().received_at;
    assert!(first.duration_since(recipe.onset(start())).as_secs() > 300);
}

#[test]
fn more_detail_gives_so_many_more_series_of_each_service() {
    let count = |detail| {
        let app = App::Estate { services: 20, shape: Shape::Layered };
        let recording = record(&Recipe { app, detail, ..short() });
        recording.metrics.len()
    };
    let (plain, more) = (count(0), count(80));
    assert!(more >= plain + 20 * 80, "{plain} {more}");
}
