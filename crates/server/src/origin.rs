//! The address under which we are reached, without a slash at its end.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::uri::Authority;

use crate::config::Config;

/// What SDKs put before a host's name for operations of the control and the data plane.
const PREFIXES: [&str; 2] = ["cp.", "dp."];

/// For a browser. Without `public_url` it's what the browser says, on loopback alone: elsewhere whoever
/// sends a request could name any address.
pub(crate) fn for_browser(config: &Config, headers: &HeaderMap) -> Option<String> {
    if let Some(url) = configured(config) {
        return Some(url);
    }
    let host: Authority = headers.get(HOST)?.to_str().ok()?.parse().ok()?;
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    let is_loopback =
        name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let is_plain = is_loopback && !host.as_str().contains('@');
    is_plain.then(|| with_scheme(config, host.as_str()))
}

/// For a caller whose signature covers the host: without `public_url` it's what they say.
pub(crate) fn for_signer(config: &Config, headers: &HeaderMap) -> String {
    if let Some(url) = configured(config) {
        return url;
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let bare = PREFIXES.iter().find_map(|prefix| host.strip_prefix(prefix)).unwrap_or(host);
    with_scheme(config, bare)
}

fn configured(config: &Config) -> Option<String> {
    let url = config.public_url.as_deref().filter(|url| !url.is_empty())?;
    Some(url.trim_end_matches('/').to_owned())
}

fn with_scheme(config: &Config, host: &str) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{host}")
}
