use axum::Json;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_incident::{AlertId, IncidentId};
use nightjar_oncall::{Move, Request, move_alert};
use nightjar_store::{Error as StoreError, Space};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::alert::Alert;
use super::incidents::{Waits, ask};
use crate::admit::{Access, Ids, InSpace};
use crate::answer::Answer;
use crate::body::{Asked, Given, Nothing};
use crate::call::Caller;
use crate::page::{List, Paging, Shelf};
use crate::problem::{Kind, Problem};
use crate::routes::Routes;
use crate::wire::Label;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ListAlerts), routes!(list))
        .plain(Access::Action(Action::ReadAlert), routes!(read))
        .making(Access::Action(Action::LinkAlert), routes!(link))
        .making(Access::Action(Action::UnlinkAlert), routes!(unlink))
        .making(Access::Action(Action::SkipAlert), routes!(skip))
        .making(Access::Action(Action::UnskipAlert), routes!(unskip))
}

/// Where an alert belongs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "incident": "inc-1-1" }))]
struct AlertLink {
    /// The incident; for an alert of a recording, one of the same investigation.
    incident: Label,
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/alerts", params(Paging),
    responses((status = 200, description = "Alerts, in order of arrival.", body = List<Alert>)))]
async fn list(InSpace(space): InSpace, Asked(paging): Asked<Paging>) -> Answer<Json<List<Alert>>> {
    let shelf = Shelf::of_space(&space, "alerts", &[None]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    Ok(Json(shelf.list(space.alerts(None, &request).await?, Alert::from)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/alerts/{alert}",
    responses((status = 200, description = "The alert.", body = Alert)))]
async fn read(InSpace(space): InSpace, ids: Ids) -> Answer<Json<Alert>> {
    Ok(Json(space.alert(&AlertId::new(ids.id("alert")?)).await?.into()))
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/alerts/{alert}/link", request_body = AlertLink,
    responses((status = 202, description = "It waits for a worker.")))]
async fn link(
    InSpace(space): InSpace,
    caller: Caller,
    ids: Ids,
    given: Given<AlertLink>,
) -> Answer<Waits> {
    let Given { value: AlertLink { incident }, once } = given;
    let alert = AlertId::new(ids.id("alert")?);
    let incident = IncidentId::new(incident.0);
    space.alert(&alert).await?;
    match space.incident(&incident).await {
        Err(StoreError::NotFound { .. }) => {
            return Err(Problem::invalid("/incident", "there is no such incident"));
        }
        other => other?,
    };
    let request = Request::Link { alert, incident: incident.clone() };
    ask(&space, &caller, &incident, &request, once.as_ref()).await
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/alerts/{alert}/unlink",
    responses((status = 202, description = "It waits for a worker.")))]
async fn unlink(
    InSpace(space): InSpace,
    caller: Caller,
    ids: Ids,
    nothing: Nothing,
) -> Answer<Waits> {
    let alert = AlertId::new(ids.id("alert")?);
    let record = space.alert(&alert).await?;
    let incident = record
        .incident
        .ok_or_else(|| Problem::new(Kind::Conflict, "the alert is in no incident"))?;
    let request = Request::Unlink { alert, incident: incident.clone() };
    ask(&space, &caller, &incident, &request, nothing.once.as_ref()).await
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/alerts/{alert}/skip",
    responses((status = 202, description = "It is so; what it left is looked at again.")))]
async fn skip(
    InSpace(space): InSpace,
    caller: Caller,
    ids: Ids,
    nothing: Nothing,
) -> Answer<Waits> {
    move_it(&space, &caller, &ids, &Move::Skip, nothing).await
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/alerts/{alert}/unskip",
    responses((status = 202, description = "It waits for a worker, with an incident of its own.")))]
async fn unskip(
    InSpace(space): InSpace,
    caller: Caller,
    ids: Ids,
    nothing: Nothing,
) -> Answer<Waits> {
    move_it(&space, &caller, &ids, &Move::Unskip, nothing).await
}

/// Moves an alert that a webhook brought; those of recordings stay where they were played.
async fn move_it(
    space: &Space,
    caller: &Caller,
    ids: &Ids,
    what: &Move,
    nothing: Nothing,
) -> Answer<Waits> {
    let alert = AlertId::new(ids.id("alert")?);
    if space.alert(&alert).await?.delivery.is_none() {
        let told = "the alert is of a recording that was played: it stays";
        return Err(Problem::new(Kind::Conflict, told));
    }
    let (actor, now) = (caller.identity.id(), Timestamp::now());
    let moved = move_alert(space, &alert, what, actor, nothing.once.as_ref(), now).await?;
    Ok(Waits::of(&moved))
}
