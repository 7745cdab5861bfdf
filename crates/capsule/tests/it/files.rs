use std::fs;
use std::path::{Path, PathBuf};

use nightjar_capsule::{Error, Limits, read, write};
use nightjar_incident::Recording;

const MANIFEST: &str = "schema = 1\nname = \"case\"\n";

const GAUGE: &str = r#"{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeMetrics":[{"metrics":[{"name":"load","unit":"1","gauge":{"dataPoints":[{"timeUnixNano":"1767225600000000000","asDouble":1.5}]}}]}]}]}"#;

/// A capsule folder with these files.
struct Capsule {
    _home: tempfile::TempDir,
    folder: PathBuf,
}

fn capsule(files: &[(&str, &[u8])]) -> Capsule {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("capsule");
    fs::create_dir(&folder).unwrap();
    for (name, content) in files {
        fs::write(folder.join(name), content).unwrap();
    }
    Capsule { _home: home, folder }
}

fn whole(files: &[(&str, &[u8])]) -> Capsule {
    let mut all: Vec<(&str, &[u8])> =
        vec![("capsule.toml", MANIFEST.as_bytes()), ("topology.json", b"{}")];
    all.extend(files);
    capsule(&all)
}

fn try_read(folder: &Path) -> Result<Recording, Error> {
    read(folder, &Limits::default())
}

fn notes(files: &[(&str, &[u8])]) -> Vec<String> {
    try_read(&whole(files).folder).unwrap().notes
}

fn error(files: &[(&str, &[u8])]) -> String {
    try_read(&whole(files).folder).unwrap_err().to_string()
}

#[test]
fn a_malformed_line_is_noted_and_the_rest_is_read() {
    let text = format!("{GAUGE}\n{{\"resourceMetrics\": 7}}\nnot json\n\n{GAUGE}\n");
    let recording = try_read(&whole(&[("metrics.jsonl", text.as_bytes())]).folder).unwrap();
    assert_eq!(recording.metrics.len(), 1);
    assert_eq!(
        recording.notes,
        [
            "metrics.jsonl:2: one object {\"resourceMetrics\": […]} expected, \
             found: invalid type: integer `7`, expected a sequence at column 21",
            "metrics.jsonl:3: one object {\"resourceMetrics\": […]} expected, \
             found: expected ident at column 2",
            "metrics.jsonl: `load` of `cart`: \
             1 samples with the time of another were dropped, the last counts",
        ]
    );
}

#[test]
fn a_file_that_is_cut_off_keeps_what_came_before() {
    let text = format!("{GAUGE}\n{}", GAUGE.split_at(GAUGE.len() - 20).0);
    let recording = try_read(&whole(&[("metrics.jsonl", text.as_bytes())]).folder).unwrap();
    assert_eq!(recording.metrics.len(), 1);
    assert_eq!(recording.notes.len(), 1);
    assert!(recording.notes[0].starts_with("metrics.jsonl:2: "), "{:?}", recording.notes);
    assert!(recording.notes[0].ends_with("(the line is cut off)"), "{:?}", recording.notes);
}

#[test]
fn a_compressed_file_that_is_cut_off_keeps_what_came_before() {
    let mut text = String::new();
    for second in 0..40_000_u64 {
        let time = (1_767_225_600 + second * 7) * 1_000_000_000 + second * second * 1_000_003;
        text += &GAUGE.replace("1767225600000000000", &time.to_string());
        text += "\n";
    }
    let packed = zstd::encode_all(text.as_bytes(), 3).unwrap();
    let cut = &packed[..packed.len() / 2];
    let recording = try_read(&whole(&[("metrics.jsonl.zst", cut)]).folder).unwrap();
    assert!(recording.metrics[0].column.len() > 1_000);
    let last = recording.notes.last().unwrap();
    assert!(last.starts_with("metrics.jsonl.zst:") && last.contains("cut off"), "{last}");
}

