//! Every scenario at its three seeds: the eval that the rest of the project is measured by.

use crate::program::{json, repository};

#[test]
fn the_engine_solves_the_scenarios_and_blames_nobody_in_quiet_ones() {
    let report = json(&repository(), &["eval", "scenarios", "--json"]);
    let wrong: Vec<String> = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["rank"] != 1 && case["expected"][0].is_string())
        .map(|case| {
            format!("{} rank {} ({})", case["name"], case["rank"], case["ranked"][0]["entity"])
        })
        .collect();
    let summary = &report["summary"];
    assert!(summary["cases"].as_u64().unwrap() >= 24, "{summary}");
    assert!(summary["top1"].as_f64().unwrap() >= 0.9, "{summary}\n{wrong:#?}");
    assert_eq!(summary["quiet_claimed"], 0, "{summary}");
    assert!(summary["quiet_cases"].as_u64().unwrap() >= 3, "{summary}");
}

/// What real servers told of real faults; each was got wrong once, or is one of its kind.
#[test]
fn incidents_of_the_lab_are_solved() {
    let report = json(&repository(), &["eval", "scenarios/lab", "--json"]);
    let cases = report["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        assert_eq!(case["rank"], 1, "{case}");
    }
}
