//! Calls to other services over HTTP: a time-out, further attempts, a span and a measure for each.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use reqwest::Method;
use serde_json::Value;

use super::carrier::Carrier;
use super::serve::Failure;
use super::settings::{Platform, Settings, milliseconds};
use super::telemetry::{Telemetry, field};

/// The pause before another attempt.
const PAUSE: Duration = Duration::from_millis(50);

/// One service that is called.
#[derive(Clone)]
pub(crate) struct Peer {
    name: String,
    url: String,
    retries: u32,
    timeout: Duration,
    client: reqwest::Client,
    telemetry: Arc<Telemetry>,
}

impl Peer {
    /// The service of this name, as settings and platform say.
    pub(crate) fn new(
        name: &str,
        settings: &Settings,
        platform: &Platform,
        telemetry: &Arc<Telemetry>,
    ) -> anyhow::Result<Self> {
        let Some(call) = settings.calls.get(name) else {
            anyhow::bail!("`calls.{name}` is missing")
        };
        let host = call.url.strip_prefix("http://").unwrap_or(&call.url);
        let timeout = milliseconds(call.timeout_ms);
        let mut client =
            reqwest::Client::builder().no_proxy().timeout(timeout).connect_timeout(timeout);
        if let Ok(address) = platform.resolve(host) {
            client = client.resolve(host, address);
        }
        Ok(Self {
            name: name.to_owned(),
            url: call.url.clone(),
            retries: call.retries,
            timeout,
            client: client.build().context("the client")?,
            telemetry: telemetry.clone(),
        })
    }

    /// Asks; again where the first attempts fail, since asking does no harm.
    pub(crate) async fn get(&self, route: &str, path: &str) -> Result<Value, Failure> {
        let mut attempt = 0;
        loop {
            match self.once(Method::GET, route, path, None).await {
                Err(failure) if attempt < self.retries && failure.is_of_server() => {
                    attempt += 1;
                    let line = format!(
                        "GET {}{path}: {failure}, trying again ({attempt}/{})",
                        self.url, self.retries
                    );
                    self.telemetry.warn(line);
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// Sends, once.
    pub(crate) async fn send(
        &self,
        method: Method,
        route: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        self.once(method, route, path, body).await
    }

    async fn once(
        &self,
        method: Method,
        route: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let attributes = vec![
            field("http.request.method", method.to_string()),
            field("url.full", format!("{}{path}", self.url)),
            field("url.template", route.to_owned()),
            field("server.address", self.name.clone()),
            field("peer.service", self.name.clone()),
        ];
        let context =
            self.telemetry.span(SpanKind::Client, format!("{method} {route}"), attributes);
        let begun = Instant::now();
        let exchange = self.exchange(&method, path, body, &context);
        let (status, outcome) = exchange.with_context(context.clone()).await;
        let mut labels = vec![
            ("http_request_method", method.to_string()),
            ("server_address", self.name.clone()),
        ];
        let span = context.span();
        if let Some(status) = status {
            span.set_attribute(field("http.response.status_code", i64::from(status)));
            labels.push(("http_response_status_code", status.to_string()));
        }
        if let Err(failure) = &outcome
            && failure.is_of_server()
        {
            let kind = status.map_or_else(|| failure.kind().to_owned(), |code| code.to_string());
            span.set_attribute(field("error.type", kind.clone()));
            labels.push(("error_type", kind));
            span.set_status(Status::error(failure.to_string()));
        }
        self.telemetry.metrics.client.get_or_create(&labels).observe(begun.elapsed().as_secs_f64());
        span.end();
        outcome
    }

    async fn exchange(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        context: &Context,
    ) -> (Option<u16>, Result<Value, Failure>) {
        let mut carrier = Carrier::default();
        TraceContextPropagator::new().inject_context(context, &mut carrier);
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url));
        for (name, value) in carrier.0 {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return (None, Err(Failure::upstream(self.words(&error)))),
        };
        let status = answer.status();
        let text = match answer.text().await {
            Ok(text) => text,
            Err(error) => {
                return (Some(status.as_u16()), Err(Failure::upstream(self.words(&error))));
            }
        };
        let outcome = if status.is_success() {
            serde_json::from_str(&text)
                .map_err(|error| Failure::upstream(format!("{}: {error}", self.name)))
        } else if status.is_server_error() {
            Err(Failure::upstream(format!("{} answered {}", self.name, status.as_u16())))
        } else {
            let status = axum::http::StatusCode::from_u16(status.as_u16()).unwrap_or_default();
            Err(Failure::refused(status, text))
        };
        (Some(status.as_u16()), outcome)
    }

    /// An error in the words of its last cause, which says most.
    fn words(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!(
                "{} did not answer within {} ms: timeout",
                self.name,
                self.timeout.as_millis()
            );
        }
        let mut last: &dyn Error = error;
        while let Some(source) = last.source() {
            last = source;
        }
        format!("error sending request to {}: {last}", self.url)
    }
}
