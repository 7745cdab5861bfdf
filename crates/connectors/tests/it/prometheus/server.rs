//! Real servers with a past that the test gives them: Debian's packages, unpacked by `make tools`.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::shop::Series;

/// A server of its own on a port of its own; it ends with its value.
pub(crate) struct Server {
    pub(crate) url: String,
    process: Child,
    _data: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program that `make tools` unpacks; none where it couldn't.
#[expect(clippy::print_stderr, reason = "a test that was skipped has to be seen in the output")]
fn program(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools").join(path);
    if !path.is_file() {
        eprintln!("skipped: {} isn't there (make tools)", path.display());
    }
    Some(path).filter(|path| path.is_file())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    /// Prometheus with blocks made of the series.
    pub(crate) async fn prometheus(series: &[Series], rules: &str) -> Option<Self> {
        let (server, tool) =
            (program("prometheus/usr/bin/prometheus")?, program("prometheus/usr/bin/promtool")?);
        let data = TempDir::new().unwrap();
        let (text, blocks) = (data.path().join("text"), data.path().join("blocks"));
        std::fs::write(&text, open_metrics(series)).unwrap();
        let made = Command::new(tool)
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&text, &blocks])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        std::fs::write(data.path().join("rules.yml"), rules).unwrap();
        let config = data.path().join("prometheus.yml");
        std::fs::write(&config, "global: {evaluation_interval: 1s}\nrule_files: [rules.yml]\n")
            .unwrap();
        let port = free_port();
        let mut command = Command::new(server);
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", blocks.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--storage.tsdb.retention.time=100y");
        Some(Self::start(command, port, data).await)
    }

    /// VictoriaMetrics with the series imported.
    pub(crate) async fn victoria_metrics(series: &[Series]) -> Option<Self> {
        let server = program("victoria-metrics/usr/bin/victoria-metrics")?;
        let data = TempDir::new().unwrap();
        let port = free_port();
        let mut command = Command::new(server);
        command
            .arg(format!("-storageDataPath={}", data.path().join("data").display()))
            .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
            .args(["-retentionPeriod=100y", "-search.latencyOffset=0s"])
            .current_dir(data.path());
        let started = Self::start(command, port, data).await;
        let client = reqwest::Client::new();
        let import = format!("{}/api/v1/import/prometheus", started.url);
        client
            .post(import)
            .body(exposition(series))
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap();
        // What was imported is found once it is flushed.
        let flush = format!("{}/internal/force_flush", started.url);
        client.get(flush).send().await.unwrap().error_for_status().unwrap();
        Some(started)
    }

    async fn start(mut command: Command, port: u16, data: TempDir) -> Self {
        let log = std::fs::File::create(data.path().join("log")).unwrap();
        let log_again = log.try_clone().unwrap();
        let process = command.stdin(Stdio::null()).stdout(log).stderr(log_again).spawn().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        let started = Self { url, process, _data: data };
        let begun = Instant::now();
        let ready = format!("{}/api/v1/query?query=1", started.url);
        while !reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server doesn't answer");
            tokio::task::yield_now().await;
        }
        started
    }
}

fn labels(series: &Series) -> String {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let labels: Vec<String> =
        series.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
    labels.join(",")
}

/// OpenMetrics with seconds, as promtool takes it: the samples of a family stand together.
fn open_metrics(series: &[Series]) -> String {
    let mut text = String::new();
    let mut sorted: Vec<&Series> = series.iter().collect();
    sorted.sort_by_key(|series| &series.name);
    for series in sorted {
        let labels = labels(series);
        for (at, value) in &series.samples {
            text.push_str(&format!("{}{{{labels}}} {value} {at}\n", series.name));
        }
    }
    text + "# EOF\n"
}

/// The older format with milliseconds, as VictoriaMetrics imports it.
fn exposition(series: &[Series]) -> String {
    let mut text = String::new();
    for series in series {
        let labels = labels(series);
        for (at, value) in &series.samples {
            text.push_str(&format!("{}{{{labels}}} {value} {}\n", series.name, at * 1000));
        }
    }
    text
}
