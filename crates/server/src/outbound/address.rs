//! Where events may be sent.

use std::net::IpAddr;

use nightjar_oidc::{may_be_asked, plain_address};
use reqwest::Url;

use crate::config::Config;

/// The longest address, bytes: what proxies pass on everywhere.
pub(crate) const LONGEST: usize = 2048;

/// Which addresses the settings allow, beside those of the internet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// This machine.
    pub(crate) loopback: bool,
    /// Private networks.
    pub(crate) private: bool,
}

/// How a receiver is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    Tls,
    /// Only within the house: events tell what is broken where.
    Plain,
}

impl Reach {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            loopback: config.allow_loopback_subscribers,
            private: config.allow_private_subscribers,
        }
    }

    /// Whether something may be sent to an address. Link-local ones and metadata services never are asked.
    pub(crate) fn permits(self, ip: IpAddr, wire: Wire) -> bool {
        let ip = plain_address(ip);
        if !may_be_asked(ip, true) {
            return false;
        }
        match (ip.is_loopback(), is_private(ip)) {
            (true, _) => self.loopback,
            (false, true) => self.private,
            (false, false) => wire == Wire::Tls,
        }
    }
}

/// The address of a subscription, read; or what speaks against it. Names are looked at again once they are
/// resolved.
pub(crate) fn target(text: &str, reach: Reach) -> Result<(Url, Wire), &'static str> {
    if text.len() > LONGEST {
        return Err("the address is too long");
    }
    // The parser would drop some of these without a word.
    if text.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        return Err("an address holds no blanks");
    }
    let url = Url::parse(text).map_err(|_| "it isn't an address")?;
    let wire = match url.scheme() {
        "https" => Wire::Tls,
        "http" => Wire::Plain,
        _ => return Err("`https` is needed"),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address holds no credentials; events are signed");
    }
    if url.fragment().is_some() {
        return Err("an address that is sent to has no fragment");
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("it names no host")?;
    // The parser has brought numbers of every notation into their usual form.
    let is_fine = match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(ip) => reach.permits(ip, wire),
        Err(_) => {
            let name = host.trim_end_matches('.');
            match name == "localhost" || name.ends_with(".localhost") {
                true => reach.loopback,
                false => wire == Wire::Tls || reach.private,
            }
        }
    };
    match (is_fine, wire) {
        (true, _) => Ok((url, wire)),
        (false, Wire::Tls) => Err("nothing is sent to this machine, to private networks or to \
            metadata services, unless the settings allow it"),
        (false, Wire::Plain) => Err("`https` is needed"),
    }
}

/// Networks that aren't of the internet: of organisations, of providers between them and their customers,
/// and for measuring.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            ip.is_private()
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (b == 18 || b == 19))
                || (a == 192 && b == 0 && c == 0)
        }
        IpAddr::V6(ip) => {
            let [first, second, third, ..] = ip.segments();
            ip.is_unique_local()
                || (first & 0xffc0) == 0xfec0
                || (first, second, third) == (0x64, 0xff9b, 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: Reach = Reach { loopback: false, private: false };
    const HOME: Reach = Reach { loopback: true, private: false };
    const HOUSE: Reach = Reach { loopback: false, private: true };
    const ANYWHERE: Reach = Reach { loopback: true, private: true };

    fn fine(text: &str, reach: Reach) -> bool {
        target(text, reach).is_ok()
    }

    #[test]
    fn the_internet_is_told_over_tls() {
        for text in [
            "https://hooks.example.com/in?token=1",
            "https://hooks.example.com:8443",
            "https://203.0.113.7/",
            "https://[2606:4700::1]/x",
        ] {
            assert_eq!(target(text, NOWHERE).unwrap().1, Wire::Tls, "{text}");
            assert!(!fine(&text.replacen("https", "http", 1), NOWHERE), "{text}");
        }
    }

    #[test]
    fn this_machine_and_private_networks_need_a_setting_each() {
        for host in [
            "127.0.0.1",
            "127.9.9.9",
            "localhost",
            "localhost.",
            "a.localhost",
            "[::1]",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "[::ffff:127.0.0.1]",
            "127.1",
            "LOCALHOST",
        ] {
            for scheme in ["http", "https"] {
                let text = format!("{scheme}://{host}:9/x");
                assert!(fine(&text, HOME), "{text}");
                assert!(!fine(&text, NOWHERE) && !fine(&text, HOUSE), "{text}");
            }
        }
        for host in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "[fd00::1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::1]",
            "[2002:a00:1::1]",
            "167772161",
        ] {
            for scheme in ["http", "https"] {
                let text = format!("{scheme}://{host}/");
                assert!(fine(&text, HOUSE), "{text}");
                assert!(!fine(&text, NOWHERE) && !fine(&text, HOME), "{text}");
            }
        }
        // What a name leads to is seen when it is resolved.
        assert!(fine("http://hooks.internal/", HOUSE) && !fine("http://hooks.internal/", HOME));
        assert!(!fine("http://203.0.113.7/", ANYWHERE));
    }

    #[test]
    fn metadata_services_are_never_asked_however_they_are_written() {
        for host in [
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "0.0.0.0",
            "0",
            "255.255.255.255",
            "224.0.0.1",
            "[::]",
            "[fe80::1]",
            "[ff02::1]",
            "[fd00:ec2::254]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::169.254.169.254]",
            "[2002:a9fe:a9fe::1]",
        ] {
            for scheme in ["http", "https"] {
                assert!(!fine(&format!("{scheme}://{host}/latest"), ANYWHERE), "{host}");
            }
        }
    }

    #[test]
    fn what_is_no_plain_address_is_refused() {
        for text in [
            "",
            "hooks.example.com",
            "ftp://a.example",
            "file:///etc/passwd",
            "javascript:1",
            "data:text/html,x",
            "gopher://a.example",
            "https://",
            "https://:443/",
            "https:///",
            "https://a.example/#x",
            "https://user:secret@a.example/",
            "https://user@a.example",
            "https://a.example@127.0.0.1/",
            "https://a.example\t/",
            "https://a.exa\nmple/",
            " https://a.example",
            "https://a.example/\0",
            "https://a example/",
            "https://[::1",
            "https://256.1.1.1/",
            "unix:/run/x.sock",
        ] {
            assert!(!fine(text, Reach { loopback: false, private: true }), "{text}");
        }
        assert!(!fine(&format!("https://a.example/{}", "x".repeat(LONGEST)), ANYWHERE));
        // A backslash is a slash to the parser: the host is what stands before it.
        assert_eq!(
            target("https://a.example\\@127.0.0.1/", NOWHERE).unwrap().0.host_str(),
            Some("a.example")
        );
    }
}
