//! Results kept in a capsule, looking one through, and making one of foreign files.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use nightjar_capsule::{
    Error, Limits, import_folder, read, read_result, verify, write, write_result,
};
use nightjar_incident::journal::{Chain, Entry, Kind};
use nightjar_incident::{Incident, IncidentId, Investigation, Recording, SpaceId};
use nightjar_topology::{EntityId, RelationKind, Topology};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

fn journal() -> Vec<Entry> {
    let mut chain = Chain::new(SpaceId::new("demo"), "exe-1");
    ["first", "second"]
        .into_iter()
        .map(|text| {
            let body = serde_json::json!({ "text": text, "value": 0.1 });
            chain.append(at(0), Kind::Planning, "agent", body).unwrap()
        })
        .collect()
}

fn investigation() -> Investigation {
    Investigation {
        space: SpaceId::new("demo"),
        incident: Incident {
            id: IncidentId::new("inc-1"),
            opened_at: at(0),
            last_news_at: at(1),
            alerts: Vec::new(),
            entities: vec![EntityId::new("cart").unwrap()],
        },
        triage: Vec::new(),
        executions: Vec::new(),
        plans: Vec::new(),
        evidence: Vec::new(),
        topology: Topology::default(),
    }
}

/// A capsule in a folder of its own, with nothing in it.
fn empty_capsule(home: &Path) -> std::path::PathBuf {
    let folder = home.join("capsule");
    write(&folder, &Recording::default(), false).unwrap();
    folder
}

#[test]
fn a_result_is_kept_and_replaced() {
    let home = tempfile::tempdir().unwrap();
    let folder = empty_capsule(home.path());
    let limits = Limits::default();
    assert_eq!(read_result(&folder, &limits).unwrap(), None);
    write_result(&folder, &[], &[], &[]).unwrap();
    write_result(&folder, &journal(), &[investigation()], &[]).unwrap();
    let outcome = read_result(&folder, &limits).unwrap().unwrap();
    assert_eq!(outcome.journal, journal());
    assert_eq!(outcome.investigations, [investigation()]);
    // It belongs to a capsule, so the reader has nothing to say about it.
    assert!(read(&folder, &limits).unwrap().notes.is_empty());
    let report = verify(&folder, &limits);
    assert_eq!((report.journal_entries, report.is_sound()), (Some(2), true));
}

#[test]
fn a_journal_that_was_changed_is_found_out() {
    let home = tempfile::tempdir().unwrap();
    let folder = empty_capsule(home.path());
    write_result(&folder, &journal(), &[], &[]).unwrap();
    let path = folder.join("result/journal.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("second", "another")).unwrap();
    let report = verify(&folder, &Limits::default());
    assert!(!report.is_sound());
    assert!(report.errors[0].starts_with("result/journal.jsonl: "), "{:?}", report.errors);
    // A broken line makes it another journal, so nothing is left out in silence.
    fs::write(&path, text.replace("{\"schema\"", "{schema")).unwrap();
    let error = read_result(&folder, &Limits::default()).unwrap_err().to_string();
    assert!(
        error.starts_with("result/journal.jsonl: 1: an entry of a journal expected"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_result_behind_a_link_out_of_the_folder_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let folder = empty_capsule(home.path());
    let outside = home.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("journal.jsonl"), "").unwrap();
    std::os::unix::fs::symlink(&outside, folder.join("result")).unwrap();
    let error = read_result(&folder, &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::Outside { .. }), "{error}");
}

#[test]
fn a_report_of_something_unreadable_says_why() {
    let home = tempfile::tempdir().unwrap();
    let report = verify(home.path(), &Limits::default());
    assert_eq!(report.errors.len(), 1);
    assert!(report.errors[0].ends_with("is no capsule: it has no `capsule.toml`"));
}

const MIXED: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"aaaaaaaaaaaaaaaa","name":"GET /","kind":2,"startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225601000000000","status":{}}]}]}]}
{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"bbbbbbbbbbbbbbbb","parentSpanId":"aaaaaaaaaaaaaaaa","name":"GET /cart","kind":2,"startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225600500000000","status":{}}]}]}]}
{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1767225600000000000","body":{"stringValue":"hello"}}]}]}]}
{"resourceProfiles":[]}
"#;

#[test]
fn files_of_the_collector_become_a_capsule() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("from-collector");
    fs::create_dir(&source).unwrap();
    let packed = zstd::encode_all(MIXED.as_bytes(), 3).unwrap();
    fs::write(source.join("otel-0.json.zst"), packed).unwrap();
    fs::write(
        source.join("alerts.jsonl"),
        "{\"received_at\":\"2026-01-01T00:00:02Z\",\"payload\":{}}\n",
    )
    .unwrap();
    fs::write(source.join("dump.bin"), [0, 1, 2]).unwrap();
    let target = home.path().join("capsules/case-1");
    let limits = Limits::default();
    let report = import_folder(&source, &target, "case-1", &limits, true).unwrap();
    assert_eq!(
        (report.alerts, report.log_lines, report.spans, report.entities, report.relations),
        (1, 1, 2, 2, 1)
    );
    let recording = read(&target, &limits).unwrap();
    assert_eq!(recording.name, "case-1");
    let relation = recording.topology.relations().next().unwrap();
    assert_eq!((relation.from.as_str(), relation.to.as_str()), ("shop", "cart"));
    assert_eq!(relation.kind, RelationKind::Calls);
    assert_eq!(recording.window.unwrap().to, "2026-01-01T00:00:02.001Z".parse().unwrap());
    assert_eq!(
        recording.notes,
        [
            "dump.bin: a file of JSON lines expected; not read",
            "otel-0.json.zst:4: one object {\"resourceMetrics\" or \"resourceLogs\" or \
             \"resourceSpans\": […]} expected, found something else; left out",
            "topology.json: not there; relations were taken from who calls whom in spans and metrics",
        ]
    );
}

#[test]
fn a_capsule_imported_anew_keeps_what_it_says_of_itself() {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("source");
    fs::create_dir(&source).unwrap();
    let manifest = "schema = 1\nname = \"old\"\nredacted = [\"mail addresses\"]\n";
    fs::write(source.join("capsule.toml"), manifest).unwrap();
    let target = home.path().join("target");
    import_folder(&source, &target, "new", &Limits::default(), false).unwrap();
    let report = verify(&target, &Limits::default());
    assert_eq!(report.name, "new");
    assert_eq!(report.redacted, ["mail addresses"]);
    assert_eq!(report.errors, Vec::<String>::new());
}
