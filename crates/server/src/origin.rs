use axum::http::HeaderMap;
use axum::http::header::HOST;

use crate::config::Config;

/// What SDKs put before a host's name for operations of the control and the data plane.
const PREFIXES: [&str; 2] = ["cp.", "dp."];

/// The address under which we are reached, without a slash at its end: the one that is configured, or
/// else the one that the caller used.
pub(crate) fn origin(config: &Config, headers: &HeaderMap) -> String {
    if let Some(url) = &config.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let bare = PREFIXES.iter().find_map(|prefix| host.strip_prefix(prefix)).unwrap_or(host);
    let scheme = if config.is_secure() { "https" } else { "http" };
    format!("{scheme}://{bare}")
}