#[test]
fn a_zip_bomb_ends_at_the_budget() {
    let bomb = zstd::encode_all(std::io::Read::take(std::io::repeat(0), 64 << 20), 1).unwrap();
    assert!(bomb.len() < 10_000);
    let capsule = whole(&[("logs.jsonl.zst", &bomb)]);
    let limits = Limits { total_bytes: 1 << 20, ..Limits::default() };
    let error = read(&capsule.folder, &limits).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }));
    assert_eq!(
        error.to_string(),
        "logs.jsonl.zst: more than 1048576 decompressed bytes; \
         raise the limit if the capsule is to be trusted"
    );
}

#[test]
fn a_compressed_file_that_asks_for_a_huge_window_is_not_read() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 1 << 20), &mut encoder).unwrap();
    let packed = encoder.finish().unwrap();
    let found = notes(&[("logs.jsonl.zst", &packed)]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("logs.jsonl.zst:1: cannot read on: "), "{found:?}");
}

#[test]
fn too_many_samples_are_an_error_that_says_so() {
    let text = format!("{GAUGE}\n{GAUGE}\n{GAUGE}\n");
    let capsule = whole(&[("metrics.jsonl", text.as_bytes())]);
    let limits = Limits { samples: 2, ..Limits::default() };
    let error = read(&capsule.folder, &limits).unwrap_err().to_string();
    assert!(error.starts_with("metrics.jsonl: more than 2 samples"), "{error}");
}

#[test]
fn plain_and_compressed_together_are_refused() {
    let error = error(&[("logs.jsonl", b""), ("logs.jsonl.zst", b"")]);
    assert_eq!(error, "both `logs.jsonl` and `logs.jsonl.zst` are there; remove one");
}

#[test]
fn another_schema_version_is_refused() {
    let read = |manifest: &str| {
        try_read(&capsule(&[("capsule.toml", manifest.as_bytes())]).folder).unwrap_err().to_string()
    };
    assert_eq!(read("schema = 2\nfuture = true\n"), "capsule.toml: schema = 1 expected, found 2");
    assert_eq!(read("name = \"x\"\n"), "capsule.toml: schema = 1 expected, found none");
    assert!(read("schema = 1\nname = \"x\"\nsources = 3\n").contains("line 3"));
    assert!(read("schema = 1\nname = ").starts_with("capsule.toml: "));
    let window = "schema = 1\nname = \"x\"\n[window]\nfrom = \"noon\"\nto = \"one\"\n";
    assert_eq!(
        read(window),
        "capsule.toml: window.from: a time with its offset like 2026-05-04T03:02:01Z expected, \
         found `noon`"
    );
}

#[test]
fn times_may_be_written_in_any_zone_and_as_toml_times() {
    let manifest = "schema = 1\nname = \"x\"\n[window]\nfrom = 2026-01-01T01:00:00+01:00\nto = \"2026-01-01T05:30:00+05:30\"\n";
    let capsule = capsule(&[("capsule.toml", manifest.as_bytes())]);
    let window = try_read(&capsule.folder).unwrap().window.unwrap();
    assert_eq!(window.from.to_string(), "2026-01-01T00:00:00Z");
    assert_eq!(window.to, window.from);
}

#[test]
fn a_folder_without_a_manifest_is_no_capsule() {
    let found = try_read(&capsule(&[("metrics.jsonl", b"")]).folder).unwrap_err();
    assert!(matches!(found, Error::NotACapsule { .. }));
    assert!(matches!(try_read(Path::new("nowhere at all")), Err(Error::Io { .. })));
}

#[test]
fn a_capsule_without_anything_is_read_with_what_is_missing() {
    let capsule = capsule(&[("capsule.toml", MANIFEST.as_bytes())]);
    let recording = try_read(&capsule.folder).unwrap();
    assert_eq!(recording.notes, ["topology.json: not there; no relations are known"]);
    assert_eq!(recording.window, None);
}

#[test]
fn files_that_mean_nothing_are_noted() {
    assert_eq!(
        notes(&[("metric.jsonl", b""), ("README.md", b"")]),
        ["capsule: `metric.jsonl` is no part of a capsule; not read"]
    );
}

