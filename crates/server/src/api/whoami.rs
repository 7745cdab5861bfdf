use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use nightjar_incident::SpaceId;
use nightjar_store::{Holder, SessionRecord, csrf_of};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::admit::{Access, failed, identify, is_from_here, may_try};
use crate::answer::Answer;
use crate::app::App;
use crate::body::{media_type, parse, take, wrong_media_type};
use crate::call::{Call, Caller};
use crate::credential::{Credential, cookie_name, unauthenticated};
use crate::pass::Peer;
use crate::problem::{Kind, Problem};
use crate::routes::Routes;
use crate::wire::Time;

pub(crate) fn routes(routes: Routes) -> Routes {
    let sign_in = "Signs in: takes a link's secret or a key's token for a session.";
    routes
        .plain(Access::Open("signIn", sign_in), routes!(sign_in_by_api))
        .plain(Access::Known("whoAmI", "Tells whose the credentials are."), routes!(who))
        .plain(Access::Known("signOut", "Ends one's own session."), routes!(sign_out))
}

/// Whose the credentials are.
#[derive(Serialize, ToSchema)]
struct Who {
    /// The key or session.
    id: String,
    /// For people to read.
    name: String,
    /// What they may do.
    role: String,
    /// The space they open; none: those of the whole installation.
    #[schema(required)]
    space: Option<String>,
    /// A session's token, to be sent as `X-CSRF-Token` with everything that changes something; none
    /// for a key.
    #[schema(required)]
    csrf_token: Option<String>,
}

/// How to sign in: with a link's secret, or with a key's token as `Authorization: Bearer`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// The secret of a link; works once.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 512)]
    link: Option<String>,
}

/// A session that has begun; its cookie comes beside it.
#[derive(Serialize, ToSchema)]
struct Begun {
    /// Names the session; not its cookie.
    id: String,
    /// For people to read.
    name: String,
    /// What they may do.
    role: String,
    /// The space it opens; none: those of the whole installation.
    #[schema(required)]
    space: Option<String>,
    /// Until when at most.
    expires_at: Time,
    /// To be sent as `X-CSRF-Token` with everything that changes something. Shown this once.
    csrf_token: String,
}

#[utoipa::path(get, path = "/api/v1/session",
    responses((status = 200, description = "Whose they are.", body = Who)))]
async fn who(caller: Caller) -> Json<Who> {
    let Caller { identity, name, credential, .. } = caller;
    let csrf_token = match &credential {
        Credential::Cookie(cookie) => Some(csrf_of(cookie)),
        Credential::Bearer(_) | Credential::Signature(_) => None,
    };
    Json(Who {
        csrf_token,
        id: identity.id().to_owned(),
        name,
        role: identity.role().label().to_owned(),
        space: identity.space().map(str::to_owned),
    })
}

#[utoipa::path(post, path = "/api/v1/session", request_body = SignIn,
    responses((status = 201, description = "The session; the cookie is set.", body = Begun)))]
async fn sign_in_by_api(
    State(app): State<App>,
    call: Call,
    peer: Peer,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let bytes = take(&app, &parts.headers, body, app.config.limits.body_bytes).await?;
    let given: SignIn = if bytes.is_empty() {
        SignIn::default()
    } else if media_type(&parts.headers).is_some_and(|media| media == "application/json") {
        parse(&bytes)?
    } else {
        return Err(wrong_media_type("application/json"));
    };
    let (session, cookie, csrf_token) = match given.link {
        Some(link) => redeem(&app, &call, peer, &parts.headers, &link).await?,
        None => exchange(&app, &call, peer, &parts.headers).await?,
    };
    let begun = Begun {
        id: session.id,
        name: session.holder.name,
        role: session.holder.role,
        space: session.holder.space.map(|space| space.to_string()),
        expires_at: Time(session.expires_at),
        csrf_token,
    };
    let mut response = (StatusCode::CREATED, Json(begun)).into_response();
    response.headers_mut().insert(header::SET_COOKIE, set_cookie(&app, &cookie)?);
    Ok(response)
}

/// Until when a session that begins now lasts.
pub(crate) fn until(app: &App, now: Timestamp) -> Timestamp {
    now + SignedDuration::from_hours(i64::from(app.config.session_hours.clamp(1, 24 * 365)))
}

/// Uses a link up.
pub(crate) async fn redeem(
    app: &App,
    call: &Call,
    peer: Peer,
    headers: &HeaderMap,
    link: &str,
) -> Result<(SessionRecord, String, String), Problem> {
    // Another page must not sign somebody in as somebody else.
    if !is_from_here(headers) {
        return Err(Problem::new(Kind::Csrf, "another page can't sign anybody in"));
    }
    may_try(app, call, peer)?;
    let now = Timestamp::now();
    let Some(session) = app.store.redeem_link(link, until(app, now), now).await? else {
        failed(app, peer);
        return Err(unauthenticated());
    };
    call.note(|facts| facts.actor = Some(session.0.id.clone()));
    Ok(session)
}

/// Begins a session for the holder of a token.
async fn exchange(
    app: &App,
    call: &Call,
    peer: Peer,
    headers: &HeaderMap,
) -> Result<(SessionRecord, String, String), Problem> {
    let caller = identify(app, call, peer, headers).await?;
    if let Credential::Cookie(_) = caller.credential {
        // A session doesn't beget sessions: it would never end.
        return Err(unauthenticated());
    }
    let holder = Holder {
        id: caller.identity.id().to_owned(),
        role: caller.identity.role().label().to_owned(),
        space: caller.identity.space().map(SpaceId::new),
        name: caller.name,
    };
    let now = Timestamp::now();
    Ok(app.store.begin_session(&holder, until(app, now), now).await?)
}

/// The cookie of a session: not for scripts, not for requests from elsewhere.
pub(crate) fn set_cookie(app: &App, secret: &str) -> Result<HeaderValue, Problem> {
    let is_secure = app.config.is_secure();
    let name = cookie_name(is_secure);
    let seconds = u64::from(app.config.session_hours) * 3600;
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie =
        format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&cookie)
        .map_err(|_| Problem::new(Kind::Internal, "something went wrong on our side"))
}

#[utoipa::path(delete, path = "/api/v1/session",
    responses((status = 204, description = "It has ended.")))]
async fn sign_out(State(app): State<App>, caller: Caller) -> Answer<Response> {
    if let Credential::Bearer(_) = caller.credential {
        return Err(Problem::new(Kind::Conflict, "a key isn't a session; revoke it instead"));
    }
    app.store.end_session(caller.identity.id(), Timestamp::now()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let gone = set_cookie(&app, "")?;
    response.headers_mut().insert(header::SET_COOKIE, gone);
    Ok(response)
}
