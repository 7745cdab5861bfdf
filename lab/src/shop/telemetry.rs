//! Traces and logs of a service by the OpenTelemetry SDK, and its metrics.

use std::future::Future;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use opentelemetry::context::FutureExt as _;
use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::trace::{
    SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{LogExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{
    BatchConfigBuilder as LogBatch, BatchLogProcessor, SdkLogger, SdkLoggerProvider,
};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder as SpanBatch, BatchSpanProcessor, SdkTracer, SdkTracerProvider,
};

use super::metrics::Metrics;
use super::settings::Platform;

/// How long telemetry waits for company before it is sent.
const BATCH: Duration = Duration::from_millis(500);

/// What a service tells of itself.
pub(crate) struct Telemetry {
    pub(crate) service: &'static str,
    pub(crate) metrics: Metrics,
    tracer: SdkTracer,
    logger: SdkLogger,
    // Ending with this.
    _traces: SdkTracerProvider,
    _logs: SdkLoggerProvider,
}

impl Telemetry {
    /// Begins. Call it outside of a runtime: the exporters bring threads of their own.
    pub(crate) fn begin(
        service: &'static str,
        release: &str,
        platform: &Platform,
    ) -> anyhow::Result<Self> {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attributes([
                KeyValue::new("service.namespace", "shop"),
                KeyValue::new("service.version", release.to_owned()),
                KeyValue::new("service.instance.id", format!("{service}-{}", std::process::id())),
                KeyValue::new("host.name", host.trim().to_owned()),
                KeyValue::new("vcs.ref.head.revision", platform.revision.clone()),
            ])
            .build();
        let spans = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", platform.otlp));
        let spans = spans.build().context("the exporter of traces")?;
        let batch =
            SpanBatch::default().with_scheduled_delay(BATCH).with_max_queue_size(8192).build();
        let spans = BatchSpanProcessor::builder(spans).with_batch_config(batch).build();
        let traces = SdkTracerProvider::builder().with_span_processor(spans);
        let traces = traces.with_resource(resource.clone()).build();
        let lines =
            LogExporter::builder().with_http().with_endpoint(format!("{}/v1/logs", platform.otlp));
        let lines = lines.build().context("the exporter of logs")?;
        let batch =
            LogBatch::default().with_scheduled_delay(BATCH).with_max_queue_size(8192).build();
        let lines = BatchLogProcessor::builder(lines).with_batch_config(batch).build();
        let logs =
            SdkLoggerProvider::builder().with_log_processor(lines).with_resource(resource).build();
        let metrics = Metrics::new(release, &platform.revision);
        Ok(Self {
            service,
            metrics,
            tracer: traces.tracer(service),
            logger: logs.logger(service),
            _traces: traces,
            _logs: logs,
        })
    }

    /// A span under the current one.
    pub(crate) fn span(&self, kind: SpanKind, name: String, attributes: Vec<KeyValue>) -> Context {
        self.span_under(&Context::current(), kind, name, attributes)
    }

    /// A span under another.
    pub(crate) fn span_under(
        &self,
        parent: &Context,
        kind: SpanKind,
        name: String,
        attributes: Vec<KeyValue>,
    ) -> Context {
        let builder = self.tracer.span_builder(name).with_kind(kind).with_attributes(attributes);
        parent.with_span(self.tracer.build_with_context(builder, parent))
    }

    /// Does something as a span of its own, which is an error where that fails.
    pub(crate) async fn traced<T, E: std::fmt::Display>(
        &self,
        kind: SpanKind,
        name: impl Into<String>,
        attributes: Vec<KeyValue>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let context = self.span(kind, name.into(), attributes);
        let outcome = work.with_context(context.clone()).await;
        if let Err(error) = &outcome {
            context.span().set_status(Status::error(error.to_string()));
        }
        context.span().end();
        outcome
    }

    pub(crate) fn info(&self, line: impl Into<String>) {
        self.log(Severity::Info, line.into());
    }

    pub(crate) fn warn(&self, line: impl Into<String>) {
        self.log(Severity::Warn, line.into());
    }

    pub(crate) fn error(&self, line: impl Into<String>) {
        self.log(Severity::Error, line.into());
    }

    /// The line goes with the current span, and to standard output.
    #[expect(clippy::print_stdout, reason = "a service logs to its standard output")]
    fn log(&self, severity: Severity, line: String) {
        println!("{} {} {line}", jiff::Timestamp::now(), severity.name());
        let level = severity.name().to_lowercase();
        self.metrics.logged.get_or_create(&vec![("level", level)]).inc();
        let mut record = self.logger.create_log_record();
        record.set_timestamp(SystemTime::now());
        record.set_severity_number(severity);
        record.set_severity_text(severity.name());
        record.set_body(AnyValue::String(line.into()));
        self.logger.emit(record);
    }
}

/// A field of a span.
pub(crate) fn field(key: &'static str, value: impl Into<opentelemetry::Value>) -> KeyValue {
    KeyValue::new(key, value)
}
