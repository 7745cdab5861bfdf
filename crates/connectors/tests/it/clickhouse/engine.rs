//! What the queries find in the real engine. It takes three seconds to start, so one test asks it all.

use jiff::Timestamp;
use nightjar_connect::{Answer, Connection, ErrorKind, Query, Question};
use nightjar_incident::{Content, LogSeverity, MetricSeries, SpanStatus, Statistic};
use nightjar_topology::{EntityKind, RelationKind};
use serde_json::json;

use super::stage::Stage;
use crate::conformance::{query, within};

/// When the trouble begins: the window is 03:00 to 03:30.
const SINCE: &str = "2026-11-23T03:20:00Z";

async fn ask(connection: &Connection, query: &Query) -> Answer {
    let answer = connection.ask(query).await.unwrap().unwrap_or_else(|error| panic!("{error}"));
    within(&answer, query);
    answer
}

fn asked(question: Question, entities: &[&str], limit: usize) -> Query {
    Query { since: Some(SINCE.parse().unwrap()), ..query(question, entities, limit) }
}

#[tokio::test]
async fn the_real_engine_answers() {
    let Some(stage) = Stage::new().await else { return };
    let house = stage.open(&json!({}));
    nothing_is_an_empty_answer(&house).await;
    logs(&stage, &house).await;
    traces(&stage, &house).await;
    metrics(&stage, &house).await;
    inventory(&house).await;
    trouble(&stage).await;
}

async fn nothing_is_an_empty_answer(house: &Connection) {
    for question in [Question::Logs, Question::Traces, Question::Metrics, Question::Inventory] {
        for entities in [&["cart"][..], &[]] {
            let answer = ask(house, &asked(question, entities, 100)).await;
            assert!(answer.content.is_empty() && answer.truncated.is_none(), "{answer:?}");
        }
    }
}

