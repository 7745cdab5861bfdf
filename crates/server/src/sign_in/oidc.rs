//! Signing in with a space's OpenID Connect provider: off to it, and back.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use nightjar_incident::SpaceId;
use nightjar_oidc::{Begun, Error, Kept, Person, Registration, Returned};
use nightjar_store::{Error as StoreError, ProviderSession, Space};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::routes;

use super::browser::{self, BACK_WITHIN_SECONDS};
use super::settings::Settings;
use super::{escape, html};
use crate::admit::{Access, Ids, failed, may_try};
use crate::answer::Answer;
use crate::api::{set_cookie, until};
use crate::app::App;
use crate::body::Asked;
use crate::call::Call;
use crate::origin::for_browser;
use crate::pass::Peer;
use crate::problem::{Kind, Problem};
use crate::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    let (off, back) = ("Sends a browser to a space's provider.", "Takes it back, signed in.");
    routes
        .plain(Access::Open("beginSignIn", off), routes!(begin))
        .plain(Access::Open("finishSignIn", back), routes!(finish))
}

/// Time for everything that a provider is asked while somebody waits; the answer's own limit is longer.
const ASKING: Duration = Duration::from_secs(20);

/// What lasts while the browser is away.
#[derive(Serialize, Deserialize)]
struct Away {
    kept: Kept,
    /// The agreement with the provider that it was sent by.
    agreement: u64,
}

/// What the provider sends a browser back with. Providers add what they like, so the rest isn't refused.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Back {
    /// Taken in exchange for tokens.
    code: Option<String>,
    /// That it's the same browser.
    state: Option<String>,
    /// Who sends it back.
    iss: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

#[utoipa::path(get, path = "/sign-in/oidc/{space}",
    responses((status = 302, description = "To the provider.")))]
async fn begin(State(app): State<App>, ids: Ids, headers: HeaderMap) -> Answer<Response> {
    let now = Timestamp::now();
    let Some((space, settings)) = configured(&app, ids.id("space")?).await? else {
        return Ok(page(StatusCode::NOT_FOUND, "Nobody signs in here. Is the address right?"));
    };
    let Some(origin) = for_browser(&app.config, &headers) else {
        let text = "This service doesn't know the address that people reach it by. An administrator has \
             to put it into the setting server.public_url.";
        return Ok(page(StatusCode::SERVICE_UNAVAILABLE, text));
    };
    let redirect = format!("{origin}/sign-in/oidc/callback");
    let begun = match registration(&app, &settings) {
        Ok(registration) => within(app.providers.begin(&registration, &redirect, now)).await,
        Err(error) => Err(error),
    };
    let Begun { address, kept } = match begun {
        Ok(begun) => begun,
        Err(error) => return Ok(trouble(&space, &error)),
    };
    let away = serde_json::to_value(Away { kept, agreement: settings.number })
        .map_err(|_| Problem::new(Kind::Internal, "something went wrong on our side"))?;
    let until = now + SignedDuration::from_secs(BACK_WITHIN_SECONDS);
    let cookie = space.keep_sign_in(&away, until, now).await?;
    let location = HeaderValue::from_str(&address)
        .map_err(|_| Problem::new(Kind::Internal, "something went wrong on our side"))?;
    let headers =
        [(header::LOCATION, location), (header::SET_COOKIE, browser::set(&app, &cookie)?)];
    Ok((StatusCode::FOUND, headers).into_response())
}

#[utoipa::path(get, path = "/sign-in/oidc/callback", params(Back),
    responses((status = 200, description = "Signed in.", body = String,
        content_type = "text/html")))]
async fn finish(
    State(app): State<App>,
    call: Call,
    peer: Peer,
    headers: HeaderMap,
    Asked(back): Asked<Back>,
) -> Answer<Response> {
    may_try(&app, &call, peer)?;
    let mut response = back_again(&app, &call, peer, &headers, back).await?;
    response.headers_mut().append(header::SET_COOKIE, browser::set(&app, "")?);
    Ok(response)
}

