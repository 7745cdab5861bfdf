//! The header `Authorization`, and what has to be signed.

use jiff::Timestamp;

use crate::invalid::shorten;
use crate::percent;
use crate::sigv4::{Claim, Refusal, Request, SERVICE, moment};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Longer than any key that is issued anywhere; a bound for what is looked up.
const KEY_CHARACTERS: usize = 128;

pub(super) fn read<'a>(request: &'a Request<'a>) -> Result<Claim<'a>, Refusal> {
    if is_presigned(request.query) {
        return Err(Refusal::Presigned);
    }
    let text = match values(request, "authorization").as_slice() {
        [] => return Err(Refusal::Missing),
        [text] => str::from_utf8(text).map_err(|_| incomplete("Authorization must be text."))?,
        _ => return Err(incomplete("Authorization must be given once.")),
    };
    let (algorithm, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    if algorithm != ALGORITHM {
        return Err(match algorithm.starts_with("AWS") {
            true => incomplete(&format!("Unsupported AWS 'algorithm': '{}'.", shorten(algorithm))),
            false => Refusal::Missing,
        });
    }
    let fields = fields(rest)?;
    let (access_key_id, date, region) = scope(fields.credential)?;
    let signature = signature(fields.signature)?;
    let signed_headers: Vec<&str> = fields.signed_headers.split(';').collect();
    check_headers(request, &signed_headers)?;
    if !values(request, "x-amz-security-token").is_empty() {
        return Err(Refusal::SessionToken);
    }
    let signed_at = signed_at(request)?;
    let day = moment::write(signed_at);
    if day.get(..8) != Some(date) {
        let day = day.get(..8).unwrap_or_default();
        return Err(Refusal::OtherScope(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{day}', from '{}'.",
            moment::write(signed_at)
        )));
    }
    Ok(Claim { request, access_key_id, date, region, signed_headers, signature, signed_at })
}

fn incomplete(message: &str) -> Refusal {
    Refusal::Incomplete(message.to_owned())
}

/// The values of a header, in their order.
fn values<'a>(request: &Request<'a>, name: &str) -> Vec<&'a [u8]> {
    let headers = request.headers.iter();
    headers.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value).collect()
}

/// Whether the query holds a signature.
fn is_presigned(query: &str) -> bool {
    query.split('&').any(|piece| {
        let name = piece.split_once('=').map_or(piece, |(name, _)| name);
        let name = percent::decode_leniently(name);
        [&b"x-amz-signature"[..], b"x-amz-algorithm", b"x-amz-credential"]
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other))
    })
}

struct Fields<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// `Credential=…, SignedHeaders=…, Signature=…`, each once and nothing else.
fn fields(text: &str) -> Result<Fields<'_>, Refusal> {
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for field in text.split(',').filter(|field| !field.trim().is_empty()) {
        let (name, value) = field.trim().split_once('=').unwrap_or((field.trim(), ""));
        let slot = match name {
            "Credential" => &mut credential,
            "SignedHeaders" => &mut signed_headers,
            "Signature" => &mut signature,
            other => {
                return Err(incomplete(&format!(
                    "Authorization header has an unknown parameter: '{}'.",
                    shorten(other)
                )));
            }
        };
        if slot.replace(value).is_some() {
            return Err(incomplete(&format!("Authorization header has '{name}' twice.")));
        }
    }
    match (credential, signed_headers, signature) {
        (Some(credential), Some(signed_headers), Some(signature)) => {
            Ok(Fields { credential, signed_headers, signature })
        }
        (credential, signed_headers, signature) => {
            let parts = [
                (credential, "Credential"),
                (signature, "Signature"),
                (signed_headers, "SignedHeaders"),
            ];
            let missing: Vec<String> = parts
                .iter()
                .filter(|(value, _)| value.is_none())
                .map(|(_, name)| format!("Authorization header requires '{name}' parameter."))
                .collect();
            Err(Refusal::Incomplete(missing.join(" ")))
        }
    }
}

/// `AKIDEXAMPLE/20260102/eu-central-1/aidevops/aws4_request`: the key, the date and the region.
fn scope(credential: &str) -> Result<(&str, &str, &str), Refusal> {
    let parts: Vec<&str> = credential.split('/').collect();
    let [key, date, region, service, end] = parts.as_slice() else {
        return Err(Refusal::Incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
            shorten(credential)
        )));
    };
    let is_name = |text: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        (1..=KEY_CHARACTERS).contains(&text.len()) && text.bytes().all(is_part)
    };
    let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    if !is_name(key) || !is_name(region) || !is_date {
        return Err(Refusal::Incomplete(format!(
            "Credential is not well-formed: '{}'",
            shorten(credential)
        )));
    }
    if *service != SERVICE {
        let message = format!("Credential should be scoped to correct service: '{SERVICE}'.");
        return Err(Refusal::OtherScope(message));
    }
    if *end != "aws4_request" {
        return Err(Refusal::OtherScope(format!(
            "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.",
            shorten(end)
        )));
    }
    Ok((key, date, region))
}

/// 64 hexadecimal digits, lower-case.
fn signature(text: &str) -> Result<[u8; 32], Refusal> {
    let refused = || incomplete("Signature must be 64 hexadecimal digits in lower case.");
    if text.len() != 64 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(refused());
    }
    let mut signature = [0; 32];
    for (byte, digits) in signature.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = digits else { return Err(refused()) };
        let value = percent::digit(*high).zip(percent::digit(*low));
        let (high, low) = value.ok_or_else(refused)?;
        *byte = high << 4 | low;
    }
    Ok(signature)
}

/// What is signed is there and in order, and what must be signed is.
fn check_headers(request: &Request<'_>, signed: &[&str]) -> Result<(), Refusal> {
    let is_lower = |name: &&str| !name.is_empty() && !name.bytes().any(|b| b.is_ascii_uppercase());
    if !signed.iter().all(is_lower) || !signed.is_sorted_by(|a, b| a < b) {
        return Err(incomplete("SignedHeaders must be in lower case, sorted, each once."));
    }
    let mut present: Vec<String> =
        request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    present.sort_unstable();
    let is_signed = |name: &str| signed.binary_search(&name).is_ok();
    if !is_signed("host") {
        let message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
        return Err(incomplete(message));
    }
    for name in present.iter().filter(|name| name.starts_with("x-amz-")) {
        if !is_signed(name) {
            return Err(Refusal::Incomplete(format!(
                "'{}' must be a 'SignedHeader' in the AWS Authorization.",
                shorten(name)
            )));
        }
    }
    for name in signed {
        if present.binary_search_by(|other| other.as_str().cmp(name)).is_err() {
            return Err(Refusal::Incomplete(format!(
                "'{}' is a 'SignedHeader' in the AWS Authorization, but the request doesn't have it.",
                shorten(name)
            )));
        }
    }
    Ok(())
}

/// The time of the signature: `X-Amz-Date`, or else `Date`.
fn signed_at(request: &Request<'_>) -> Result<Timestamp, Refusal> {
    let (texts, read): (_, fn(&str) -> Option<Timestamp>) =
        match values(request, "x-amz-date").as_slice() {
            [] => (values(request, "date"), moment::read_date_header),
            texts => (texts.to_vec(), moment::read),
        };
    match texts.as_slice() {
        [] => Err(incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        )),
        [text] => {
            let text = str::from_utf8(text).ok().map(str::trim);
            text.and_then(read).ok_or_else(|| {
                incomplete("Date must be in ISO-8601 'basic format', such as 20260102T030405Z.")
            })
        }
        _ => Err(incomplete("The date must be given once.")),
    }
}
