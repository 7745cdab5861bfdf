//! What is known of the browser on the other side: where it reached us, and its cookies.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::app::App;
use crate::problem::{Kind, Problem};

/// How long a person has to sign in at the provider, seconds: passwords and second factors are looked for.
pub(super) const BACK_WITHIN_SECONDS: i64 = 600;

/// The address that browsers reach us by, without a slash at its end. Without `public_url` it's what the
/// browser says, on loopback alone: elsewhere whoever sends a request could name any address.
pub(crate) fn origin(app: &App, headers: &HeaderMap) -> Option<String> {
    if let Some(url) = app.config.public_url.as_deref().filter(|url| !url.is_empty()) {
        return Some(url.trim_end_matches('/').to_owned());
    }
    let host: Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    let is_loopback =
        name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if !is_loopback || host.as_str().contains('@') {
        return None;
    }
    let scheme = if app.config.tls.is_some() { "https" } else { "http" };
    Some(format!("{scheme}://{host}"))
}

/// The cookie of a browser that was sent to a provider. It comes back from elsewhere, so it can't be
/// `Strict` as that of a session is.
fn cookie_name(app: &App) -> &'static str {
    if app.config.is_secure() { "__Host-nightjar-sign-in" } else { "nightjar-sign-in" }
}

pub(super) fn set(app: &App, secret: &str) -> Result<HeaderValue, Problem> {
    let (name, secure) = (cookie_name(app), if app.config.is_secure() { "; Secure" } else { "" });
    let seconds = if secret.is_empty() { 0 } else { BACK_WITHIN_SECONDS };
    let cookie =
        format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&cookie)
        .map_err(|_| Problem::new(Kind::Internal, "something went wrong on our side"))
}

pub(super) fn secret<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = cookie_name(app);
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|it| it.trim().split_once('='));
    let (_, secret) = pairs.find(|(key, _)| *key == name)?;
    let is_plausible =
        (1..=512).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic());
    is_plausible.then_some(secret)
}
