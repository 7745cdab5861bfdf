use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;

/// A scenario of three nodes: `front` calls `table_AWS::DynamoDB::Table`; `extra` isn't in the
/// graph. The normal period is later than the issue, as in most of the set.
fn scenario(root: &Path) {
    let write = |name: &str, text: &str| {
        let file = root.join("calm").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    write(
        "graph.csv",
        ",front,table_AWS::DynamoDB::Table\nfront,0.0,1.0\ntable_AWS::DynamoDB::Table,0.0,0.0\n",
    );
    let mut quiet = String::from(
        "microservice,front,front,table_AWS::DynamoDB::Table\nmetric,latency,requests,availability\nstatistic,Average,Sum,Average\nunix_timestamp,,,\n",
    );
    for row in 0..20 {
        quiet += &format!("{}.0,0.1,{},100.0\n", 1_700_000_000 + 300 * row, 40 + row);
    }
    write("noissue/metrics.csv", &quiet);
    let mut issue = String::from(
        "microservice,extra,front\nmetric,latency,latency\nstatistic,p99,Average\nunix_timestamp,,\n",
    );
    for row in 0..5 {
        issue += &format!("{}.0,,{}\n", 1_690_000_000 + 300 * row, 0.5 + f64::from(row));
    }
    write("train/issue_0/metrics.csv", &issue);
    write(
        "train/issue_0/target.json",
        r#"{"target": {"node": "front", "metric": "latency", "agg": "Average", "timestamp": 1690000400},
            "root_cause": {"node": "table_AWS::DynamoDB::Table", "metric": null},
            "metadata": {"reproducibility": {"command": "never read"}}}"#,
    );
}

fn all(path: &Path, splits: &[u32]) -> Vec<Case> {
    let options = Options { normal: None, quiet_splits: splits.to_vec() };
    cases(path, &options).unwrap().map(|case| case.unwrap()).collect()
}

#[test]
fn an_issue_is_the_normal_period_moved_before_it_and_the_five_rows() {
    let root = tempfile::tempdir().unwrap();
    scenario(root.path());
    let found = all(&root.path().join("calm/train"), &[50]);
    let [case] = &found[..] else { panic!("one case: {found:?}") };
    let recording = &case.recording;
    assert_eq!(recording.name, "calm/train/issue_0");
    assert_eq!(case.scenario, "calm");
    let front = recording.metrics.iter().find(|s| s.entity.as_str() == "front").unwrap();
    assert_eq!(front.column.len(), 25);
    assert_eq!(front.column.at(1_690_000_300_000), Some(1.5));
    let normal_end = front.column.times()[19];
    assert!(normal_end < 1_690_000_000_000);
    assert_eq!((1_700_000_000_000 + 19 * 300_000 - normal_end) % DAY_MILLIS, 0);
    let end = Timestamp::from_second(1_690_001_500).unwrap();
    assert_eq!(recording.window.unwrap().to, end);
    assert_eq!(recording.alerts[0].received_at, end);
    assert_eq!(recording.alerts[0].payload["timestamp"], "2023-07-22T04:33:20Z");
    let names: Vec<&str> = recording.topology.entities().map(|e| e.id.as_str()).collect();
    assert_eq!(names, ["extra", "front", "table_AWS::DynamoDB::Table"]);
    let cause = &recording.expect.as_ref().unwrap().causes[0];
    assert_eq!(cause.entity.as_str(), "table_AWS::DynamoDB::Table");
}

#[test]
fn nothing_the_engine_sees_tells_the_answer() {
    let root = tempfile::tempdir().unwrap();
    scenario(root.path());
    for case in all(root.path(), &[]) {
        let alerts = serde_json::to_string(&case.recording.alerts).unwrap();
        assert!(!alerts.contains("table_AWS"), "{alerts}");
        let everything = serde_json::to_string(&case.recording).unwrap();
        assert!(!everything.contains("never read"));
    }
}