/// 30 minutes of 20 lines a second of `cart` by two statements, one error a minute before the trouble and one
/// a second since, and one line that nobody wrote before.
async fn logs(stage: &Stage, house: &Connection) {
    stage
        .run(
            "INSERT INTO otel.otel_logs (Timestamp, TraceId, SpanId, SeverityText, SeverityNumber, ServiceName, Body,
                                         ResourceAttributes)
             SELECT toDateTime64('2026-11-23 03:00:00', 9, 'UTC') + toIntervalMillisecond(number * 50), '', '',
                    if(number % 2 = 0, 'INFO', 'DEBUG'), if(number % 2 = 0, 9, 5), 'cart',
                    if(number % 2 = 0, 'order ' || toString(number) || ' is paid', 'cache miss for key k' || toString(number)),
                    map('service.name', 'cart')
             FROM numbers(36000)",
        )
        .await;
    stage
        .run(
            "INSERT INTO otel.otel_logs (Timestamp, TraceId, SpanId, SeverityText, SeverityNumber, ServiceName, Body)
             SELECT toDateTime64('2026-11-23 03:00:00.5', 9, 'UTC') + toIntervalSecond(number), hex(cityHash64(number)), 'AB',
                    'ERROR', 17, 'cart', 'payment ' || toString(number) || ' was refused'
             FROM numbers(1800) WHERE number % 60 = 0 OR number >= 1200",
        )
        .await;
    stage
        .run(
            r"INSERT INTO otel.otel_logs (Timestamp, SeverityText, SeverityNumber, ServiceName, Body, ResourceAttributes) VALUES
             (toDateTime64('2026-11-23 03:21:00', 9, 'UTC'), '', 0, 'cart', 'FATAL pool of 10 is empty', map()),
             (toDateTime64('2026-11-23 03:21:01', 9, 'UTC'), 'warn', 0, 'it\'s \\ odd', 'quoted', map()),
             (toDateTime64('2026-11-23 03:21:02', 9, 'UTC'), '', 0, 'unknown_service:java', '\x1b[31mred', map('k8s.pod.name', 'pod-1')),
             (toDateTime64('2026-11-23 03:21:03', 9, 'UTC'), '', 0, '', 'nobody wrote this', map())",
        )
        .await;

    let all = ask(house, &asked(Question::Logs, &["cart"], 50_000)).await;
    assert_eq!((all.content.len(), all.truncated), (36_000 + 620 + 1, None));
    assert!(all.query.starts_with("SET param_from = '"), "{}", all.query);

    let few = ask(house, &asked(Question::Logs, &["cart"], 3_000)).await;
    let told = few.truncated.unwrap();
    assert!(told.contains("of 36,621 lines"), "{told}");
    let Content::Logs(lines) = few.content else { panic!() };
    assert!((2_000..=3_000).contains(&lines.len()), "{}", lines.len());
    let since: Timestamp = SINCE.parse().unwrap();
    let count = |part: &str| {
        let of = lines.iter().filter(|line| line.body.contains(part));
        let (before, after): (Vec<_>, Vec<_>) = of.partition(|line| line.at < since);
        (before.len() as f64, after.len() as f64)
    };
    // What is rare or bad is whole, what is usual is thinned out alike on both sides.
    assert_eq!(count("was refused"), (20.0, 600.0));
    assert_eq!(count("pool of"), (0.0, 1.0));
    let (before, after) = count("is paid");
    assert!((before / after / 2.0 - 1.0).abs() < 0.25, "{before} {after}");
    let fatal = lines.iter().find(|line| line.body.starts_with("FATAL")).unwrap();
    assert_eq!(fatal.severity, LogSeverity::Fatal);
    let error = lines.iter().find(|line| line.body.ends_with("refused")).unwrap();
    assert!(error.trace_id.is_some() && error.span_id.as_deref() == Some("ab"), "{error:?}");
    let grown = few.notes.iter().find(|note| note.contains("was refused")).unwrap();
    assert!(grown.contains("600 of `cart` since it began, 20 before"), "{grown}");

    let odd = ask(house, &asked(Question::Logs, &["it's \\ odd", "pod-1"], 10)).await;
    let Content::Logs(lines) = odd.content else { panic!() };
    let told: Vec<(&str, LogSeverity)> =
        lines.iter().map(|line| (line.entity.as_str(), line.severity)).collect();
    assert_eq!(told, [("it's \\ odd", LogSeverity::Warn), ("pod-1", LogSeverity::Unspecified)]);
    let injected = ask(house, &asked(Question::Logs, &["x') OR 1=1 --"], 10)).await;
    assert!(injected.content.is_empty());
    let whole = ask(house, &asked(Question::Logs, &[], 50_000)).await;
    assert!(
        whole.notes.iter().any(|note| note.starts_with("1 lines name nobody")),
        "{:?}",
        whole.notes
    );
}

