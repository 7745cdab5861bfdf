use std::sync::Arc;

use nightjar_connect::{BadConfig, Error, ErrorKind};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;

use super::Redis;
use super::resp::{Broken, Reply, command, reply};
use crate::database::failure::Failure;
use crate::database::{Place, Server, Tls, Told, connected};
use crate::http::words;
use crate::limits::Allowance;

/// Everything that is ever sent to a Redis, beside `AUTH`. None of these writes.
pub(super) const INFO: &[&str] = &["INFO", "everything"];
pub(super) const CONFIG: &[&str] = &["CONFIG", "GET", "max*"];
pub(super) const CONFIG_MORE: &[&str] = &["CONFIG", "GET", "*slow*"];
pub(super) const SLOWLOG: &[&str] = &["SLOWLOG", "GET", "128"];
pub(super) const CLIENTS: &[&str] = &["CLIENT", "LIST"];
pub(super) const LATENCY: &[&str] = &["LATENCY", "LATEST"];
/// Not needed for any question: who may run it may do more than is needed.
pub(super) const NOT_NEEDED: &[&str] = &["ACL", "CAT"];
pub(super) const WHO: &[&str] = &["ACL", "WHOAMI"];

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection that is being asked one question.
pub(super) struct Client {
    stream: BufReader<Box<dyn Stream>>,
    place: Arc<Place>,
    allowance: Allowance,
    pub(super) told: Told,
}

/// What encrypts the connection, if anything does.
pub(super) fn tls(server: &Server) -> Result<Option<TlsConnector>, BadConfig> {
    match server.tls {
        Tls::Off => return Ok(None),
        Tls::Verified => {}
        Tls::Encrypted => {
            let reason = "of Redis certificates are always verified: `verified` (with `ca_certificate`) or `off`";
            return Err(BadConfig::field("tls", reason));
        }
    }
    let mut roots = RootCertStore::empty();
    match server.certificates()? {
        Some(own) => {
            for certificate in own {
                let wrong = |_| BadConfig::field("ca_certificate", "it is no authority's");
                roots.add(certificate).map_err(wrong)?;
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| BadConfig::field("tls", error.to_string()))?;
    let config = config.with_root_certificates(roots).with_no_client_auth();
    ServerName::try_from(server.host.clone())
        .map_err(|_| BadConfig::field("host", "the name or address of a machine is expected"))?;
    Ok(Some(TlsConnector::from(Arc::new(config))))
}

/// Connects and signs in.
pub(super) async fn open(redis: &Redis) -> Result<Client, Failure> {
    let place = &redis.place;
    let allowance = place.allowance();
    connected(place, allowance, || async {
        let server = &place.server;
        let io = |error: std::io::Error| Failure::from(broken("to connect", Broken::Io(error)));
        let stream = TcpStream::connect((server.host.as_str(), place.port)).await.map_err(io)?;
        let stream: Box<dyn Stream> = match &redis.tls {
            None => Box::new(stream),
            Some(tls) => {
                let name = ServerName::try_from(server.host.clone()).map_err(|error| {
                    Failure::from(Error::new(ErrorKind::BadQuery, "to connect", error.to_string()))
                })?;
                Box::new(tls.connect(name, stream).await.map_err(io)?)
            }
        };
        let told = Told::default();
        let mut client =
            Client { stream: BufReader::new(stream), place: place.clone(), allowance, told };
        let words: Vec<&str> =
            match (server.user.as_deref().filter(|user| !user.is_empty()), &server.password) {
                (Some(user), _) => vec!["AUTH", user, server.password()],
                (None, Some(_)) => vec!["AUTH", server.password()],
                // Whether anything may be asked is seen from the first command.
                (None, None) => vec!["PING"],
            };
        let what = if words.len() > 1 { "AUTH" } else { "PING" };
        match client.exchange(what, &words).await {
            Ok(_) => Ok(client),
            Err(error) => Err(Failure { is_full: is_full(&error.message), error }),
        }
    })
    .await
}

/// Whether a server refused since it has no connection left.
fn is_full(message: &str) -> bool {
    message.contains("max number of clients")
}

impl Client {
    /// The reply to a command; none where it can't be had, which is noted.
    pub(super) async fn ask(&mut self, words: &'static [&'static str]) -> Option<Reply> {
        let query = words.join(" ");
        match self.quietly(words).await {
            Ok(reply) => {
                self.told.answered(&query);
                Some(reply)
            }
            Err(error) => {
                self.told.failed(&query, error);
                None
            }
        }
    }

    /// The reply to a command, without a word in the answer.
    pub(super) async fn quietly(&mut self, words: &'static [&'static str]) -> Result<Reply, Error> {
        let query = words.join(" ");
        if !self.told.goes_on() {
            return Err(Error::new(ErrorKind::Unavailable, query, "the connection is gone"));
        }
        self.exchange(&query, words).await
    }

    /// Waits, as long as there is time; whether there was.
    pub(super) async fn pause(&mut self, pause: std::time::Duration) -> bool {
        let is_time = tokio::time::Instant::now() + pause < self.allowance.until;
        if is_time {
            tokio::time::sleep(pause).await;
        }
        is_time
    }

    async fn exchange(&mut self, asked: &str, words: &[&str]) -> Result<Reply, Error> {
        let exchange = async {
            self.place.turn().await;
            self.stream.get_mut().write_all(&command(words)).await?;
            self.stream.get_mut().flush().await?;
            reply(&mut self.stream, &mut self.allowance.bytes).await
        };
        match timeout_at(self.allowance.until, exchange).await {
            Ok(Ok(Reply::Refused(told))) => Err(refusal(asked, &told)),
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(broken(asked, error)),
            Err(_) => Err(Error::new(ErrorKind::Timeout, asked, "no answer in time")),
        }
    }
}

fn broken(asked: &str, broken: Broken) -> Error {
    match broken {
        Broken::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Error::new(ErrorKind::Protocol, asked, words(format!("TLS: {error}").as_bytes()))
        }
        Broken::Io(error) => {
            Error::new(ErrorKind::Unavailable, asked, words(error.to_string().as_bytes()))
        }
        Broken::TooLarge => {
            Error::new(ErrorKind::TooLarge, asked, "the answer is larger than is read")
        }
        Broken::Odd => Error::new(ErrorKind::Protocol, asked, "this is no answer of a Redis"),
    }
}

/// What the first word of a refusal means for us.
fn refusal(asked: &str, told: &str) -> Error {
    let kind = match told.split(' ').next().unwrap_or_default() {
        "NOAUTH" | "WRONGPASS" | "NOPERM" | "DENIED" => ErrorKind::Denied,
        "LOADING" | "BUSY" | "MASTERDOWN" | "TRYAGAIN" | "CLUSTERDOWN" => ErrorKind::Unavailable,
        _ if is_full(told) => ErrorKind::Unavailable,
        _ if told.contains("invalid password") || told.contains("without any password") => {
            ErrorKind::Denied
        }
        _ => ErrorKind::BadQuery,
    };
    Error::new(kind, asked, words(told.as_bytes()))
}
