//! The one way in and out: every request passes here, whatever becomes of it.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_store::{NewAudit, Outcome};
use tracing::Instrument;
use uuid::Uuid;

use crate::app::App;
use crate::call::{Call, Facts};
use crate::contract;
use crate::problem::{Kind, Problem};
use crate::rates::{self, Standing};
use crate::webhook;

/// Where the request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

const REQUEST_ID: &str = "x-request-id";

/// Gives the request an id, sees to limits, records the call before its answer leaves, and gives
/// every answer its headers.
///
/// It runs as a task of its own: a caller who hangs up can't stop what has begun halfway, nor keep
/// it out of the audit trail. The task ends by the time limits of `admit`.
pub(crate) async fn pass(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let fallback_id = id.clone();
    let dialect = Dialect::of(&request);
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        http.method = %request.method(),
        http.route = route.as_deref().unwrap_or("unknown"),
    );
    let task = tokio::spawn(serve(app, dialect, request, next, id).instrument(span));
    let response = task.await;
    response.unwrap_or_else(|_| {
        let problem = Problem::new(Kind::Internal, "something went wrong on our side");
        dialect.render(problem, &fallback_id)
    })
}

/// Whose words a problem is told in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Native,
    Contract,
}

impl Dialect {
    fn of(request: &Request) -> Self {
        let is_of_contract = nightjar_contract::is_of_contract(request.uri().path());
        if is_of_contract { Self::Contract } else { Self::Native }
    }

    fn render(self, problem: Problem, id: &str) -> Response {
        match self {
            Self::Native => problem.render(id),
            Self::Contract => contract::render(problem),
        }
    }
}

async fn serve(
    app: App,
    dialect: Dialect,
    mut request: Request,
    next: Next,
    id: String,
) -> Response {
    let (began, at) = (Instant::now(), Timestamp::now());
    let is_options = request.method() == Method::OPTIONS;
    let is_webhook = request.uri().path().starts_with(webhook::PATH);
    let is_probe = matches!(request.uri().path(), "/healthz" | "/readyz" | "/metrics");
    let peer = peer(&app, &request);
    let call = Call::default();
    call.note(|facts| facts.unrecorded = is_probe);
    request.extensions_mut().insert(app.clone());
    request.extensions_mut().insert(call.clone());
    request.extensions_mut().insert(Peer(peer));

    let _in_flight = app.metrics.in_flight();
    let permit = app.requests.try_acquire();
    let answer = match too_large(&app, &request) {
        Some(problem) => problem.into_response(),
        None if !is_probe && permit.is_err() => {
            call.note(|facts| facts.unrecorded = true);
            Problem::new(Kind::Busy, "too much is going on at the moment").into_response()
        }
        None if is_webhook => answered(next, request).await,
        None => match peer_may_ask(&app, &call, peer) {
            Err(problem) => problem.into_response(),
            Ok(()) => answered(next, request).await,
        },
    };
    let facts = call.facts();
    let answer = settle(answer, is_options, dialect, &id);
    let mut answer = match record(&app, &facts, at, peer, &id, answer).await {
        Ok(answer) => answer,
        Err(problem) => dialect.render(problem, &id),
    };
    dress(&app, answer.headers_mut(), &id, facts.rate);
    if dialect == Dialect::Contract
        && let Ok(id) = HeaderValue::from_str(&id)
    {
        answer.headers_mut().insert("x-amzn-requestid", id);
    }
    let operation = facts.operation.unwrap_or("unknown");
    app.metrics.answered(operation, answer.status(), began.elapsed());
    let status = answer.status().as_u16();
    let seconds = began.elapsed().as_secs_f64();
    tracing::debug!(operation, http.status = status, duration_seconds = seconds, "answered");
    answer
}

/// Takes the caller's id where it has a sane shape, so that their log and ours can be joined.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_sane = |id: &&str| {
        (8..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    match given.filter(is_sane) {
        Some(id) => id.to_owned(),
        None => Uuid::now_v7().to_string(),
    }
}

/// The peer's address or, behind a proxy that is trusted, the last one that isn't.
fn peer(app: &App, request: &Request) -> IpAddr {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let direct = info.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip().to_canonical());
    let trusted = &app.config.trusted_proxies;
    if !trusted.contains(&direct) {
        return direct;
    }
    let lines = request.headers().get_all("x-forwarded-for").iter();
    let hops: Vec<&str> =
        lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).collect();
    let hops = hops.iter().rev().map_while(|hop| hop.trim().parse::<IpAddr>().ok());
    let mut last = direct;
    for hop in hops {
        last = hop.to_canonical();
        if !trusted.contains(&last) {
            break;
        }
    }
    last
}

