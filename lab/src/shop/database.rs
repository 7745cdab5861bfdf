//! A pool of connections to PostgreSQL, watched as the semantic conventions say.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use opentelemetry::trace::SpanKind;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};
use sqlx::{Postgres, Transaction};

use super::metrics::Labels;
use super::serve::Failure;
use super::settings::{Platform, Settings, milliseconds};
use super::telemetry::{Telemetry, field};

/// The database of the shop.
const NAME: &str = "shop";

/// One service's way to the database.
#[derive(Clone)]
pub(crate) struct Database {
    pool: PgPool,
    host: String,
    waiting: Arc<AtomicI64>,
    telemetry: Arc<Telemetry>,
}

impl Database {
    /// Opens nothing yet; connections are made when they are needed.
    pub(crate) fn new(
        settings: &Settings,
        platform: &Platform,
        telemetry: &Arc<Telemetry>,
    ) -> anyhow::Result<Self> {
        let Some(told) = &settings.database else { anyhow::bail!("`database` is missing") };
        let address = platform.resolve(&told.host).map_err(anyhow::Error::msg)?;
        let options = PgConnectOptions::new_without_pgpass()
            .host(&address.ip().to_string())
            .port(address.port())
            .username(&told.user)
            .password(&platform.password)
            .database(NAME)
            .application_name(telemetry.service)
            .ssl_mode(PgSslMode::Disable)
            .options([("statement_timeout", told.statement_timeout_ms.to_string())]);
        let pool = PgPoolOptions::new()
            .max_connections(told.max_connections)
            .min_connections(1)
            .acquire_timeout(milliseconds(told.acquire_timeout_ms))
            .connect_lazy_with(options);
        let waiting = Arc::new(AtomicI64::new(0));
        watch(telemetry, &pool, &waiting, told.max_connections);
        Ok(Self { pool, host: told.host.clone(), waiting, telemetry: telemetry.clone() })
    }

    /// A connection, when there is one.
    pub(crate) async fn acquire(&self) -> Result<PoolConnection<Postgres>, Failure> {
        self.waited(self.pool.acquire()).await
    }

    /// A transaction on a connection, when there is one.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, Failure> {
        self.waited(self.pool.begin()).await
    }

    async fn waited<T>(
        &self,
        getting: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let outcome = getting.await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let metrics = &self.telemetry.metrics;
        metrics.pool_wait.get_or_create(&pool_name()).observe(begun.elapsed().as_secs_f64());
        outcome.map_err(|error| {
            if matches!(error, sqlx::Error::PoolTimedOut) {
                metrics.pool_timeouts.get_or_create(&pool_name()).inc();
            }
            Failure::internal(error.to_string())
        })
    }

    /// Runs a statement as a span: what it does (`SELECT`), to which table, its text.
    pub(crate) async fn run<T>(
        &self,
        operation: &'static str,
        table: &'static str,
        sql: &str,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, Failure> {
        let attributes = vec![
            field("db.system.name", "postgresql"),
            field("db.namespace", NAME),
            field("db.operation.name", operation),
            field("db.collection.name", table),
            field("db.query.text", sql.to_owned()),
            field("server.address", self.host.clone()),
            field("peer.service", self.host.clone()),
        ];
        let begun = Instant::now();
        let span = format!("{operation} {table}");
        let outcome = self.telemetry.traced(SpanKind::Client, span, attributes, work).await;
        let mut labels = vec![
            ("db_system_name", "postgresql".to_owned()),
            ("db_operation_name", operation.to_owned()),
            ("db_collection_name", table.to_owned()),
            ("server_address", self.host.clone()),
        ];
        if let Err(error) = &outcome {
            labels.push(("error_type", kind(error)));
        }
        self.telemetry
            .metrics
            .database
            .get_or_create(&labels)
            .observe(begun.elapsed().as_secs_f64());
        outcome.map_err(|error| Failure::internal(error.to_string()))
    }
}

/// What kind of trouble it was: PostgreSQL's own code where it has one.
fn kind(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => {
            database.code().map_or_else(|| "database".to_owned(), Into::into)
        }
        sqlx::Error::Io(error) => format!("{:?}", error.kind()),
        _ => "client".to_owned(),
    }
}

fn pool_name() -> Labels {
    vec![("db_client_connection_pool_name", NAME.to_owned())]
}

/// Brings the gauges of the pool up to date at each scrape.
fn watch(telemetry: &Arc<Telemetry>, pool: &PgPool, waiting: &Arc<AtomicI64>, most: u32) {
    let (pool, waiting) = (pool.clone(), waiting.clone());
    telemetry.metrics.on_scrape(move |metrics| {
        let count = |state: &str, count: i64| {
            let mut labels = pool_name();
            labels.push(("db_client_connection_state", state.to_owned()));
            metrics.pool_count.get_or_create(&labels).set(count);
        };
        let idle = i64::try_from(pool.num_idle()).unwrap_or(i64::MAX);
        count("idle", idle);
        count("used", i64::from(pool.size()) - idle);
        metrics.pool_max.get_or_create(&pool_name()).set(i64::from(most));
        metrics.pool_pending.get_or_create(&pool_name()).set(waiting.load(Ordering::Relaxed));
    });
}
