//! The parts of `nightjar accuracy` that are small enough for every day. They take about a minute:
//! an engine is only measured by many incidents.

use serde_json::Value;

use crate::program::{json, repository, shared};

/// What came of each section of a part.
fn figures(part: &[&str]) -> Vec<Value> {
    let page = json(&repository(), &[&["accuracy", "--json", "--only"], part].concat());
    let sections = page["sections"].as_array().unwrap();
    sections.iter().map(|section| section["result"].clone()).collect()
}

/// The names of the cases whose cause isn't first.
fn missed(report: &Value) -> Vec<String> {
    let cases = report["cases"].as_array().unwrap();
    let is_missed = |case: &&Value| case["quiet"] == false && case["rank"] != 1;
    cases.iter().filter(is_missed).map(|case| case["name"].to_string()).collect()
}

#[test]
fn renamed_swapped_and_grafted_faults_are_found_where_they_are() {
    if shared("petshop").is_none() {
        return;
    }
    let (mut cases, mut right, mut wrong) = (0, 0.0, Vec::new());
    for found in figures(&["metamorphic", "--quick"]) {
        let report = &found["report"];
        for (name, part) in report["summary"]["by"]["scenario"].as_object().unwrap() {
            // Nothing but the names changed, or only the places of two nodes.
            if name == "renamed" || name == "swapped" {
                assert_eq!(part["top1"], 1.0, "{name}: {part}");
            }
        }
        let count = report["summary"]["cases"].as_u64().unwrap();
        cases += count;
        right += report["summary"]["top1"].as_f64().unwrap() * count as f64;
        wrong.extend(missed(report));
    }
    assert!(cases >= 300, "only {cases}");
    let top1 = right / cases as f64;
    assert!(top1 >= 0.95, "{top1}: {wrong:#?}");
}

#[test]
fn simulated_worlds_that_nothing_was_fitted_on_are_solved() {
    let found = figures(&["worlds", "--worlds", "60"]);
    let (plain, worn) = (&found[0]["report"], &found[1]["report"]);
    let figure = |report: &Value, name: &str| report["summary"][name].as_f64().unwrap_or(0.0);
    let both = |name: &str| figure(plain, name) + figure(worn, name);
    assert!(both("cases") >= 40.0 && both("quiet_cases") >= 8.0);
    let top1 = figure(plain, "top1");
    assert!(top1 >= 0.85, "{top1}: {:#?}", missed(plain));
    let worn_top1 = figure(worn, "top1");
    assert!(worn_top1 >= 0.82, "{worn_top1}: {:#?}", missed(worn));
    let claimed = both("quiet_claimed") / both("quiet_cases");
    assert!(claimed <= 0.1, "claimed in {claimed} of the quiet worlds");
}
