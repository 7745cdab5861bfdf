use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_store::SessionRecord;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::Answer;
use crate::app::App;
use crate::page::List;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::wire::Time;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ListSessions), routes!(list))
        .plain(Access::Action(Action::EndSession), routes!(end))
}

/// Somebody who is signed in.
#[derive(Serialize, ToSchema)]
struct Session {
    /// Names the session; not its cookie.
    id: String,
    /// Who.
    name: String,
    /// What they may do.
    role: String,
    /// Since when.
    created_at: Time,
    /// Until when at most.
    expires_at: Time,
}

impl From<SessionRecord> for Session {
    fn from(record: SessionRecord) -> Self {
        Self {
            id: record.id,
            name: record.holder.name,
            role: record.holder.role,
            created_at: Time(record.created_at),
            expires_at: Time(record.expires_at),
        }
    }
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/sessions",
    responses((status = 200, description = "Who is signed in.", body = List<Session>)))]
async fn list(InSpace(space): InSpace, State(app): State<App>) -> Answer<Json<List<Session>>> {
    let sessions = app.store.sessions(Some(space.id()), Timestamp::now()).await?;
    Ok(Json(List { items: sessions.into_iter().map(Session::from).collect(), next: None }))
}

#[utoipa::path(delete, path = "/api/v1/spaces/{space}/sessions/{session}",
    responses((status = 204, description = "They are signed out.")))]
async fn end(InSpace(space): InSpace, State(app): State<App>, ids: Ids) -> Answer<StatusCode> {
    let id = ids.id("session")?;
    let now = Timestamp::now();
    let sessions = app.store.sessions(Some(space.id()), now).await?;
    if !sessions.iter().any(|session| session.id == id) {
        return Err(Problem::not_found());
    }
    app.store.end_session(id, now).await?;
    Ok(StatusCode::NO_CONTENT)
}
