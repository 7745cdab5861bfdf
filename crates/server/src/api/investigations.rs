use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_oncall::{Waits, export_capsule, waits};
use nightjar_store::{Error as StoreError, InvestigationRecord, InvestigationState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::capsules::file;
use crate::admit::{Access, Ids, InSpace};
use crate::answer::{Answer, Made};
use crate::app::App;
use crate::body::{Asked, Given};
use crate::call::Call;
use crate::page::{List, Paging, Shelf};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::wire::{Label, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .making(Access::Action(Action::StartInvestigation), routes!(start))
        .plain(Access::Action(Action::ListInvestigations), routes!(list))
        .plain(Access::Action(Action::ReadInvestigation), routes!(read))
        .slow(
            Access::Like(
                Action::ExportCapsule,
                "exportInvestigation",
                "Hands out an investigation as files: the recording and what came of it.",
            ),
            routes!(capsule),
        )
}

/// Where an investigation stands.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InvestigationState)]
enum Standing {
    /// Waits for a worker.
    Queued,
    /// A worker is at it.
    Running,
    /// Every incident has its verdict.
    Done,
    /// It couldn't be done.
    Failed,
    /// A person ended it.
    Cancelled,
}

impl From<InvestigationState> for Standing {
    fn from(state: InvestigationState) -> Self {
        match state {
            InvestigationState::Queued => Self::Queued,
            InvestigationState::Running => Self::Running,
            InvestigationState::Done => Self::Done,
            InvestigationState::Failed => Self::Failed,
            InvestigationState::Cancelled => Self::Cancelled,
        }
    }
}

/// An investigation of the alerts that a connection holds, or of what a person described.
#[derive(Serialize, ToSchema)]
struct Investigation {
    /// Its id.
    #[schema(example = "inv-1")]
    id: String,
    /// Its number, which is in the names of its incidents: `inc-1-1`.
    number: u64,
    /// Which connection; null where a person started it in a space without any.
    #[schema(required)]
    connection: Option<String>,
    /// Where it stands.
    state: Standing,
    /// Why it failed or was cancelled, if it was; what it waits for, if it does.
    #[schema(required)]
    reason: Option<String>,
    /// When it was started.
    created_at: Time,
    /// When it ended.
    #[schema(required)]
    ended_at: Option<Time>,
    /// The incidents so far, in the order they opened.
    incidents: Vec<String>,
}

impl From<InvestigationRecord> for Investigation {
    fn from(record: InvestigationRecord) -> Self {
        Self {
            id: record.id,
            number: record.number,
            connection: record.connection,
            state: record.state.into(),
            reason: record.reason,
            created_at: Time(record.created_at),
            ended_at: record.ended_at.map(Time),
            incidents: record.incidents.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Investigation {
    /// With what it waits for at this moment.
    fn waiting(record: InvestigationRecord, waits: &Waits) -> Self {
        let told = match record.state {
            InvestigationState::Queued => waits.of(&record.id),
            InvestigationState::Done => waits.next_look(&record.id),
            InvestigationState::Running
            | InvestigationState::Failed
            | InvestigationState::Cancelled => None,
        };
        let mut investigation = Self::from(record);
        investigation.reason = investigation.reason.or(told);
        investigation
    }
}

/// What to investigate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "connection": "con-1" }))]
struct InvestigationToStart {
    /// The connection whose alerts are to be investigated.
    connection: Label,
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/investigations",
    request_body = InvestigationToStart,
    responses((status = 202, description = "It waits for a worker.", body = Investigation)))]
async fn start(
    InSpace(space): InSpace,
    call: Call,
    given: Given<InvestigationToStart>,
) -> Answer<Made<Investigation>> {
    let Given { value: InvestigationToStart { connection }, once } = given;
    let started = space.start_investigation(&connection.0, once.as_ref(), Timestamp::now()).await;
    let started = started.map_err(|error| match error {
        // The space is there; it is the body that names something that isn't.
        StoreError::NotFound { .. } => {
            Problem::invalid("/connection", "there is no such connection")
        }
        other => other.into(),
    })?;
    Ok(Made::new(started, &call, |record| {
        let location = format!("/api/v1/spaces/{}/investigations/{}", space.id(), record.id);
        (record.id.clone(), location, record.into())
    })
    .accepted())
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/investigations", params(Paging),
    responses((status = 200, description = "Investigations, newest first.",
        body = List<Investigation>)))]
async fn list(
    InSpace(space): InSpace,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Investigation>>> {
    let shelf = Shelf::of_space(&space, "investigations", &[]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    let page = space.investigations(&request).await?;
    let waits = waits(&space, Timestamp::now()).await?;
    Ok(Json(shelf.list(page, |record| Investigation::waiting(record, &waits))))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/investigations/{investigation}",
    responses((status = 200, description = "The investigation.", body = Investigation)))]
async fn read(InSpace(space): InSpace, ids: Ids) -> Answer<Json<Investigation>> {
    let record = space.investigation(ids.id("investigation")?).await?;
    let waits = waits(&space, Timestamp::now()).await?;
    Ok(Json(Investigation::waiting(record, &waits)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/investigations/{investigation}/capsule",
    responses((status = 200, description = "The recording with what the investigation came to: \
        tar, compressed by zstd.", body = Vec<u8>, content_type = "application/zstd")))]
async fn capsule(InSpace(space): InSpace, State(app): State<App>, ids: Ids) -> Answer<Response> {
    let id = ids.id("investigation")?;
    let exported = export_capsule(&space, app.sources.recordings(), id).await?;
    Ok(file(exported.archive, &format!("{id}.tar.zst")))
}
