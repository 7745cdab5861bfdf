//! Methods that send the secret itself. Whoever reads one request can send others: good only over
//! TLS, and only where the sender can't sign.

use base64::Engine;

use crate::delivery::Delivery;
use crate::denied::{Denied, Part};
use crate::secret::{Keys, is_same};
use crate::signature::BASE64;

const AUTHORIZATION: &str = "Authorization";
const API_KEY: &str = "x-api-key";

/// `Authorization: Bearer …`, as AWS's clients send it, or `x-api-key`. Where both are there,
/// either will do: whoever has the secret is the sender.
pub(crate) fn api_key(keys: &Keys<'_>, delivery: &Delivery<'_>) -> Result<(), Denied> {
    match delivery.header(API_KEY) {
        Err(Denied::Missing(_)) => keys_match(keys, bearer(delivery)?),
        Err(denied) => Err(denied),
        Ok(key) => keys_match(keys, key)
            .or_else(|denied| bearer(delivery).map_or(Err(denied), |key| keys_match(keys, key))),
    }
}

fn bearer<'a>(delivery: &Delivery<'a>) -> Result<&'a [u8], Denied> {
    after_scheme(delivery.header(AUTHORIZATION)?, "Bearer", "`Bearer` and the key")
}

/// `Authorization: Basic …` with the secret as its password.
pub(crate) fn basic(keys: &Keys<'_>, delivery: &Delivery<'_>, user: &str) -> Result<(), Denied> {
    let expected = "`Basic` and the base64 of name, colon and password";
    let encoded = after_scheme(delivery.header(AUTHORIZATION)?, "Basic", expected)?;
    let malformed = || Denied::Malformed { part: authorization(), expected };
    let credentials = BASE64.decode(encoded).map_err(|_| malformed())?;
    let colon = credentials.iter().position(|byte| *byte == b':').ok_or_else(malformed)?;
    let (name, password) = credentials.split_at(colon);
    let password = password.get(1..).unwrap_or_default();
    let is_user = is_same(name, user.as_bytes());
    keys.any(|key| is_same(key, password) & is_user)
}

/// A header whose whole value is the secret.
pub(crate) fn header(keys: &Keys<'_>, delivery: &Delivery<'_>, name: &str) -> Result<(), Denied> {
    keys_match(keys, delivery.header(name)?)
}

/// A parameter of the query whose value is the secret: for senders that can set nothing else.
/// Addresses end up in logs and histories, the sender's included.
pub(crate) fn query(keys: &Keys<'_>, delivery: &Delivery<'_>, name: &str) -> Result<(), Denied> {
    keys_match(keys, &delivery.parameter(name)?)
}

fn keys_match(keys: &Keys<'_>, value: &[u8]) -> Result<(), Denied> {
    keys.any(|key| is_same(key, value))
}

/// What follows the scheme, whose name is compared without letter case (RFC 9110, 11.1).
fn after_scheme<'a>(
    value: &'a [u8],
    scheme: &str,
    expected: &'static str,
) -> Result<&'a [u8], Denied> {
    let parts = value.split_at_checked(scheme.len());
    let rest = parts.filter(|(start, rest)| {
        start.eq_ignore_ascii_case(scheme.as_bytes()) && rest.starts_with(b" ")
    });
    let rest = rest.map(|(_, rest)| rest.trim_ascii()).filter(|rest| !rest.is_empty());
    rest.ok_or_else(|| Denied::Malformed { part: authorization(), expected })
}

fn authorization() -> Part {
    Part::Header(AUTHORIZATION.to_owned())
}