/// Two traces a second: `web` calls `cart`, which asks its database. Since the trouble each tenth fails, and
/// each tenth is slow.
async fn traces(stage: &Stage, house: &Connection) {
    let spans = |service: &str, kind: &str, parent: &str, id: &str, attributes: &str, ms: u32| {
        format!(
            "INSERT INTO otel.otel_traces (Timestamp, TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName,
                                           ResourceAttributes, SpanAttributes, Duration, StatusCode)
             SELECT toDateTime64('2026-11-23 03:00:00', 9, 'UTC') + toIntervalMillisecond(number * 500),
                    lower(hex(cityHash64(number))) || '0123456789abcdef', '{id}', '{parent}', 'GET /x', '{kind}',
                    '{service}', map('host.name', 'node-1', 'service.version', '1.2'), {attributes},
                    if(number >= 2400 AND number % 10 = 1, 9, 1) * {ms} * 1000000,
                    if(number >= 2400 AND number % 10 = 0, 'Error', 'Unset')
             FROM numbers(3600)"
        )
    };
    for insert in [
        spans(
            "web",
            "Client",
            "",
            "00000000000000a1",
            "map('server.address', 'cart.local', 'server.port', '80')",
            30,
        ),
        spans("cart", "Server", "00000000000000a1", "00000000000000b1", "map()", 20),
        spans(
            "cart",
            "Client",
            "00000000000000b1",
            "00000000000000b2",
            "map('db.system', 'postgresql', 'server.address', 'db', 'server.port', '5432', 'db.name', 'shop', 'db.statement', 'SELECT 1 FROM x')",
            10,
        ),
        spans(
            "web",
            "Producer",
            "00000000000000a1",
            "00000000000000c1",
            "map('messaging.destination.name', 'mails', 'messaging.system', 'kafka')",
            1,
        ),
        spans("mailer", "Consumer", "00000000000000c1", "00000000000000d1", "map()", 1),
    ] {
        stage.run(&insert).await;
    }
    let all = ask(house, &asked(Question::Traces, &["cart"], 50_000)).await;
    assert_eq!(
        (all.content.len(), &all.truncated),
        (5 * 3_600, &None),
        "others' spans of the same traces too"
    );

    let few = ask(house, &asked(Question::Traces, &["cart"], 2_000)).await;
    let told = few.truncated.unwrap();
    assert!(told.contains("of about 3,600 traces"), "{told}");
    let Content::Spans(spans) = few.content else { panic!() };
    assert!((1_200..=2_000).contains(&spans.len()), "{}", spans.len());
    assert_eq!(spans.len() % 5, 0, "traces are whole");
    let since: i64 = i64::try_from(SINCE.parse::<Timestamp>().unwrap().as_nanosecond()).unwrap();
    let roots = || spans.iter().filter(|span| span.parent_id.is_none());
    let failed = roots().filter(|span| span.status == SpanStatus::Error).count();
    let slow = roots().filter(|span| span.end_nanos - span.start_nanos > 100_000_000).count();
    // Of 120 each.
    assert!(failed > 90 && slow > 90, "{failed} {slow}");
    let usual = |is_late: bool| {
        let usual = roots().filter(|span| {
            let took = span.end_nanos - span.start_nanos;
            span.status != SpanStatus::Error && took < 100_000_000
        });
        usual.filter(|span| (span.start_nanos >= since) == is_late).count() as f64
    };
    // 2,400 before and 960 since.
    let ratio = usual(false) / usual(true).max(1.0);
    assert!((1.5..4.5).contains(&ratio), "{ratio}");
    let peer = |span: &str| {
        let span = spans.iter().find(|known| known.span_id == span).unwrap();
        span.peer.as_ref().map(|peer| peer.as_str().to_owned())
    };
    assert_eq!(peer("00000000000000a1").as_deref(), Some("cart"), "where it arrived");
    assert_eq!(peer("00000000000000b2").as_deref(), Some("db"));
    assert_eq!(peer("00000000000000b1"), None);
    assert_eq!(peer("00000000000000c1").as_deref(), Some("mails"));
}

fn column<'a>(series: &'a [MetricSeries], name: &str, statistic: Statistic) -> &'a MetricSeries {
    let mut found = series.iter().filter(|s| s.name == name && s.statistic == statistic);
    let one = found.next().unwrap_or_else(|| panic!("no {name} {statistic:?}"));
    assert!(found.next().is_none(), "{name} {statistic:?} is there twice");
    one
}

fn values(series: &MetricSeries) -> Vec<f64> {
    series.column.values().to_vec()
}

