//! Real incidents that other people recorded, where they lie beside the checkout.

use serde_json::Value;

use crate::program::{json, repository, shared};

#[test]
fn petshop_is_solved_better_than_by_every_published_method_and_its_quiet_days_stay_quiet() {
    let Some(set) = shared("petshop") else { return };
    let set = set.to_string_lossy();
    let splits = "50,60,70,80,90";
    let report = json(&repository(), &["eval", &set, "--quiet-splits", splits, "--json"]);
    let summary = &report["summary"];
    let figure = |name: &str| summary[name].as_f64().unwrap();
    assert!(figure("top1") >= 0.95 && figure("top3") >= 1.0, "{summary}");
    assert!(figure("quiet_cases") >= 20.0, "{summary}");
    assert!(figure("quiet_claimed") <= 0.05 * figure("quiet_cases"), "{summary}");
    is_sure_only_when_right(summary);
}

/// False confidence is at most one in twenty, and half of the right answers are sure.
fn is_sure_only_when_right(summary: &Value) {
    let figure = |name: &str| summary[name].as_f64().unwrap();
    let (sure, wrong) = (figure("at_80"), figure("wrong_at_80"));
    assert!(wrong <= 0.05 * sure, "{summary}");
    assert!(sure - wrong >= 0.5 * figure("top1") * figure("cases"), "{summary}");
}

#[test]
fn faults_of_a_benchmark_on_kubernetes_are_found_where_their_telemetry_shows_them() {
    let Some(set) = shared("nezha") else { return };
    let day = |name: &str| {
        let report = json(&repository(), &["eval", &set.join(name).to_string_lossy(), "--json"]);
        report["summary"].clone()
    };
    let boutique = day("2022-08-22");
    assert!(boutique["top1"].as_f64().unwrap() >= 0.8, "{boutique}");
    let tickets = day("2023-01-29");
    let told = &tickets["by"]["modality"]["logs_or_traces"];
    assert!(told["top1"].as_f64().unwrap() >= 0.88, "{tickets}");
    for summary in [&boutique, &tickets] {
        assert!(summary["claimed_top1"].as_f64().unwrap() >= 0.9, "{summary}");
        assert!(summary["fault_top1"].as_f64().unwrap() >= 0.7, "{summary}");
        is_sure_only_when_right(summary);
    }
}

#[test]
fn incidents_of_databases_and_clusters_get_their_category_and_nobody_healthy_is_blamed() {
    let Some(set) = shared("opensre-synthetic") else { return };
    let report = json(&repository(), &["eval", &set.to_string_lossy(), "--json"]);
    let summary = &report["summary"];
    assert_eq!(summary["top1"], 1.0, "{summary}");
    assert_eq!(summary["forbidden"], 0, "{summary}");
}
