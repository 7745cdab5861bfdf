//! Tokens and keys of well-known shapes: a prefix that its maker chose so that it is recognised.

mod shapes;

use std::sync::LazyLock;

use regex::Regex;
use shapes::{Body, SHAPES};

use crate::Kind;
use crate::find::{Candidate, Need};
use crate::shape::{at, before, joined_before, piece};

static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    let mut prefixes: Vec<String> =
        SHAPES.iter().map(|(prefix, ..)| regex::escape(prefix)).collect();
    // Of prefixes that begin alike the longest.
    prefixes.sort_by_key(|prefix| usize::MAX - prefix.len());
    Regex::new(&prefixes.join("|")).expect("invariant: constant prefixes")
});
/// The bot tokens of Telegram have no prefix, but a middle.
static TELEGRAM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[0-9]{8,10}:AA[A-Za-z0-9_-]{33}").expect("invariant: a constant pattern")
});
/// The word before a token in a header.
static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"[Bb](?:earer|EARER)(?: |%20|\+t|: ?)"?([A-Za-z0-9._~+/-]{12,}=*)"#)
        .expect("invariant: a constant pattern")
});

pub(crate) fn find(text: &str, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    let mut secret = |start: usize, end: usize| {
        found.push(Candidate { place: start..end, kind: Kind::Secret, need: Need::Nothing });
    };
    // A run of letters is read once, however many prefixes it holds.
    let mut done = 0;
    for hit in PREFIX.find_iter(text) {
        let (start, body) = (hit.start(), hit.end());
        if start < done {
            continue;
        }
        let Some((prefix, shape, least)) =
            SHAPES.iter().find(|(prefix, ..)| *prefix == hit.as_str())
        else {
            continue;
        };
        if *prefix == "-----BEGIN" {
            if let Some(end) = private_key(text, body) {
                secret(start, end);
                done = end;
            }
            continue;
        }
        if is_joined(bytes, start) {
            continue;
        }
        let end = body
            + bytes
                .get(body..)
                .unwrap_or_default()
                .iter()
                .take_while(|b| fits(*shape, **b))
                .count();
        done = end;
        let end = body + piece(text, body, end).trim_end_matches(['.', '-', '/', '=']).len();
        let end = end
            + bytes
                .get(end..)
                .unwrap_or_default()
                .iter()
                .take(2)
                .take_while(|b| **b == b'=' && matches!(shape, Body::Base64))
                .count();
        let rest = piece(text, body, end);
        let enough = rest.len() >= *least
            && !(matches!(shape, Body::Hex | Body::Capital)
                && at(bytes, end).is_ascii_alphanumeric());
        let right = match shape {
            Body::Opaque => is_opaque(rest),
            Body::Uuid => crate::shape::is_uuid(rest),
            Body::Capital => {
                rest.len() < 64 && rest.bytes().any(|b| b.is_ascii_digit()) || rest.len() == 16
            }
            Body::Hex => rest.len() <= 64 && rest.bytes().any(|b| b.is_ascii_digit()),
            Body::Dotted if *prefix == "eyJ" => is_web_token(rest),
            Body::Word | Body::Dotted | Body::Base64 => {
                rest.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            }
            Body::Path | Body::Open => true,
        };
        if enough && right {
            // Of an address that is a secret the secret part is the path.
            secret(if matches!(shape, Body::Path) { body } else { start }, end);
        }
    }
    parted(text, &mut secret);
    keys_of_push(text, &mut secret);
    if text.contains(":AA") {
        for hit in TELEGRAM.find_iter(text) {
            let free = !is_joined(bytes, hit.start())
                || text.get(..hit.start()).is_some_and(|t| t.ends_with("bot"));
            if free {
                secret(hit.start(), hit.end());
            }
        }
    }
    if text.contains("earer") || text.contains("EARER") {
        for hit in BEARER.captures_iter(text).filter_map(|hit| hit.get(1)) {
            if is_opaque(hit.as_str()) {
                secret(hit.start(), hit.end());
            }
        }
    }
}

/// Keys with a mark in their middle: Firebase's `…:APA91b…`, and those of Azure DevOps.
fn keys_of_push(text: &str, secret: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    for (mark, least) in [(":APA91b", 100), ("JQQJ99", 60)] {
        let mut done = 0;
        for (place, _) in text.match_indices(mark) {
            if place < done {
                continue;
            }
            let fits = |b: &&u8| fits(Body::Word, **b);
            let left = bytes.get(done..place).unwrap_or_default();
            let left = left.iter().rev().take(64).take_while(fits).count();
            let rest = bytes.get(place + mark.len()..).unwrap_or_default();
            let end = place + mark.len() + rest.iter().take(512).take_while(fits).count();
            if end - (place - left) >= least {
                secret(place - left, end);
            }
            done = end;
        }
    }
}

