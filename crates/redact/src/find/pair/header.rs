//! Headers that hold secrets among other things: `Authorization`, `Cookie`.

use super::{LONGEST, Trust, push};
use crate::Kind;
use crate::field;
use crate::find::Candidate;
use crate::find::token::is_opaque;
use crate::shape::{at, piece};

/// The secret behind the scheme of an `Authorization` header.
pub(super) fn authorization(text: &str, start: usize, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    // A header of several values: `["Basic …"]`.
    let listed = bytes.get(start..).unwrap_or_default().iter().take(8);
    let start = match at(bytes, start) {
        b'[' => start + listed.take_while(|b| matches!(**b, b'[' | b'"' | b'\\' | b'\'')).count(),
        _ => start,
    };
    let word = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        let ends = |b: &&u8| {
            !(b.is_ascii_whitespace()
                || matches!(
                    **b,
                    b'"' | b'\'' | b',' | b'\\' | b';' | b')' | b']' | b'}' | b'<' | 0xE2
                ))
        };
        from + rest.iter().take(LONGEST).take_while(ends).count()
    };
    let first = word(start);
    let scheme = piece(text, start, first).trim_end_matches(':').to_ascii_lowercase();
    const SCHEMES: &[&str] = &[
        "bearer",
        "basic",
        "token",
        "digest",
        "apikey",
        "api-key",
        "key",
        "negotiate",
        "ntlm",
        "genie",
        "genieKey",
        "geniekey",
        "splunk",
        "jwt",
        "oauth",
        "bot",
        "sso-key",
        "hmac",
        "sharedaccesssignature",
        "sharedkey",
        "client-id",
    ];
    // A scheme that only its maker knows: `SSWS 00a1…`.
    let is_unknown = || {
        let next = piece(text, first + 1, word(first + 1));
        at(bytes, first) == b' '
            && (2..=24).contains(&scheme.len())
            && scheme.bytes().all(|b| b.is_ascii_alphabetic())
            && next.len() >= 20
            && is_opaque(next)
            && field::is_token(next)
    };
    if SCHEMES.contains(&scheme.as_str()) || is_unknown() {
        let mut from = first;
        while matches!(at(bytes, from), b' ' | b'[' | b'"') && from - first < 4 {
            from += 1;
        }
        let end = word(from);
        let shown = piece(text, from, end);
        let is_basic = scheme == "basic"
            && shown.len() >= 4
            && !shown.eq_ignore_ascii_case("authentication")
            && !shown.eq_ignore_ascii_case("realm");
        if field::is_secret(shown)
            && shown.len() >= 4
            && (is_basic || shown.bytes().any(|b| b.is_ascii_digit()) || shown.len() >= 20)
            && !shown.starts_with("realm")
            && !shown.starts_with("username=")
        {
            push(found, from..end, Kind::Secret);
        }
    } else if field::is_token(piece(text, start, first))
        && first - start >= 12
        && !scheme.starts_with("aws4-")
    {
        push(found, start..first, Kind::Secret);
    }
}

/// What `Set-Cookie` says of a cookie, beside its value.
const ATTRIBUTES: &[&str] = &[
    "path",
    "domain",
    "expires",
    "max-age",
    "samesite",
    "secure",
    "httponly",
    "priority",
    "version",
    "partitioned",
];

/// The values of cookies that hold sessions, or are long enough to.
pub(super) fn cookies(
    text: &str,
    start: usize,
    end: usize,
    trust: Trust,
    found: &mut Vec<Candidate>,
) {
    // A bare header goes to the end of its line, not to its first `;`.
    let end = match trust {
        Trust::Quoted => end,
        Trust::Assigned | Trust::Spoken => {
            let rest = piece(text, start, text.len());
            let stops = |c: char| matches!(c, '\n' | '\r' | '"' | '\'' | '\\');
            let mut length = rest.find(stops).unwrap_or(rest.len()).min(LONGEST);
            while !rest.is_char_boundary(length) {
                length -= 1;
            }
            start + length
        }
    };
    let mut from = start;
    for part in piece(text, start, end).split([';', ',']) {
        let place = from;
        from += part.len() + 1;
        let Some((name, value)) = part.split_once('=') else { continue };
        let name_lower = name.trim().to_ascii_lowercase();
        let value_start = place + name.len() + 1;
        let value = value.trim_start_matches('"');
        let value_start = value_start + (part.len() - name.len() - 1 - value.len());
        let value = value.split([' ', '"', ']', '}', '‹']).next().unwrap_or_default();
        let names_session = [
            "sess", "sid", "auth", "token", "csrf", "xsrf", "jwt", "login", "remember", "secret",
            "key",
        ]
        .iter()
        .any(|word| name_lower.contains(word));
        let long = value.len() >= 16 && is_opaque(value);
        if !ATTRIBUTES.contains(&name_lower.as_str())
            && (names_session && value.len() >= 6 || long)
            && field::is_secret(value)
        {
            push(found, value_start..value_start + value.len(), Kind::Secret);
        }
    }
}
