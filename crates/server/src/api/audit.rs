use axum::Json;
use axum::extract::State;
use nightjar_access::Action;
use nightjar_incident::SpaceId;
use nightjar_store::{AuditEntry, AuditFilter, Outcome as StoreOutcome};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::admit::{Access, InSpace};
use crate::answer::Answer;
use crate::app::App;
use crate::body::Asked;
use crate::page::{List, Shelf};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::wire::{Label, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ReadAudit), routes!(installation))
        .plain(Access::Action(Action::ReadSpaceAudit), routes!(space))
}

/// Which records are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// At most so many items.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
    /// Only by this key or session.
    #[param(value_type = Option<Label>, inline)]
    actor: Option<Label>,
    /// Only at or after.
    #[param(value_type = Option<Time>)]
    since: Option<Time>,
}

/// How a call ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CallOutcome)]
enum Outcome {
    /// It was done.
    Done,
    /// It was refused: no credentials, wrong role, too often.
    Refused,
    /// The request was wrong.
    Rejected,
    /// We failed.
    Failed,
}

/// A call, as the audit trail has it.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditRecord)]
struct Record {
    /// From 1, without gaps.
    seq: u64,
    /// When it began.
    at: Time,
    /// Who: key or session; `anonymous`; `cli`.
    actor: String,
    /// From where.
    source: String,
    /// What was asked for; `unknown` for a path nobody knows.
    #[schema(example = "startInvestigation")]
    operation: String,
    /// The space that the path named.
    #[schema(required)]
    space: Option<String>,
    /// What it was about.
    #[schema(required)]
    subject: Option<String>,
    /// How it ended.
    outcome: Outcome,
    /// The HTTP status.
    status: u16,
    /// The request's id.
    request: String,
    /// Hash of the record before.
    prev_hash: String,
    /// Hash of this record.
    hash: String,
}

impl From<AuditEntry> for Record {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { seq, call, prev_hash, hash } = entry;
        Self {
            seq,
            at: Time(call.at),
            actor: call.actor,
            source: call.source,
            operation: call.operation,
            space: call.space.map(|space| space.to_string()),
            subject: call.subject,
            outcome: match call.outcome {
                StoreOutcome::Done => Outcome::Done,
                StoreOutcome::Refused => Outcome::Refused,
                StoreOutcome::Rejected => Outcome::Rejected,
                StoreOutcome::Failed => Outcome::Failed,
            },
            status: call.status,
            request: call.request,
            prev_hash: prev_hash.to_string(),
            hash: hash.to_string(),
        }
    }
}

#[utoipa::path(get, path = "/api/v1/audit", params(AuditQuery),
    responses((status = 200, description = "Calls, newest first.", body = List<Record>)))]
async fn installation(
    State(app): State<App>,
    Asked(query): Asked<AuditQuery>,
) -> Answer<Json<List<Record>>> {
    trail(&app, query, None).await
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/audit", params(AuditQuery),
    responses((status = 200, description = "Calls, newest first.", body = List<Record>)))]
async fn space(
    InSpace(space): InSpace,
    State(app): State<App>,
    Asked(query): Asked<AuditQuery>,
) -> Answer<Json<List<Record>>> {
    trail(&app, query, Some(space.id().clone())).await
}

async fn trail(
    app: &App,
    query: AuditQuery,
    space: Option<SpaceId>,
) -> Result<Json<List<Record>>, Problem> {
    let since = query.since.map(|Time(at)| at);
    let told = since.map(|at| at.to_string());
    let actor = query.actor.map(|actor| actor.0);
    let filters = [space.as_ref().map(SpaceId::as_str), actor.as_deref(), told.as_deref()];
    let shelf = Shelf::of_installation(&app.store, "audit", &filters);
    let request = shelf.request(query.limit, query.cursor.as_deref())?;
    let filter = AuditFilter { space, actor, since };
    Ok(Json(shelf.list(app.store.audit_trail(&filter, &request).await?, Record::from)))
}
