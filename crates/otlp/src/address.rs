//! What the address of a peer tells by its form alone.

use std::net::IpAddr;

/// Last labels of names that are looked up in public. Two letters are a country; of the others the
/// ones that are met. A name under none of them is taken for one of the estate's own.
const PUBLIC: [&str; 18] = [
    "com", "net", "org", "info", "biz", "edu", "gov", "mil", "int", "dev", "app", "cloud",
    "online", "tech", "site", "store", "xyz", "example",
];

/// Whether the address names a machine but no program: many programs share it, so that only the port
/// tells them apart.
pub(crate) fn is_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || ip(host).is_some()
}

/// Whether the address is one of the public Internet, by its form.
pub(crate) fn is_public(host: &str) -> bool {
    match ip(host) {
        Some(IpAddr::V4(v4)) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || shared)
        }
        Some(IpAddr::V6(v6)) => {
            let first = v6.segments().first().copied().unwrap_or_default();
            let local = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80;
            !(local || v6.is_loopback() || v6.is_unspecified())
        }
        None => {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            let Some((_, last)) = host.rsplit_once('.') else { return false };
            let country = last.len() == 2 && last.bytes().all(|byte| byte.is_ascii_lowercase());
            country || PUBLIC.contains(&last)
        }
    }
}

/// Host and port of `http://user@host:port/path`, of `host:port` and of a bare host.
pub(crate) fn of_url(url: &str) -> Option<(String, Option<u16>)> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = split(authority);
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

/// Host and port; an IPv6 address with a port stands in brackets.
pub(crate) fn split(authority: &str) -> (&str, Option<u16>) {
    if let Some((host, rest)) =
        authority.strip_prefix('[').and_then(|inside| inside.split_once(']'))
    {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (authority, None),
        },
        Some(_) | None => (authority, None),
    }
}

/// Host and port as one text.
pub(crate) fn join(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn ip(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_tells_what_is_outside() {
        for inside in [
            "cart",
            "localhost",
            "10.1.2.3",
            "127.0.0.1",
            "100.64.1.1",
            "::1",
            "fd00::1",
            "cart.prod.svc.cluster.local",
            "cart.prod.svc",
            "db.internal",
            "192.168.0.1",
        ] {
            assert!(!is_public(inside), "{inside}");
        }
        for outside in ["api.stripe.com", "bank.example", "8.8.8.8", "2606:4700::1", "x.de."] {
            assert!(is_public(outside), "{outside}");
        }
    }

    #[test]
    fn urls_are_taken_apart() {
        let check = |url, host: &str, port| {
            assert_eq!(of_url(url), Some((host.to_owned(), port)), "{url}");
        };
        check("http://cart:8080/items?x=1", "cart", Some(8080));
        check("https://me:secret@bank.example/pay", "bank.example", None);
        check("http://[::1]:81", "::1", Some(81));
        check("::1", "::1", None);
        check("cart:http", "cart:http", None);
        assert_eq!(of_url("http:///x"), None);
        assert_eq!(split("127.0.0.1:5432"), ("127.0.0.1", Some(5432)));
        assert_eq!(join("::1", 81), "[::1]:81");
    }
}
