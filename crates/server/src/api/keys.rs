use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use nightjar_access::{Action, Role};
use nightjar_incident::SpaceId;
use nightjar_store::{AccessKey, IssuedKey, NewKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::{Answer, Made};
use crate::app::App;
use crate::body::{Asked, Given};
use crate::call::Call;
use crate::page::{List, Paging, Shelf};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::wire::{Name, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .making(Access::Action(Action::CreateInstallationKey), routes!(create_installation))
        .plain(Access::Action(Action::ListInstallationKeys), routes!(list_installation))
        .plain(Access::Action(Action::RevokeInstallationKey), routes!(revoke_installation))
        .making(Access::Action(Action::CreateKey), routes!(create))
        .plain(Access::Action(Action::ListKeys), routes!(list))
        .plain(Access::Action(Action::RevokeKey), routes!(revoke))
}

/// What a key is for.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub(crate) enum RoleName {
    Administrator,
    Operator,
    Viewer,
    Webhook,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Administrator => Self::Administrator,
            RoleName::Operator => Self::Operator,
            RoleName::Viewer => Self::Viewer,
            RoleName::Webhook => Self::Webhook,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Administrator => Self::Administrator,
            Role::Operator => Self::Operator,
            Role::Viewer => Self::Viewer,
            Role::Webhook => Self::Webhook,
        }
    }
}

/// A key as lists show it, without its secrets.
#[derive(Serialize, ToSchema)]
struct Key {
    /// Its public name.
    #[schema(example = "NJAKABCDEFGHIJKLMNOP")]
    id: String,
    /// What it may do.
    role: String,
    /// The space it opens; none: those of the whole installation.
    #[schema(required)]
    space: Option<String>,
    /// What it is for.
    name: String,
    /// When it was issued.
    created_at: Time,
    /// When it stops to work by itself.
    #[schema(required)]
    expires_at: Option<Time>,
    /// When somebody ended it.
    #[schema(required)]
    revoked_at: Option<Time>,
}

impl From<AccessKey> for Key {
    fn from(key: AccessKey) -> Self {
        Self {
            id: key.id,
            role: key.role,
            space: key.space.map(|space| space.to_string()),
            name: key.name,
            created_at: Time(key.created_at),
            expires_at: key.expires_at.map(Time),
            revoked_at: key.revoked_at.map(Time),
        }
    }
}

/// A key with its secrets, which are shown this once. Both stand for the same key: the token is for
/// `Authorization: Bearer`, the pair for requests signed as AWS does.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct KeyWithSecrets {
    /// Its public name.
    access_key_id: String,
    /// For signing.
    secret_access_key: String,
    /// For `Authorization: Bearer`.
    token: String,
}

/// A key to be issued.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "role": "viewer", "name": "wall display" }))]
struct KeyToMake {
    /// What it may do.
    role: RoleName,
    /// What it is for; the role unless told.
    #[serde(default)]
    name: Option<Name>,
    /// When it stops to work by itself; never unless told.
    #[serde(default)]
    expires_at: Option<Time>,
}

impl KeyToMake {
    fn new_key(self, space: Option<SpaceId>, now: Timestamp) -> Result<NewKey, Problem> {
        let role = Role::from(self.role);
        if space.is_none() && role == Role::Webhook {
            return Err(Problem::invalid("/role", "a webhook's key belongs to a space"));
        }
        let expires_at = self.expires_at.map(|Time(at)| at);
        if expires_at.is_some_and(|at| at <= now) {
            return Err(Problem::invalid("/expires_at", "it lies in the past"));
        }
        let name = self.name.map_or_else(|| role.label().to_owned(), |name| name.0);
        Ok(NewKey { role: role.label().to_owned(), space, name, expires_at })
    }
}

fn shown(issued: IssuedKey, keys: &str) -> (String, String, KeyWithSecrets) {
    let IssuedKey { key, secret_access_key, token } = issued;
    let location = format!("{keys}/{}", key.id);
    let shown = KeyWithSecrets { access_key_id: key.id.clone(), secret_access_key, token };
    (key.id, location, shown)
}

#[utoipa::path(post, path = "/api/v1/keys", request_body = KeyToMake,
    responses((status = 201, description = "The key.", body = KeyWithSecrets)))]
async fn create_installation(
    State(app): State<App>,
    call: Call,
    given: Given<KeyToMake>,
) -> Answer<Made<KeyWithSecrets>> {
    let now = Timestamp::now();
    let new = given.value.new_key(None, now)?;
    let issued = app.store.issue_key(new, given.once.as_ref(), now).await?;
    Ok(Made::new(issued, &call, |issued| shown(issued, "/api/v1/keys")))
}

#[utoipa::path(get, path = "/api/v1/keys", params(Paging),
    responses((status = 200, description = "Keys, newest first.", body = List<Key>)))]
async fn list_installation(
    State(app): State<App>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Key>>> {
    let shelf = Shelf::of_installation(&app.store, "keys", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    let page = app.store.access_keys(None, &request).await?;
    Ok(Json(shelf.list(page, Key::from)))
}

#[utoipa::path(delete, path = "/api/v1/keys/{key}",
    responses((status = 204, description = "It doesn't work any more.")))]
async fn revoke_installation(State(app): State<App>, ids: Ids) -> Answer<StatusCode> {
    app.store.revoke_key(None, ids.id("key")?, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/keys", request_body = KeyToMake,
    responses((status = 201, description = "The key.", body = KeyWithSecrets)))]
async fn create(
    InSpace(space): InSpace,
    State(app): State<App>,
    call: Call,
    given: Given<KeyToMake>,
) -> Answer<Made<KeyWithSecrets>> {
    let now = Timestamp::now();
    let new = given.value.new_key(Some(space.id().clone()), now)?;
    let issued = app.store.issue_key(new, given.once.as_ref(), now).await?;
    let keys = format!("/api/v1/spaces/{}/keys", space.id());
    Ok(Made::new(issued, &call, |issued| shown(issued, &keys)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/keys", params(Paging),
    responses((status = 200, description = "Keys, newest first.", body = List<Key>)))]
async fn list(
    InSpace(space): InSpace,
    State(app): State<App>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Key>>> {
    let shelf = Shelf::of_space(&space, "keys", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    let page = app.store.access_keys(Some(space.id()), &request).await?;
    Ok(Json(shelf.list(page, Key::from)))
}

#[utoipa::path(delete, path = "/api/v1/spaces/{space}/keys/{key}",
    responses((status = 204, description = "It doesn't work any more.")))]
async fn revoke(InSpace(space): InSpace, State(app): State<App>, ids: Ids) -> Answer<StatusCode> {
    app.store.revoke_key(Some(space.id()), ids.id("key")?, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
