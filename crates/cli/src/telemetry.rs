//! What the service tells of itself: logs on standard error, and traces where somebody wants them.

mod clean;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::output::advise;
use crate::settings::{LogFormat, Telemetry};
use crate::telemetry::clean::CleanStderr;

/// Ends the export of traces when the service has ended.
pub(crate) struct Watched {
    provider: Option<SdkTracerProvider>,
}

impl Watched {
    /// Sends what is left.
    pub(crate) fn end(self) {
        if let Some(Err(error)) = self.provider.map(|provider| provider.shutdown()) {
            tracing::warn!(error = %error, "the last traces couldn't be sent");
        }
    }
}

/// Begins to log. Call it outside of any runtime: the exporter brings its own thread.
pub(crate) fn begin(settings: &Telemetry) -> anyhow::Result<Watched> {
    let filter = EnvFilter::try_new(&settings.log_level).map_err(|error| {
        let hint = "for example `info`, or `info,nightjar_store=debug`";
        advise(error, format!("`telemetry.log_level` is `{}`", settings.log_level), hint)
    })?;
    let lines = fmt::layer().with_writer(|| CleanStderr);
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let provider = match settings.otlp_endpoint.as_str() {
        "" => None,
        endpoint => Some(exporter(endpoint)?),
    };
    let traces = provider
        .as_ref()
        .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("nightjar")));
    tracing_subscriber::registry().with(filter).with(lines).with(traces).init();
    Ok(Watched { provider })
}

fn exporter(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).build();
    let exporter = exporter.map_err(|error| {
        let hint = "give a whole address such as `http://127.0.0.1:4318/v1/traces`";
        advise(error, format!("`telemetry.otlp_endpoint` is `{endpoint}`"), hint)
    });
    let resource = Resource::builder().with_service_name("nightjar").build();
    let exporter = exporter.context("the export of traces")?;
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
