use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use nightjar_senders::sns::Authority;
use serde::{Deserialize, Serialize};

/// How the server listens, and what it puts up with. Every field has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The address people and programs reach the server by, for links: `https://nightjar.example.com`.
    /// With `https` cookies are marked as secure even where a proxy speaks TLS for us.
    pub public_url: Option<String>,
    /// Certificate and key, to speak TLS; `None`: plain HTTP.
    pub tls: Option<Tls>,
    /// Proxies whose `X-Forwarded-For` is believed, by address.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long a person stays signed in, hours.
    pub session_hours: u32,
    /// Whether people may sign in with a provider on this machine, without TLS as well. Whoever
    /// configures one makes this process ask there: for development and tests.
    pub allow_loopback_providers: bool,
    /// What stands in for Amazon SNS, for those who run such a thing; otherwise AWS's own counts.
    pub sns: Option<SnsStandIn>,
    /// Whether events may be sent to this machine, without TLS as well: for development and tests.
    pub allow_loopback_subscribers: bool,
    /// Whether events may be sent into private networks, without TLS as well. Whoever subscribes
    /// makes this process send there.
    pub allow_private_subscribers: bool,
    /// Whether `/metrics` answers without credentials.
    pub metrics_open: bool,
    /// Whether anybody is ever told to come back later. Turn it off only to measure or to test.
    pub rate_limits: bool,
    /// Sizes, times and numbers of what is accepted.
    pub limits: Limits,
    /// How often one may ask.
    pub rates: Rates,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            tls: None,
            trusted_proxies: Vec::new(),
            session_hours: 12,
            allow_loopback_providers: false,
            sns: None,
            allow_loopback_subscribers: false,
            allow_private_subscribers: false,
            metrics_open: false,
            rate_limits: true,
            limits: Limits::default(),
            rates: Rates::default(),
        }
    }
}

impl Config {
    /// Whose addresses and certificates count as those of Amazon SNS.
    pub(crate) fn sns_authority(&self) -> Authority {
        match &self.sns {
            None => Authority::Aws,
            Some(SnsStandIn { origin, certificate_name }) => Authority::Own {
                origin: origin.clone(),
                certificate_name: certificate_name.clone(),
            },
        }
    }

    /// Whether browsers reach us by TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.tls.is_some()
            || self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// Something that sends messages as Amazon SNS does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnsStandIn {
    /// Where it is, without a path: `http://127.0.0.1:4566`.
    pub origin: String,
    /// The name that its certificate is made out to.
    pub certificate_name: String,
}

/// Where certificate and key are; both are read again when they change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those between it and the root, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
    /// How often the files are looked at, milliseconds.
    #[serde(default = "two_seconds")]
    pub reload_milliseconds: u64,
}

fn two_seconds() -> u64 {
    2_000
}

/// Sizes, times and numbers of what is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest JSON body, bytes.
    pub body_bytes: usize,
    /// Largest upload, bytes.
    pub upload_bytes: usize,
    /// All headers together, and the address by itself, bytes.
    pub header_bytes: usize,
    /// How many headers.
    pub headers: usize,
    /// Time to send all headers, milliseconds.
    pub header_milliseconds: u64,
    /// Longest pause while a body is sent, milliseconds.
    pub body_pause_milliseconds: u64,
    /// Slowest that a body may be sent, bytes each second, after the first pause.
    pub body_bytes_per_second: u64,
    /// Time to answer, milliseconds; uploads and streams aside.
    pub answer_milliseconds: u64,
    /// Time to take in an upload, or to make an archive, milliseconds.
    pub upload_milliseconds: u64,
    /// Longest time that a client takes nothing of an answer, milliseconds.
    pub write_pause_milliseconds: u64,
    /// Requests worked on at the same time.
    pub requests: usize,
    /// Uploads taken in at the same time; each may need several times its size in memory.
    pub uploads: usize,
    /// Live streams at the same time.
    pub streams: usize,
    /// Connections at the same time.
    pub connections: usize,
    /// Time between two signs of life of a stream, milliseconds.
    pub heartbeat_milliseconds: u64,
    /// How often a quiet stream looks whether its reader may still read, milliseconds.
    pub recheck_milliseconds: u64,
    /// Time for what runs to end at shutdown, milliseconds.
    pub shutdown_milliseconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            upload_bytes: 256 << 20,
            header_bytes: 16 << 10,
            headers: 64,
            header_milliseconds: 10_000,
            body_pause_milliseconds: 10_000,
            body_bytes_per_second: 16 << 10,
            answer_milliseconds: 30_000,
            upload_milliseconds: 600_000,
            write_pause_milliseconds: 30_000,
            requests: 256,
            uploads: 4,
            streams: 256,
            connections: 1024,
            heartbeat_milliseconds: 15_000,
            recheck_milliseconds: 5_000,
            shutdown_milliseconds: 10_000,
        }
    }
}

impl Limits {
    pub(crate) fn header_time(&self) -> Duration {
        Duration::from_millis(self.header_milliseconds)
    }
    pub(crate) fn body_pause(&self) -> Duration {
        Duration::from_millis(self.body_pause_milliseconds)
    }
    pub(crate) fn answer_time(&self) -> Duration {
        Duration::from_millis(self.answer_milliseconds)
    }
    pub(crate) fn upload_time(&self) -> Duration {
        Duration::from_millis(self.upload_milliseconds)
    }
    pub(crate) fn write_pause(&self) -> Duration {
        Duration::from_millis(self.write_pause_milliseconds)
    }
    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_milliseconds)
    }
    pub(crate) fn recheck(&self) -> Duration {
        Duration::from_millis(self.recheck_milliseconds)
    }
    pub(crate) fn shutdown(&self) -> Duration {
        Duration::from_millis(self.shutdown_milliseconds)
    }
}

/// How often one may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// With one key or session.
    pub credential: Rate,
    /// From one address (an IPv6 network of 64 bits counts as one).
    pub peer: Rate,
    /// From one address with credentials that don't work; then the address has to wait.
    pub failed: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            credential: Rate::new(1_200, 300),
            peer: Rate::new(2_400, 600),
            failed: Rate::new(20, 20),
        }
    }
}

/// So many each minute, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Each minute.
    pub per_minute: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

impl Rate {
    /// A rate; nothing counts as one.
    pub fn new(per_minute: u32, burst: u32) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Self { per_minute: at_least_one(per_minute), burst: at_least_one(burst) }
    }
}