#[test]
fn a_broken_topology_or_expectation_names_its_line() {
    let found = try_read(
        &capsule(&[
            ("capsule.toml", MANIFEST.as_bytes()),
            ("topology.json", b"{\n\"entities\": [\n{\"id\": \"\"}]}"),
        ])
        .folder,
    );
    let found = found.unwrap_err().to_string();
    assert!(found.starts_with("topology.json:3: "), "{found}");
    assert!(found.contains("an entity id is empty"), "{found}");
    let found = error(&[("expect.toml", b"verdict = \"cause_found\"\ncauses = 1\n")]);
    assert!(found.starts_with("expect.toml: ") && found.contains("line 2"), "{found}");
}

#[test]
fn text_that_is_not_utf_8_is_noted() {
    assert_eq!(
        notes(&[("logs.jsonl", b"\xff\xfe\n")]),
        ["logs.jsonl:1: UTF-8 expected, found something else at byte 1; left out"]
    );
}

#[test]
fn lines_out_of_order_are_sorted_and_that_is_said() {
    let text = "{\"received_at\":\"2026-01-01T00:00:01Z\",\"payload\":1}\n\
                {\"received_at\":\"2026-01-01T02:00:00+02:00\",\"payload\":2}\n\
                {\"payload\":3}\n";
    let recording = try_read(&whole(&[("alerts.jsonl", text.as_bytes())]).folder).unwrap();
    let payloads: Vec<i64> =
        recording.alerts.iter().filter_map(|alert| alert.payload.as_i64()).collect();
    assert_eq!(payloads, [2, 1]);
    assert_eq!(
        recording.notes,
        [
            "alerts.jsonl:3: an alert with received_at and payload expected, \
             found: missing field `received_at` at column 13",
            "alerts.jsonl: lines in time order expected; they were sorted",
        ]
    );
}

#[test]
fn names_are_never_paths() {
    let manifest = "schema = 1\nname = \"../../../etc\"\nsources = [\"/etc/passwd\"]\n";
    let capsule = capsule(&[("capsule.toml", manifest.as_bytes())]);
    let recording = try_read(&capsule.folder).unwrap();
    assert_eq!(recording.name, "../../../etc");
    let target = capsule.folder.with_file_name("other");
    write(&target, &recording, false).unwrap();
    assert_eq!(try_read(&target).unwrap().name, "../../../etc");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_refused() {
    let capsule = whole(&[]);
    let outside = capsule.folder.with_file_name("outside.jsonl");
    fs::write(&outside, GAUGE).unwrap();
    std::os::unix::fs::symlink(&outside, capsule.folder.join("metrics.jsonl")).unwrap();
    let found = try_read(&capsule.folder).unwrap_err();
    assert!(matches!(found, Error::Outside { .. }), "{found}");
}

#[test]
fn a_folder_in_the_place_of_a_file_is_refused() {
    let capsule = whole(&[]);
    fs::create_dir(capsule.folder.join("metrics.jsonl")).unwrap();
    let found = try_read(&capsule.folder).unwrap_err();
    assert!(matches!(found, Error::NotAFile { .. }), "{found}");
}

#[test]
fn a_folder_that_holds_something_is_never_written_over() {
    let capsule = whole(&[]);
    let found = write(&capsule.folder, &Recording::default(), false).unwrap_err();
    assert!(matches!(found, Error::NotEmpty { .. }), "{found}");
    let empty = capsule.folder.with_file_name("empty");
    fs::create_dir(&empty).unwrap();
    write(&empty, &Recording::default(), false).unwrap();
    try_read(&empty).unwrap();
}

#[test]
fn a_capsule_that_cannot_be_written_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let line = nightjar_incident::LogRecord {
        at: "1900-01-01T00:00:00Z".parse().unwrap(),
        entity: nightjar_topology::EntityId::new("cart").unwrap(),
        severity: nightjar_incident::LogSeverity::Info,
        body: String::new(),
        trace_id: None,
        span_id: None,
    };
    let recording = Recording { logs: vec![line], ..Recording::default() };
    let found = write(&home.path().join("capsule"), &recording, true).unwrap_err();
    assert_eq!(
        found.to_string(),
        "cannot write a log line of `cart`: OTLP has no time 1900-01-01T00:00:00Z"
    );
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}
