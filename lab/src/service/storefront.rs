//! The shop's web API: what the browser asks, put together from the other services.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use reqwest::Method;
use serde_json::{Value, json};

use super::Start;
use crate::shop::call::Peer;
use crate::shop::serve::{Failure, serve};
use crate::shop::telemetry::Telemetry;

struct Shop {
    catalog: Peer,
    cart: Peer,
    orders: Peer,
    telemetry: Arc<Telemetry>,
}

type Answer = Result<Json<Value>, Failure>;

pub(crate) async fn run(start: Start) -> anyhow::Result<()> {
    let peer = |name: &str| Peer::new(name, &start.settings, &start.platform, &start.telemetry);
    let shop = Arc::new(Shop {
        catalog: peer("catalog")?,
        cart: peer("cart")?,
        orders: peer("orders")?,
        telemetry: start.telemetry.clone(),
    });
    let routes = Router::new()
        .route("/", get(home))
        .route("/category/{category}", get(category))
        .route("/product/{id}", get(product))
        .route("/cart/{customer}", get(cart))
        .route("/cart/{customer}/items/{id}", post(add))
        .route("/checkout/{customer}", post(checkout))
        .route("/account/{customer}/orders", get(history))
        .with_state(shop);
    serve(start.telemetry.clone(), &start.platform, routes).await
}

async fn home(State(shop): State<Arc<Shop>>) -> Answer {
    listing(&shop, 1).await
}

async fn category(State(shop): State<Arc<Shop>>, Path(category): Path<u32>) -> Answer {
    listing(&shop, category).await
}

async fn listing(shop: &Shop, category: u32) -> Answer {
    let found =
        shop.catalog.get("/categories/{category}", &format!("/categories/{category}")).await;
    found.map(Json).map_err(|failure| failure.during("could not load the category page"))
}

async fn product(State(shop): State<Arc<Shop>>, Path(id): Path<u32>) -> Answer {
    let found = shop.catalog.get("/products/{id}", &format!("/products/{id}")).await;
    found.map(Json).map_err(|failure| failure.during("could not load the product page"))
}

async fn cart(State(shop): State<Arc<Shop>>, Path(customer): Path<u32>) -> Answer {
    let found = shop.cart.get("/carts/{customer}", &format!("/carts/{customer}")).await;
    found.map(Json).map_err(|failure| failure.during("could not show the cart"))
}

async fn add(State(shop): State<Arc<Shop>>, Path((customer, id)): Path<(u32, u32)>) -> Answer {
    let product = shop.catalog.get("/products/{id}", &format!("/products/{id}")).await;
    let product = product.map_err(|failure| failure.during("could not look up the price"))?;
    let item = json!({"product": id, "price_cents": product.get("price_cents")});
    let path = format!("/carts/{customer}/items");
    let sent = shop.cart.send(Method::POST, "/carts/{customer}/items", &path, Some(&item)).await;
    sent.map(Json).map_err(|failure| failure.during("could not add to the cart"))
}

async fn checkout(State(shop): State<Arc<Shop>>, Path(customer): Path<u32>) -> Answer {
    let path = format!("/carts/{customer}");
    let cart = shop.cart.get("/carts/{customer}", &path).await;
    let cart = cart.map_err(|failure| failure.during("checkout: could not read the cart"))?;
    let items = cart.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if items.is_empty() {
        return Err(Failure::refused(StatusCode::CONFLICT, "the cart is empty"));
    }
    let order = json!({"customer": customer, "items": items});
    let placed = shop.orders.send(Method::POST, "/orders", "/orders", Some(&order)).await;
    let placed = placed.map_err(|failure| failure.during("checkout: could not place the order"))?;
    if let Err(failure) = shop.cart.send(Method::DELETE, "/carts/{customer}", &path, None).await {
        shop.telemetry.warn(format!("cart of customer {customer} could not be emptied: {failure}"));
    }
    Ok(Json(placed))
}

async fn history(State(shop): State<Arc<Shop>>, Path(customer): Path<u32>) -> Answer {
    let found = shop
        .orders
        .get("/customers/{customer}/orders", &format!("/customers/{customer}/orders"))
        .await;
    found.map(Json).map_err(|failure| failure.during("could not show the orders"))
}
