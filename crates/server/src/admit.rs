//! The gate before every operation: who asks, and may they?

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use nightjar_access::{Action, Decision};
use nightjar_incident::SpaceId;
use nightjar_store::Space;

use crate::app::App;
use crate::call::{Call, Caller};
use crate::credential::{Credential, unauthenticated};
use crate::pass::Peer;
use crate::problem::{Kind, Problem};
use crate::rates;

/// Who may ask for an operation. There is no way to register one without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever the policies permit.
    Action(Action),
    /// The same as for an action; with a name of its own and what it does.
    Like(Action, &'static str, &'static str),
    /// Everybody who is known, whatever their role: `whoAmI`.
    Known(&'static str, &'static str),
    /// Everybody; with the name and what it does.
    Open(&'static str, &'static str),
}

impl Access {
    /// The operation's name in API, metrics and audit trail.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Action(action) => action.label(),
            Self::Like(_, name, _) | Self::Known(name, _) | Self::Open(name, _) => name,
        }
    }

    pub(crate) fn summary(self) -> &'static str {
        match self {
            Self::Action(action) => action.summary(),
            Self::Like(_, _, summary) | Self::Known(_, summary) | Self::Open(_, summary) => summary,
        }
    }

    /// What the policies are asked about.
    pub(crate) fn action(self) -> Option<Action> {
        match self {
            Self::Action(action) | Self::Like(action, ..) => Some(action),
            Self::Known(..) | Self::Open(..) => None,
        }
    }
}

/// How long an operation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As long as any.
    Usual,
    /// As long as a large archive takes.
    Archive,
}

/// What is known of an operation before it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) access: Access,
    pub(crate) pace: Pace,
    /// Whether a query is read; otherwise there must be none.
    pub(crate) reads_query: bool,
}

/// The ids that a path names, of a sane shape.
#[derive(Clone, Debug)]
pub(crate) struct Ids(Vec<(String, String)>);

impl Ids {
    pub(crate) fn id(&self, name: &str) -> Result<&str, Problem> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, id)| id.as_str()).ok_or_else(Problem::not_found)
    }
}

/// The space that the path names, opened for the caller.
#[derive(Clone)]
pub(crate) struct InSpace(pub(crate) Space);

/// Lets a request in, or answers why not.
pub(crate) async fn admit(State(rule): State<Rule>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let extensions = &parts.extensions;
    let (Some(app), Some(call)) = (extensions.get::<App>(), extensions.get::<Call>()) else {
        return Problem::new(Kind::Internal, "the request came another way").into_response();
    };
    let (app, call) = (app.clone(), call.clone());
    let time = match rule.pace {
        Pace::Usual => app.config.limits.answer_time(),
        Pace::Archive => app.config.limits.upload_time(),
    };
    call.note(|facts| facts.operation = Some(rule.access.name()));
    if let Err(problem) = decide(&app, rule, &call, &mut parts).await {
        return problem.into_response();
    }
    let answer = next.run(Request::from_parts(parts, body));
    match tokio::time::timeout(time, answer).await {
        Ok(response) => response,
        Err(_) => Problem::new(Kind::TimedOut, "it took too long").into_response(),
    }
}

async fn decide(app: &App, rule: Rule, call: &Call, parts: &mut Parts) -> Result<(), Problem> {
    let ids = ids(parts).await;
    if let Ok(ids) = &ids {
        let subject = ids.0.iter().rfind(|(name, _)| name != "space");
        let space = ids.id("space").ok();
        call.note(|facts| {
            facts.subject = subject.map(|(_, id)| id.clone());
            facts.space = space.map(str::to_owned);
        });
    }
    let caller = known(app, rule, call, parts).await?;
    if let Some(caller) = caller {
        may_ask(app, call, &caller)?;
        is_not_forged(app, parts, &caller).await?;
        if let Some(action) = rule.access.action() {
            let space = allowed(app, action, &caller, ids.as_ref().ok()).await?;
            if let Some(space) = space {
                parts.extensions.insert(InSpace(space));
            }
        }
        parts.extensions.insert(caller);
    }
    parts.extensions.insert(ids?);
    if !rule.reads_query && parts.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::new(Kind::MalformedRequest, "no query is read here"));
    }
    Ok(())
}

/// The path's ids. What can't be an id can't name anything.
async fn ids(parts: &mut Parts) -> Result<Ids, Problem> {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let params = params.map_err(|_| Problem::not_found())?;
    let mut ids = Vec::new();
    for (name, id) in &params {
        let is_sane = (1..=128).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !is_sane {
            return Err(Problem::not_found());
        }
        ids.push((name.to_owned(), id.to_owned()));
    }
    Ok(Ids(ids))
}

