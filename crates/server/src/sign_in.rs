//! How people come in and go out: by a link that they were sent, or with their organisation's provider.
//!
//! Opening a link's page uses nothing up, since chats and mail programs open links to show what is
//! behind them; its button does.

mod browser;
mod oidc;
mod session_page;
pub(crate) mod settings;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use crate::admit::Access;
use crate::answer::Answer;
use crate::api::{redeem, set_cookie};
use crate::app::App;
use crate::body::{Asked, media_type, take, wrong_media_type};
use crate::call::Call;
use crate::pass::Peer;
use crate::problem::{Kind, Problem};
use crate::routes::Routes;

/// Pages for people, not operations for programs.
pub(crate) const PAGES: [&str; 6] = [
    "/sign-in",
    "/sign-in/oidc/{space}",
    "/sign-in/oidc/callback",
    "/signed-in",
    "/sign-out",
    "/signed-out",
];

pub(crate) fn routes(routes: Routes) -> Routes {
    let (show, take) = ("Shows the sign-in page.", "Signs in by the sign-in page.");
    let routes = routes
        .plain(Access::Open("showSignIn", show), routes!(page))
        .plain(Access::Open("signInByPage", take), routes!(submit));
    session_page::routes(oidc::routes(routes))
}

const STYLE: &str = include_str!("sign_in.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct LinkQuery {
    /// The secret of the link.
    link: String,
}

#[utoipa::path(get, path = "/sign-in", params(LinkQuery),
    responses((status = 200, description = "The page.", body = String,
        content_type = "text/html")))]
async fn page(Asked(query): Asked<LinkQuery>) -> Response {
    let body = if is_plausible(&query.link) {
        format!(
            "<form method=post action=/sign-in><p>This link signs you in, once.</p>\
             <input type=hidden name=link value=\"{}\"><button autofocus>Sign in</button></form>",
            query.link
        )
    } else {
        "<p>Open the link that you were sent, whole.</p>".to_owned()
    };
    html(StatusCode::OK, &body)
}

#[utoipa::path(post, path = "/sign-in",
    responses((status = 200, description = "Who is signed in.", body = String,
        content_type = "text/html")))]
async fn submit(
    State(app): State<App>,
    call: Call,
    peer: Peer,
    request: Request,
) -> Answer<Response> {
    let (parts, body) = request.into_parts();
    let link = field(&app, &parts.headers, body, "link").await?;
    let link = link
        .as_deref()
        .filter(|link| is_plausible(link))
        .ok_or_else(|| Problem::new(Kind::MalformedRequest, "the form has one field, `link`"))?;
    let session = match redeem(&app, &call, peer, &parts.headers, link).await {
        Ok(session) => session,
        Err(problem) if problem.kind == Kind::Unauthenticated => {
            let body = "<p>This link was used, or it is too old. Ask for another one.</p>";
            return Ok(html(StatusCode::FORBIDDEN, body));
        }
        Err(problem) => return Err(problem),
    };
    let (record, cookie, _) = session;
    let holder = record.holder;
    let place = match &holder.space {
        Some(space) => format!("space <code>{}</code>", escape(space.as_str())),
        None => "the whole installation".to_owned(),
    };
    let body = format!(
        "<p>You are signed in as <b>{}</b>, {} of {place}, until {}.</p>",
        escape(&holder.name),
        escape(&holder.role),
        record.expires_at.strftime("%Y-%m-%d %H:%M UTC"),
    );
    let mut response = html(StatusCode::OK, &body);
    response.headers_mut().insert(header::SET_COOKIE, set_cookie(&app, &cookie)?);
    Ok(response)
}

/// What needs no escaping anywhere, and is how links are made.
fn is_plausible(link: &str) -> bool {
    (1..=512).contains(&link.len())
        && link.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn html(status: StatusCode, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\"><title>Nightjar</title>\
         <style>{STYLE}</style></head><body><main><h1>Nightjar</h1>{body}</main></body></html>"
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    ];
    (status, headers, page).into_response()
}

/// The one field of a page's form; none where it isn't that form.
async fn field(
    app: &App,
    headers: &HeaderMap,
    body: Body,
    name: &str,
) -> Result<Option<String>, Problem> {
    if media_type(headers).is_none_or(|m| m != "application/x-www-form-urlencoded") {
        return Err(wrong_media_type("application/x-www-form-urlencoded"));
    }
    let bytes = take(app, headers, body, 4096).await?;
    let form = std::str::from_utf8(&bytes).ok().and_then(|form| form.split_once('='));
    Ok(form.filter(|(given, _)| *given == name).map(|(_, value)| value.to_owned()))
}
