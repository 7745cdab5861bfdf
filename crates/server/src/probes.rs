use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nightjar_access::Action;
use nightjar_store::Health as StoreHealth;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::Access;
use crate::answer::Answer;
use crate::app::App;
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    of_every_process(routes)
        .plain(Access::Action(Action::ReadHealthDetails), routes!(health))
        .plain(Access::Open("describe", "Hands out this description."), routes!(description))
}

/// What also a process tells of itself that only works.
pub(crate) fn of_every_process(routes: Routes) -> Routes {
    routes
        .plain(Access::Open("isAlive", "Tells that the process runs."), routes!(alive))
        .plain(Access::Open("isReady", "Tells whether database and blobs answer."), routes!(ready))
        .plain(Access::Action(Action::ReadMetrics), routes!(metrics))
}

/// Whether the process runs.
#[derive(Serialize, ToSchema)]
struct Alive {
    /// `alive`.
    status: &'static str,
}

/// Whether requests can be served.
#[derive(Serialize, ToSchema)]
struct Ready {
    /// Whether they can.
    is_ready: bool,
    /// What doesn't answer: `database`, `blobs`.
    missing: Vec<&'static str>,
}

impl From<&StoreHealth> for Ready {
    fn from(health: &StoreHealth) -> Self {
        let parts = [(health.database_ok, "database"), (health.blobs_ok, "blobs")];
        let missing: Vec<_> = parts.iter().filter(|(ok, _)| !ok).map(|(_, name)| *name).collect();
        Self { is_ready: missing.is_empty(), missing }
    }
}

/// How every part of the service is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// Version of the program.
    version: &'static str,
    /// `sqlite` or `postgres`.
    database: &'static str,
    /// Version of the database's schema.
    schema: i64,
    /// Whether requests can be served.
    is_ready: bool,
    /// What doesn't answer.
    missing: Vec<&'static str>,
    /// Tasks that wait for a worker; none where the database doesn't answer.
    #[schema(required)]
    waiting_tasks: Option<u64>,
    /// Tasks that a worker is at.
    #[schema(required)]
    running_tasks: Option<u64>,
    /// Public key of the checkpoints, hex.
    public_key: String,
}

#[utoipa::path(get, path = "/healthz",
    responses((status = 200, description = "It runs.", body = Alive)))]
async fn alive() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

#[utoipa::path(get, path = "/readyz",
    responses((status = 200, description = "Everything answers.", body = Ready),
        (status = 503, description = "Something doesn't.", body = Ready)))]
async fn ready(State(app): State<App>) -> (StatusCode, Json<Ready>) {
    let ready = Ready::from(&app.store.health().await);
    let is_closing = *app.closing.borrow();
    let is_well = ready.is_ready && !is_closing;
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(ready))
}

#[utoipa::path(get, path = "/api/v1/health",
    responses((status = 200, description = "How everything is.", body = Health)))]
async fn health(State(app): State<App>) -> Answer<Json<Health>> {
    let health = app.store.health().await;
    let queue = app.store.queue_depth().await.ok();
    let Ready { is_ready, missing } = Ready::from(&health);
    Ok(Json(Health {
        version: env!("CARGO_PKG_VERSION"),
        database: health.database,
        schema: health.schema,
        is_ready,
        missing,
        waiting_tasks: queue.map(|(waiting, _)| waiting),
        running_tasks: queue.map(|(_, running)| running),
        public_key: app.store.public_key(),
    }))
}

#[utoipa::path(get, path = "/metrics",
    responses((status = 200, description = "OpenMetrics text.", body = String,
        content_type = "application/openmetrics-text")))]
async fn metrics(State(app): State<App>) -> Response {
    let (queue, outbox) = (app.store.queue_depth().await.ok(), app.store.outbox_depth().await.ok());
    let text = app.metrics.text(queue, outbox, app.store.appended());
    let media = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media))], text).into_response()
}

#[utoipa::path(get, path = "/api/v1/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object,
        content_type = "application/json")))]
async fn description(State(app): State<App>) -> Response {
    let text: Bytes = app.description.get().cloned().unwrap_or_default();
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}
