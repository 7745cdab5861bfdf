//! Confirms orders that wait in the queue.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use opentelemetry::context::FutureExt as _;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use serde::Deserialize;
use sqlx::AssertSqlSafe;

use super::Start;
use super::orders::QUEUE;
use crate::shop::cache::Redis;
use crate::shop::carrier::Carrier;
use crate::shop::database::Database;
use crate::shop::serve::{Failure, serve};
use crate::shop::telemetry::{Telemetry, field};

/// How long one look into an empty queue waits, seconds; and the pause after a look that failed.
const LOOK: f64 = 1.0;
const PAUSE: Duration = Duration::from_secs(1);
/// How long the label printer takes.
const PRINTING: Duration = Duration::from_millis(40);

struct Worker {
    database: Database,
    queue: Redis,
    confirm: String,
    telemetry: Arc<Telemetry>,
}

#[derive(Debug, Deserialize)]
struct Message {
    order: i64,
    sent_at: jiff::Timestamp,
    headers: Carrier,
}

pub(crate) async fn run(start: Start) -> anyhow::Result<()> {
    let Some(told) = &start.settings.queue else { anyhow::bail!("`queue` is missing") };
    let mut hands = Vec::new();
    let confirm = start.platform.sql("confirm_order")?;
    let database = Arc::new(Database::new(&start.settings, &start.platform, &start.telemetry)?);
    for _ in 0..start.settings.concurrency {
        let worker = Worker {
            database: Database::clone(&database),
            queue: Redis::new(told, &start.platform, &start.telemetry),
            confirm: confirm.clone(),
            telemetry: start.telemetry.clone(),
        };
        hands.push(tokio::spawn(worker.work()));
    }
    serve(start.telemetry.clone(), &start.platform, Router::new()).await
}

impl Worker {
    async fn work(self) {
        loop {
            match self.queue.wait(QUEUE, LOOK).await {
                Ok(Some(text)) => self.take(&text).await,
                Ok(None) => {}
                Err(failure) => {
                    self.telemetry.error(format!("could not read the queue: {failure}"));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn take(&self, text: &str) {
        let message: Message = match serde_json::from_str(text) {
            Ok(message) => message,
            Err(error) => {
                return self
                    .telemetry
                    .error(format!("dropped a message that is no order: {error}"));
            }
        };
        let parent = TraceContextPropagator::new().extract(&message.headers);
        let attributes = vec![
            field("messaging.system", "redis"),
            field("messaging.operation.type", "process"),
            field("messaging.destination.name", QUEUE),
            field("server.address", "order-queue"),
        ];
        let name = format!("process {QUEUE}");
        let context = self.telemetry.span_under(&parent, SpanKind::Consumer, name, attributes);
        let begun = Instant::now();
        let outcome = self.confirm(&message).with_context(context.clone()).await;
        let mut labels = vec![("messaging_destination_name", QUEUE.to_owned())];
        self.telemetry.metrics.consumed.get_or_create(&labels).inc();
        if let Err(failure) = outcome {
            labels.push(("error_type", failure.kind().to_owned()));
            context.span().set_status(Status::error(failure.to_string()));
            let _attached = context.clone().attach();
            self.telemetry
                .error(format!("order {} could not be confirmed: {failure}", message.order));
        }
        self.telemetry
            .metrics
            .processing
            .get_or_create(&labels)
            .observe(begun.elapsed().as_secs_f64());
        context.span().end();
    }

    async fn confirm(&self, message: &Message) -> Result<(), Failure> {
        let mut connection = self.database.acquire().await?;
        let update = sqlx::query(AssertSqlSafe(self.confirm.as_str()))
            .bind(message.order)
            .execute(&mut *connection);
        self.database.run("UPDATE", "orders", &self.confirm, update).await?;
        drop(connection);
        let printing = async {
            tokio::time::sleep(PRINTING).await;
            Ok::<_, Failure>(())
        };
        self.telemetry.traced(SpanKind::Internal, "print label", Vec::new(), printing).await?;
        let waited = jiff::Timestamp::now().duration_since(message.sent_at).as_secs_f64();
        self.telemetry
            .info(format!("order {} confirmed {waited:.1} s after it was placed", message.order));
        Ok(())
    }
}
