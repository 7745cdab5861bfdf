use axum::Json;
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_incident::IncidentId;
use nightjar_store::{FeedbackRecord, NewFeedback, Rating as StoreRating};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::{Answer, Made};
use crate::body::{Asked, Given};
use crate::call::{Call, Caller};
use crate::page::{List, Paging, Shelf};
use crate::routes::Routes;
use crate::wire::{Name, Text, Time};

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .making(Access::Action(Action::GiveFeedback), routes!(give))
        .plain(Access::Action(Action::ListFeedback), routes!(list))
}

/// Whether a result was right.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Rating {
    Right,
    Wrong,
}

impl From<Rating> for StoreRating {
    fn from(rating: Rating) -> Self {
        match rating {
            Rating::Right => Self::Right,
            Rating::Wrong => Self::Wrong,
        }
    }
}

impl From<StoreRating> for Rating {
    fn from(rating: StoreRating) -> Self {
        match rating {
            StoreRating::Right => Self::Right,
            StoreRating::Wrong => Self::Wrong,
        }
    }
}

/// What a person says about a result.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "rating": "wrong", "actual_entity": "orders-db" }))]
struct FeedbackToGive {
    /// Whether it was right.
    rating: Rating,
    /// The entity that really was the cause.
    #[serde(default)]
    actual_entity: Option<Name>,
    /// What really was the cause, in words. Personal data and secrets in it are redacted.
    #[serde(default)]
    actual_cause: Option<Text>,
}

/// Feedback as it was kept.
#[derive(Serialize, ToSchema)]
struct Feedback {
    /// Its id.
    #[schema(example = "fb-1")]
    id: String,
    /// The incident.
    incident: String,
    /// The execution whose verdict counted then.
    #[schema(required)]
    execution: Option<String>,
    /// Whether it was right.
    rating: Rating,
    /// The entity that really was the cause.
    #[schema(required)]
    actual_entity: Option<String>,
    /// What really was the cause, redacted.
    #[schema(required)]
    actual_cause: Option<String>,
    /// The key or session that said so.
    by: String,
    /// When.
    given_at: Time,
}

impl From<FeedbackRecord> for Feedback {
    fn from(record: FeedbackRecord) -> Self {
        let FeedbackRecord { id, feedback, execution, given_at } = record;
        Self {
            id,
            incident: feedback.incident.to_string(),
            execution,
            rating: feedback.rating.into(),
            actual_entity: feedback.actual_entity,
            actual_cause: feedback.actual_cause,
            by: feedback.by,
            given_at: Time(given_at),
        }
    }
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/incidents/{incident}/feedback",
    request_body = FeedbackToGive,
    responses((status = 201, description = "The feedback.", body = Feedback)))]
async fn give(
    InSpace(space): InSpace,
    caller: Caller,
    call: Call,
    ids: Ids,
    given: Given<FeedbackToGive>,
) -> Answer<Made<Feedback>> {
    let Given { value: FeedbackToGive { rating, actual_entity, actual_cause }, once } = given;
    let incident = IncidentId::new(ids.id("incident")?);
    space.incident(&incident).await?;
    let new = NewFeedback {
        incident,
        rating: rating.into(),
        actual_entity: actual_entity.map(|entity| entity.0),
        actual_cause: actual_cause.map(|cause| cause.0),
        by: caller.identity.id().to_owned(),
    };
    let given =
        nightjar_oncall::give_feedback(&space, new, once.as_ref(), Timestamp::now()).await?;
    Ok(Made::new(given, &call, |record| {
        let incident = &record.feedback.incident;
        let location = format!("/api/v1/spaces/{}/incidents/{incident}/feedback", space.id());
        (record.id.clone(), location, record.into())
    }))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/incidents/{incident}/feedback", params(Paging),
    responses((status = 200, description = "Feedback, newest first.", body = List<Feedback>)))]
async fn list(
    InSpace(space): InSpace,
    ids: Ids,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<List<Feedback>>> {
    let incident = IncidentId::new(ids.id("incident")?);
    space.incident(&incident).await?;
    let shelf = Shelf::of_space(&space, "feedback", &[Some(incident.as_str())]);
    let request = shelf.request(paging.limit, paging.cursor.as_deref())?;
    let page = space.feedback(Some(&incident), &request).await?;
    Ok(Json(shelf.list(page, Feedback::from)))
}
