use std::fs;
use std::path::PathBuf;

use crate::program::{done, json, nightjar};

/// A folder with one simulated capsule in it.
fn simulated(arguments: &[&str]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let written =
        json(folder.path(), &[&["simulate", "--out", "recorded", "--json"], arguments].concat());
    let capsule = written["written"][0].as_str().unwrap().to_owned();
    (folder, capsule)
}

#[test]
fn a_simulated_capsule_can_be_looked_at() {
    let (folder, capsule) = simulated(&["--fault", "throttled", "--compress"]);
    let shown = json(folder.path(), &["capsule", "show", &capsule, "--json"]);
    assert!(shown["samples"].as_u64().unwrap() > 1000);
    assert_eq!(shown["notes"].as_array().unwrap().len(), 0, "{shown}");
    assert!(done(folder.path(), &["capsule", "verify", &capsule]).contains("sound"));
    let tree = done(folder.path(), &["topology", "show", &capsule]);
    assert!(tree.contains("payments-table"), "{tree}");
    let reach =
        json(folder.path(), &["topology", "blast-radius", &capsule, "payments-table", "--json"]);
    let reached: Vec<&str> = reach["reaches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["entity"].as_str().unwrap())
        .collect();
    assert!(reached.contains(&"api-gateway"), "{reached:?}");
    let unknown = nightjar(folder.path(), &["topology", "blast-radius", &capsule, "payments"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("payments-table"), "{}", unknown.stderr);
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let files = || {
        let (folder, capsule) = simulated(&["--fault", "bad_deployment", "--seed", "7"]);
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder.path().join(capsule)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| fs::read(file).unwrap_or_default()).collect::<Vec<_>>()
    };
    assert!(files() == files());
}

#[test]
fn a_stored_result_is_replayed_and_a_changed_one_is_told() {
    let (folder, capsule) = simulated(&["--fault", "connection_pool_exhausted"]);
    let folder = folder.path();
    let fresh = nightjar(folder, &["replay", &capsule]);
    assert_eq!(fresh.code, 0, "{}", fresh.stderr);
    assert!(fresh.stderr.contains("no stored result"), "{}", fresh.stderr);

    done(folder, &["investigate", &capsule, "--record"]);
    let replayed = json(folder, &["replay", &capsule, "--json"]);
    assert_eq!(replayed["same"], true, "{replayed}");
    assert_eq!(replayed["compared_with"], "the stored result");
    assert!(done(folder, &["journal", "verify", &capsule]).starts_with("sound"));

    let journal = folder.join(&capsule).join("result/journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let altered = text.replacen("cause_found", "not_found", 1);
    assert!(text != altered);
    fs::write(&journal, altered).unwrap();
    assert_eq!(nightjar(folder, &["replay", &capsule]).code, 3);
    let checked = nightjar(folder, &["journal", "verify", &capsule]);
    assert_eq!(checked.code, 3);
    assert!(checked.stdout.contains("was altered"), "{}", checked.stdout);
}

#[test]
fn reports_are_written_where_they_are_wanted() {
    let (folder, capsule) = simulated(&["--fault", "cpu_saturation"]);
    let folder = folder.path();
    let text = done(folder, &["investigate", &capsule, "--html", "a/r.html", "--markdown", "r.md"]);
    assert!(text.contains("r.md"));
    assert!(fs::read_to_string(folder.join("a/r.html")).unwrap().contains("</html>"));
    assert!(fs::read_to_string(folder.join("r.md")).unwrap().starts_with('#'));
}

#[test]
fn a_capsule_without_alerts_has_no_answer() {
    let (folder, capsule) = simulated(&["--fault", "throttled"]);
    fs::write(folder.path().join(&capsule).join("alerts.jsonl"), "").unwrap();
    let ended = nightjar(folder.path(), &["investigate", &capsule]);
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("holds no alerts"), "{}", ended.stderr);
}

#[test]
fn a_damaged_line_is_told_by_file_and_line_and_the_rest_is_used() {
    let (folder, capsule) = simulated(&["--fault", "throttled"]);
    let file = folder.path().join(&capsule).join("alerts.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{{\"broken\n{text}")).unwrap();
    let ended = nightjar(folder.path(), &["investigate", &capsule]);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("alerts.jsonl:1"), "{}", ended.stdout);
    assert!(done(folder.path(), &["capsule", "verify", &capsule]).contains("alerts.jsonl:1"));
    fs::write(folder.path().join(&capsule).join("topology.json"), "{").unwrap();
    let checked = nightjar(folder.path(), &["capsule", "verify", &capsule]);
    assert_eq!(checked.code, 3);
    assert!(checked.stdout.contains("topology.json"), "{}", checked.stdout);
}

