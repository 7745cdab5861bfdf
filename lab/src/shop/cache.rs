//! A Redis server: cache, session store or queue. One connection, made again when it broke.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::trace::SpanKind;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError};
use tokio::sync::Mutex;

use super::serve::Failure;
use super::settings::{self, Platform, milliseconds};
use super::telemetry::{Telemetry, field};

/// One Redis server.
pub(crate) struct Redis {
    host: String,
    /// Where it is, or what a resolver says.
    address: Result<std::net::SocketAddr, String>,
    timeout: Duration,
    pub(crate) ttl_seconds: u64,
    open: Mutex<Option<MultiplexedConnection>>,
    telemetry: Arc<Telemetry>,
}

impl Redis {
    pub(crate) fn new(
        told: &settings::Redis,
        platform: &Platform,
        telemetry: &Arc<Telemetry>,
    ) -> Self {
        Self {
            host: told.host.clone(),
            address: platform.resolve(&told.host),
            timeout: milliseconds(told.timeout_ms),
            ttl_seconds: told.ttl_seconds,
            open: Mutex::new(None),
            telemetry: telemetry.clone(),
        }
    }

    /// Runs one command as a span.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        operation: &'static str,
        command: Cmd,
    ) -> Result<T, Failure> {
        self.measured(operation, self.timeout, async {
            let mut connection = self.connection().await?;
            command
                .query_async(&mut connection)
                .await
                .map_err(|error: RedisError| error.to_string())
        })
        .await
    }

    /// Waits for a message at most so long; not a span, since waiting is no work.
    pub(crate) async fn wait(&self, key: &str, seconds: f64) -> Result<Option<String>, Failure> {
        let patience = Duration::from_secs_f64(seconds) + self.timeout;
        let taking = async {
            let mut connection = self.connection().await?;
            let mut command = redis::cmd("BRPOP");
            command.arg(key).arg(seconds);
            let taken: Option<(String, String)> =
                command.query_async(&mut connection).await.map_err(|error| error.to_string())?;
            Ok(taken.map(|(_, message)| message))
        };
        self.bounded(patience, taking).await
    }

    async fn measured<T>(
        &self,
        operation: &'static str,
        patience: Duration,
        work: impl Future<Output = Result<T, String>>,
    ) -> Result<T, Failure> {
        let attributes = vec![
            field("db.system.name", "redis"),
            field("db.operation.name", operation),
            field("server.address", self.host.clone()),
            field("peer.service", self.host.clone()),
        ];
        let begun = Instant::now();
        let bounded = self.bounded(patience, work);
        let outcome = self.telemetry.traced(SpanKind::Client, operation, attributes, bounded).await;
        let mut labels = vec![
            ("db_system_name", "redis".to_owned()),
            ("db_operation_name", operation.to_owned()),
            ("server_address", self.host.clone()),
        ];
        if let Err(failure) = &outcome {
            labels.push(("error_type", failure.kind().to_owned()));
        }
        self.telemetry
            .metrics
            .database
            .get_or_create(&labels)
            .observe(begun.elapsed().as_secs_f64());
        outcome
    }

    /// What fails or takes too long costs the connection.
    async fn bounded<T>(
        &self,
        patience: Duration,
        work: impl Future<Output = Result<T, String>>,
    ) -> Result<T, Failure> {
        let outcome = tokio::time::timeout(patience, work).await;
        let message = match outcome {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(message)) => message,
            Err(_) => format!("no answer within {} ms: timeout", patience.as_millis()),
        };
        *self.open.lock().await = None;
        Err(Failure::internal(format!("redis {}: {message}", self.host)))
    }

    async fn connection(&self) -> Result<MultiplexedConnection, String> {
        let mut open = self.open.lock().await;
        if let Some(connection) = open.as_ref() {
            return Ok(connection.clone());
        }
        let address = self.address.clone()?;
        let client =
            Client::open(format!("redis://{address}/")).map_err(|error| error.to_string())?;
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let connection = client.get_multiplexed_async_connection_with_config(&config).await;
        let connection = connection.map_err(|error| error.to_string())?;
        Ok(open.insert(connection).clone())
    }
}
