use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_store::{DispatchFilter, DispatchRecord, DispatchState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::Answer;
use crate::body::{Asked, Nothing};
use crate::page::{List, Shelf};
use crate::routes::Routes;
use crate::wire::{Label, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ListEvents), routes!(list))
        .plain(Access::Action(Action::RetryEvent), routes!(retry))
}

/// An event for one subscription.
#[derive(Serialize, ToSchema)]
pub(super) struct Event {
    /// Its id here.
    #[schema(example = "dlv-7")]
    id: String,
    /// The id that receivers see: the same for all subscriptions and all attempts.
    #[schema(format = "uuid")]
    event_id: String,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(example = "io.nightjar.investigation.completed")]
    kind: &'static str,
    /// Who is to be told.
    subscription: String,
    /// The task or recommendation it is about; none for a test.
    #[schema(required)]
    subject: Option<String>,
    /// Where it stands.
    state: EventState,
    /// How often it was sent, since it was made or since somebody had it sent again.
    attempts: u64,
    /// Why the last attempt didn't arrive.
    #[schema(required)]
    error: Option<String>,
    /// When it happened.
    created_at: Time,
    /// When it is sent next, while it waits.
    #[schema(required)]
    next_attempt_at: Option<Time>,
    /// When it arrived or was given up.
    #[schema(required)]
    ended_at: Option<Time>,
}

impl From<DispatchRecord> for Event {
    fn from(record: DispatchRecord) -> Self {
        Self {
            id: record.id,
            event_id: record.event,
            kind: record.kind.label(),
            subscription: record.subscription,
            subject: record.subject,
            state: record.state.into(),
            attempts: record.attempts,
            error: record.error,
            created_at: Time(record.created_at),
            next_attempt_at: record.due_at.map(Time),
            ended_at: record.ended_at.map(Time),
        }
    }
}

/// Where an event stands.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EventState {
    /// It waits, or is on its way.
    Pending,
    /// It arrived.
    Delivered,
    /// It was given up.
    Failed,
}

impl From<DispatchState> for EventState {
    fn from(state: DispatchState) -> Self {
        match state {
            DispatchState::Pending => Self::Pending,
            DispatchState::Delivered => Self::Delivered,
            DispatchState::Failed => Self::Failed,
        }
    }
}

impl From<EventState> for DispatchState {
    fn from(state: EventState) -> Self {
        match state {
            EventState::Pending => Self::Pending,
            EventState::Delivered => Self::Delivered,
            EventState::Failed => Self::Failed,
        }
    }
}

/// Which events are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventQuery {
    /// At most so many items.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
    /// Only in this state.
    #[param(inline)]
    state: Option<EventState>,
    /// Only for this subscription.
    #[param(value_type = Option<Label>, inline)]
    subscription: Option<Label>,
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/events", params(EventQuery),
    responses((status = 200, description = "Events, newest first: one for each subscription.",
        body = List<Event>)))]
async fn list(
    InSpace(space): InSpace,
    Asked(query): Asked<EventQuery>,
) -> Answer<Json<List<Event>>> {
    let state = query.state.map(DispatchState::from);
    let subscription = query.subscription.map(|id| id.0);
    let filters = [state.map(DispatchState::label), subscription.as_deref()];
    let shelf = Shelf::of_space(&space, "events", &filters);
    let request = shelf.request(query.limit, query.cursor.as_deref())?;
    let filter = DispatchFilter { state, subscription };
    Ok(Json(shelf.list(space.dispatches(&filter, &request).await?, Event::from)))
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/events/{event}/retry",
    responses((status = 202, description = "The event, which is due now.", body = Event)))]
async fn retry(InSpace(space): InSpace, ids: Ids, _: Nothing) -> Answer<(StatusCode, Json<Event>)> {
    let again = space.send_again(ids.id("event")?, Timestamp::now()).await?;
    Ok((StatusCode::ACCEPTED, Json(again.into())))
}
