//! E-mail addresses: a local part, an @ (or `%40` in an URL), a domain that ends in letters.

use crate::Kind;
use crate::find::{Candidate, Need};
use crate::person::is_person;
use crate::shape::{at, before, piece};

/// RFC 5321: 64 bytes before the @, 255 after.
const MOST_LOCAL: usize = 64;
const MOST_DOMAIN: usize = 255;
/// What looks like a top-level domain and is the ending of a file, a unit of systemd, or a name
/// inside a cluster.
const NO_DOMAINS: &[&str] = &[
    "c",
    "cc",
    "class",
    "cpp",
    "cs",
    "css",
    "csv",
    "dll",
    "exe",
    "gif",
    "go",
    "gz",
    "h",
    "html",
    "ico",
    "internal",
    "jar",
    "java",
    "jpeg",
    "jpg",
    "js",
    "json",
    "jsx",
    "kt",
    "log",
    "mjs",
    "mount",
    "php",
    "png",
    "py",
    "rb",
    "scala",
    "scope",
    "service",
    "slice",
    "socket",
    "svg",
    "swift",
    "target",
    "tar",
    "tgz",
    "timer",
    "toml",
    "ts",
    "tsx",
    "txt",
    "wasm",
    "webp",
    "whl",
    "xml",
    "yaml",
    "yml",
    "localdomain",
    "consul",
    "beta",
    "alpha",
    "rc",
    "snapshot",
    "final",
    "release",
];
/// Identities of machines, not of people.
const MACHINES: &[&str] = &[
    "gserviceaccount.com",
    "cluster.local",
    "amazonaws.com",
    "amazonaws.com.cn",
    "database.azure.com",
    "database.windows.net",
    "mongodb.net",
    "cloudfront.net",
];
/// Ids of messages have the shape of addresses.
const MESSAGE_IDS: &[&str] =
    &["message id", "messageid", "msgid", "msg id", "in reply to", "references"];

pub(crate) fn find(text: &str, found: &mut Vec<Candidate>) {
    for (place, sign) in text.match_indices(['@', '%']) {
        let length = match sign {
            "@" => 1,
            _ if text.get(place..).is_some_and(|rest| rest.starts_with("%40")) => 3,
            _ => continue,
        };
        let start = local_part(text, place);
        let end = domain(text, place + length);
        if start == place || end == place + length {
            if sign == "@" && is_realm(text, place + 1) {
                principal(text, start, place, found);
            }
            continue;
        }
        let local = piece(text, start, place);
        // `git@host:path` is how a repository is named, not a person.
        if local == "git"
            || before(text.as_bytes(), start) == b'/' && at(text.as_bytes(), end) == b'@'
        {
            continue;
        }
        found.push(Candidate {
            place: start..end,
            kind: Kind::Email,
            need: Need::Without(MESSAGE_IDS),
        });
    }
}

/// Whether a Kerberos realm follows: names in capital letters with points.
fn is_realm(text: &str, start: usize) -> bool {
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let realm = rest.iter().take(MOST_DOMAIN);
    let realm = realm.take_while(|b| b.is_ascii_uppercase() || matches!(b, b'.' | b'-'));
    let points = realm.clone().filter(|b| **b == b'.').count();
    points > 0 && !at(rest, realm.count()).is_ascii_alphanumeric()
}

/// A user in a realm: `ada@CORP.INTERNAL`, not `HTTP/web@CORP.INTERNAL`.
fn principal(text: &str, start: usize, end: usize, found: &mut Vec<Candidate>) {
    let name = piece(text, start, end);
    if before(text.as_bytes(), start) != b'/' && is_person(name) {
        found.push(Candidate { place: start..end, kind: Kind::User, need: Need::Nothing });
    }
}

/// Where the local part before a place begins.
fn local_part(text: &str, end: usize) -> usize {
    let mut start = end;
    for (place, c) in text.get(..end).unwrap_or_default().char_indices().rev() {
        let fits = c.is_alphanumeric()
            || matches!(c, '.' | '_' | '+' | '-' | '\'' | '!' | '#' | '~' | '*');
        if !fits || end - place > MOST_LOCAL {
            break;
        }
        start = place;
    }
    let local = piece(text, start, end);
    let trimmed = local.trim_start_matches(['.', '-', '\'', '!', '#', '*', '~', '+']);
    let start = end - trimmed.len();
    // A line break of an escaped text: `\nada@example.com`.
    let escaped = before(text.as_bytes(), start) == b'\\'
        && matches!(at(text.as_bytes(), start), b'n' | b't' | b'r');
    let start = start + usize::from(escaped);
    if trimmed.ends_with('\'') { end } else { start }
}

/// Where the domain from a place on ends; the place itself if there is none.
fn domain(text: &str, start: usize) -> usize {
    let mut end = start;
    for (place, c) in text.get(start..).unwrap_or_default().char_indices() {
        if !(c.is_alphanumeric() || matches!(c, '.' | '-')) || place > MOST_DOMAIN {
            break;
        }
        end = start + place + c.len_utf8();
    }
    let domain = piece(text, start, end).trim_end_matches(['.', '-']);
    let end = start + domain.len();
    let lower = domain.to_lowercase();
    let Some((rest, last)) = lower.rsplit_once('.') else { return start };
    let is_name = (2..=24).contains(&last.chars().count())
        && (last.chars().all(char::is_alphabetic) || last.starts_with("xn--"));
    let is_version = rest.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
        && rest
            .split('.')
            .nth(1)
            .is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    let is_machine = MACHINES.iter().any(|name| lower.ends_with(name));
    let empty_label = lower.split('.').any(str::is_empty);
    if !is_name || is_version || is_machine || empty_label || NO_DOMAINS.contains(&last) {
        return start;
    }
    end
}
