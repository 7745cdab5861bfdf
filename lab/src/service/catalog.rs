//! Products: read from PostgreSQL, kept in Redis for a while.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use opentelemetry::trace::SpanKind;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row as _};

use super::Start;
use super::related::Related;
use crate::shop::cache::Redis;
use crate::shop::database::Database;
use crate::shop::serve::{Failure, serve};
use crate::shop::telemetry::Telemetry;

struct Catalog {
    database: Database,
    cache: Redis,
    listing: String,
    product: String,
    reviews: String,
    related: Option<Related>,
    telemetry: Arc<Telemetry>,
}

pub(crate) async fn run(start: Start) -> anyhow::Result<()> {
    let Some(told) = &start.settings.cache else { anyhow::bail!("`cache` is missing") };
    let catalog = Arc::new(Catalog {
        database: Database::new(&start.settings, &start.platform, &start.telemetry)?,
        cache: Redis::new(told, &start.platform, &start.telemetry),
        listing: start.platform.sql("listing")?,
        product: start.platform.sql("product")?,
        reviews: start.platform.sql("reviews")?,
        related: start.is_release("2.8.0").then(Related::default),
        telemetry: start.telemetry.clone(),
    });
    let routes = Router::new()
        .route("/categories/{category}", get(listing))
        .route("/products/{id}", get(product))
        .with_state(catalog);
    serve(start.telemetry.clone(), &start.platform, routes).await
}

async fn listing(
    State(catalog): State<Arc<Catalog>>,
    Path(category): Path<i32>,
) -> Result<Json<Value>, Failure> {
    let key = format!("category:{category}");
    if let Some(found) = catalog.cached(&key).await {
        return Ok(Json(found));
    }
    let mut connection = catalog.database.acquire().await?;
    let query = sqlx::query(AssertSqlSafe(catalog.listing.as_str()))
        .bind(category)
        .fetch_all(&mut *connection);
    let rows = catalog.database.run("SELECT", "products", &catalog.listing, query).await?;
    drop(connection);
    let products: Vec<Value> =
        rows.iter().map(brief).collect::<Result<_, _>>().map_err(unreadable)?;
    let found = json!({"category": category, "products": products});
    catalog.keep(&key, &found).await;
    Ok(Json(found))
}

async fn product(
    State(catalog): State<Arc<Catalog>>,
    Path(id): Path<i32>,
) -> Result<Json<Value>, Failure> {
    let key = format!("product:{id}");
    let mut found = match catalog.cached(&key).await {
        Some(found) => found,
        None => {
            let found = catalog.load(id).await?;
            catalog.keep(&key, &found).await;
            found
        }
    };
    if let (Some(related), Some(fields)) = (&catalog.related, found.as_object_mut()) {
        let work = async { Ok::<_, Failure>(related.of(id)) };
        let ids = catalog
            .telemetry
            .traced(SpanKind::Internal, "related products", Vec::new(), work)
            .await?;
        fields.insert("related".into(), json!(ids));
    }
    Ok(Json(found))
}

impl Catalog {
    async fn load(&self, id: i32) -> Result<Value, Failure> {
        let mut connection = self.database.acquire().await?;
        let query = sqlx::query(AssertSqlSafe(self.product.as_str()))
            .bind(id)
            .fetch_optional(&mut *connection);
        let row = self.database.run("SELECT", "products", &self.product, query).await?;
        let Some(row) = row else {
            return Err(Failure::refused(StatusCode::NOT_FOUND, "no such product"));
        };
        let query =
            sqlx::query(AssertSqlSafe(self.reviews.as_str())).bind(id).fetch_one(&mut *connection);
        let reviews = self.database.run("SELECT", "reviews", &self.reviews, query).await?;
        let read = || -> Result<Value, sqlx::Error> {
            let mut product = brief(&row)?;
            if let Some(fields) = product.as_object_mut() {
                fields
                    .insert("description".into(), json!(row.try_get::<String, _>("description")?));
                fields.insert("reviews".into(), json!(reviews.try_get::<i64, _>("reviews")?));
                fields.insert("rating".into(), json!(reviews.try_get::<f64, _>("rating")?));
            }
            Ok(product)
        };
        read().map_err(unreadable)
    }

    /// What is kept; a cache that doesn't answer is as good as an empty one.
    async fn cached(&self, key: &str) -> Option<Value> {
        let mut command = redis::cmd("GET");
        command.arg(key);
        match self.cache.run::<Option<String>>("GET", command).await {
            Ok(text) => serde_json::from_str(&text?).ok(),
            Err(failure) => {
                self.telemetry.warn(format!(
                    "cache lookup of {key} failed, going to the database: {failure}"
                ));
                None
            }
        }
    }

    async fn keep(&self, key: &str, value: &Value) {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value.to_string()).arg("EX").arg(self.cache.ttl_seconds);
        if let Err(failure) = self.cache.run::<()>("SET", command).await {
            self.telemetry.warn(format!("could not cache {key}: {failure}"));
        }
    }
}

fn brief(row: &sqlx::postgres::PgRow) -> Result<Value, sqlx::Error> {
    Ok(json!({
        "id": row.try_get::<i32, _>("id")?,
        "name": row.try_get::<String, _>("name")?,
        "price_cents": row.try_get::<i32, _>("price_cents")?,
    }))
}

fn unreadable(error: sqlx::Error) -> Failure {
    Failure::internal(format!("unexpected row: {error}"))
}
