use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use nightjar_incident::{LogSeverity, MetricSeries, Statistic};
use proptest::prelude::*;

use super::*;

fn write(root: &Path, name: &str, text: &str) {
    let file = root.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let file = fs::File::create(file).unwrap();
    if name.ends_with(".gz") {
        let mut packed = GzEncoder::new(file, Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap();
    } else {
        (&file).write_all(text.as_bytes()).unwrap();
    }
}

/// A day with a front and a cart, one fault at 10:30:30, and logs and traces of its minute.
fn day(root: &Path) -> PathBuf {
    let day = root.join("2022-03-01");
    write(
        &day,
        "2022-03-01-fault_list.json",
        r#"{"10": [{"inject_time": "2022-03-01 10:30:30", "inject_timestamp": "1",
                    "inject_pod": "cart-579f59597d-wc2lz", "inject_type": "network_delay"}]}"#,
    );
    let mut pod =
        String::from("Time,TimeStamp,PodName,CpuUsageRate(%),PodWorkload(Ops),PodSuccessRate(%)\n");
    let mut edge = String::from("time,timestamp,front_cart\n");
    for minute in 0..60 {
        let time = format!("2022-03-01 10:{minute:02}:19.{minute:02} +0000 UTC m=+0.1");
        pod += &format!("{time},9,x,{},0.5,0\n", if minute == 7 { "NaN" } else { "25" });
        edge += &format!("{time},9,{}\n", if minute == 8 { "" } else { "0.25" });
    }
    write(&day, "metric/cart-579f59597d-wc2lz_metric.csv.gz", &pod);
    write(&day, "metric/source_50.csv.gz", &edge);
    write(&day, "metric/destination_50.csv.gz", &edge);
    write(
        &day,
        "metric/front_service.csv.gz",
        "Time,TimeStamp,ServiceName,SuccessRate(%)\n2022-03-01 10:20:19 +0000 UTC,9,Front,99\n",
    );
    write(
        &day,
        "metric/dependency.csv.gz",
        "Source,Target,Weight\nfront,cart,1\ncart,10.0.0.8,1\n",
    );
    let nanos = |second: i64| {
        let start: Timestamp = "2022-03-01T10:30:00Z".parse().unwrap();
        start.as_nanosecond() + i128::from(second) * 1_000_000_000
    };
    write(
        &day,
        "log/10_31_log.csv.gz",
        &format!(
            "Timestamp,TimeUnixNano,Node,PodName,Container,TraceID,SpanID,Log\n\
             x,{},10.0.0.9,front-55fdc5b988-f6xth,server,AB,none,\"{{\"\"log\"\":\"\"18:30:50 WARN slow\\n\"\"}}\"\n\
             x,soon,10.0.0.9,front-55fdc5b988-f6xth,server,AB,CD,{{}}\n",
            nanos(50)
        ),
    );
    write(
        &day,
        "trace/10_31_trace.csv.gz",
        &format!(
            "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n\
             ab,01,root,front-55fdc5b988-f6xth,GET,{0},{1},1\n\
             ab,02,01,cart-579f59597d-wc2lz,read,{0},{1},1\n\
             ab,02,01,cart-579f59597d-wc2lz,read,{0},{1},1\n\
             ab,03,01,late-579f59597d-wc2lz,read,{0},{2},1\n",
            nanos(40),
            nanos(41),
            nanos(400)
        ),
    );
    day
}

fn only(path: &Path) -> Case {
    let mut found = cases(path).unwrap();
    let case = found.next().unwrap().unwrap();
    assert!(found.next().is_none());
    case
}

fn named<'a>(case: &'a Case, entity: &str, name: &str) -> Vec<&'a MetricSeries> {
    let all = case.recording.metrics.iter();
    all.filter(|s| s.entity.as_str() == entity && s.name == name).collect()
}

#[test]
fn a_case_ends_three_minutes_after_the_injection_and_begins_half_an_hour_before() {
    let root = tempfile::tempdir().unwrap();
    let case = only(&day(root.path()));
    let window = case.recording.window.unwrap();
    assert_eq!(window.from.to_string(), "2022-03-01T10:00:30Z");
    assert_eq!(window.to.to_string(), "2022-03-01T10:33:30Z");
    let alert = &case.recording.alerts[0];
    assert_eq!((alert.received_at, &alert.payload["service"]), (window.to, &"front".into()));
    let cpu = named(&case, "cart", "k8s.container.cpu_limit_utilization");
    assert_eq!(cpu.len(), 1);
    // 10:01:19 to 10:33:19 without the one that is NaN, all on the collector's tick.
    assert_eq!(cpu[0].column.len(), 32);
    assert!(cpu[0].column.samples().all(|(time, value)| value == 0.25 && time % 60_000 == 19_000));
    let requests = named(&case, "cart", "requests");
    assert_eq!((requests[0].statistic, requests[0].column.values()[0]), (Statistic::Sum, 30.0));
    assert_eq!(case.modalities, ["metrics", "logs", "traces"]);
}

#[test]
fn both_ends_of_an_edge_are_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let case = only(&day(root.path()));
    let client = named(&case, "front", "http.client.request.duration");
    assert_eq!(client[0].peer.as_ref().unwrap().as_str(), "cart");
    let server = named(&case, "cart", "http.server.request.duration");
    assert_eq!(server[0].peer.as_ref().unwrap().as_str(), "front");
    assert_eq!(server[0].column.len(), 32);
}

