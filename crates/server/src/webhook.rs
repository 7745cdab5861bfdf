//! The addresses that alerting systems send their messages to.
//!
//! Whoever has an address and proves to be its sender is let in; what they send is data. The answer says
//! what became of it, once it is durable.

mod sns;

pub(crate) use sns::Certificates;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use nightjar_access::Action;
use nightjar_incident::TriageDecision;
use nightjar_oncall::{Address, Receipt};
use nightjar_senders::{Delivery, Denied, Method, Secret};
use nightjar_store::{Collection, DeliveryStatus, Document, Space};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::admit::{Access, Ids, InSpace};
use crate::answer::Answer;
use crate::app::App;
use crate::body::take;
use crate::call::{Call, Caller};
use crate::pass::Peer;
use crate::problem::{Kind, Problem};
use crate::rates;
use crate::routes::Routes;

/// How paths of webhooks begin. The rate of addresses doesn't count there: a storm of alerts is when we
/// are needed.
pub(crate) const PATH: &str = "/webhook/";

pub(crate) fn routes(routes: Routes) -> Routes {
    let summary = "Takes in a message of an alerting system.";
    routes
        .plain(Access::Open("receiveMessage", summary), routes!(receive))
        .plain(
            Access::Open(
                "offerMessages",
                "Tells a sender of CloudEvents that messages are wanted.",
            ),
            routes!(offer),
        )
        .plain(Access::Action(Action::SendAlert), routes!(send))
}

/// What a webhook's document holds beside its method, which is its state.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Hook {
    /// Whose messages are expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<String>,
    /// The secret that senders are told.
    #[serde(default)]
    pub(crate) secret: String,
    /// The one before it, while senders change over, and until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<(String, Timestamp)>,
}

impl Hook {
    pub(crate) fn of(document: &Document) -> Result<Self, Problem> {
        serde_json::from_value(document.body.clone()).map_err(|error| {
            tracing::error!(webhook = document.id, error = %error, "a webhook can't be read");
            Problem::new(Kind::Damaged, "what is stored of the webhook can't be read")
        })
    }

    fn secrets(&self) -> Vec<Secret> {
        let before = self.before.iter();
        let before = before.map(|(value, until)| Secret::new(value.clone()).until(*until));
        std::iter::once(Secret::new(self.secret.clone())).chain(before).collect()
    }
}

/// What became of a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Receival {
    /// `accepted`, `linked`, `changed` (it told of changes), `duplicate` or `rejected`.
    #[schema(example = "linked")]
    status: &'static str,
    /// Under which name the message is kept.
    #[schema(required)]
    delivery_id: Option<String>,
    /// The task of the alert that got furthest.
    #[schema(required)]
    task_id: Option<String>,
    /// That alert.
    #[schema(required)]
    alert_id: Option<String>,
    /// The incident it is in.
    #[schema(required)]
    incident_id: Option<String>,
    /// Why, in one sentence.
    reason: String,
    /// All alerts of the message, in its order.
    alerts: Vec<ReceivedAlert>,
    /// The changes it told of, in its order.
    changes: Vec<String>,
}

/// What became of one alert of a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReceivedAlert {
    /// `accepted`, `linked`, `duplicate` or `skipped`.
    status: &'static str,
    /// Its task.
    task_id: String,
    /// The alert.
    alert_id: String,
    /// The incident it is in.
    #[schema(required)]
    incident_id: Option<String>,
    /// Why, in one sentence.
    reason: String,
}

impl Receival {
    fn rejected(reason: &str) -> Self {
        Self {
            status: "rejected",
            delivery_id: None,
            task_id: None,
            alert_id: None,
            incident_id: None,
            reason: reason.to_owned(),
            alerts: Vec::new(),
            changes: Vec::new(),
        }
    }
}

impl From<Receipt> for Receival {
    fn from(receipt: Receipt) -> Self {
        let foremost = receipt.foremost();
        Self {
            status: match receipt.status {
                // It opens nothing, but nothing is wrong with it.
                DeliveryStatus::Noted | DeliveryStatus::Accepted => "accepted",
                DeliveryStatus::Linked => "linked",
                DeliveryStatus::Changed => "changed",
                DeliveryStatus::Duplicate => "duplicate",
                DeliveryStatus::Rejected => "rejected",
            },
            task_id: foremost.map(|alert| alert.task.clone()),
            alert_id: foremost.map(|alert| alert.alert.to_string()),
            incident_id: foremost.and_then(|alert| Some(alert.incident.as_ref()?.to_string())),
            reason: receipt.reason.clone(),
            alerts: receipt.alerts.iter().map(ReceivedAlert::from).collect(),
            changes: receipt.changes,
            delivery_id: Some(receipt.delivery),
        }
    }
}

impl From<&nightjar_oncall::Received> for ReceivedAlert {
    fn from(alert: &nightjar_oncall::Received) -> Self {
        Self {
            status: match alert.decision {
                TriageDecision::Proceed => "accepted",
                TriageDecision::Linked => "linked",
                TriageDecision::Duplicate => "duplicate",
                TriageDecision::Skipped => "skipped",
            },
            task_id: alert.task.clone(),
            alert_id: alert.alert.to_string(),
            incident_id: alert.incident.as_ref().map(ToString::to_string),
            reason: alert.reason.clone(),
        }
    }
}

/// A message as its sender writes it: one of docs/specs/alerts.md, here that of the generic webhook.
#[derive(ToSchema)]
#[schema(value_type = Object, example = json!({
    "eventType": "incident", "incidentId": "checkout-7", "action": "created", "priority": "HIGH",
    "title": "Checkout is slow", "service": "checkout",
}))]
#[expect(dead_code, reason = "describes what is read from the raw body")]
struct AlertMessage(Value);