async fn back_again(
    app: &App,
    call: &Call,
    peer: Peer,
    headers: &HeaderMap,
    back: Back,
) -> Answer<Response> {
    let now = Timestamp::now();
    let away = match browser::secret(app, headers) {
        Some(secret) => app.store.take_sign_in(secret, now).await?,
        None => None,
    };
    let away = away.and_then(|(space, away)| Some((space, serde_json::from_value(away).ok()?)));
    let Some((space, Away { kept, agreement })) = away else {
        failed(app, peer);
        return Ok(again("This sign-in was begun elsewhere, was used, or took too long."));
    };
    call.note(|facts| facts.space = Some(space.id().to_string()));
    if !back.state.is_some_and(|state| kept.fits(&state)) {
        failed(app, peer);
        return Ok(again("This sign-in was begun elsewhere."));
    }
    let settings = Settings::of(&space).await?.filter(|settings| settings.number == agreement);
    let Some(settings) = settings else {
        return Ok(again("The way people sign in here was changed meanwhile."));
    };
    if let Some(error) = back.error {
        return Ok(refused(&error));
    }
    let code = back.code.unwrap_or_default();
    let returned = Returned { code: &code, issuer: back.iss.as_deref() };
    let person = match registration(app, &settings) {
        Ok(registration) => within(app.providers.finish(&registration, &kept, returned, now)).await,
        Err(error) => Err(error),
    };
    match person {
        Ok(person) => signed_in(app, call, &space, &settings, person).await,
        Err(error) => Ok(trouble(&space, &error)),
    }
}

async fn signed_in(
    app: &App,
    call: &Call,
    space: &Space,
    settings: &Settings,
    person: Person,
) -> Answer<Response> {
    call.note(|facts| facts.subject = Some(person.subject.clone()));
    let Some(role) = settings.role_of(&person.groups) else {
        let text =
            "You are known, but none of your groups opens this space. Ask an administrator of it.";
        return Ok(page(StatusCode::FORBIDDEN, text));
    };
    let now = Timestamp::now();
    let provider = ProviderSession {
        issuer: settings.issuer_url.clone(),
        client_id: settings.client_id.clone(),
        subject: person.subject,
        id_token: person.id_token,
        end_session: person.end_session,
    };
    let who = (person.name.as_str(), role.label());
    let times = (until(app, now), now);
    let session = space.begin_provider_session(who, settings.number, &provider, times).await?;
    let (record, cookie, _) = session;
    call.note(|facts| facts.actor = Some(record.id.clone()));
    // The browser comes from elsewhere, and sends a `Strict` cookie only where one of our own pages
    // leads: a redirect would arrive without. The refresh also takes the code out of the address.
    let body = "<meta http-equiv=refresh content=\"0;url=/signed-in\">\
         <p>You are signed in. <a href=/signed-in>Go on</a></p>";
    let mut response = html(StatusCode::OK, body);
    response.headers_mut().append(header::SET_COOKIE, set_cookie(app, &cookie)?);
    Ok(response)
}

/// A space whose people sign in with a provider. One that isn't there looks like one without.
async fn configured(app: &App, space: &str) -> Result<Option<(Space, Settings)>, Problem> {
    let space = match app.store.space(&SpaceId::new(space)).await {
        Ok(space) => space,
        Err(StoreError::NotFound { .. } | StoreError::Destroyed) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(Settings::of(&space).await?.map(|settings| (space, settings)))
}

fn registration(app: &App, settings: &Settings) -> Result<Registration, Error> {
    settings.registration(app.providers.is_loopback_allowed())
}

async fn within<T>(asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = || Error::Unavailable("it took too long".to_owned());
    tokio::time::timeout(ASKING, asking).await.unwrap_or_else(|_| Err(late()))
}

/// What the provider did wrong goes into the log; the person is told what they can do.
fn trouble(space: &Space, error: &Error) -> Response {
    tracing::warn!(space.id = %space.id(), %error, "somebody couldn't be signed in");
    match error {
        Error::Refused(_) => again("The provider doesn't accept this sign-in any more."),
        Error::Unavailable(_) => {
            let text = "The provider can't be reached, or doesn't answer as one. Try again later.";
            page(StatusCode::SERVICE_UNAVAILABLE, text)
        }
        Error::Untrusted(_) => {
            let text = "What the provider said couldn't be verified, so nobody was signed in. If it stays, \
                 tell an administrator.";
            page(StatusCode::BAD_GATEWAY, text)
        }
        Error::NotRegistered(_) | Error::Address { .. } => {
            let text =
                "The provider isn't set up as it should be. Tell an administrator of the space.";
            page(StatusCode::BAD_GATEWAY, text)
        }
    }
}

/// The provider's word why it didn't let somebody in; one of a few, or none that is repeated.
fn refused(error: &str) -> Response {
    match error {
        "access_denied" => page(StatusCode::FORBIDDEN, "The provider didn't let you in."),
        "temporarily_unavailable" | "server_error" => {
            page(StatusCode::SERVICE_UNAVAILABLE, "The provider has trouble. Try again later.")
        }
        _ => {
            page(StatusCode::BAD_GATEWAY, "The provider didn't sign you in. Tell an administrator.")
        }
    }
}

fn again(why: &str) -> Response {
    page(StatusCode::BAD_REQUEST, &format!("{why} Begin again where you began."))
}

fn page(status: StatusCode, text: &str) -> Response {
    html(status, &format!("<p>{}</p>", escape(text)))
}