fn too_large(app: &App, request: &Request) -> Option<Problem> {
    let limits = &app.config.limits;
    let address = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if address > limits.header_bytes {
        let detail = format!("an address has at most {} bytes", limits.header_bytes);
        return Some(Problem::new(Kind::UriTooLong, detail));
    }
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
    if headers.len() > limits.headers || bytes > limits.header_bytes {
        let (number, bytes) = (limits.headers, limits.header_bytes);
        let detail = format!("at most {number} headers of {bytes} bytes together are read");
        return Some(Problem::new(Kind::HeadersTooLarge, detail));
    }
    None
}

/// What is refused here isn't recorded: somebody who floods us must not fill the disk.
async fn answered(next: Next, request: Request) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => broken(panic.as_ref()).into_response(),
    }
}

fn peer_may_ask(app: &App, call: &Call, peer: IpAddr) -> Result<(), Problem> {
    let (standing, is_within) = app.limiters.ask_as_peer(peer);
    call.note(|facts| facts.rate = Some(standing));
    if is_within {
        return Ok(());
    }
    app.metrics.rate_limited(standing.policy);
    call.note(|facts| facts.unrecorded = true);
    Err(rates::too_many(standing.wait))
}

fn broken(panic: &(dyn Any + Send)) -> Problem {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(panic = said, "a request ended in a panic");
    Problem::new(Kind::Internal, "something went wrong on our side")
}

/// Writes problems out; what a library refused becomes a problem as well.
fn settle(mut response: Response, is_options: bool, dialect: Dialect, id: &str) -> Response {
    let status = response.status();
    if is_options && status == StatusCode::METHOD_NOT_ALLOWED {
        // The router adds `Allow` behind us.
        return StatusCode::NO_CONTENT.into_response();
    }
    let problem = response.extensions_mut().remove::<Problem>();
    let has_body = response.headers().contains_key(header::CONTENT_TYPE);
    let problem = match problem {
        Some(problem) => problem,
        None if status == StatusCode::NOT_FOUND && !has_body => Problem::not_found(),
        None if status.as_u16() >= 400 && !has_body => {
            let kind = Kind::of_status(status);
            Problem::new(kind, kind.row().2.to_lowercase())
        }
        None => return response,
    };
    let mut rendered = dialect.render(problem, id);
    for name in [header::ALLOW, header::SET_COOKIE] {
        if let Some(value) = response.headers_mut().remove(&name) {
            rendered.headers_mut().insert(name, value);
        }
    }
    rendered
}

/// Records the call before its answer leaves: what can't be recorded isn't answered.
async fn record(
    app: &App,
    facts: &Facts,
    at: Timestamp,
    peer: IpAddr,
    id: &str,
    answer: Response,
) -> Result<Response, Problem> {
    if facts.unrecorded {
        return Ok(answer);
    }
    let status = answer.status().as_u16();
    let call = NewAudit {
        at,
        actor: facts.actor.clone().unwrap_or_else(|| "anonymous".to_owned()),
        source: peer.to_string(),
        operation: facts.operation.unwrap_or("unknown").to_owned(),
        space: facts.space.clone().map(SpaceId::new),
        subject: facts.subject.clone(),
        outcome: match status {
            ..400 => Outcome::Done,
            401 | 403 | 429 => Outcome::Refused,
            400..500 => Outcome::Rejected,
            _ => Outcome::Failed,
        },
        status,
        request: id.to_owned(),
    };
    match app.store.audit(call).await {
        Ok(()) => Ok(answer),
        Err(error) if status >= 500 => {
            tracing::error!(%error, "a failed call couldn't be recorded");
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

/// The headers of every answer.
fn dress(app: &App, headers: &mut HeaderMap, id: &str, rate: Option<Standing>) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let unless_set = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ];
    for (name, value) in unless_set {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.config.is_secure() {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    let Some(Standing { policy, rate, remaining, wait }) = rate else { return };
    let window = u64::from(rate.burst.get()) * 60 / u64::from(rate.per_minute.get());
    let quota = format!("\"{policy}\";q={};w={}", rate.burst, window.max(1));
    let left = format!("\"{policy}\";r={remaining};t={}", wait.as_secs() + 1);
    for (name, value) in [("ratelimit-policy", quota), ("ratelimit", left)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}
