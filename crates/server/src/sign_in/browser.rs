//! The cookies of a browser that is on its way through a provider.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::app::App;
use crate::problem::{Kind, Problem};

/// How long a person has to sign in at the provider, seconds: passwords and second factors are looked for.
pub(super) const BACK_WITHIN_SECONDS: i64 = 600;

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