/// Who asks; `None` where that doesn't matter.
async fn known(
    app: &App,
    rule: Rule,
    call: &Call,
    parts: &Parts,
) -> Result<Option<Caller>, Problem> {
    if let Access::Open(..) = rule.access {
        return Ok(None);
    }
    if app.config.metrics_open && rule.access == Access::Action(Action::ReadMetrics) {
        return Ok(None);
    }
    let nobody = Peer(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let peer = parts.extensions.get::<Peer>().copied().unwrap_or(nobody);
    identify(app, call, peer, &parts.headers).await.map(Some)
}

/// Finds out whose the credentials are, and counts those that don't work.
pub(crate) async fn identify(
    app: &App,
    call: &Call,
    Peer(peer): Peer,
    headers: &HeaderMap,
) -> Result<Caller, Problem> {
    let credential = Credential::of(headers, app.config.is_secure());
    if !matches!(credential, Ok(None)) {
        may_try(app, call, Peer(peer))?;
    }
    let caller = match credential {
        Ok(None) => return Err(unauthenticated()),
        Ok(Some(credential)) => credential.caller(&app.store, Timestamp::now()).await?,
        Err(_) => None,
    };
    let Some(caller) = caller else {
        failed(app, Peer(peer));
        return Err(unauthenticated());
    };
    call.note(|facts| facts.actor = Some(caller.identity.id().to_owned()));
    Ok(caller)
}

/// After too many credentials that don't work an address has to wait.
pub(crate) fn may_try(app: &App, call: &Call, Peer(peer): Peer) -> Result<(), Problem> {
    let Some(wait) = app.limiters.wait_after_failures(peer) else { return Ok(()) };
    app.metrics.rate_limited("failed");
    call.note(|facts| facts.unrecorded = true);
    Err(rates::too_many(wait))
}

pub(crate) fn failed(app: &App, Peer(peer): Peer) {
    app.metrics.unauthenticated();
    app.limiters.failed(peer);
}

pub(crate) fn may_ask(app: &App, call: &Call, caller: &Caller) -> Result<(), Problem> {
    let (standing, is_within) = app.limiters.ask_with(caller.identity.id());
    call.note(|facts| facts.rate = Some(standing));
    if is_within {
        return Ok(());
    }
    app.metrics.rate_limited(standing.policy);
    Err(rates::too_many(standing.wait))
}

/// A browser sends its cookie along with whatever another page makes it send; only our own pages
/// know the token.
async fn is_not_forged(app: &App, parts: &Parts, caller: &Caller) -> Result<(), Problem> {
    let Credential::Cookie(cookie) = &caller.credential else { return Ok(()) };
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let token = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
    let fits = match token {
        Some(token) => app.store.csrf_fits(cookie, token).await?,
        None => false,
    };
    if fits && is_from_here(&parts.headers) {
        return Ok(());
    }
    Err(Problem::new(Kind::Csrf, "send the session's token as `X-CSRF-Token`"))
}

/// Whether the browser says that one of our own pages asks, or doesn't say.
pub(crate) fn is_from_here(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    matches!(site, None | Some(b"same-origin" | b"none"))
}

/// Opens the space where the operation is of one and may be done.
async fn allowed(
    app: &App,
    action: Action,
    caller: &Caller,
    ids: Option<&Ids>,
) -> Result<Option<Space>, Problem> {
    let named = ids.and_then(|ids| ids.id("space").ok());
    let target = match action.scope() {
        nightjar_access::Scope::Installation => None,
        nightjar_access::Scope::Space => Some(named.ok_or_else(Problem::not_found)?),
    };
    let decision = app.guard.decide(&caller.identity, action, target).decision;
    // Looked up whatever the decision is, so that an answer's time tells nothing.
    let space = match target {
        Some(id) => Some(app.store.space(&SpaceId::new(id)).await),
        None => None,
    };
    match decision {
        Decision::Allowed => space.transpose().map_err(Problem::from),
        Decision::Forbidden => {
            let detail =
                format!("a key of the role `{}` doesn't allow this", caller.identity.role());
            Err(Problem::new(Kind::Forbidden, detail))
        }
        Decision::Invisible => Err(Problem::not_found()),
    }
}

/// Takes something that `admit` put beside the request.
async fn beside<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Result<T, Problem> {
    let found = parts.extensions.get::<T>().cloned();
    found.ok_or_else(|| Problem::new(Kind::Internal, "something went wrong on our side"))
}

macro_rules! beside {
    ($($kind:ty),*) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $kind {
            type Rejection = Problem;
            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                beside::<Self>(parts).await
            }
        }
    )*};
}

beside!(Ids, InSpace, Caller, Call, Peer);
