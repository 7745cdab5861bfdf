//! A service's HTTP server: a span, a measure and a line for what fails, for every request.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use opentelemetry::context::FutureExt as _;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tokio::net::TcpListener;

use super::carrier::Carrier;
use super::settings::Platform;
use super::telemetry::{Telemetry, field};

/// What a request failed with: the status, and what is logged of it.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    message: String,
}

impl Failure {
    /// The service can't do what it should.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message: message.into() }
    }

    /// Something it needs doesn't answer as it should.
    pub(crate) fn upstream(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_GATEWAY, message: message.into() }
    }

    /// There is no such thing, or it can't be done to it.
    pub(crate) fn refused(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// Whether it isn't the caller's own fault.
    pub(crate) fn is_of_server(&self) -> bool {
        self.status.is_server_error()
    }

    /// What kind of trouble it was, in a word, for measures.
    pub(crate) fn kind(&self) -> &'static str {
        for kind in ["timeout", "reset", "refused", "lookup"] {
            if self.message.contains(kind) {
                return kind;
            }
        }
        "other"
    }

    /// With what was being done before the message.
    pub(crate) fn during(self, what: &str) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut answer = (self.status, self.message.clone()).into_response();
        answer.extensions_mut().insert(Logged(self.message));
        answer
    }
}

#[derive(Clone)]
struct Logged(String);

/// Answers until the process ends.
pub(crate) async fn serve(
    telemetry: Arc<Telemetry>,
    platform: &Platform,
    routes: Router,
) -> anyhow::Result<()> {
    let scraped = telemetry.clone();
    let metrics = move || async move {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        ([("content-type", kind)], scraped.metrics.text())
    };
    let routes = routes
        .layer(from_fn_with_state(telemetry.clone(), watched))
        .route("/healthz", get(|| async { "ok" }))
        .route("/metrics", get(metrics));
    let listener = TcpListener::bind(platform.listen).await;
    let listener = listener.context("cannot listen")?;
    telemetry.info(format!("listening on {}", platform.listen));
    axum::serve(listener, routes).await.context("the server ended")
}

async fn watched(
    State(telemetry): State<Arc<Telemetry>>,
    request: Request,
    next: Next,
) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let method = request.method().to_string();
    let parent = TraceContextPropagator::new().extract(&headers(request.headers()));
    let attributes = vec![
        field("http.request.method", method.clone()),
        field("http.route", route.clone()),
        field("url.path", request.uri().path().to_owned()),
        field("url.scheme", "http"),
    ];
    let context =
        telemetry.span_under(&parent, SpanKind::Server, format!("{method} {route}"), attributes);
    let begun = Instant::now();
    telemetry.metrics.server_active.inc();
    let answer = next.run(request).with_context(context.clone()).await;
    telemetry.metrics.server_active.dec();
    let status = answer.status();
    let mut labels = vec![
        ("http_request_method", method.clone()),
        ("http_route", route.clone()),
        ("http_response_status_code", status.as_u16().to_string()),
    ];
    let span = context.span();
    span.set_attribute(field("http.response.status_code", i64::from(status.as_u16())));
    if status.is_server_error() {
        let message = answer.extensions().get::<Logged>().map_or("", |logged| logged.0.as_str());
        span.set_attribute(field("error.type", status.as_u16().to_string()));
        span.set_status(Status::error(message.to_owned()));
        labels.push(("error_type", status.as_u16().to_string()));
        let _attached = context.clone().attach();
        telemetry.error(format!("{method} {route} failed with {}: {message}", status.as_u16()));
    }
    telemetry.metrics.server.get_or_create(&labels).observe(begun.elapsed().as_secs_f64());
    span.end();
    answer
}

/// Headers as the propagator reads them.
fn headers(headers: &HeaderMap) -> Carrier {
    let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_owned);
    let pairs = headers.iter().filter_map(|(name, value)| Some((name.to_string(), text(value)?)));
    Carrier(pairs.collect())
}
