//! Text from outside: messages, files, lines.

use std::path::Path;

use jiff::Timestamp;
use nightjar_capsule::import::{self, Options};
use nightjar_capsule::{Limits, import_folder, read, read_archive, verify, write_archive};
use nightjar_incident::{AlertId, RawAlert};
use nightjar_redact::{Policy, Redactor};
use nightjar_templates::Miner;
use nightjar_topology::Topology;

/// Senders whose form is known, an envelope, and one that isn't.
const PROVIDERS: [&str; 21] = [
    "alertmanager",
    "azure",
    "checkmk",
    "cloudevents",
    "cloudwatch",
    "datadog",
    "dynatrace",
    "generic",
    "googlecloud",
    "grafana",
    "newrelic",
    "nobody",
    "opsgenie",
    "pagerduty",
    "pingdom",
    "sentry",
    "servicenow",
    "signalfx",
    "site24x7",
    "sns",
    "splunk",
];

/// Messages of alerting systems, by their shape and claimed to be of each sender.
pub(crate) fn payloads(bytes: &[u8]) {
    let payload = nightjar_payloads::json(bytes)
        .unwrap_or_else(|_| serde_json::Value::String(String::from_utf8_lossy(bytes).into_owned()));
    if let Some(Ok(changes)) = nightjar_payloads::changes(&payload, Timestamp::UNIX_EPOCH) {
        for change in changes {
            let told = !change.id.as_str().is_empty() && !change.entities.is_empty();
            assert!(told && !change.summary.chars().any(char::is_control), "a change of nothing");
        }
    }
    let shapes = nightjar_payloads::recognised(&payload);
    for provider in std::iter::once(None).chain(PROVIDERS.map(Some)) {
        let raw = RawAlert {
            provider: provider.map(str::to_owned),
            received_at: Timestamp::UNIX_EPOCH,
            payload: payload.clone(),
        };
        let mut next_id = || AlertId::new("alert");
        match nightjar_payloads::parse(&raw, &mut next_id) {
            Ok(alerts) => {
                assert!(!alerts.is_empty(), "neither an alert nor a reason");
                for alert in alerts {
                    let told = !alert.provider.is_empty() && !alert.key.is_empty();
                    assert!(told && !alert.title.is_empty(), "an alert of nobody or nothing");
                    let is_over = alert.status == nightjar_incident::AlertStatus::Resolved;
                    assert!(!is_over || alert.ends_at.is_some(), "over, and nobody knows when");
                }
            }
            Err(rejected) => assert!(!rejected.reason.is_empty(), "rejected for no reason"),
        }
    }
    let names = shapes.iter().all(|name| PROVIDERS.contains(name));
    assert!(names, "a sender that no target claims to be: {shapes:?}");
}

/// A topology: what is read is written and read the same, and every walk ends.
pub(crate) fn topology(bytes: &[u8]) {
    let Ok(topology) = serde_json::from_slice::<Topology>(bytes) else { return };
    let text = serde_json::to_vec(&topology).expect("invariant: a topology is plain data");
    let again: Topology = serde_json::from_slice(&text).expect("invariant: it was just written");
    assert_eq!(again, topology, "a topology changes when written and read");
    for entity in topology.entities() {
        let below = topology.suppliers(&entity.id).len();
        assert!(below <= topology.len(), "more suppliers than entities");
        topology.blast_radius(&entity.id, |_| true);
    }
}

/// The files of a capsule; the first byte says which one the rest is.
pub(crate) fn capsule(bytes: &[u8]) {
    const FILES: [&str; 8] = [
        "capsule.toml",
        "topology.json",
        "alerts.jsonl",
        "changes.jsonl",
        "metrics.jsonl",
        "logs.jsonl",
        "traces.jsonl",
        "expect.toml",
    ];
    let Some((which, text)) = bytes.split_first() else { return };
    let Some(file) = FILES.get(usize::from(*which) % FILES.len()) else { return };
    in_folder(&[(file, text)], |folder| {
        let limits = Limits { samples: 100_000, ..Limits::default() };
        // An error is a fine answer; so is a recording.
        let _ = read(folder, &limits);
        verify(folder, &limits);
    });
}

