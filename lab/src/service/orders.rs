//! Orders: paid by card, written to PostgreSQL and to a journal on the volume, handed to the worker by a queue.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row as _};

use super::Start;
use crate::shop::cache::Redis;
use crate::shop::call::Peer;
use crate::shop::carrier::Carrier;
use crate::shop::database::Database;
use crate::shop::serve::{Failure, serve};
use crate::shop::telemetry::{Telemetry, field};

/// The list in which orders wait for the worker.
pub(crate) const QUEUE: &str = "orders";

struct Orders {
    database: Database,
    queue: Redis,
    payments: Peer,
    journal: Option<PathBuf>,
    insert: String,
    history: String,
    /// The volume discount of release 4.3.0.
    has_discount: bool,
    telemetry: Arc<Telemetry>,
}

#[derive(Debug, Deserialize)]
struct Order {
    customer: i32,
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    product: i32,
    price_cents: Option<i32>,
}

pub(crate) async fn run(start: Start) -> anyhow::Result<()> {
    let Some(told) = &start.settings.queue else { anyhow::bail!("`queue` is missing") };
    let orders = Arc::new(Orders {
        database: Database::new(&start.settings, &start.platform, &start.telemetry)?,
        queue: Redis::new(told, &start.platform, &start.telemetry),
        payments: Peer::new("card-payments", &start.settings, &start.platform, &start.telemetry)?,
        journal: start.platform.volume.as_ref().map(|volume| volume.join("journal.log")),
        insert: start.platform.sql("insert_order")?,
        history: start.platform.sql("history")?,
        has_discount: start.is_release("4.3.0"),
        telemetry: start.telemetry.clone(),
    });
    let routes = Router::new()
        .route("/orders", post(place))
        .route("/customers/{customer}/orders", get(history))
        .with_state(orders);
    serve(start.telemetry.clone(), &start.platform, routes).await
}

async fn place(
    State(orders): State<Arc<Orders>>,
    Json(order): Json<Order>,
) -> Result<Json<Value>, Failure> {
    let prices: Vec<i32> = order.items.iter().map(|item| item.price_cents.unwrap_or(0)).collect();
    let total = if orders.has_discount { discounted(&prices)? } else { prices.iter().sum() };
    let database = &orders.database;
    let mut transaction =
        database.begin().await.map_err(|failure| failure.during("place order"))?;
    let products: Vec<i32> = order.items.iter().map(|item| item.product).collect();
    let insert = sqlx::query(AssertSqlSafe(orders.insert.as_str()))
        .bind(order.customer)
        .bind(total)
        .bind(&products)
        .bind(&prices)
        .fetch_one(&mut *transaction);
    let row = database.run("INSERT", "orders", &orders.insert, insert).await;
    let row = row.map_err(|failure| failure.during("insert order"))?;
    let id: i64 = row.try_get(0).map_err(|error| Failure::internal(error.to_string()))?;
    let payment = json!({"order": id, "amount_cents": total});
    let path = "/v1/authorisations";
    let paid = orders.payments.send(Method::POST, path, path, Some(&payment)).await;
    paid.map_err(|failure| failure.during(&format!("authorise payment of order {id}")))?;
    orders.write_down(id, &order, total)?;
    let commit = database.run("COMMIT", "orders", "COMMIT", transaction.commit()).await;
    commit.map_err(|failure| failure.during(&format!("commit order {id}")))?;
    orders.publish(id).await.map_err(|failure| failure.during(&format!("queue order {id}")))?;
    orders
        .telemetry
        .info(format!("order {id} placed by customer {}, {total} cents", order.customer));
    Ok(Json(json!({"order": id, "total_cents": total})))
}

async fn history(
    State(orders): State<Arc<Orders>>,
    Path(customer): Path<i32>,
) -> Result<Json<Value>, Failure> {
    let mut connection =
        orders.database.acquire().await.map_err(|failure| failure.during("order history"))?;
    let query = sqlx::query(AssertSqlSafe(orders.history.as_str()))
        .bind(customer)
        .fetch_all(&mut *connection);
    let rows = orders.database.run("SELECT", "orders", &orders.history, query).await;
    let rows =
        rows.map_err(|failure| failure.during(&format!("order history of customer {customer}")))?;
    let mut found = Vec::new();
    for row in rows {
        let id: i64 = row.try_get("id").map_err(|error| Failure::internal(error.to_string()))?;
        let items: i64 =
            row.try_get("items").map_err(|error| Failure::internal(error.to_string()))?;
        found.push(json!({"order": id, "items": items}));
    }
    Ok(Json(json!({"customer": customer, "orders": found})))
}

/// Every third item of the same price is cheaper; the average is what makes it so.
fn discounted(prices: &[i32]) -> Result<i32, Failure> {
    let total: i32 = prices.iter().sum();
    let others = i32::try_from(prices.len()).unwrap_or(i32::MAX) - 1;
    let average = total.checked_div(others).ok_or_else(|| {
        Failure::internal("volume discount: attempt to divide by zero in discount::average")
    })?;
    Ok(if average > 5000 { total - average / 10 } else { total })
}

impl Orders {
    /// The journal that the accountants ask for: a line for each order, and its receipt.
    fn write_down(&self, id: i64, order: &Order, total: i32) -> Result<(), Failure> {
        let Some(path) = &self.journal else { return Ok(()) };
        let receipt = "=".repeat(2000);
        let line =
            format!("{} {id} {} {total}\n{receipt}\n", jiff::Timestamp::now(), order.customer);
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(line.as_bytes())?;
            file.sync_data()
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        write().map_err(|error| Failure::internal(format!("write order {id} to {name}: {error}")))
    }

    async fn publish(&self, id: i64) -> Result<(), Failure> {
        let attributes = vec![
            field("messaging.system", "redis"),
            field("messaging.operation.type", "send"),
            field("messaging.destination.name", QUEUE),
            field("server.address", "order-queue"),
            field("peer.service", "order-queue"),
        ];
        let work = async {
            let mut carrier = Carrier::default();
            TraceContextPropagator::new().inject_context(&Context::current(), &mut carrier);
            let message =
                json!({"order": id, "sent_at": jiff::Timestamp::now(), "headers": carrier});
            let mut command = redis::cmd("LPUSH");
            command.arg(QUEUE).arg(message.to_string());
            self.queue.run::<i64>("LPUSH", command).await
        };
        self.telemetry
            .traced(SpanKind::Producer, format!("send {QUEUE}"), attributes, work)
            .await?;
        let labels = vec![("messaging_destination_name", QUEUE.to_owned())];
        self.telemetry.metrics.sent.get_or_create(&labels).inc();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_discount_cannot_cope_with_a_single_item() {
        assert!(discounted(&[6000]).is_err());
        assert_eq!(discounted(&[6000, 6000]).unwrap(), 10_800);
    }
}
