//! Screening of 100,000 active series in a real Prometheus: pushed down, against downloading them all.
//!
//! `cargo run --release -p nightjar-connectors --example screening` (after `make tools`). It writes two hours of
//! samples once a minute with promtool into a folder of its own (some hundred megabytes, removed afterwards),
//! starts Prometheus on it, and finds out what changed in two ways: by the connector, which has the server compare,
//! and by downloading every series as it is (one range query for each metric, one sample a minute), which a
//! comparison on our side would begin with. Bytes are counted on the way, memory is the peak of the process
//! (Linux). Of the services one is slow in the last ten minutes; both have to hold it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::TcpListener as Listener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Query, Question};
use nightjar_incident::{Content, Window};
use serde::Deserialize;
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// 20 series each.
const SERVICES: usize = 5000;
/// The one that is slow.
const SLOW: usize = 3210;
/// 2025-03-03T08:00:00Z.
const FROM: i64 = 1_740_988_800;
const TO: i64 = FROM + 7200;
const SINCE: i64 = TO - 600;
const STEP: i64 = 60;

/// All that is written.
const NAMES: &[&str] = &[
    "http_request_duration_seconds_bucket",
    "http_request_duration_seconds_count",
    "http_request_duration_seconds_sum",
    "http_requests_total",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "go_goroutines",
    "go_threads",
    "up",
];

type Outcome<T> = Result<T, Box<dyn Error>>;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "this is what it is for")]
async fn main() -> Outcome<()> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/prometheus/usr/bin");
    let folder = tempfile::TempDir::new()?;
    let (text, blocks) = (folder.path().join("text"), folder.path().join("blocks"));
    let series = write(&text)?;
    let made = Command::new(tools.join("promtool"))
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&text, &blocks])
        .stdout(Stdio::null())
        .status()?;
    if !made.success() {
        return Err("promtool made no blocks".into());
    }
    std::fs::remove_file(&text)?;
    let config = folder.path().join("prometheus.yml");
    std::fs::write(&config, "")?;
    let port = Listener::bind("127.0.0.1:0")?.local_addr()?.port();
    let server = Command::new(tools.join("prometheus"))
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", blocks.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--storage.tsdb.retention.time=100y")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let server = Server(server);
    let ready = format!("http://127.0.0.1:{port}/api/v1/query?query=1");
    while !reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success()) {
        tokio::task::yield_now().await;
    }
    println!("{series} active series in a real Prometheus");
    println!("| how | seconds | megabytes | columns | our peak, MB | server's peak, MB |");
    println!("|---|---|---|---|---|---|");
    let (pushed, pushed_bytes) = ask(&server, port).await?;
    let (all, all_bytes) = download(&server, port).await?;
    println!(
        "ratio: {:.1} in time, {:.0} in bytes",
        all / pushed,
        all_bytes as f64 / pushed_bytes as f64
    );
    Ok(())
}

/// Puts the question to the connector; how long that takes and how many bytes come.
async fn ask(server: &Server, port: u16) -> Outcome<(f64, u64)> {
    let bytes = Arc::new(AtomicU64::new(0));
    let door = counting(port, Arc::clone(&bytes)).await?;
    let config = json!({
        "url": format!("http://127.0.0.1:{door}"),
        "scrape_seconds": 15,
        "limits": { "seconds": 120, "requests_per_second": 1000 },
    });
    let connection = nightjar_connectors::registry().open("prometheus", "bench", &config)?;
    let at = |second: i64| Timestamp::from_second(second);
    let query = Query {
        question: Question::Metrics,
        entities: Vec::new(),
        window: Window { from: at(TO)? - SignedDuration::from_hours(2), to: at(TO)? },
        limit: 50_000,
        since: Some(at(SINCE)?),
    };
    forget_peaks(server);
    let begun = Instant::now();
    let answer = connection.ask(&query).await.ok_or("it can't be asked that")??;
    let seconds = begun.elapsed().as_secs_f64();
    let Content::Series(columns) = &answer.content else { return Err("no series".into()) };
    let name = format!("svc-{SLOW:05}");
    if !columns.iter().any(|column| column.entity.as_str() == name) {
        return Err(format!("`{name}` isn't in the answer: {:?}", answer.truncated).into());
    }
    tell(server, "pushed down", seconds, bytes.load(SeqCst), columns.len());
    Ok((seconds, bytes.load(SeqCst)))
}

#[derive(Deserialize)]
struct Found {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    metric: BTreeMap<String, String>,
    values: Vec<(f64, String)>,
}

/// A series with its samples.
type Downloaded = (BTreeMap<String, String>, Vec<(f64, f64)>);

