//! Internet addresses. Versions have the same shape: what stands around decides.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::Kind;
use crate::find::{Candidate, Need};
use crate::shape::{at, before, joined_after, joined_before};

static V4: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}").expect("invariant: a constant pattern")
});
/// Global unicast, addresses of a private network, and IPv4 within IPv6.
static V6: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:[23][0-9a-f]{3}|f[cde][0-9a-f]{2}|::ffff):[0-9a-f:.]{1,40}")
        .expect("invariant: a constant pattern")
});
/// How Amazon names machines by their address.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"ec2-([0-9]{1,3}(?:-[0-9]{1,3}){3})\.").expect("invariant: a constant pattern")
});

/// Words after which four numbers with points are a version.
const VERSIONS: &[&str] = &[
    "version",
    "versions",
    "ver",
    "v",
    "release",
    "build",
    "revision",
    "rev",
    "firmware",
    "driver",
    "fw",
    "tag",
    "assembly",
    "oid",
    "chrome",
    "edge",
    "edg",
    "opera",
    "chromium",
    "upgraded",
    "downgraded",
    "sdk",
    "jdk",
    "java",
    "patch",
    "kernel",
    "bios",
    "appversion",
    "app version",
    "ios",
    "android",
    "file version",
    "product version",
];
/// Words after which small numbers with points are an address.
const ADDRESSES: &[&str] = &[
    "ip",
    "ips",
    "addr",
    "address",
    "host",
    "from",
    "client",
    "clientip",
    "peer",
    "src",
    "dst",
    "source",
    "destination",
    "remote",
    "dns",
    "resolver",
    "server",
    "nameserver",
    "upstream",
    "forwarded",
    "for",
    "real",
    "inet",
    "ipv4",
    "tcp",
    "udp",
    "http",
    "https",
    "endpoint",
    "lookup",
    "ping",
    "target",
];

pub(crate) fn find(text: &str, found: &mut Vec<Candidate>) {
    let bytes = text.as_bytes();
    if text.contains('.') {
        for hit in V4.find_iter(text) {
            if let Ok(address) = hit.as_str().parse::<Ipv4Addr>()
                && is_free(bytes, hit.start(), hit.end())
            {
                let numbers = address.octets();
                let small = numbers.iter().all(|number| *number <= 30);
                let ported = at(bytes, hit.end()) == b':'
                    && at(bytes, hit.end() + 1).is_ascii_digit()
                    || matches!(before(bytes, hit.start()), b'@' | b'[');
                let need = match (small, ported || begins_access(text, hit.range())) {
                    (true, true) => Need::Nothing,
                    (true, false) => Need::NearNot(ADDRESSES, VERSIONS),
                    (false, _) => Need::Without(VERSIONS),
                };
                if !(matches!(numbers, [_, _, 0, 0]) && at(bytes, hit.end()) != b'/') {
                    found.push(Candidate { place: hit.range(), kind: Kind::Ip, need });
                }
            }
        }
        if text.contains("ec2-") {
            for hit in NAMED.captures_iter(text).filter_map(|hit| hit.get(1)) {
                if hit.as_str().replace('-', ".").parse::<Ipv4Addr>().is_ok() {
                    found.push(Candidate {
                        place: hit.range(),
                        kind: Kind::Ip,
                        need: Need::Nothing,
                    });
                }
            }
        }
    }
    if text.contains(':') {
        for hit in V6.find_iter(text) {
            let shown = hit.as_str().trim_end_matches('.');
            let shown = if shown.ends_with("::") { shown } else { shown.trim_end_matches(':') };
            let end = hit.start() + shown.len();
            let free = !joined_before(bytes, hit.start())
                && !matches!(before(bytes, hit.start()), b':' | b'.' | b'-')
                && !joined_after(bytes, end);
            if free && shown.parse::<Ipv6Addr>().is_ok() {
                let place = hit.start()..end;
                found.push(Candidate { place, kind: Kind::Ip, need: Need::Nothing });
            }
        }
    }
}

/// Whether a place is that of the client in a line of an access log: `8.8.4.4 - ada [27/Nov/2026:`.
fn begins_access(text: &str, place: Range<usize>) -> bool {
    let rest = text.get(place.end..).unwrap_or_default();
    matches!(before(text.as_bytes(), place.start), 0 | b'\n')
        && rest.starts_with(" - ")
        && rest.split(' ').nth(3).is_some_and(|time| {
            time.starts_with('[') && time.bytes().filter(|b| *b == b'/').count() == 2
        })
}

/// Whether four numbers aren't part of a longer number, a version or a name.
fn is_free(bytes: &[u8], start: usize, end: usize) -> bool {
    let (left, right) = (before(bytes, start), at(bytes, end));
    let ahead = before(bytes, start.saturating_sub(1));
    if joined_before(bytes, start) || joined_after(bytes, end) || matches!(left, b'.' | b'~' | b'^')
    {
        return false;
    }
    // `org.springframework:spring-core:5.3.31.1`
    let word = bytes.get(..start).unwrap_or_default().iter().rev().take(64);
    let word = word.take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'='));
    if left == b':' && ahead.is_ascii_alphabetic() && word.filter(|b| **b == b':').count() > 1 {
        return false;
    }
    // `nginx-1.25.3.1`, `1.2.3.4-alpine`, `1.2.3.4.5`, `1.2.3.4+build`
    if left == b'-' && ahead.is_ascii_alphabetic()
        || matches!(right, b'.' | b'+') && at(bytes, end + 1).is_ascii_alphanumeric()
        || right == b'-' && at(bytes, end + 1).is_ascii_alphabetic()
    {
        return false;
    }
    // `Chrome/120.0.6099.109` is a version, `db.example.com/203.0.113.9` and `//203.0.113.9` aren't.
    if left == b'/' && start > 1 && ahead.is_ascii_alphanumeric() && right != b':' {
        let name = bytes.get(..start - 1).unwrap_or_default();
        let name = name.iter().rev().take(64).take_while(|b| !b.is_ascii_whitespace());
        return name.clone().any(|b| *b == b'.') && !name.clone().any(|b| *b == b'/')
            || name.eq(b"pi".iter());
    }
    true
}

/// Whether an address is one that means nothing outside its own network, or nobody's.
pub(crate) fn is_private(text: &str) -> bool {
    let text = text.replace('-', ".");
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return is_private_v4(address);
    }
    match text.parse::<Ipv6Addr>() {
        Ok(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_private_v4(mapped),
            None => address.segments().first().is_none_or(|first| first & 0xE000 != 0x2000),
        },
        Err(_) => true,
    }
}

/// Addresses for documentation count as public: they stand for public ones wherever they appear.
fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private()
        || address.is_link_local()
        || is_nobodys(address)
        // For protocols of the internet itself (RFC 6890).
        || matches!(address.octets(), [192, 0, 0, _])
        // Shared by carriers (RFC 6598), and for benchmarks (RFC 2544).
        || first == 100 && (64..128).contains(&second)
        || first == 198 && (18..20).contains(&second)
}

/// Whether an address names no machine, or only the own one: never worth a pseudonym.
pub(crate) fn is_nobodys_text(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok_and(is_nobodys)
}

fn is_nobodys(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    first == 0 || first >= 224 || address.is_loopback()
}
