use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_store::Checkpoint as StoreCheckpoint;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, InSpace};
use crate::answer::Answer;
use crate::app::App;
use crate::body::{Asked, Nothing};
use crate::page::{List, Paging, Shelf};
use crate::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::CreateCheckpoint), routes!(create))
        .plain(Access::Action(Action::ListCheckpoints), routes!(list))
        .plain(Access::Action(Action::ExportCheckpoints), routes!(of_the_audit_trail))
}

/// A signed statement of what the journal held: docs/specs/journal.md. Keep it elsewhere.
#[derive(Serialize, ToSchema)]
struct Checkpoint {
    /// Version of the format.
    schema: u32,
    /// The space; none: the audit trail.
    #[schema(required)]
    space: Option<String>,
    /// From 1, without gaps.
    number: u64,
    /// When it was made.
    at: String,
    /// Position of the last entry it covers.
    position: u64,
    /// The chains that changed since the checkpoint before.
    heads: Vec<Head>,
    /// Hash of the checkpoint before.
    prev_hash: String,
    /// Ed25519 public key, hex.
    public_key: String,
    /// Ed25519 signature over the canonical JSON of all fields above, hex.
    signature: String,
}

/// Where a chain ended.
#[derive(Serialize, ToSchema)]
struct Head {
    /// Its name.
    chain: String,
    /// How many entries it had.
    entries: u64,
    /// Hash of the last.
    head: String,
}

impl From<StoreCheckpoint> for Checkpoint {
    fn from(checkpoint: StoreCheckpoint) -> Self {
        let heads = checkpoint.heads.into_iter().map(|head| Head {
            chain: head.chain,
            entries: head.entries,
            head: head.head.to_string(),
        });
        Self {
            schema: checkpoint.schema,
            space: checkpoint.space.map(|space| space.to_string()),
            number: checkpoint.number,
            at: checkpoint.at.to_string(),
            position: checkpoint.position,
            heads: heads.collect(),
            prev_hash: checkpoint.prev_hash.to_string(),
            public_key: checkpoint.public_key,
            signature: checkpoint.signature,
        }
    }
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/checkpoints",
    responses((status = 201, description = "The checkpoint; the last one again if nothing is \
        new.", body = Checkpoint)))]
async fn create(
    InSpace(space): InSpace,
    _nothing: Nothing,
) -> Answer<(StatusCode, Json<Checkpoint>)> {
    let made = space.checkpoint(Timestamp::now()).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/checkpoints", params(Paging),
    responses((status = 200, description = "Checkpoints, oldest first.",
        body = List<Checkpoint>)))]
async fn list(
    InSpace(space): InSpace,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Checkpoint>>> {
    let shelf = Shelf::of_space(&space, "checkpoints", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    Ok(Json(shelf.list(space.checkpoints(&request).await?, Checkpoint::from)))
}

#[utoipa::path(get, path = "/api/v1/checkpoints", params(Paging),
    responses((status = 200, description = "Checkpoints of the audit trail, oldest first.",
        body = List<Checkpoint>)))]
async fn of_the_audit_trail(
    State(app): State<App>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Checkpoint>>> {
    let shelf = Shelf::of_installation(&app.store, "checkpoints", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    Ok(Json(shelf.list(app.store.audit_checkpoints(&request).await?, Checkpoint::from)))
}