/// A capsule in one file: what is read is written, and read again.
pub(crate) fn archive(bytes: &[u8]) {
    let limits = Limits { samples: 100_000, total_bytes: 4 << 20, ..Limits::upload() };
    let Ok(archive) = read_archive(bytes, &limits) else { return };
    let result =
        archive.result.as_ref().map(|kept| (&*kept.journal, &*kept.investigations, &*kept.tapes));
    // A recording may hold what can't be written, such as times before 1970.
    if let Ok(bytes) = write_archive(&archive.recording, result) {
        let again = read_archive(&bytes, &Limits::default());
        let again = again.expect("invariant: it was just written");
        assert_eq!(again.recording.name, archive.recording.name, "another capsule came back");
        assert_eq!(again.result, archive.result, "another result came back");
    }
}

/// Files as the OpenTelemetry Collector writes them, all signals in one.
pub(crate) fn telemetry(bytes: &[u8]) {
    in_folder(&[("telemetry.jsonl", bytes)], |folder| {
        let limits = Limits { samples: 100_000, ..Limits::default() };
        let target = folder.join("capsule");
        if import_folder(folder, &target, "fuzz", &limits, false).is_ok() {
            let read = read(&target, &limits);
            assert!(read.is_ok(), "what was imported can't be read: {read:?}");
        }
    });
}

/// The tables of PetShop: the incident's and the quiet period's are the same bytes.
pub(crate) fn petshop(bytes: &[u8]) {
    const TARGET: &[u8] =
        br#"{"target": {"node": "a", "metric": "latency", "timestamp": 1700000000}}"#;
    let files = [
        ("train/issue_0/metrics.csv", bytes),
        ("train/issue_0/target.json", TARGET),
        ("noissue/metrics.csv", bytes),
        ("graph.csv", bytes),
    ];
    in_folder(&files, |folder| {
        let options = Options { normal: None, quiet_splits: vec![50] };
        if let Ok(cases) = import::petshop::cases(folder, &options) {
            let _ = cases.count();
        }
    });
}

/// The tables of Nezha.
pub(crate) fn nezha(bytes: &[u8]) {
    const FAULTS: &[u8] = br#"{"12": [{"inject_time": "2022-08-22 03:51:01", "inject_timestamp": "1661140261", "inject_pod": "a-1-2", "inject_type": "cpu_contention"}]}"#;
    let files = [
        ("2022-08-22-fault_list.json", FAULTS),
        ("metric/a-1-2_metric.csv", bytes),
        ("metric/front_service.csv", bytes),
        ("metric/dependency.csv", bytes),
        ("log/03_51_log.csv", bytes),
        ("trace/03_51_trace.csv", bytes),
    ];
    in_folder(&files, |folder| {
        if let Ok(cases) = import::nezha::cases(folder) {
            let _ = cases.count();
        }
    });
}

/// Lines of logs.
pub(crate) fn templates(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut miner = Miner::new(nightjar_templates::Limits::default());
    let ids: Vec<_> = text.lines().map(|line| miner.learn(line)).collect();
    for id in ids {
        let resolved = miner.resolve(id);
        assert_eq!(miner.resolve(resolved), resolved, "a template leads on");
        miner.text(resolved);
    }
    for line in text.lines() {
        nightjar_templates::message(line);
        nightjar_templates::has_stack_trace(line);
    }
}

/// Text and JSON to redact: what comes out is redacted already, and a document stays one.
pub(crate) fn redact(bytes: &[u8]) {
    let mut redactor = Redactor::new(&[7; 32], &Policy::default(), std::iter::empty());
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        let once = redactor.text(line).into_owned();
        assert_eq!(redactor.text(&once), once, "what was redacted changes again");
    }
    if let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(bytes) {
        redactor.value(&mut value);
        let once = value.clone();
        redactor.value(&mut value);
        assert_eq!(value, once, "a redacted document changes again");
    }
}

fn in_folder(files: &[(&str, &[u8])], work: impl FnOnce(&Path)) {
    let Ok(folder) = tempfile::tempdir() else { return };
    for (name, bytes) in files {
        let path = folder.path().join(name);
        let above = path.parent().map(std::fs::create_dir_all);
        if !matches!(above, Some(Ok(()))) || std::fs::write(&path, bytes).is_err() {
            return;
        }
    }
    work(folder.path());
}
