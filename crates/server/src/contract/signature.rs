//! Who signed a request (SigV4).

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use nightjar_contract::sigv4;

use crate::admit::{failed, may_try};
use crate::app::App;
use crate::call::{Call, Caller};
use crate::credential::Credential;
use crate::pass::Peer;
use crate::problem::{Kind, Problem};

/// Reads who claims to have signed, before a body is taken in for them.
pub(super) fn claim(app: &App, call: &Call, peer: Peer, headers: &HeaderMap) -> Result<sigv4::Claim, Problem> {
    may_try(app, call, peer)?;
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let claim = match (given.next(), given.next()) {
        (None, _) => Err(sigv4::Error::Missing),
        (Some(value), None) => value.to_str().map_err(|_| sigv4::Error::Missing).and_then(sigv4::parse),
        (Some(_), Some(_)) => Err(sigv4::Error::Missing),
    };
    claim.map_err(|error| {
        failed(app, peer);
        refused(&error)
    })
}

/// Finds out whether the claim holds, and whose key it is.
pub(super) async fn caller(
    app: &App,
    call: &Call,
    peer: Peer,
    claim: sigv4::Claim,
    parts: &Parts,
    body: &Bytes,
) -> Result<Caller, Problem> {
    let now = Timestamp::now();
    let key = claim.access_key_id().to_owned();
    let holder = app.store.holder_of_key(&key, now).await?;
    let headers = headers(parts);
    let signed = sigv4::Signed {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &headers,
        body,
    };
    // A key that isn't there costs as much time as one that is.
    let secret = holder.as_ref().map_or(sigv4::NOBODY, |(_, secret)| secret.as_str());
    let verified = claim.verify(&signed, secret, now);
    let known = holder.and_then(|(holder, _)| Credential::Signature(key).held_by(holder));
    let checked = match known {
        None => Err(sigv4::Error::UnknownKey),
        Some(caller) => verified.map(|()| caller),
    };
    match checked {
        Ok(caller) => {
            call.note(|facts| facts.actor = Some(caller.identity.id().to_owned()));
            Ok(caller)
        }
        Err(error) => {
            failed(app, peer);
            Err(refused(&error))
        }
    }
}

/// All headers; HTTP/2 has the host in the address.
fn headers(parts: &Parts) -> Vec<(&str, &[u8])> {
    let mut headers: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    if !parts.headers.contains_key(header::HOST)
        && let Some(authority) = parts.uri.authority()
    {
        headers.push(("host", authority.as_str().as_bytes()));
    }
    headers
}

fn refused(error: &sigv4::Error) -> Problem {
    Problem::new(Kind::Unauthenticated, error.to_string())
}
