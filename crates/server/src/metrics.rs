use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use nightjar_store::OutboxDepth;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

type ByOperation = [(&'static str, &'static str); 2];
type ByReason = [(&'static str, &'static str); 1];

/// The service's own numbers.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<ByOperation, Counter>,
    durations: Family<ByReason, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    streams: Gauge,
    streamed: Counter,
    appended: Counter,
    rate_limited: Family<ByReason, Counter>,
    unauthenticated: Counter,
    messages: Family<ByReason, Counter>,
    waiting: Gauge,
    running: Gauge,
    events_pending: Gauge,
    events_failed: Gauge,
    events_delivered: Counter,
}

/// Something that goes on as long as this lives.
pub(crate) struct GoesOn(Gauge);

impl Drop for GoesOn {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn seconds() -> Histogram {
    // 1 ms to 32 s: from a look into a table to an archive.
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("nightjar");
        let requests = Family::default();
        let durations: Family<ByReason, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(seconds);
        let (in_flight, streams) = (Gauge::default(), Gauge::default());
        let (streamed, appended) = (Counter::default(), Counter::default());
        let rate_limited = Family::default();
        let unauthenticated = Counter::default();
        let messages = Family::default();
        let (waiting, running) = (Gauge::default(), Gauge::default());
        let (events_pending, events_failed) = (Gauge::default(), Gauge::default());
        let events_delivered = Counter::default();
        let start = Gauge::<f64, AtomicU64>::default();
        start.set(Timestamp::now().as_duration().as_secs_f64());
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        let r = &mut registry;
        r.register("http_requests", "Requests by operation and status class", requests.clone());
        r.register("http_request_duration_seconds", "Time to answer", durations.clone());
        r.register("http_requests_in_flight", "Requests at work", in_flight.clone());
        r.register("journal_streams", "Live streams of the journal", streams.clone());
        r.register("journal_streamed_entries", "Journal entries sent live", streamed.clone());
        r.register("journal_appends", "Journal entries written", appended.clone());
        r.register("http_rate_limited", "Requests refused by rate", rate_limited.clone());
        let help = "Credentials that didn't work";
        r.register("authentication_failures", help, unauthenticated.clone());
        let help = "Messages of alerting systems by what became of them";
        r.register("webhook_messages", help, messages.clone());
        r.register("queue_waiting_tasks", "Tasks that wait for a worker", waiting.clone());
        r.register("queue_running_tasks", "Tasks that a worker is at", running.clone());
        let help = "Events that wait to be sent, or are on their way";
        r.register("events_pending", help, events_pending.clone());
        let help = "Events that were given up and not sent again";
        r.register("events_failed", help, events_failed.clone());
        let help = "Events that arrived, by any process, since the installation was made";
        r.register("events_delivered", help, events_delivered.clone());
        r.register("process_start_time_seconds", "When the process began", start);
        r.register("build", "What runs", build);
        Self {
            registry,
            requests,
            durations,
            in_flight,
            streams,
            streamed,
            appended,
            rate_limited,
            unauthenticated,
            messages,
            waiting,
            running,
            events_pending,
            events_failed,
            events_delivered,
        }
    }

    /// Counts a message of an alerting system.
    pub(crate) fn message(&self, became: &'static str) {
        self.messages.get_or_create(&[("status", became)]).inc();
    }

    pub(crate) fn in_flight(&self) -> GoesOn {
        self.in_flight.inc();
        GoesOn(self.in_flight.clone())
    }

    pub(crate) fn stream(&self) -> GoesOn {
        self.streams.inc();
        GoesOn(self.streams.clone())
    }

    pub(crate) fn streamed(&self, entries: u64) {
        self.streamed.inc_by(entries);
    }

    pub(crate) fn answered(&self, operation: &'static str, status: StatusCode, after: Duration) {
        let class = match status.as_u16() {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        let labels = [("operation", operation), ("status", class)];
        self.requests.get_or_create(&labels).inc();
        let labels = [("operation", operation)];
        self.durations.get_or_create(&labels).observe(after.as_secs_f64());
    }

    pub(crate) fn rate_limited(&self, policy: &'static str) {
        self.rate_limited.get_or_create(&[("policy", policy)]).inc();
    }

    pub(crate) fn unauthenticated(&self) {
        self.unauthenticated.inc();
    }

    /// All of them as OpenMetrics text, with the depth of queue and outbox as they are now and the number
    /// of journal entries this process has written.
    pub(crate) fn text(
        &self,
        queue: Option<(u64, u64)>,
        outbox: Option<OutboxDepth>,
        appended: u64,
    ) -> String {
        self.appended.inc_by(appended.saturating_sub(self.appended.get()));
        let set = |gauge: &Gauge, number| gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
        if let Some((waiting, running)) = queue {
            set(&self.waiting, waiting);
            set(&self.running, running);
        }
        if let Some(OutboxDepth { pending, failed, delivered }) = outbox {
            set(&self.events_pending, pending);
            set(&self.events_failed, failed);
            let known = &self.events_delivered;
            known.inc_by(delivered.saturating_sub(known.get()));
        }
        let mut text = String::new();
        // Writing into a text can't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
