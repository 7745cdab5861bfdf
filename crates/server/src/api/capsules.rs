use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_oncall::import_capsule;
use nightjar_store::CapsuleRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::{Answer, Made};
use crate::app::App;
use crate::body::{Asked, Upload};
use crate::call::Call;
use crate::page::{List, Paging, Shelf};
use crate::routes::Routes;
use crate::wire::Time;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .taking(Access::Action(Action::UploadCapsule), routes!(upload))
        .plain(Access::Action(Action::ListCapsules), routes!(list))
        .plain(Access::Action(Action::ReadCapsule), routes!(read))
        .plain(Access::Action(Action::DeleteCapsule), routes!(delete))
        .slow(Access::Action(Action::ExportCapsule), routes!(archive))
}

/// A recorded incident.
#[derive(Serialize, ToSchema)]
struct Capsule {
    /// Its id.
    #[schema(example = "cap-1")]
    id: String,
    /// What it calls itself.
    name: String,
    /// Size of its archive.
    bytes: u64,
    /// How much was redacted, by kind.
    redacted: BTreeMap<String, u64>,
    /// What had to be mended or set aside while reading it.
    notes: Vec<String>,
    /// When it was uploaded.
    created_at: Time,
}

impl From<CapsuleRecord> for Capsule {
    fn from(record: CapsuleRecord) -> Self {
        Self {
            id: record.id,
            name: record.name,
            bytes: record.bytes,
            redacted: record.redacted,
            notes: record.notes,
            created_at: Time(record.created_at),
        }
    }
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/capsules",
    request_body(description = "The folder of docs/specs/capsule.md as an archive: tar, \
        compressed by gzip or zstd or not at all.", content(
        (Vec<u8> = "application/gzip"), (Vec<u8> = "application/zstd"),
        (Vec<u8> = "application/x-tar"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 201, description = "The capsule, redacted.", body = Capsule)))]
async fn upload(
    InSpace(space): InSpace,
    State(app): State<App>,
    call: Call,
    upload: Upload,
) -> Answer<Made<Capsule>> {
    let Upload { bytes, once, place: _place } = upload;
    let made = import_capsule(
        &space,
        app.sources.recordings(),
        bytes.into(),
        once.as_ref(),
        Timestamp::now(),
    );
    Ok(Made::new(made.await?, &call, |record| {
        let location = format!("/api/v1/spaces/{}/capsules/{}", space.id(), record.id);
        (record.id.clone(), location, record.into())
    }))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/capsules", params(Paging),
    responses((status = 200, description = "Capsules, newest first.", body = List<Capsule>)))]
async fn list(
    InSpace(space): InSpace,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Capsule>>> {
    let shelf = Shelf::of_space(&space, "capsules", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    Ok(Json(shelf.list(space.capsules(&request).await?, Capsule::from)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/capsules/{capsule}",
    responses((status = 200, description = "The capsule.", body = Capsule)))]
async fn read(InSpace(space): InSpace, ids: Ids) -> Answer<Json<Capsule>> {
    Ok(Json(space.capsule(ids.id("capsule")?).await?.into()))
}

#[utoipa::path(delete, path = "/api/v1/spaces/{space}/capsules/{capsule}",
    responses((status = 204, description = "It is gone.")))]
async fn delete(InSpace(space): InSpace, ids: Ids) -> Answer<StatusCode> {
    space.delete_capsule(ids.id("capsule")?, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/capsules/{capsule}/archive",
    responses((status = 200, description = "The capsule as it was stored: tar, compressed by \
        zstd.", body = Vec<u8>, content_type = "application/zstd")))]
async fn archive(InSpace(space): InSpace, ids: Ids) -> Answer<Response> {
    let id = ids.id("capsule")?;
    Ok(file(space.capsule_archive(id).await?, &format!("{id}.tar.zst")))
}

/// An archive to be saved as a file. The name is of our own making.
pub(super) fn file(bytes: Vec<u8>, name: &str) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zstd"));
    let disposition = format!("attachment; filename=\"{name}\"");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