#[test]
fn pods_become_their_services_and_machines_become_hosts() {
    let root = tempfile::tempdir().unwrap();
    let case = only(&day(root.path()));
    let topology = &case.recording.topology;
    let entity = |name: &str| topology.resolve(name).map(|e| (e.id.as_str(), e.kind));
    assert_eq!(entity("cart-579f59597d-wc2lz"), Some(("cart", EntityKind::Service)));
    assert_eq!(entity("10.0.0.8"), Some(("10.0.0.8", EntityKind::Host)));
    let relations: Vec<String> =
        topology.relations().map(|r| format!("{} {} {}", r.from, r.kind.label(), r.to)).collect();
    assert_eq!(
        relations,
        ["cart runs on 10.0.0.8", "front runs on 10.0.0.9", "front calls cart", "front calls late"]
    );
}

#[test]
fn logs_and_spans_are_read_once_and_what_is_not_over_is_not_seen() {
    let root = tempfile::tempdir().unwrap();
    let case = only(&day(root.path()));
    let [line] = &case.recording.logs[..] else { panic!("{:?}", case.recording.logs) };
    assert_eq!((line.body.as_str(), line.severity), ("18:30:50 WARN slow", LogSeverity::Warn));
    assert_eq!((line.trace_id.as_deref(), line.span_id.as_deref()), (Some("ab"), None));
    let spans: Vec<&str> = case.recording.spans.iter().map(|s| s.span_id.as_str()).collect();
    assert_eq!(spans, ["01", "02"]);
    let notes = case.recording.notes.join("\n");
    assert!(
        notes.contains("log/10_31_log.csv.gz:3: expected TimeUnixNano, found `soon`"),
        "{notes}"
    );
    assert!(notes.contains("rates of success that are 0 all day"), "{notes}");
}

#[test]
fn the_truth_is_the_service_and_the_fault_in_both_words() {
    let root = tempfile::tempdir().unwrap();
    let case = only(&day(root.path()));
    let cause = &case.recording.expect.as_ref().unwrap().causes[0];
    assert_eq!(cause.entity.as_str(), "cart");
    assert_eq!(cause.fault_mode, Some(FaultMode::NetworkDelay));
    assert_eq!(cause.fault_label.as_deref(), Some("network_delay"));
    let alerts = serde_json::to_string(&case.recording.alerts).unwrap();
    assert!(!alerts.contains("cart") && !alerts.contains("delay"), "{alerts}");
}

#[test]
fn a_file_that_breaks_off_is_read_up_to_there_and_noted() {
    let root = tempfile::tempdir().unwrap();
    let day = day(root.path());
    let file = day.join("metric/cart-579f59597d-wc2lz_metric.csv.gz");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 40]).unwrap();
    let case = only(&day);
    let notes = case.recording.notes.join("\n");
    assert!(notes.contains("_metric.csv.gz") && notes.contains("readable rest"), "{notes}");
}

#[test]
fn only_the_two_hashes_are_cut_off_a_pod() {
    let service = |pod: &str| service_of(pod).unwrap().as_str().to_owned();
    assert_eq!(service("ts-ui-dashboard-5477b965f-2chkr"), "ts-ui-dashboard");
    assert_eq!(service("redis-cart-0"), "redis-cart-0");
    assert_eq!(service("plain"), "plain");
    assert!(service_of("").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_in_a_file_make_the_importer_panic(
        file in 0usize..5,
        place in 0usize..400,
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let names = [
            "metric/cart-579f59597d-wc2lz_metric.csv.gz",
            "metric/dependency.csv.gz",
            "metric/source_50.csv.gz",
            "log/10_31_log.csv.gz",
            "trace/10_31_trace.csv.gz",
        ];
        let root = tempfile::tempdir().unwrap();
        let day = day(root.path());
        let mut text = Vec::new();
        let packed = fs::File::open(day.join(names[file])).unwrap();
        std::io::Read::read_to_end(&mut GzDecoder::new(packed), &mut text).unwrap();
        let place = place.min(text.len());
        text.splice(place..place, bytes);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&text).unwrap();
        fs::write(day.join(names[file]), packed.finish().unwrap()).unwrap();
        for case in cases(&day).unwrap() {
            let _ = case;
        }
    }

    #[test]
    fn no_name_of_a_pod_makes_the_importer_panic(pod in "\\PC{0,40}") {
        let _ = service_of(&pod);
    }
}

// Takes some seconds: it unpacks and reads both days, 600,000 rows.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_development_days_give_fifty_two_faults() {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/nezha");
    if !set.is_dir() {
        eprintln!("skipped: the Nezha data set is not beside the repository");
        return;
    }
    let mut count = 0;
    let mut with_more = 0;
    for case in cases(&set).unwrap() {
        let Case { recording, modalities, .. } = case.unwrap();
        count += 1;
        with_more += usize::from(modalities.len() > 1);
        assert!(!recording.metrics.is_empty(), "{}", recording.name);
        let cause = &recording.expect.as_ref().unwrap().causes[0].entity;
        assert!(recording.topology.entity(cause).is_some(), "{}: {cause}", recording.name);
        let front = recording.alerts[0].payload["service"].as_str().unwrap();
        let front = EntityId::new(front).unwrap();
        let reach = recording.topology.suppliers(&front);
        assert!(reach.iter().any(|(id, _)| id == cause) || &front == cause, "{}", recording.name);
    }
    assert_eq!((count, with_more), (52, 20));
}
