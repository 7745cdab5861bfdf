//! Users and passwords in URLs and in connection strings.

use super::pair::push;
use crate::Kind;
use crate::field;
use crate::find::Candidate;
use crate::find::token::is_opaque;
use crate::person;
use crate::shape::{at, is_uuid, piece};

/// Longest credentials in an URL.
const LONGEST_CREDENTIALS: usize = 512;

/// Users and passwords in URLs and in connection strings of Go: `scheme://user:password@host`.
pub(super) fn find(text: &str, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    for (place, sign) in text.match_indices("://") {
        let start = place + sign.len();
        let rest = bytes.get(start..).unwrap_or_default();
        let stops = |b: &u8| {
            b.is_ascii_whitespace()
                || matches!(
                    b,
                    b'/' | b'"' | b'\'' | b'<' | b'>' | b'?' | b'\\' | b'`' | b',' | b'@'
                )
        };
        let Some(mut length) = rest.iter().take(LONGEST_CREDENTIALS).position(stops) else {
            continue;
        };
        // A password may hold what ends a host elsewhere.
        if at(rest, length) != b'@' && rest.iter().take(length).any(|b| *b == b':') {
            let blank = |b: &u8| {
                b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'@' | b'\\')
            };
            let Some(longer) = rest.iter().take(LONGEST_CREDENTIALS).position(blank) else {
                continue;
            };
            let port = piece(text, start, start + length).rsplit(':').next().unwrap_or_default();
            if at(rest, longer) != b'@'
                || port.bytes().all(|b| b.is_ascii_digit()) && at(rest, length) == b'/'
            {
                continue;
            }
            length = longer;
        }
        if at(rest, length) != b'@' {
            continue;
        }
        // The last @ before the host is the one that counts: `user:p@ss@host`.
        let host = bytes.get(start + length + 1..).unwrap_or_default();
        let more = host.iter().take(128).take_while(|b| !stops(b)).count();
        if at(host, more) == b'@' && piece(text, start, start + length).contains(':') {
            length += more + 1;
        }
        split_credentials(text, start, start + length, found);
    }
    for (place, _) in text.match_indices("@tcp(").chain(text.match_indices("@unix(")) {
        let left = bytes.get(..place).unwrap_or_default();
        let length = left
            .iter()
            .rev()
            .take(LONGEST_CREDENTIALS)
            .take_while(|b| {
                !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'=' | b'`' | b'/')
            })
            .count();
        let mut start = place - length;
        while !text.is_char_boundary(start) {
            start += 1;
        }
        split_credentials(text, start, place, found);
    }
}

fn split_credentials(text: &str, start: usize, end: usize, found: &mut Vec<Candidate>) {
    let shown = piece(text, start, end);
    let (user, password) = shown.split_once(':').unwrap_or((shown, ""));
    let user_end = start + user.len();
    if password.is_empty() {
        if user.len() >= 16 && is_opaque(user) && !is_uuid(user) {
            push(found, start..user_end, Kind::Secret);
            return;
        }
    } else if field::is_secret(password) || password.len() < 3 {
        push(found, user_end + 1..end, Kind::Secret);
    }
    if person::is_person(user) {
        push(found, start..user_end, Kind::User);
    } else if user.len() >= 24 && is_opaque(user) && !is_uuid(user) {
        push(found, start..user_end, Kind::Secret);
    }
}