/// Downloads every series.
async fn download(server: &Server, port: u16) -> Outcome<(f64, u64)> {
    let bytes = Arc::new(AtomicU64::new(0));
    let door = counting(port, Arc::clone(&bytes)).await?;
    forget_peaks(server);
    let begun = Instant::now();
    let mut columns: Vec<Downloaded> = Vec::new();
    for name in NAMES {
        let mut url = reqwest::Url::parse(&format!("http://127.0.0.1:{door}/api/v1/query_range"))?;
        let (from, to, step) = (FROM.to_string(), (TO - STEP).to_string(), STEP.to_string());
        let params = [("query", *name), ("start", &from), ("end", &to), ("step", &step)];
        url.query_pairs_mut().extend_pairs(params);
        let answer = reqwest::get(url).await?.error_for_status()?.bytes().await?;
        let found: Found = serde_json::from_slice(&answer)?;
        for Series { metric, values } in found.data.result {
            let values =
                values.into_iter().filter_map(|(at, value)| Some((at, value.parse().ok()?)));
            columns.push((metric, values.collect()));
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let name = format!("svc-{SLOW:05}");
    if !columns.iter().any(|(labels, _)| labels.get("job") == Some(&name)) {
        return Err(format!("`{name}` wasn't downloaded").into());
    }
    tell(server, "downloaded", seconds, bytes.load(SeqCst), columns.len());
    Ok((seconds, bytes.load(SeqCst)))
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn tell(server: &Server, how: &str, seconds: f64, bytes: u64, columns: usize) {
    println!(
        "| {how} | {seconds:.1} | {:.1} | {columns} | {:.0} | {:.0} |",
        bytes as f64 / 1e6,
        peak("self"),
        peak(&server.0.id().to_string())
    );
}

/// A way to the server on which bytes are counted.
async fn counting(port: u16, bytes: Arc<AtomicU64>) -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let own = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let bytes = Arc::clone(&bytes);
            tokio::spawn(async move {
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                // Counted when the connection ends, or as far as it came.
                let mut counted = Counted { inner: &mut far, bytes };
                let _ = copy_bidirectional(&mut near, &mut counted).await;
            });
        }
    });
    Ok(own)
}

/// A connection whose bytes are counted as they are read.
struct Counted<'a> {
    inner: &'a mut TcpStream,
    bytes: Arc<AtomicU64>,
}

mod counted {
    use std::io::Result;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::{Counted, SeqCst};

    impl AsyncRead for Counted<'_> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<Result<()>> {
            let before = buffer.filled().len();
            let read = Pin::new(&mut *self.inner).poll_read(context, buffer);
            let came = buffer.filled().len() - before;
            self.bytes.fetch_add(u64::try_from(came).unwrap_or(0), SeqCst);
            read
        }
    }

    impl AsyncWrite for Counted<'_> {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<Result<usize>> {
            Pin::new(&mut *self.inner).poll_write(context, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
            Pin::new(&mut *self.inner).poll_flush(context)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
            Pin::new(&mut *self.inner).poll_shutdown(context)
        }
    }
}

/// Lets the kernel measure the peaks of both processes anew.
fn forget_peaks(server: &Server) {
    forget_peak("self");
    forget_peak(&server.0.id().to_string());
}

/// Lets the kernel measure the peak of a process anew.
fn forget_peak(process: &str) {
    let _ = std::fs::write(format!("/proc/{process}/clear_refs"), "5");
}

/// The most memory that a process had resident, megabytes; nothing where the kernel doesn't tell.
fn peak(process: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
    kilobytes / 1000.0
}

/// Writes the samples as OpenMetrics; how many series they are.
fn write(path: &Path) -> Outcome<usize> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut series = 0;
    let mut add = |name: &str, value: &dyn Fn(usize, i64) -> f64, more: &str| -> Outcome<()> {
        for number in 0..SERVICES {
            series += 1;
            for at in (FROM..TO).step_by(usize::try_from(STEP)?) {
                let value = value(number, at);
                writeln!(
                    file,
                    "{name}{{job=\"svc-{number:05}\",instance=\"10.{}.{}.1:80\"{more}}} {value} {at}",
                    number / 250,
                    number % 250
                )?;
            }
        }
        Ok(())
    };
    // A counter of so many a second; what it gained in slow minutes is told apart.
    let total = |number: usize, at: i64, usual: f64, slow: f64| {
        let slow_for = if number == SLOW { (at - SINCE).max(0) } else { 0 } as f64;
        usual * ((at - FROM) as f64 - slow_for) + slow * slow_for
    };
    let noise = |number: usize, at: i64| {
        ((i64::try_from(number).unwrap_or(0) * 31 + at / STEP * 17) % 10) as f64
    };
    let name = "http_request_duration_seconds";
    for (le, slow) in [
        ("0.05", 0.0),
        ("0.1", 0.0),
        ("0.25", 0.0),
        ("0.5", 1.0),
        ("1.0", 20.0),
        ("2.5", 20.0),
        ("5.0", 20.0),
        ("+Inf", 20.0),
    ] {
        add(
            &format!("{name}_bucket"),
            &|n, at| total(n, at, 20.0, slow),
            &format!(",le=\"{le}\""),
        )?;
    }
    add(&format!("{name}_count"), &|n, at| total(n, at, 20.0, 20.0) + noise(n, at), "")?;
    add(&format!("{name}_sum"), &|n, at| total(n, at, 0.9, 16.0), "")?;
    for code in ["200", "404", "500", "503"] {
        add(
            "http_requests_total",
            &|n, at| total(n, at, 5.0, 5.0) + noise(n, at),
            &format!(",code=\"{code}\""),
        )?;
    }
    add("process_cpu_seconds_total", &|n, at| total(n, at, 0.2, 0.2), "")?;
    add("process_resident_memory_bytes", &|n, at| 1e8 + 1e6 * noise(n, at), "")?;
    add("process_start_time_seconds", &|_, _| FROM as f64 - 1e6, "")?;
    add("go_goroutines", &|n, at| 100.0 + noise(n, at), "")?;
    add("go_threads", &|_, _| 12.0, "")?;
    add("up", &|_, _| 1.0, "")?;
    writeln!(file, "# EOF")?;
    file.flush()?;
    Ok(series)
}
