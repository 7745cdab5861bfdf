//! Which addresses are asked. Whoever configures a provider makes this process send requests, so they
//! must not become a way to what only this machine can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use openidconnect::IssuerUrl;
use openidconnect::url::{Host, Url};

use crate::{Error, NoAnswer};

/// The longest address, bytes: what browsers and proxies pass on everywhere.
const LONGEST: usize = 2048;

/// Where cloud machines ask for their own credentials, beside the link-local range.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// A provider's name, which is also where it is found.
// INVARIANT: an address that `endpoint` accepts, without query and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(IssuerUrl);

impl Issuer {
    /// Reads one: `https`, or `http` on loopback where `is_loopback_allowed`.
    pub fn parse(text: &str, is_loopback_allowed: bool) -> Result<Self, Error> {
        let refused = |reason| Error::Address { address: shown(text), reason };
        let issuer = IssuerUrl::new(text.to_owned()).map_err(|_| refused("it isn't an address"))?;
        endpoint(issuer.url(), is_loopback_allowed)?;
        if issuer.url().query().is_some() || issuer.url().fragment().is_some() {
            return Err(refused("an issuer has no query and no fragment"));
        }
        Ok(Self(issuer))
    }

    /// As it was written: providers compare it letter by letter.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn url(&self) -> &IssuerUrl {
        &self.0
    }
}

/// Refuses an address that isn't asked, for [`crate::Http`] to call with each request.
pub fn check_address(text: &str, is_loopback_allowed: bool) -> Result<(), NoAnswer> {
    let refused = |reason| NoAnswer::Refused { address: shown(text), reason };
    let url = Url::parse(text).map_err(|_| refused("it isn't an address"))?;
    judge(&url, is_loopback_allowed).map_err(refused)
}

/// Whether an address of a provider may be used. A name is looked at again once it is resolved.
pub(crate) fn endpoint(url: &Url, is_loopback_allowed: bool) -> Result<(), Error> {
    judge(url, is_loopback_allowed)
        .map_err(|reason| Error::Address { address: shown(url.as_str()), reason })
}

/// What speaks against an address.
fn judge(url: &Url, is_loopback_allowed: bool) -> Result<(), &'static str> {
    if url.as_str().len() > LONGEST {
        return Err("it is too long");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address holds no credentials");
    }
    let (is_loopback, is_forbidden) = match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            (name == "localhost" || name.ends_with(".localhost"), false)
        }
        Some(Host::Ipv4(ip)) => (is_loopback(ip.into()), !may_be_asked(ip.into(), true)),
        Some(Host::Ipv6(ip)) => (is_loopback(ip.into()), !may_be_asked(ip.into(), true)),
        None => return Err("it names no host"),
    };
    if is_forbidden {
        return Err("nobody's provider is there");
    }
    match (url.scheme(), is_loopback) {
        ("https", false) => Ok(()),
        ("https" | "http", true) if is_loopback_allowed => Ok(()),
        ("https" | "http", true) => Err("this machine isn't asked unless the settings allow it"),
        _ => Err("`https` is needed"),
    }
}

/// Whether a request may go to an address, once a name is resolved to it. Private networks may be asked:
/// many organisations keep their provider there.
pub fn may_be_asked(ip: IpAddr, is_loopback_allowed: bool) -> bool {
    match plain_address(ip) {
        IpAddr::V4(ip) => {
            let [a, ..] = ip.octets();
            let is_nowhere = a == 0 || ip.is_multicast() || a >= 240;
            let is_own = ip.is_link_local() || METADATA_V4.contains(&ip);
            !is_nowhere && !is_own && (is_loopback_allowed || !ip.is_loopback())
        }
        IpAddr::V6(ip) => {
            let is_nowhere = ip.is_unspecified() || ip.is_multicast();
            let is_own = ip.is_unicast_link_local() || ip == METADATA_V6;
            !is_nowhere && !is_own && (is_loopback_allowed || !ip.is_loopback())
        }
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    plain_address(ip).is_loopback()
}

/// An address of IPv4 that is written as one of IPv6 is the same machine.
pub fn plain_address(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = ip else { return ip };
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match six.segments() {
        // Mapped, compatible (but not `::` and `::1`), NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => of(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => of(high, low),
        [0x2002, high, low, ..] => of(high, low),
        _ => ip,
    }
}

/// An address for the log: short, and nothing that breaks a line.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_speaks_tls() {
        let fine =
            ["https://login.example.com", "https://10.1.2.3/realms/ops", "https://[fd00::1]/"];
        for text in fine {
            assert!(Issuer::parse(text, false).is_ok(), "{text}");
            assert_eq!(Issuer::parse(text, false).unwrap().as_str(), text);
        }
        let wrong = [
            "",
            "login.example.com",
            "http://login.example.com",
            "ftp://login.example.com",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "https://",
            "https://login.example.com/?tenant=1",
            "https://login.example.com/#x",
            "https://user:secret@login.example.com/",
            "https://login.example.com@evil.example/",
        ];
        for text in wrong {
            assert!(Issuer::parse(text, true).is_err(), "{text}");
        }
        assert!(Issuer::parse(&format!("https://a.example/{}", "x".repeat(3000)), true).is_err());
    }

    #[test]
    fn this_machine_is_asked_where_the_settings_allow_it() {
        let own = [
            "http://127.0.0.1:8080",
            "http://localhost:8080/oidc",
            "http://localhost.:1",
            "http://a.localhost",
            "http://[::1]:9",
            "https://127.9.9.9",
            "https://[::ffff:127.0.0.1]/",
            "http://2130706433/",
            "http://0x7f.1/",
        ];
        for text in own {
            assert!(Issuer::parse(text, true).is_ok(), "{text}");
            assert!(Issuer::parse(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn metadata_services_are_never_asked_however_they_are_written() {
        let forbidden = [
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "[::]",
            "[fe80::1]",
            "[ff02::1]",
            "[fd00:ec2::254]",
            "[::ffff:169.254.169.254]",
            "[::169.254.169.254]",
            "[64:ff9b::169.254.169.254]",
            "[2002:a9fe:a9fe::1]",
        ];
        for host in forbidden {
            assert!(Issuer::parse(&format!("https://{host}/"), true).is_err(), "{host}");
        }
    }
}
