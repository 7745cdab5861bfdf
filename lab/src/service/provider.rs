//! The card network that the shop pays through: somebody else's system, without telemetry of ours.

use std::time::Duration;

use anyhow::Context as _;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

/// How long the card network takes, milliseconds; the file `LAB_PACE` says otherwise.
const USUAL_MS: u64 = 320;

/// Answers until the process ends.
pub(crate) async fn run() -> anyhow::Result<()> {
    let listen: std::net::SocketAddr =
        std::env::var("LAB_LISTEN").context("`LAB_LISTEN` isn't set")?.parse()?;
    let pace = std::env::var("LAB_PACE").unwrap_or_default();
    let authorise = move || {
        let pace = pace.clone();
        async move {
            let told = tokio::fs::read_to_string(&pace).await.unwrap_or_default();
            let pause = told.trim().parse().unwrap_or(USUAL_MS);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            Json(json!({"status": "authorised"}))
        }
    };
    let listener = tokio::net::TcpListener::bind(listen).await.context("cannot listen")?;
    axum::serve(listener, Router::new().route("/v1/authorisations", post(authorise)))
        .await
        .context("ended")
}
