//! Real incidents that other people recorded, where they lie beside the checkout.

use crate::program::{json, repository, shared};

#[test]
fn petshop_is_solved_better_than_by_every_published_method_and_its_quiet_days_stay_quiet() {
    let Some(set) = shared("petshop") else { return };
    let set = set.to_string_lossy();
    let splits = "50,60,70,80,90";
    let report = json(&repository(), &["eval", &set, "--quiet-splits", splits, "--json"]);
    let summary = &report["summary"];
    assert!(summary["top1"].as_f64().unwrap() > 0.85, "{summary}");
    let quiet = summary["quiet_cases"].as_f64().unwrap();
    assert!(quiet >= 20.0, "{summary}");
    assert!(summary["quiet_claimed"].as_f64().unwrap() / quiet <= 0.2, "{summary}");
}

#[test]
fn nezha_runs_and_its_figures_do_not_fall() {
    let Some(set) = shared("nezha") else { return };
    let report = json(&repository(), &["eval", &set.to_string_lossy(), "--json"]);
    let summary = &report["summary"];
    assert_eq!(summary["cases"], 52, "{summary}");
    assert!(summary["top3"].as_f64().unwrap() > 0.0, "{summary}");
}
