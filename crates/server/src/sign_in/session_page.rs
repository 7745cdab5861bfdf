//! The page of a person who is signed in, and the way out: of this service, and of the provider.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use nightjar_incident::SpaceId;
use nightjar_oidc::sign_out_address;
use nightjar_store::{ProviderSession, csrf_of};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::{POLICY, escape, field, html};
use crate::admit::{Access, identify, is_from_here};
use crate::answer::Answer;
use crate::api::set_cookie;
use crate::app::App;
use crate::body::Asked;
use crate::call::{Call, Caller};
use crate::credential::Credential;
use crate::origin::for_browser;
use crate::pass::Peer;
use crate::problem::{Kind, Problem};
use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    let (show, out) = ("Shows who is signed in.", "Signs out, of the provider as well.");
    routes
        .plain(Access::Open("showSession", show), routes!(signed_in))
        .plain(Access::Open("signOutByPage", out), routes!(sign_out))
        .plain(
            Access::Open("showSignedOut", "Shows that nobody is signed in."),
            routes!(signed_out),
        )
}

/// What providers add when they send somebody back.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Back {
    /// Not used, but there, so that the query isn't refused.
    state: Option<String>,
}

#[utoipa::path(get, path = "/signed-in",
    responses((status = 200, description = "The page.", body = String,
        content_type = "text/html")))]
async fn signed_in(
    State(app): State<App>,
    call: Call,
    peer: Peer,
    headers: HeaderMap,
) -> Answer<Response> {
    let Some((caller, cookie)) = person(&app, &call, peer, &headers).await? else {
        let body = "<p>You aren't signed in.</p>";
        return Ok(html(StatusCode::UNAUTHORIZED, body));
    };
    let identity = &caller.identity;
    let place = match identity.space() {
        Some(space) => format!("space <code>{}</code>", escape(space)),
        None => "the whole installation".to_owned(),
    };
    let body = format!(
        "<p>You are signed in as <b>{}</b>, {} of {place}.</p>\
         <form method=post action=/sign-out><input type=hidden name=csrf value=\"{}\">\
         <button>Sign out</button></form>",
        escape(&caller.name),
        escape(identity.role().label()),
        csrf_of(&cookie),
    );
    let mut response = html(StatusCode::OK, &body);
    // Browsers hold where a form leads to against the page's policy, redirects included.
    let provider = provider(&app, &caller).await?;
    if let Some(beyond) = provider.and_then(|provider| origin_of(&provider.end_session?)) {
        let policy = POLICY.replace("form-action 'self'", &format!("form-action 'self' {beyond}"));
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    Ok(response)
}

#[utoipa::path(post, path = "/sign-out",
    responses((status = 303, description = "To the provider, or to a page of ours.")))]
async fn sign_out(
    State(app): State<App>,
    call: Call,
    peer: Peer,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let token = field(&app, &parts.headers, body, "csrf").await?;
    let Some((caller, cookie)) = person(&app, &call, peer, &parts.headers).await? else {
        return leave(&app, "/signed-out");
    };
    let fits = match token {
        Some(token) => app.store.csrf_fits(&cookie, &token).await?,
        None => false,
    };
    if !fits || !is_from_here(&parts.headers) {
        return Err(Problem::new(Kind::Csrf, "another page can't sign anybody out"));
    }
    let provider = provider(&app, &caller).await?;
    app.store.end_session(caller.identity.id(), Timestamp::now()).await?;
    let beyond = provider.and_then(|provider| {
        let ProviderSession { client_id, id_token, end_session, .. } = provider;
        let back = format!("{}/signed-out", for_browser(&app.config, &parts.headers)?);
        sign_out_address(&end_session?, &client_id, &id_token, &back)
    });
    leave(&app, beyond.as_deref().unwrap_or("/signed-out"))
}

#[utoipa::path(get, path = "/signed-out", params(Back),
    responses((status = 200, description = "The page.", body = String,
        content_type = "text/html")))]
async fn signed_out(Asked(_): Asked<Back>) -> Response {
    html(StatusCode::OK, "<p>You are signed out.</p>")
}

/// Whose session the browser's cookie is; none where it has none that works.
async fn person(
    app: &App,
    call: &Call,
    peer: Peer,
    headers: &HeaderMap,
) -> Result<Option<(Caller, String)>, Problem> {
    let caller = match identify(app, call, peer, headers).await {
        Ok(caller) => caller,
        Err(problem) if problem.kind == Kind::Unauthenticated => return Ok(None),
        Err(problem) => return Err(problem),
    };
    Ok(match caller.credential.clone() {
        Credential::Cookie(cookie) => Some((caller, cookie)),
        _ => None,
    })
}

async fn provider(app: &App, caller: &Caller) -> Result<Option<ProviderSession>, Problem> {
    let Some(space) = caller.identity.space() else { return Ok(None) };
    let space = app.store.space(&SpaceId::new(space)).await?;
    Ok(space.provider_session(caller.identity.id()).await?)
}

/// Scheme, host and port of an address.
fn origin_of(address: &str) -> Option<String> {
    let uri: axum::http::Uri = address.parse().ok()?;
    Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
}

fn leave(app: &App, to: &str) -> Answer<Response> {
    let location = HeaderValue::from_str(to)
        .map_err(|_| Problem::new(Kind::Internal, "something went wrong on our side"))?;
    let headers = [(header::LOCATION, location), (header::SET_COOKIE, set_cookie(app, "")?)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
