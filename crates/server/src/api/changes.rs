use axum::Json;
use nightjar_access::Action;
use nightjar_store::ChangeRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::Answer;
use crate::body::Asked;
use crate::page::{List, Paging, Shelf};
use crate::routes::Routes;
use crate::wire::Time;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ListChanges), routes!(list))
        .plain(Access::Action(Action::ReadChange), routes!(read))
}

/// A change that a system told of over a webhook.
#[derive(Serialize, ToSchema)]
struct ToldChange {
    /// Its id.
    #[schema(example = "chg-1")]
    id: String,
    /// The id that its sender gave it, redacted; one of the same id is the same change.
    sender_id: String,
    /// `deployment`, `commit`, `configuration`, `feature_flag`, `scaling`, `infrastructure` or `other`.
    #[schema(value_type = String)]
    kind: nightjar_incident::ChangeKind,
    /// When it took effect.
    at: Time,
    /// What it altered, as its sender names it.
    entities: Vec<String>,
    /// What it is, in one line.
    summary: String,
    /// Who did it, redacted.
    #[schema(required)]
    author: Option<String>,
    /// What it replaced.
    #[schema(required)]
    previous: Option<String>,
    /// Where a person finds it.
    #[schema(required)]
    url: Option<String>,
    /// When somebody first told of it.
    received_at: Time,
    /// Over which webhook.
    webhook: String,
    /// The message that last told something new of it.
    delivery: String,
}

impl From<ChangeRecord> for ToldChange {
    fn from(record: ChangeRecord) -> Self {
        let change = record.change;
        Self {
            id: record.id,
            sender_id: change.id.to_string(),
            kind: change.kind,
            at: Time(change.at),
            entities: change.entities.iter().map(ToString::to_string).collect(),
            summary: change.summary,
            author: change.author,
            previous: change.previous,
            url: change.url,
            received_at: Time(record.received_at),
            webhook: record.webhook,
            delivery: record.delivery,
        }
    }
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/changes", params(Paging),
    responses((status = 200, description = "Changes, those that took effect last first.",
        body = List<ToldChange>)))]
async fn list(
    InSpace(space): InSpace,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<ToldChange>>> {
    let shelf = Shelf::of_space(&space, "changes", &[None]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    Ok(Json(shelf.list(space.changes(&request).await?, ToldChange::from)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/changes/{change}",
    responses((status = 200, description = "The change.", body = ToldChange)))]
async fn read(InSpace(space): InSpace, ids: Ids) -> Answer<Json<ToldChange>> {
    Ok(Json(space.change(ids.id("change")?).await?.into()))
}
