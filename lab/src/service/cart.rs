//! Carts, kept in Redis until they are bought or forgotten.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Start;
use crate::shop::cache::Redis;
use crate::shop::serve::{Failure, serve};

/// What somebody wants to buy.
#[derive(Debug, Deserialize, Serialize)]
struct Item {
    product: u32,
    price_cents: Option<i64>,
}

pub(crate) async fn run(start: Start) -> anyhow::Result<()> {
    let Some(told) = &start.settings.cache else { anyhow::bail!("`cache` is missing") };
    let store = Arc::new(Redis::new(told, &start.platform, &start.telemetry));
    let routes = Router::new()
        .route("/carts/{customer}", get(show).delete(empty))
        .route("/carts/{customer}/items", post(add))
        .with_state(store);
    serve(start.telemetry.clone(), &start.platform, routes).await
}

async fn show(
    State(store): State<Arc<Redis>>,
    Path(customer): Path<u32>,
) -> Result<Json<Value>, Failure> {
    let mut command = redis::cmd("LRANGE");
    command.arg(key(customer)).arg(0).arg(-1);
    let texts: Vec<String> =
        store.run("LRANGE", command).await.map_err(|failure| failure.during("read cart"))?;
    let items: Vec<Item> =
        texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    Ok(Json(json!({"customer": customer, "items": items})))
}

async fn add(
    State(store): State<Arc<Redis>>,
    Path(customer): Path<u32>,
    Json(item): Json<Item>,
) -> Result<Json<Value>, Failure> {
    let text =
        serde_json::to_string(&item).map_err(|error| Failure::internal(error.to_string()))?;
    let mut push = redis::cmd("RPUSH");
    push.arg(key(customer)).arg(text);
    let count: i64 =
        store.run("RPUSH", push).await.map_err(|failure| failure.during("add to cart"))?;
    let mut expire = redis::cmd("EXPIRE");
    expire.arg(key(customer)).arg(store.ttl_seconds);
    let _: i64 =
        store.run("EXPIRE", expire).await.map_err(|failure| failure.during("add to cart"))?;
    Ok(Json(json!({"items": count})))
}

async fn empty(
    State(store): State<Arc<Redis>>,
    Path(customer): Path<u32>,
) -> Result<Json<Value>, Failure> {
    let mut command = redis::cmd("DEL");
    command.arg(key(customer));
    let removed: i64 =
        store.run("DEL", command).await.map_err(|failure| failure.during("empty cart"))?;
    Ok(Json(json!({"removed": removed})))
}

fn key(customer: u32) -> String {
    format!("cart:{customer}")
}
