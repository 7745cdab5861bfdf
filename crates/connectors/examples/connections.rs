//! What connections and questions at the same time cost in memory.
//!
//! `cargo run --release -p nightjar-connectors --example connections`. A server of our own answers each request of the
//! Prometheus connector with two megabytes. Connections are opened, then questions put to all of them at once, as many
//! as the line says; memory is the peak of the process beyond what it was before (Linux), with the server in it.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Connection, Query, Question};
use nightjar_incident::Window;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// 2025-03-03T10:00:00Z.
const TO: i64 = 1_740_996_000;
const SERIES: usize = 1000;
const SAMPLES: i64 = 60;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "this is what it is for")]
async fn main() -> Outcome<()> {
    let body: Arc<str> = matrix()?.into();
    let size = body.len() as f64 / 1e6;
    let port = serve(body).await?;
    println!("answers of {size:.1} MB");
    println!("| connections | questions at a time | seconds | memory, MB | MB a question |");
    println!("|---|---|---|---|---|");
    let mut alone = None;
    for (connections, each) in [(1, 0), (100, 0), (1, 1), (4, 1), (4, 4), (16, 4)] {
        let (seconds, memory) = measure(port, connections, each).await?;
        let questions = connections * each;
        let share = memory / f64::from(questions.max(1));
        println!("| {connections} | {questions} | {seconds:.1} | {memory:.0} | {share:.1} |");
        if questions == 1 {
            alone = Some(memory);
        }
        if questions == 64
            && let Some(alone) = alone
        {
            let ratio = memory / alone;
            println!("ratio: 64 questions at a time take {ratio:.1} times the memory of one");
        }
    }
    Ok(())
}

/// Opens connections and puts so many questions to each at once: seconds, and megabytes beyond what was there before.
async fn measure(port: u16, connections: u32, each: u32) -> Outcome<(f64, f64)> {
    forget_peak();
    let before = resident("VmRSS:");
    let begun = Instant::now();
    let registry = nightjar_connectors::registry();
    let config = json!({
        "url": format!("http://127.0.0.1:{port}"),
        "scrape_seconds": 15,
        "limits": { "seconds": 120, "requests_per_second": 1000 },
    });
    let mut opened: Vec<Arc<Connection>> = Vec::new();
    for number in 0..connections {
        opened.push(Arc::new(registry.open("prometheus", &format!("bench-{number}"), &config)?));
    }
    let mut asked = JoinSet::new();
    for connection in &opened {
        for _ in 0..each {
            let connection = Arc::clone(connection);
            let query = query()?;
            asked.spawn(async move { connection.ask(&query).await.map(|answer| answer.is_ok()) });
        }
    }
    while let Some(answer) = asked.join_next().await {
        if answer? != Some(true) {
            return Err("a question wasn't answered".into());
        }
    }
    Ok((begun.elapsed().as_secs_f64(), (resident("VmHWM:") - before).max(0.0)))
}

fn query() -> Outcome<Query> {
    let to = Timestamp::from_second(TO)?;
    let window = Window { from: to - SignedDuration::from_hours(1), to };
    let since = Some(to - SignedDuration::from_mins(10));
    let question = Question::Metrics;
    Ok(Query { question, entities: Vec::new(), window, limit: 50_000, since })
}

/// What a query is answered with.
fn matrix() -> Outcome<String> {
    let mut text = r#"{"status":"success","data":{"resultType":"matrix","result":["#.to_owned();
    for number in 0..SERIES {
        let comma = if number == 0 { "" } else { "," };
        write!(text, r#"{comma}{{"metric":{{"job":"svc-{number}","code":"200"}},"values":["#)?;
        for sample in 0..SAMPLES {
            let comma = if sample == 0 { "" } else { "," };
            write!(text, r#"{comma}[{},"{number}.{sample}"]"#, TO - 60 * (SAMPLES - sample))?;
        }
        text.push_str("]}");
    }
    text.push_str("]}}");
    Ok(text)
}

/// A server that knows one metric.
async fn serve(body: Arc<str>) -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&body)));
        }
    });
    Ok(port)
}

async fn answer(mut stream: TcpStream, body: Arc<str>) -> std::io::Result<()> {
    let mut read = Vec::new();
    loop {
        let length = stream.read_buf(&mut read).await?;
        if length == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&read);
        let Some((head, sent)) = text.split_once("\r\n\r\n") else { continue };
        let wanted = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        if sent.len() < wanted.unwrap_or(0) {
            continue;
        }
        let names = r#"{"status":"success","data":["http_requests_total","up"]}"#;
        let is_names = head.starts_with("GET") && head.contains("__name__");
        let body = if is_names { names } else { &*body };
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        read.clear();
    }
}

/// Lets the kernel measure the peak of this process anew.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Resident memory, megabytes; nothing where the kernel doesn't tell.
fn resident(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
    kilobytes / 1000.0
}
