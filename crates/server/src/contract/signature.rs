//! Who signed a request (SigV4).

use axum::body::Bytes;
use axum::http::header::HOST;
use axum::http::request::Parts;
use jiff::Timestamp;
use nightjar_contract::sigv4::{Claim, Refusal, Request};

use crate::admit::{failed, may_try};
use crate::app::App;
use crate::call::{Call, Caller};
use crate::credential::Credential;
use crate::pass::Peer;
use crate::problem::{Kind, Problem};

/// Sees to it that somebody claims to have signed, before a body is taken in for them.
pub(super) fn claimed(app: &App, call: &Call, peer: Peer, parts: &Parts) -> Result<(), Problem> {
    may_try(app, call, peer)?;
    let headers = headers(parts);
    match Claim::read(&request(parts, &headers, &[])) {
        Ok(_) => Ok(()),
        Err(refusal) => Err(refuse(app, peer, &refusal)),
    }
}

/// Finds out whether the claim holds, and whose key it is.
pub(super) async fn caller(
    app: &App,
    call: &Call,
    peer: Peer,
    parts: &Parts,
    body: &Bytes,
) -> Result<Caller, Problem> {
    let now = Timestamp::now();
    let headers = headers(parts);
    let request = request(parts, &headers, body);
    let claim = Claim::read(&request).map_err(|refusal| refuse(app, peer, &refusal))?;
    let key = claim.access_key_id().to_owned();
    let verified = match app.store.holder_of_key(&key, now).await? {
        Some((holder, secret)) => {
            let known = Credential::Signature(key).held_by(holder).ok_or(Refusal::UnknownKey);
            claim.verify(&secret, now).and(known)
        }
        None => Err(claim.refuse(now)),
    };
    let caller = verified.map_err(|refusal| refuse(app, peer, &refusal))?;
    call.note(|facts| facts.actor = Some(caller.identity.id().to_owned()));
    Ok(caller)
}

fn request<'a>(
    parts: &'a Parts,
    headers: &'a [(&'a str, &'a [u8])],
    body: &'a [u8],
) -> Request<'a> {
    let method = parts.method.as_str();
    Request {
        method,
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers,
        body,
    }
}

/// All headers; HTTP/2 has the host in the address.
fn headers(parts: &Parts) -> Vec<(&str, &[u8])> {
    let all = parts.headers.iter();
    let mut headers: Vec<(&str, &[u8])> =
        all.map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    if !parts.headers.contains_key(HOST)
        && let Some(authority) = parts.uri.authority()
    {
        headers.push((HOST.as_str(), authority.as_str().as_bytes()));
    }
    headers
}

fn refuse(app: &App, Peer(peer): Peer, refusal: &Refusal) -> Problem {
    failed(app, Peer(peer));
    tracing::debug!(code = refusal.code(), "a signature was refused");
    Problem::new(Kind::Unauthenticated, refusal.to_string())
}