#[test]
fn a_message_that_nobody_knows_is_told_and_the_others_are_investigated() {
    let (folder, capsule) = simulated(&["--fault", "throttled"]);
    let file = folder.path().join(&capsule).join("alerts.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let stranger = r#"{"received_at":"2026-11-23T03:00:01Z","payload":{"\u001b[2Jhello":1}}"#;
    fs::write(&file, format!("{stranger}\n{text}")).unwrap();
    let ended = nightjar(folder.path(), &["investigate", &capsule]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("03:00:01  rejected"), "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'));
    let outcome = json(folder.path(), &["investigate", &capsule, "--json"]);
    assert_eq!(outcome["rejected"].as_array().unwrap().len(), 1);
}

#[test]
fn an_unknown_fault_mode_gets_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let ended = nightjar(folder.path(), &["simulate", "--out", "x", "--fault", "gremlins"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("bad_deployment"), "{}", ended.stderr);
}

#[test]
fn a_case_that_became_worse_is_told_against_the_baseline() {
    let (folder, capsule) = simulated(&["--fault", "connection_pool_exhausted"]);
    let folder = folder.path();
    let report = done(folder, &["eval", "recorded", "--json"]);
    fs::write(folder.join("before.json"), report).unwrap();
    let same = done(folder, &["eval", "recorded", "--baseline", "before.json"]);
    assert!(same.contains("nothing changed"), "{same}");

    // Another truth makes the same verdict wrong.
    let expect = "verdict = \"cause_found\"\n[[cause]]\nentity = \"cart\"\n";
    fs::write(folder.join(&capsule).join("expect.toml"), expect).unwrap();
    let worse = nightjar(folder, &["eval", "recorded", "--baseline", "before.json"]);
    assert_eq!(worse.code, 3, "{}", worse.stdout);

    fs::write(folder.join("before.json"), "{}").unwrap();
    let broken = nightjar(folder, &["eval", "recorded", "--baseline", "before.json"]);
    assert_eq!(broken.code, 1);
    assert!(broken.stderr.contains("hint: write one with"), "{}", broken.stderr);
}

#[test]
fn a_capsule_without_its_truth_is_not_judged() {
    let (folder, capsule) = simulated(&["--fault", "connection_pool_exhausted"]);
    fs::remove_file(folder.path().join(&capsule).join("expect.toml")).unwrap();
    let ended = nightjar(folder.path(), &["eval", "recorded"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("has no expect.toml: not judged"), "{}", ended.stderr);
}

#[test]
fn files_of_an_exporter_become_a_capsule() {
    let (folder, capsule) = simulated(&["--fault", "throttled"]);
    let source = folder.path().join(&capsule);
    fs::remove_file(source.join("capsule.toml")).unwrap();
    assert_eq!(nightjar(folder.path(), &["investigate", &capsule]).code, 1);
    done(folder.path(), &["capsule", "import", &capsule, "imported/one"]);
    let text = done(folder.path(), &["investigate", "imported/one"]);
    assert!(text.contains("payments-table: throttled"), "{text}");
}
