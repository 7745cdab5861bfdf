use std::fs;

use crate::program::{done, json};

#[test]
fn the_demo_links_four_alerts_keeps_one_apart_and_plans_the_repair() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = json(folder.path(), &["demo", "--json"]);
    let investigations = outcome["investigations"].as_array().unwrap();
    let alerts = |n: usize| investigations[n]["incident"]["alerts"].as_array().unwrap().len();
    let mut sizes: Vec<usize> = (0..investigations.len()).map(alerts).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 4]);
    let main = investigations.iter().find(|i| i["incident"]["alerts"][3].is_object()).unwrap();
    let last = main["executions"].as_array().unwrap().last().unwrap();
    let verdict = &last["conclusion"]["verdict"];
    assert_eq!(verdict["verdict"], "cause_found", "{verdict}");
    let cause = &verdict["causes"][0]["hypothesis"];
    assert_eq!(cause["entity"], "inventory", "{cause}");
    assert_eq!(cause["fault_mode"], "connection_pool_exhausted", "{cause}");
    assert!(cause["trigger"].is_string(), "{cause}");
    assert_eq!(last["conclusion"]["stage"], "final");
    assert!(main["executions"].as_array().unwrap().len() > 1);
    let steps = main["plans"][0]["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["phase"] == "apply"));
    assert!(steps.iter().any(|step| step["phase"] == "check_after"));
}

#[test]
fn in_a_pipe_the_demo_is_plain_text_of_readable_width() {
    let folder = tempfile::tempdir().unwrap();
    let text = done(folder.path(), &["demo", "--html", "report.html"]);
    assert!(!text.contains('\u{1b}'));
    for part in ["CONCLUSION", "PLAN", "report  ", " alert ", "triage", "verdict"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    // Commands and paths stay whole, so that they can be copied.
    let is_prose = |line: &&str| !line.trim_start().starts_with('$');
    let widest = text.lines().filter(is_prose).map(|line| line.chars().count()).max();
    assert!(widest.unwrap_or_default() <= 100, "{text}");
    let lines = text.lines().count();
    assert!(lines <= 120, "{lines} lines are more than two screens:\n{text}");
}

#[test]
fn the_report_of_the_demo_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    done(folder.path(), &["demo", "--html", "report.html"]);
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"));
    assert!(page.len() < 300_000, "{} bytes", page.len());
    for outside in ["src=\"http", "<script", "@import", "url(http"] {
        assert!(!page.contains(outside), "`{outside}`");
    }
}

#[test]
fn the_demo_tells_the_same_story_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let story = || {
        let text = done(folder.path(), &["demo"]);
        text.lines()
            .filter(|line| !line.contains("simulation included"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(story(), story());
}

#[test]
fn the_excerpt_in_the_readme_is_what_the_demo_prints() {
    let folder = tempfile::tempdir().unwrap();
    let printed = done(folder.path(), &["demo"]);
    let readme = include_str!("../../../../README.md");
    let (_, excerpt) = readme.split_once("## What it looks like").unwrap();
    let (excerpt, _) = excerpt.split_once("\n## ").unwrap();
    let shown = excerpt.lines().filter_map(|line| line.strip_prefix("    "));
    for line in shown.filter(|line| line.trim() != "…") {
        assert!(printed.lines().any(|p| p == line), "README.md shows `{line}`, the demo doesn't");
    }
}