/// What an address may bring along, for senders that can't set a header.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what is read from the raw query")]
struct Proving {
    /// The secret, for webhooks whose `auth` is `query:token`; others name another parameter.
    token: Option<String>,
}

#[utoipa::path(post, path = "/webhook/{webhook}", params(Proving), request_body(content = AlertMessage,
        description = "The message as its sender writes it."),
    responses((status = 200, description = "What became of it.", body = Receival),
        (status = 403, description = "It isn't its sender's; it isn't kept.", body = Receival),
        (status = 422, description = "Nobody can read it; it is kept.", body = Receival)))]
async fn receive(
    State(app): State<App>,
    call: Call,
    peer: Peer,
    ids: Ids,
    request: Request,
) -> Answer<Response> {
    if let Some(wait) = app.limiters.wait_after_failures(peer.0) {
        return Err(rates::too_many(wait));
    }
    let (parts, body) = request.into_parts();
    let bytes = take(&app, &parts.headers, body, app.config.limits.body_bytes).await?;
    let id = ids.id("webhook")?;
    let Some(space) = app.store.webhook_space(id).await? else {
        app.limiters.failed(peer.0);
        return Err(Problem::not_found());
    };
    call.note(|facts| facts.space = Some(space.to_string()));
    let space = app.store.space(&space).await?;
    let document = space.documents(Collection::Webhook).get(id).await?;
    let headers = headers(&parts.headers);
    let query = parts.uri.query().unwrap_or_default();
    let delivery = Delivery { headers: &headers, query, body: &bytes };
    let signed = match prove(&app, &space, &document, &delivery).await? {
        Proof::Given => None,
        Proof::Signed(message) => Some(message),
        Proof::Confirmed(what) => {
            let told = Receival { status: "accepted", ..Receival::rejected(what) };
            return Ok(Json(told).into_response());
        }
        Proof::Denied(denied) => {
            app.limiters.failed(peer.0);
            app.metrics.message("denied");
            // Whoever set the sender up needs to know; a stranger doesn't.
            tracing::warn!(webhook = id, reason = %denied, "a message isn't of its webhook's sender");
            let told = "it isn't authenticated as this webhook asks";
            return Ok((StatusCode::FORBIDDEN, Json(Receival::rejected(told))).into_response());
        }
    };
    let address = Address {
        webhook: document.id.clone(),
        origin: document.parent.clone().unwrap_or_else(|| document.id.clone()),
        provider: Hook::of(&document)?.provider,
    };
    take_in(&app, &call, &space, &address, signed.as_deref().unwrap_or(&bytes)).await
}

/// The most messages a minute that a sender is told it may send, where it asks.
const OFFERED: u32 = 60_000;

#[utoipa::path(options, path = "/webhook/{webhook}",
    responses((status = 200, description = "Messages are wanted, as the headers say."),
        (status = 204, description = "Nobody asked.")))]
async fn offer(State(app): State<App>, ids: Ids, request: Request) -> Answer<Response> {
    if app.store.webhook_space(ids.id("webhook")?).await?.is_none() {
        return Err(Problem::not_found());
    }
    let headers = headers(request.headers());
    let delivery = Delivery { headers: &headers, query: "", body: b"" };
    let Some(answer) = nightjar_senders::handshake(&delivery, OFFERED) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let mut response = StatusCode::OK.into_response();
    for (name, value) in answer {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

#[utoipa::path(post, path = "/api/v1/spaces/{space}/alerts", request_body(content = AlertMessage,
        description = "The message as its sender writes it."),
    responses((status = 200, description = "What became of it.", body = Receival),
        (status = 422, description = "Nobody can read it; it is kept.", body = Receival)))]
async fn send(
    State(app): State<App>,
    InSpace(space): InSpace,
    call: Call,
    caller: Caller,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let bytes = take(&app, &parts.headers, body, app.config.limits.body_bytes).await?;
    let id = caller.identity.id().to_owned();
    let address = Address { webhook: id.clone(), origin: id, provider: None };
    take_in(&app, &call, &space, &address, &bytes).await
}

/// Takes a message in whose sender is known.
async fn take_in(
    app: &App,
    call: &Call,
    space: &Space,
    address: &Address,
    bytes: &[u8],
) -> Answer<Response> {
    let receipt = app.intake.take(space, address, bytes).await?;
    app.metrics.message(receipt.status.label());
    // The delivery tells all that an audit record would.
    call.note(|facts| facts.unrecorded = true);
    let is_bad = receipt.status == DeliveryStatus::Rejected && receipt.is_unreadable;
    let status = if is_bad { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, Json(Receival::from(receipt))).into_response())
}

/// Whether a message is of a webhook's sender.
enum Proof {
    Given,
    /// This is what its sender signed; the body may hold more.
    Signed(Vec<u8>),
    /// It was about the subscription itself, and is dealt with.
    Confirmed(&'static str),
    Denied(Denied),
}

async fn prove(
    app: &App,
    space: &Space,
    document: &Document,
    delivery: &Delivery<'_>,
) -> Result<Proof, Problem> {
    let method = Method::parse(&document.state).map_err(|error| {
        tracing::error!(webhook = document.id, error = %error, "a webhook can't be read");
        Problem::new(Kind::Damaged, "what is stored of the webhook can't be read")
    })?;
    if let Method::Sns { topic } = &method {
        return sns::prove(app, space, document, topic.as_deref(), delivery.body).await;
    }
    let secrets = Hook::of(document)?.secrets();
    Ok(match nightjar_senders::verify(&method, &secrets, delivery, Timestamp::now()) {
        Ok(()) => Proof::Given,
        Err(denied) => Proof::Denied(denied),
    })
}

fn headers(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}
