//! The one way from a request of the contract to its answer.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use nightjar_access::{Action, Decision};
use nightjar_contract::{Labels, Operation, Routed, route};
use nightjar_incident::SpaceId;
use nightjar_incident::journal::Digest;
use nightjar_store::{Error as StoreError, Once, Space};
use serde_json::{Map, Value};

use super::input::Asked;
use super::operations::{About, Row, row};
use super::signature;
use crate::admit::may_ask;
use crate::app::App;
use crate::body::{media_type, take};
use crate::call::{Call, Caller};
use crate::origin::for_signer;
use crate::pass::Peer;
use crate::problem::{Kind, Problem};

/// Answers a request whose path is of the contract.
pub(crate) async fn serve(
    State(app): State<App>,
    call: Call,
    peer: Peer,
    request: Request,
) -> Response {
    let time = app.config.limits.answer_time();
    match tokio::time::timeout(time, answer(&app, &call, peer, request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(problem)) => problem.into_response(),
        Err(_) => Problem::new(Kind::TimedOut, "it took too long").into_response(),
    }
}

async fn answer(app: &App, call: &Call, peer: Peer, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let (operation, labels) = match route(parts.method.as_str(), parts.uri.path()) {
        Routed::To { operation, labels } => (operation, labels),
        Routed::Malformed(invalid) => return Err(invalid.into()),
        Routed::WrongMethod | Routed::Nowhere => return Err(unknown()),
    };
    let row = row(operation.name()).ok_or_else(unknown)?;
    let label =
        |name: &str| labels.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    let subject = labels.last().filter(|(name, _)| *name != "agentSpaceId");
    call.note(|facts| {
        facts.operation = Some(operation.name());
        facts.space = label("agentSpaceId").and_then(sane).map(str::to_owned);
        facts.subject = subject.and_then(|(_, value)| sane(value)).map(str::to_owned);
    });
    signature::claimed(app, call, peer, &parts)?;
    let bytes = take(app, &parts.headers, body, app.config.limits.body_bytes).await?;
    let caller = signature::caller(app, call, peer, &parts, &bytes).await?;
    may_ask(app, call, &caller)?;
    let opened = allowed(app, row, &caller, &label).await?;
    let input = read(operation, &labels, &parts.uri, &parts.headers, &bytes)?;
    // What can't be read is told before what isn't there.
    let space = opened.transpose()?;
    let once = once(operation, &labels, &input, &caller)?;
    let now = Timestamp::now();
    let origin = for_signer(&app.config, &parts.headers);
    let (app, call) = (app.clone(), call.clone());
    let asked = Asked { app, call, caller, space, input, once, origin, now };
    let given = (row.handler)(asked).await?;
    Ok(write(operation, given))
}

/// What isn't one of the operations.
fn unknown() -> Problem {
    Problem::new(Kind::NotFound, "there is no such operation: method and path are of none")
}

/// What may stand in the audit trail: what could be an id.
fn sane(id: &str) -> Option<&str> {
    let is_sane = (1..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    is_sane.then_some(id)
}

/// Asks the policies, and opens the space where the operation is of one.
async fn allowed<'a>(
    app: &App,
    row: &Row,
    caller: &Caller,
    label: &impl Fn(&str) -> Option<&'a str>,
) -> Result<Option<Result<Space, Problem>>, Problem> {
    let resource = label("resourceArn").unwrap_or_default();
    let (action, space) = match row.about {
        About::Installation(action) => (action, None),
        About::Space(action) => (action, Some(label("agentSpaceId").unwrap_or_default())),
        About::Resource { of_space, of_service } => match super::arn::Resource::parse(resource)? {
            super::arn::Resource::Space(id) => (of_space, Some(id)),
            super::arn::Resource::Service(_) => (of_service, None),
        },
    };
    let decision = app.guard.decide(&caller.identity, action, space).decision;
    let opened = match space.and_then(sane) {
        Some(id) => Some(app.store.space(&SpaceId::new(id)).await),
        None if space.is_some() => Some(Err(StoreError::Destroyed)),
        None => None,
    };
    match decision {
        Decision::Allowed => Ok(match opened {
            // Deleting may be asked for twice: what is gone is gone.
            Some(Err(StoreError::NotFound { .. } | StoreError::Destroyed))
                if action == Action::DeleteSpace =>
            {
                None
            }
            opened => opened.map(|opened| opened.map_err(Problem::from)),
        }),
        Decision::Forbidden => {
            let role = caller.identity.role();
            Err(Problem::new(
                Kind::Forbidden,
                format!("a key of the role `{role}` doesn't allow this"),
            ))
        }
        Decision::Invisible => Err(Problem::not_found()),
    }
}

/// Holds the whole input against the model.
fn read(
    operation: &'static Operation,
    labels: &Labels,
    uri: &axum::http::Uri,
    headers: &HeaderMap,
    bytes: &Bytes,
) -> Result<Map<String, Value>, Problem> {
    if !bytes.is_empty() && media_type(headers).is_some_and(|media| !is_json(&media)) {
        return Err(Problem::new(Kind::MalformedRequest, "send the body as `application/json`"));
    }
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let query = uri.query().unwrap_or_default();
    nightjar_contract::read(operation, labels, query, &header, bytes).map_err(Problem::from)
}

/// Tools that send a body without saying what it is mean JSON; so does `binary/octet-stream`, which some say.
fn is_json(media: &str) -> bool {
    matches!(media, "application/json" | "application/x-amz-json-1.1" | "binary/octet-stream")
}

/// The idempotency key: a client token is of one caller, one operation and one space.
fn once(
    operation: &Operation,
    labels: &Labels,
    input: &Map<String, Value>,
    caller: &Caller,
) -> Result<Option<Once>, Problem> {
    let Some(token) = input.get("clientToken").and_then(Value::as_str).filter(|t| !t.is_empty())
    else {
        return Ok(None);
    };
    let mut content = input.clone();
    content.remove("clientToken");
    let content = nightjar_incident::journal::canonical(&Value::Object(content)).map_err(|_| {
        Problem::new(Kind::MalformedRequest, "the body can't be written as JSON again")
    })?;
    let (name, caller) = (operation.name(), caller.identity.id().to_owned());
    let scope: Vec<&str> = labels.iter().map(|(_, value)| value.as_str()).collect();
    let digest = Digest::of(format!("{name}\n{scope:?}\n{}", Digest::of(&content)).as_bytes());
    let space = labels.iter().find(|(label, _)| *label == "agentSpaceId");
    let space = space.map_or("", |(_, id)| id.as_str());
    Ok(Some(Once { caller, key: format!("{name}:{space}:{token}"), digest }))
}

/// Writes an answer as the operation has it.
fn write(operation: &'static Operation, mut given: Value) -> Response {
    if let (Some(output), Value::Object(given)) = (operation.output(), &mut given) {
        nightjar_contract::write(output, given);
    }
    debug_assert_eq!(wrong(operation, &given), [], "{}", operation.name());
    let status = StatusCode::from_u16(operation.status()).unwrap_or(StatusCode::OK);
    if status == StatusCode::NO_CONTENT {
        return status.into_response();
    }
    let body = serde_json::to_vec(&given).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let media = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    response
}

/// What is wrong with an answer, except that addresses of a service on a laptop have a port and no TLS,
/// which the contract's patterns don't foresee.
fn wrong(operation: &'static Operation, given: &Value) -> Vec<nightjar_contract::Field> {
    let mut found = nightjar_contract::check_answer(operation, given);
    found.retain(|field| {
        !field.path.ends_with("/operatorAppUrl") && !field.path.ends_with("/webhookUrl")
    });
    found
}
