//! Metrics of a service as Prometheus reads them, named by the semantic conventions of OpenTelemetry.

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::process::Usage;

/// Names and values of labels.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// A histogram of seconds.
pub(crate) type Durations = Family<Labels, Histogram, fn() -> Histogram>;

/// Bounds that the semantic conventions advise for durations of requests, seconds.
const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

fn durations() -> Histogram {
    Histogram::new(BOUNDS)
}

/// Brings gauges up to date.
type Look = Box<dyn Fn(&Metrics) + Send + Sync>;

/// What is measured of one process.
pub(crate) struct Metrics {
    registry: Registry,
    usage: Mutex<Usage>,
    on_scrape: Mutex<Vec<Look>>,
    pub(crate) server: Durations,
    pub(crate) server_active: Gauge,
    pub(crate) client: Durations,
    pub(crate) database: Durations,
    pub(crate) pool_wait: Durations,
    pub(crate) pool_timeouts: Family<Labels, Counter>,
    pub(crate) pool_count: Family<Labels, Gauge>,
    pub(crate) pool_max: Family<Labels, Gauge>,
    pub(crate) pool_pending: Family<Labels, Gauge>,
    pub(crate) sent: Family<Labels, Counter>,
    pub(crate) consumed: Family<Labels, Counter>,
    pub(crate) processing: Durations,
    pub(crate) logged: Family<Labels, Counter>,
    cpu: Counter<f64, AtomicU64>,
    memory: Gauge<i64, AtomicI64>,
    files: Gauge<i64, AtomicI64>,
    threads: Gauge<i64, AtomicI64>,
}

impl Metrics {
    pub(crate) fn new(release: &str, revision: &str) -> Self {
        let mut registry = Registry::default();
        let family = || Family::new_with_constructor(durations as fn() -> Histogram);
        let own = Self {
            usage: Mutex::new(Usage::default()),
            on_scrape: Mutex::new(Vec::new()),
            server: family(),
            server_active: Gauge::default(),
            client: family(),
            database: family(),
            pool_wait: family(),
            pool_timeouts: Family::default(),
            pool_count: Family::default(),
            pool_max: Family::default(),
            pool_pending: Family::default(),
            sent: Family::default(),
            consumed: Family::default(),
            processing: family(),
            logged: Family::default(),
            cpu: Counter::default(),
            memory: Gauge::default(),
            files: Gauge::default(),
            threads: Gauge::default(),
            registry: Registry::default(),
        };
        let seconds = [
            (
                "http_server_request_duration",
                "Duration of requests that were answered",
                &own.server,
            ),
            ("http_client_request_duration", "Duration of requests to other services", &own.client),
            ("db_client_operation_duration", "Duration of database operations", &own.database),
            (
                "db_client_connection_wait_time",
                "Time to get a connection out of the pool",
                &own.pool_wait,
            ),
            ("messaging_process_duration", "Duration of working on a message", &own.processing),
        ];
        for (name, help, family) in seconds {
            registry.register_with_unit(name, help, Unit::Seconds, family.clone());
        }
        let gauges = [
            ("db_client_connection_count", "Connections of the pool by state", &own.pool_count),
            ("db_client_connection_max", "Connections that the pool may have", &own.pool_max),
            (
                "db_client_connection_pending_requests",
                "Requests that wait for a connection",
                &own.pool_pending,
            ),
        ];
        for (name, help, family) in gauges {
            registry.register(name, help, family.clone());
        }
        let counters = [
            (
                "db_client_connection_timeouts",
                "Requests that gave up waiting for a connection",
                &own.pool_timeouts,
            ),
            ("messaging_client_sent_messages", "Messages sent", &own.sent),
            ("messaging_client_consumed_messages", "Messages received", &own.consumed),
            ("log_messages", "Lines logged by level", &own.logged),
        ];
        for (name, help, family) in counters {
            registry.register(name, help, family.clone());
        }
        registry.register(
            "http_server_active_requests",
            "Requests being answered",
            own.server_active.clone(),
        );
        registry.register("process_cpu_seconds", "CPU time of the process", own.cpu.clone());
        registry.register(
            "process_resident_memory_bytes",
            "Memory of the process",
            own.memory.clone(),
        );
        registry.register("process_open_fds", "Open files of the process", own.files.clone());
        registry.register("process_threads", "Threads of the process", own.threads.clone());
        let started: Gauge<f64, AtomicU64> = Gauge::default();
        started.set(jiff::Timestamp::now().as_duration().as_secs_f64());
        registry.register("process_start_time_seconds", "When the process started", started);
        let build: Family<Labels, Gauge> = Family::default();
        let labels = vec![("version", release.to_owned()), ("revision", revision.to_owned())];
        build.get_or_create(&labels).set(1);
        registry.register("build_info", "What runs", build);
        Self { registry, ..own }
    }

    /// Has `look` bring its gauges up to date before each scrape.
    pub(crate) fn on_scrape(&self, look: impl Fn(&Self) + Send + Sync + 'static) {
        self.on_scrape.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(look));
    }

    /// Everything, as text.
    pub(crate) fn text(&self) -> String {
        let now = Usage::read();
        let mut before = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        self.cpu.inc_by((now.cpu_seconds - before.cpu_seconds).max(0.0));
        self.memory.set(now.memory_bytes);
        self.files.set(now.files);
        self.threads.set(now.threads);
        *before = now;
        drop(before);
        for look in self.on_scrape.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            look(self);
        }
        let mut text = String::new();
        // Writing into a text can't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