/// Points each 60 s, the first at 03:00:59.999, by two instances where that matters.
async fn metrics(stage: &Stage, house: &Connection) {
    let insert = |table: &str, columns: &str, select: &str| {
        format!(
            "INSERT INTO otel.otel_metrics_{table}
                 (ServiceName, MetricName, MetricUnit, Attributes, ResourceAttributes, StartTimeUnix, TimeUnix, {columns})
             SELECT 'cart', {select} FROM numbers(60)"
        )
    };
    let time = "toDateTime64('2026-11-23 03:00:59.999', 9, 'UTC') + toIntervalSecond(60 * intDiv(number, 2))";
    let pods = "map('service.instance.id', toString(number % 2))";
    let start = "toDateTime64('2026-11-23 01:00:00', 9, 'UTC')";
    for sql in [
        insert("gauge", "Value", &format!("'pool', '{{connection}}', map('pool', 'main'), {pods}, {start}, {time}, number % 2 = 0 ? 10 : 20")),
        // Each counts three a minute; one of them begins anew at 03:10:30.
        insert("sum", "Value, AggregationTemporality, IsMonotonic", &format!(
            "'requests', '{{request}}', map('code', '200'), {pods},
             if(number % 2 = 0 AND number >= 20, toDateTime64('2026-11-23 03:10:30', 9, 'UTC'), {start}), {time},
             3 * intDiv(number, 2) + if(number % 2 = 0 AND number >= 20, -28, 1000), 2, true")),
        insert("sum", "Value, AggregationTemporality, IsMonotonic", &format!(
            "'bytes', 'kBy', map(), {pods}, {start}, {time}, 2, 1, true")),
        insert("sum", "Value, AggregationTemporality, IsMonotonic", &format!(
            "'queued', '1', map(), {pods}, {start}, {time}, number, 2, false")),
        // Ten a minute and instance: five up to 10 ms, five up to 20 ms.
        insert("histogram", "Count, Sum, BucketCounts, ExplicitBounds, AggregationTemporality", &format!(
            "'http.server.request.duration', 'ms', map(), {pods}, {start}, {time}, 10 * intDiv(number, 2), 100 * intDiv(number, 2),
             [5 * intDiv(number, 2), 5 * intDiv(number, 2), 0], [10, 20], 2")),
        insert("histogram", "Count, Sum, BucketCounts, ExplicitBounds, Max, AggregationTemporality", &format!(
            "'delta', 's', map(), {pods}, {start}, {time}, 4, 6, [2, 2, 0], [1, 2], 1.75, 1")),
        // Scale 3 becomes scale 2: bucket 8 and 9 are (2, 2.18], (2.18, 2.38].
        insert("exponential_histogram", "Count, Sum, Scale, ZeroCount, PositiveOffset, PositiveBucketCounts, AggregationTemporality", &format!(
            "'exponential', 's', map(), map(), {start}, {time} - toIntervalMillisecond(1 - number % 2), 8 * number, 16 * number, 3, 0, 8, [4 * number, 4 * number], 2")),
        insert("summary", "Count, Sum, ValueAtQuantiles.Quantile, ValueAtQuantiles.Value", &format!(
            "'summary', 's', map(), map(), {start}, {time}, 5 * intDiv(number, 2), 10 * intDiv(number, 2), [0.5, 0.99], [2, 7]")),
    ] {
        stage.run(&sql.replace("number % 2 = 0 ? 10 : 20", "if(number % 2 = 0, 10, 20)")).await;
    }
    let answer = ask(house, &asked(Question::Metrics, &["cart"], 1_000)).await;
    assert_eq!(answer.truncated, None);
    assert!(
        answer.notes.iter().any(|note| note.starts_with("1 counter resets")),
        "{:?}",
        answer.notes
    );
    let Content::Series(series) = answer.content else { panic!() };

    let pool = column(&series, "pool", Statistic::Last);
    assert_eq!((pool.column.len(), values(pool)[0], &*pool.attributes["pool"]), (30, 15.0, "main"));
    assert_eq!(
        pool.column.times()[0],
        "2026-11-23T03:00:59.999Z".parse::<Timestamp>().unwrap().as_millisecond()
    );
    let requests = column(&series, "requests", Statistic::Count);
    let expected: Vec<f64> = (1..30).map(|minute| if minute == 10 { 5.0 } else { 6.0 }).collect();
    assert_eq!((values(requests), requests.unit.as_str()), (expected, "{request}"));
    let bytes = column(&series, "bytes", Statistic::Sum);
    assert_eq!((values(bytes)[7], bytes.unit.as_str()), (4_000.0, "By"));
    assert_eq!(values(column(&series, "queued", Statistic::Last))[1], 2.5);
    let duration = |statistic| column(&series, "http.server.request.duration", statistic);
    assert_eq!(
        (values(duration(Statistic::Count)), duration(Statistic::Mean).unit.as_str()),
        (vec![20.0; 29], "s")
    );
    for (statistic, expected) in
        [(Statistic::Mean, 0.01), (Statistic::P50, 0.01), (Statistic::P90, 0.018)]
    {
        assert!((values(duration(statistic))[3] - expected).abs() < 1e-9, "{statistic:?}");
    }
    assert_eq!(values(column(&series, "delta", Statistic::Count)), [8.0; 30]);
    assert_eq!(values(column(&series, "delta", Statistic::Max)), [1.75; 30]);
    assert_eq!(values(column(&series, "delta", Statistic::P50))[0], 1.0);
    let exponential = |statistic| values(column(&series, "exponential", statistic))[5];
    assert_eq!((exponential(Statistic::Count), exponential(Statistic::Mean)), (16.0, 2.0));
    let p50 = exponential(Statistic::P50);
    assert!((p50 - (2.0 + 2.0_f64.powf(1.25)) / 2.0).abs() < 1e-6, "{p50}");
    assert_eq!(values(column(&series, "summary", Statistic::Mean)), [2.0; 29]);
    assert_eq!(values(column(&series, "summary", Statistic::P99))[0], 7.0);

    // Too many series: those that changed are told.
    stage
        .run(
            "INSERT INTO otel.otel_metrics_gauge (ServiceName, MetricName, MetricUnit, Attributes, TimeUnix, Value)
             SELECT 'wide', 'level', '1', map('n', toString(number % 100)),
                    toDateTime64('2026-11-23 03:00:30', 9, 'UTC') + toIntervalSecond(60 * intDiv(number, 100)),
                    if(number % 100 = 42 AND number >= 2000, 50, 5)
             FROM numbers(3000)",
        )
        .await;
    let few = ask(house, &asked(Question::Metrics, &["wide"], 3)).await;
    assert!(few.truncated.unwrap().contains("3 of 100 series"));
    let Content::Series(series) = few.content else { panic!() };
    assert!(series.iter().any(|series| series.attributes["n"] == "42"), "{series:?}");
}

async fn inventory(house: &Connection) {
    let answer = ask(house, &query(Question::Inventory, &[], 100)).await;
    let Content::Inventory(topology) = answer.content else { panic!() };
    let relations: Vec<(&str, &str, RelationKind)> = topology
        .relations()
        .map(|relation| (relation.from.as_str(), relation.to.as_str(), relation.kind))
        .collect();
    for expected in [
        ("web", "cart", RelationKind::Calls),
        ("cart", "db", RelationKind::Reads),
        ("web", "mails", RelationKind::Publishes),
        ("mailer", "mails", RelationKind::Consumes),
        ("cart", "node-1", RelationKind::RunsOn),
    ] {
        assert!(relations.contains(&expected), "{expected:?} in {relations:?}");
    }
    assert!(
        !relations.iter().any(|(from, to, _)| (*from, *to) == ("web", "mailer")),
        "{relations:?}"
    );
    let entity = |name: &str| {
        topology
            .entities()
            .find(|entity| entity.id.as_str() == name)
            .unwrap_or_else(|| panic!("{name}"))
    };
    assert_eq!(
        (entity("db").kind, entity("mails").kind),
        (EntityKind::Database, EntityKind::Queue)
    );
    assert_eq!(
        (entity("node-1").kind, entity("wide").kind),
        (EntityKind::Host, EntityKind::Service)
    );
    assert_eq!(topology.resolve("cart.local:80").unwrap().id.as_str(), "cart");
    assert_eq!(entity("cart").attributes["service.version"], "1.2");
    let near = ask(house, &query(Question::Inventory, &["db"], 100)).await;
    assert_eq!(near.content.len(), 2, "it and who calls it");
}

async fn trouble(stage: &Stage) {
    let of = async |connection: Connection| {
        let answer = connection.ask(&asked(Question::Logs, &["cart"], 10)).await.unwrap();
        answer.unwrap_err()
    };
    assert_eq!(of(stage.open_with("wrong", &json!({}))).await.kind, ErrorKind::Denied);
    let missing = of(stage.open(&json!({ "logs_table": "nope" }))).await;
    assert_eq!(missing.kind, ErrorKind::NotFound, "{missing}");
    let house = stage.open(&json!({}));
    let health = house.probe.unwrap().probe().await.unwrap();
    assert_eq!(health.system, "ClickHouse");
    assert!(health.version.unwrap().starts_with("26."));
    // chdb's user may do everything.
    assert!(
        health.notes.iter().any(|note| note.starts_with("the user may write")),
        "{:?}",
        health.notes
    );
    // A table that was there when it was looked up.
    let house = stage.open(&json!({}));
    house.ask(&asked(Question::Logs, &["cart"], 10)).await.unwrap().unwrap();
    stage.run("DROP TABLE otel.otel_logs SYNC").await;
    assert_eq!(of(house).await.kind, ErrorKind::NotFound);
}