#[test]
fn a_quiet_case_takes_what_is_before_the_split_as_normal() {
    let root = tempfile::tempdir().unwrap();
    scenario(root.path());
    let found = all(root.path(), &[50, 70]);
    let quiet: Vec<&Case> = found.iter().filter(|case| case.quiet).collect();
    let names: Vec<&str> = quiet.iter().map(|case| case.recording.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "calm/noissue/split_50/latency",
            "calm/noissue/split_50/availability",
            "calm/noissue/split_70/latency",
            "calm/noissue/split_70/availability",
        ]
    );
    let window = quiet[0].recording.window.unwrap();
    assert_eq!(window.from.as_second(), 1_700_000_000);
    assert_eq!(window.to.as_second(), 1_700_000_000 + 15 * 300);
    assert_eq!(quiet[0].recording.alerts[0].payload["service"], "front");
    let expect = quiet[0].recording.expect.as_ref().unwrap();
    assert_eq!(expect.verdict, ExpectedVerdict::NoIncident);
}

#[test]
fn broken_rows_are_noted_with_file_and_line_and_the_rest_is_read() {
    let root = tempfile::tempdir().unwrap();
    scenario(root.path());
    let file = root.path().join("calm/train/issue_0/metrics.csv");
    let mut text = fs::read(&file).unwrap();
    text.extend_from_slice(
        b"later,,1\n1690001500.0,inf,NaN\n1690001800.0,\xff,2\n1690001500.0,3\n",
    );
    fs::write(&file, text).unwrap();
    let found = all(root.path(), &[]);
    let notes = found[0].recording.notes.join("\n");
    for expected in [
        "train/issue_0/metrics.csv:10: expected Unix seconds, found `later`",
        ":11: expected a number or nothing, found `inf`",
        ":12: expected UTF-8 text",
        ":13: expected 3 cells, found `2 cells`",
    ] {
        assert!(notes.contains(expected), "no `{expected}` in\n{notes}");
    }
}

#[test]
fn a_scenario_without_a_normal_period_says_so_unless_one_is_named() {
    let root = tempfile::tempdir().unwrap();
    scenario(root.path());
    let elsewhere = root.path().join("calm");
    let alone = root.path().join("other/set/lonely");
    fs::create_dir_all(&alone).unwrap();
    fs::rename(elsewhere.join("train"), alone.join("test")).unwrap();
    let mut found = cases(&alone, &Options::default()).unwrap();
    let error = found.next().unwrap().unwrap_err().to_string();
    assert!(error.contains("`lonely`") && error.contains("--normal"), "{error}");
    let options = Options { normal: Some(elsewhere), quiet_splits: Vec::new() };
    let case = cases(&alone, &options).unwrap().next().unwrap().unwrap();
    assert!(case.recording.notes.iter().any(|note| note.contains("stand-in")));
    assert_eq!(case.recording.topology.relations().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_in_a_file_make_the_importer_panic(
        file in 0usize..4,
        place in 0usize..600,
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let names = [
            "graph.csv",
            "noissue/metrics.csv",
            "train/issue_0/metrics.csv",
            "train/issue_0/target.json",
        ];
        let root = tempfile::tempdir().unwrap();
        scenario(root.path());
        let path = root.path().join("calm").join(names[file]);
        let mut text = fs::read(&path).unwrap();
        let place = place.min(text.len());
        text.splice(place..place, bytes);
        fs::write(&path, text).unwrap();
        let options = Options { normal: None, quiet_splits: vec![0, 50, 100] };
        for case in cases(root.path(), &options).unwrap() {
            let _ = case;
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_development_set_gives_twenty_incidents_and_twenty_quiet_cases() {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/petshop");
    if !set.is_dir() {
        eprintln!("skipped: the PetShop data set is not beside the repository");
        return;
    }
    let found = all(&set, &[50, 60, 70, 80, 90]);
    assert_eq!(found.iter().filter(|case| !case.quiet).count(), 20);
    assert_eq!(found.iter().filter(|case| case.quiet).count(), 20);
    for case in &found {
        let recording = &case.recording;
        let window = recording.window.unwrap();
        assert_eq!(recording.alerts[0].received_at, window.to);
        let cause = recording.expect.as_ref().unwrap().causes.first();
        for id in cause.iter().map(|cause| &cause.entity) {
            assert!(recording.topology.entity(id).is_some());
        }
        for series in &recording.metrics {
            assert!(!series.repairs.any(), "{} {}", recording.name, series.entity);
            assert!(series.column.times().iter().all(|t| *t < window.to.as_millisecond()));
        }
    }
}
