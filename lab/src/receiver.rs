//! The lab's collector: takes OTLP over HTTP, follows log files of servers that don't speak it, and writes what came
//! into files and into the ClickHouse engine, as the OpenTelemetry collector would.
//!
//! *Doesn't know* what any of it means.

mod access;
mod attributes;
mod cgroup;
mod clickhouse;
mod files;
mod lines;
mod rows;
mod tail;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use access::Measures;
use clickhouse::ClickHouse;
use files::Files;

/// Where things are.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where OTLP is taken.
    #[arg(long)]
    listen: SocketAddr,
    /// Where Prometheus finds the measures of the gateway's log and of the control groups.
    #[arg(long)]
    metrics: SocketAddr,
    /// The folder for `traces.jsonl` and `logs.jsonl`.
    #[arg(long)]
    folder: PathBuf,
    /// The front of ClickHouse, `http://127.0.0.1:8123`; none: files only.
    #[arg(long)]
    clickhouse: Option<String>,
    /// Log files to follow, `service=format:path`; formats are access, nginx, postgres, redis.
    #[arg(long)]
    tail: Vec<String>,
    /// The folder of control groups, one per service.
    #[arg(long)]
    groups: Option<PathBuf>,
}

/// What came.
enum Came {
    Traces(ExportTraceServiceRequest),
    Logs(ExportLogsServiceRequest),
}

/// How long rows wait for company.
const FLUSH: Duration = Duration::from_secs(1);
/// The largest message that is taken, bytes.
const MOST: usize = 16 << 20;

/// Runs until it is ended.
pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (sender, came) = unbounded_channel();
    let clickhouse = arguments.clickhouse.map(ClickHouse::new).transpose()?;
    if let Some(clickhouse) = &clickhouse {
        clickhouse.prepare().await?;
    }
    let writing = tokio::spawn(write(came, Files::new(arguments.folder)?, clickhouse));
    let measures = Arc::new(Measures::new());
    for followed in &arguments.tail {
        let (service, rest) =
            followed.split_once('=').context("`--tail` is `service=format:path`")?;
        let (format, path) = rest.split_once(':').context("`--tail` is `service=format:path`")?;
        let format = lines::Format::from_name(format).context("an unknown format")?;
        let tail = tail::Tail::new(path.into());
        tokio::spawn(tail.follow(service.to_owned(), format, sender.clone(), measures.clone()));
    }
    let groups = arguments.groups;
    let cadvisor =
        move || async move { groups.map(|folder| cgroup::text(&folder)).unwrap_or_default() };
    let metrics = Router::new()
        .route("/metrics", get(move || async move { measures.text() }))
        .route("/cadvisor", get(cadvisor));
    let listener =
        TcpListener::bind(arguments.metrics).await.context("cannot listen for Prometheus")?;
    tokio::spawn(async move { axum::serve(listener, metrics).await });
    let routes = Router::new()
        .route("/v1/traces", post(traces))
        .route("/v1/logs", post(logs))
        .route("/healthz", get(|| async { "ok" }))
        .layer(DefaultBodyLimit::max(MOST))
        .with_state(sender);
    let listener = TcpListener::bind(arguments.listen).await.context("cannot listen for OTLP")?;
    tokio::select! {
        ended = axum::serve(listener, routes) => ended.context("the server ended"),
        ended = writing => ended.context("the writer ended")?,
    }
}

async fn traces(State(sender): State<UnboundedSender<Came>>, body: Bytes) -> StatusCode {
    let Ok(read) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    sent(&sender, Came::Traces(read))
}

async fn logs(State(sender): State<UnboundedSender<Came>>, body: Bytes) -> StatusCode {
    let Ok(read) = ExportLogsServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    sent(&sender, Came::Logs(read))
}

fn sent(sender: &UnboundedSender<Came>, came: Came) -> StatusCode {
    match sender.send(came) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Writes each second what came in it.
async fn write(
    mut came: UnboundedReceiver<Came>,
    mut files: Files,
    clickhouse: Option<ClickHouse>,
) -> anyhow::Result<()> {
    loop {
        let end = Instant::now() + FLUSH;
        let (mut traces, mut logs) = (Vec::new(), Vec::new());
        while let Ok(one) = timeout_at(end, came.recv()).await {
            match one {
                Some(Came::Traces(request)) => traces.extend(request.resource_spans),
                Some(Came::Logs(request)) => logs.extend(request.resource_logs),
                None => return Ok(()),
            }
        }
        let (traces, logs) = (
            ExportTraceServiceRequest { resource_spans: traces },
            ExportLogsServiceRequest { resource_logs: logs },
        );
        if !traces.resource_spans.is_empty() {
            files.append("traces", &serde_json::to_string(&traces)?)?;
        }
        if !logs.resource_logs.is_empty() {
            files.append("logs", &serde_json::to_string(&logs)?)?;
        }
        if let Some(clickhouse) = &clickhouse {
            clickhouse.insert("otel_traces", &rows::traces(&traces)).await;
            clickhouse.insert("otel_logs", &rows::logs(&logs)).await;
        }
    }
}
