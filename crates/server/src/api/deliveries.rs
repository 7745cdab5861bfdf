use axum::Json;
use nightjar_access::Action;
use nightjar_store::{DeliveryFilter, DeliveryRecord, DeliveryStatus};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::alert::Raw;
use crate::admit::{Access, Ids, InSpace};
use crate::answer::Answer;
use crate::body::Asked;
use crate::page::{List, Shelf};
use crate::problem::{Kind, Problem};
use crate::routes::Routes;
use crate::wire::Time;

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .plain(Access::Action(Action::ListDeliveries), routes!(list))
        .plain(Access::Action(Action::ReadDelivery), routes!(read))
}

/// A message that was sent to a webhook.
#[derive(Serialize, ToSchema)]
struct Delivery {
    /// Its id.
    #[schema(example = "del-1")]
    id: String,
    /// The webhook it was sent to.
    webhook: String,
    /// When it arrived.
    received_at: Time,
    /// `accepted`, `linked`, `changed` (it told of changes), `duplicate`, `noted` (it opens nothing) or `rejected` (nobody could read it).
    status: String,
    /// Why, in one sentence.
    #[schema(required)]
    reason: Option<String>,
    /// The alerts it told of.
    alerts: Vec<String>,
    /// The changes it told of.
    changes: Vec<String>,
    /// The message as it came, redacted; a body that is no JSON is a text.
    raw: Raw,
}

impl From<DeliveryRecord> for Delivery {
    fn from(record: DeliveryRecord) -> Self {
        Self {
            id: record.id,
            webhook: record.webhook,
            received_at: Time(record.received_at),
            status: record.status.label().to_owned(),
            reason: record.reason,
            alerts: record.alerts.iter().map(ToString::to_string).collect(),
            changes: record.changes,
            raw: record.raw.into(),
        }
    }
}

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only those that came to this.
    status: Option<String>,
    /// Only those that were sent to this webhook.
    webhook: Option<String>,
    /// At most so many items.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// `next` of the page before.
    #[param(max_length = 512)]
    cursor: Option<String>,
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/deliveries", params(Which),
    responses((status = 200, description = "Deliveries, newest first.", body = List<Delivery>)))]
async fn list(InSpace(space): InSpace, Asked(which): Asked<Which>) -> Answer<Json<List<Delivery>>> {
    let status = match which.status.as_deref() {
        None => None,
        Some(label) => Some(DeliveryStatus::parse(label).ok_or_else(|| {
            let told = "query: status: accepted, linked, changed, duplicate, noted or rejected is expected";
            Problem::new(Kind::MalformedRequest, told)
        })?),
    };
    let filters = [which.status.as_deref(), which.webhook.as_deref()];
    let shelf = Shelf::of_space(&space, "deliveries", &filters);
    let request = shelf.request(which.limit, which.cursor.as_deref())?;
    let filter = DeliveryFilter { status, webhook: which.webhook };
    Ok(Json(shelf.list(space.deliveries(&filter, &request).await?, Delivery::from)))
}

#[utoipa::path(get, path = "/api/v1/spaces/{space}/deliveries/{delivery}",
    responses((status = 200, description = "The delivery.", body = Delivery)))]
async fn read(InSpace(space): InSpace, ids: Ids) -> Answer<Json<Delivery>> {
    Ok(Json(space.delivery(ids.id("delivery")?).await?.into()))
}