/// Tokens of parts that are known by their lengths: those of Discord (24 or more, 6, 27 or more)
/// and Airtable (`pat` and 14, 64 hexadecimal digits).
fn parted(text: &str, secret: &mut impl FnMut(usize, usize)) {
    let bytes = text.as_bytes();
    let word = |b: &&u8| fits(Body::Word, **b);
    for (point, _) in text.match_indices('.') {
        let second = [7, 8].into_iter().find(|more| at(bytes, point + more) == b'.');
        let is_airtable = point >= 17 && bytes.get(point - 17..point - 14) == Some(b"pat");
        if second.is_none() && !is_airtable {
            continue;
        }
        let left = bytes.get(..point).unwrap_or_default().iter().rev().take(32);
        let left = left.take_while(word).count();
        let start = point - left;
        if let Some(second) = second.map(|more| point + more) {
            let middle = piece(text, point + 1, second);
            let rest = bytes.get(second + 1..).unwrap_or_default();
            let right = rest.iter().take(64).take_while(word).count();
            if (23..=28).contains(&left)
                && (27..=45).contains(&right)
                && middle.bytes().all(|b| fits(Body::Word, b))
                && is_opaque(piece(text, start, point))
                && is_opaque(piece(text, second + 1, second + 1 + right))
            {
                secret(start, second + 1 + right);
            }
        }
        let rest = bytes.get(point + 1..).unwrap_or_default();
        let hex = rest.iter().take(65).take_while(|b| fits(Body::Hex, **b)).count();
        if is_airtable && left == 17 && hex == 64 {
            secret(start, point + 1 + hex);
        }
    }
}

/// Whether a letter stands before, one of an escaped line break or of an URL aside.
fn is_joined(bytes: &[u8], start: usize) -> bool {
    let last = before(bytes, start);
    let ahead = before(bytes, start.saturating_sub(1));
    let escaped = ahead == b'\\' && matches!(last, b'n' | b't' | b'r')
        || bytes
            .get(start.saturating_sub(3)..start)
            .is_some_and(|b| b == b"%20" || b == b"%3D" || b == b"%22");
    (joined_before(bytes, start) || matches!(last, b'-' | b'+')) && !escaped
}

fn fits(shape: Body, byte: u8) -> bool {
    match shape {
        Body::Word | Body::Opaque | Body::Uuid => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
        }
        Body::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
        Body::Capital => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Body::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
        Body::Base64 => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
        }
        Body::Path => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'.' | b'@')
        }
        Body::Open => {
            !(byte.is_ascii_whitespace()
                || matches!(byte, b'"' | b'\'' | b',' | b';' | b'<' | b'>' | b'\\' | 0xE2))
        }
    }
}

/// Whether a text mixes letters and digits as no word does.
pub(crate) fn is_opaque(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let cases = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let hex = text.len() >= 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    // Of letters alone: the case changes at random, not with the words of a name.
    let turns = || {
        let case = |b: u8| (b.is_ascii_uppercase(), b.is_ascii_alphabetic());
        text.as_bytes()
            .windows(2)
            .filter(|pair| matches!(pair, [a, b] if case(*a) != case(*b)))
            .count()
    };
    digits > 0 && (cases || hex || digits >= 3 && has(u8::is_ascii_alphabetic))
        || cases && text.len() >= 24 && turns() * 5 >= text.len() * 2
}

/// Whether what follows `eyJ` are the three or five parts of a token (RFC 7519).
fn is_web_token(rest: &str) -> bool {
    let mut parts = rest.split('.');
    let head = parts.next().unwrap_or_default();
    let next = parts.next().unwrap_or_default();
    head.len() >= 8 && (next.starts_with("eyJ") || next.len() >= 16 && parts.next().is_some())
}

/// Where a private key ends whose `-----BEGIN` ends at a place; a key that was cut off ends with
/// the text.
fn private_key(text: &str, begin: usize) -> Option<usize> {
    const END: &str = "-----END";
    let rest = text.get(begin..)?;
    // The longest in use is ` ENCRYPTED PRIVATE KEY`, with room for others.
    let title = rest.split("-----").next()?;
    if title.len() > 48 || !title.contains("PRIVATE KEY") {
        return None;
    }
    let Some(end) = rest.find(END) else { return Some(text.len()) };
    let tail = rest.get(end + END.len()..)?;
    let dashes = tail.find("-----").filter(|at| *at <= 48).map_or(0, |at| at + 5);
    Some(begin + end + END.len() + dashes)
}
