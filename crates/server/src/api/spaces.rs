use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_incident::SpaceId;
use nightjar_store::{NewSpace, SpaceRecord};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, InSpace};
use crate::answer::{Answer, Made};
use crate::app::App;
use crate::body::{Asked, Given};
use crate::call::{Call, Caller};
use crate::page::{List, Paging, Shelf};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::wire::{Name, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ListSpaces), routes!(list))
        .making(Access::Action(Action::CreateSpace), routes!(create))
        .plain(Access::Action(Action::ReadSpace), routes!(read))
        .plain(Access::Action(Action::UpdateSpace), routes!(update))
        .plain(Access::Action(Action::DeleteSpace), routes!(delete))
}

/// A space: the security boundary that everything belongs to.
#[derive(Serialize, ToSchema)]
struct Space {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// What people call it.
    name: String,
    /// Where its data has to stay, if that is stated.
    #[schema(required)]
    location: Option<String>,
    /// When it was made.
    created_at: Time,
}

impl From<SpaceRecord> for Space {
    fn from(record: SpaceRecord) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name,
            location: record.location,
            created_at: Time(record.created_at),
        }
    }
}

/// A space to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "payments" }))]
struct SpaceToMake {
    /// What people call it.
    name: Name,
    /// Where its data has to stay: the installation's location, or left out.
    #[serde(default)]
    location: Option<Name>,
}

/// What to change about a space.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "payments-eu" }))]
struct SpaceChange {
    /// What people call it from now on.
    name: Name,
}

#[utoipa::path(get, path = "/api/v1/spaces", params(Paging),
    responses((status = 200, description = "Spaces, oldest first.", body = List<Space>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Space>>> {
    let shelf = Shelf::of_installation(&app.store, "spaces", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    let Some(home) = caller.identity.space() else {
        let page = app.store.spaces(&request).await?;
        return Ok(Json(shelf.list(page, Space::from)));
    };
    let home = app.store.space(&SpaceId::new(home)).await?.record().await?;
    Ok(Json(List { items: vec![home.into()], next: None }))
}

#[utoipa::path(post, path = "/api/v1/spaces", request_body = SpaceToMake,
    responses((status = 201, description = "The space.", body = Space)))]
async fn create(
    State(app): State<App>,
    call: Call,
    given: Given<SpaceToMake>,
) -> Answer<Made<Space>> {
    let Given { value, once } = given;
    let location = value.location.map(|location| location.0);
    let new = NewSpace { name: value.name.0, location, ..NewSpace::default() };
    let made = app.store.create_space(new, once.as_ref(), Timestamp::now()).await?;
    Ok(Made::new(made, &call, |record| {
        let id = record.id.to_string();
        let location = format!("/api/v1/spaces/{id}");
        (id, location, record.into())
    }))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}",
    responses((status = 200, description = "The space.", body = Space)))]
async fn read(InSpace(space): InSpace) -> Answer<Json<Space>> {
    Ok(Json(space.record().await?.into()))
}

#[utoipa::path(patch, path = "/api/v1/spaces/{space}", request_body = SpaceChange,
    responses((status = 200, description = "The space as it is now.", body = Space)))]
async fn update(InSpace(space): InSpace, given: Given<SpaceChange>) -> Answer<Json<Space>> {
    let name = given.value.name.0;
    let updated = space.update(Timestamp::now(), |settings| {
        settings.name = name;
        Ok(())
    });
    Ok(Json(updated.await?.into()))
}

#[utoipa::path(delete, path = "/api/v1/spaces/{space}",
    responses((status = 204, description = "It is gone, and its key with it.")))]
async fn delete(InSpace(space): InSpace) -> Result<StatusCode, Problem> {
    space.delete(Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
