use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use nightjar_connect::{BadConfig, Error, ErrorKind};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, Url, redirect};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::config::Http;
use super::reply::{kind_of, words};
use crate::limits::{Allowance, Limits, Takes};

/// How often something is asked again that failed for a while.
const ATTEMPTS: u32 = 3;

/// The first pause before asking again; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// One HTTP API, with the manners that every caller needs.
pub(crate) struct Door {
    client: Client,
    base: Url,
    limits: Limits,
    rate: DefaultDirectRateLimiter,
    permits: Semaphore,
    /// The end of the last pause that the system asked for.
    quiet_until: Mutex<Option<Instant>>,
}

/// A request. It reads: `GET`, or `POST` where an API takes its queries so.
pub(crate) struct Ask<'a> {
    method: Method,
    /// Below the address of the system, without a slash in front.
    path: Vec<String>,
    params: Vec<(&'a str, String)>,
    body: Option<(&'static str, String)>,
    headers: HeaderMap,
    /// What is asked, for people.
    told: String,
    judge: Option<Judge>,
}

/// What kind of trouble an answer other than success is, where a system says it more exactly than by its
/// status: from the headers and the beginning of the body. `None` leaves it to the status.
pub(crate) type Judge = fn(&HeaderMap, &[u8]) -> Option<ErrorKind>;

impl<'a> Ask<'a> {
    /// Asks for what is at a path, its parts in order: each is escaped.
    pub(crate) fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path)
    }

    /// Asks with a form, for queries that are longer than an address may be.
    pub(crate) fn form(path: &[&str], fields: &[(&str, String)]) -> Self {
        let mut url = Url::parse("http://form/").expect("invariant: it is an address");
        url.query_pairs_mut().extend_pairs(fields);
        let body = url.query().unwrap_or_default().to_owned();
        let form = "application/x-www-form-urlencoded";
        Self { body: Some((form, body)), ..Self::new(Method::POST, path) }
    }

    /// Asks with a body of that type.
    pub(crate) fn body(path: &[&str], content_type: &'static str, body: String) -> Self {
        Self { body: Some((content_type, body)), ..Self::new(Method::POST, path) }
    }

    fn new(method: Method, path: &[&str]) -> Self {
        let told = format!("{method} /{}", path.join("/"));
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        let headers = HeaderMap::new();
        Self { method, path, params: Vec::new(), body: None, headers, told, judge: None }
    }

    /// With a parameter behind the `?`.
    pub(crate) fn param(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.params.push((name, value.into()));
        self
    }

    /// With a header that holds no secret.
    pub(crate) fn header(mut self, name: &'static str, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// What people are told was asked: the query in the system's own language.
    pub(crate) fn told(mut self, told: impl Into<String>) -> Self {
        self.told = told.into();
        self
    }

    /// With a way of its own to tell what kind an error is of.
    pub(crate) fn judged(mut self, judge: Judge) -> Self {
        self.judge = Some(judge);
        self
    }

    fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, self.told.clone(), message)
    }
}

impl Door {
    /// # Errors
    /// When the settings aren't what a door needs.
    pub(crate) fn new(config: &Http) -> Result<Self, BadConfig> {
        config.limits.check()?;
        let mut client = Client::builder()
            .default_headers(config.sent()?)
            .user_agent(concat!("nightjar/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .redirect(redirect::Policy::none())
            .pool_idle_timeout(Duration::from_secs(30))
            .no_proxy();
        if let Some(pem) = &config.ca_certificate {
            let wrong = |_| BadConfig::field("ca_certificate", "certificates in PEM are expected");
            let certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(wrong)?;
            if certificates.is_empty() {
                let reason = "certificates in PEM are expected";
                return Err(BadConfig::field("ca_certificate", reason));
            }
            for certificate in certificates {
                client = client.add_root_certificate(certificate);
            }
        }
        let wrong = |_| BadConfig::field("url", "no client can be made for it");
        let rate = NonZeroU32::new(config.limits.requests_per_second).unwrap_or(NonZeroU32::MIN);
        Ok(Self {
            client: client.build().map_err(wrong)?,
            base: config.base()?,
            limits: config.limits,
            rate: RateLimiter::direct(Quota::per_second(rate)),
            permits: Semaphore::new(config.limits.at_once()),
            quiet_until: Mutex::new(None),
        })
    }

    /// How many requests are answered at the same time at most.
    pub(crate) fn at_once(&self) -> usize {
        self.limits.at_once()
    }

    /// What one question may use of this system.
    pub(crate) fn allowance(&self) -> Allowance {
        self.limits.allowance()
    }

    /// Asks, and reads the answer as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        ask: &Ask<'_>,
        allowance: &mut impl Takes,
    ) -> Result<T, Error> {
        let bytes = self.bytes(ask, allowance).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let message = format!("the answer isn't the JSON that is expected: {error}");
            ask.error(ErrorKind::Protocol, message)
        })
    }

    /// Asks, again where that may help, and reads the answer.
    pub(crate) async fn bytes(
        &self,
        ask: &Ask<'_>,
        allowance: &mut impl Takes,
    ) -> Result<Vec<u8>, Error> {
        let mut pause = PAUSE;
        for attempt in 1.. {
            let error = match self.once(ask, allowance).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            let wait = match error.kind {
                ErrorKind::RateLimited { after } => after.max(pause),
                ErrorKind::Unavailable => pause,
                _ => return Err(error),
            };
            let again = Instant::now() + wait;
            if attempt >= ATTEMPTS || again >= allowance.until() {
                return Err(error);
            }
            if matches!(error.kind, ErrorKind::RateLimited { .. }) {
                self.keep_quiet(again);
            }
            sleep_until(again).await;
            pause *= 2;
        }
        Err(ask.error(ErrorKind::Unavailable, "it was asked too often"))
    }

    /// Has nothing asked before this: it was too much for the system.
    fn keep_quiet(&self, until: Instant) {
        let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = Some(quiet.map_or(until, |known| known.max(until)));
    }

    /// Waits as long as nothing may be asked; not at all where that is longer than the question lasts.
    async fn quiet(&self, ask: &Ask<'_>, until: Instant) -> Result<(), Error> {
        loop {
            let quiet = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(quiet) = quiet.filter(|quiet| *quiet > Instant::now()) else { return Ok(()) };
            if quiet >= until {
                let after = quiet.saturating_duration_since(Instant::now());
                let kind = ErrorKind::RateLimited { after };
                return Err(ask.error(kind, "it asked for a pause that isn't over in time"));
            }
            sleep_until(quiet).await;
        }
    }

    async fn once(&self, ask: &Ask<'_>, allowance: &mut impl Takes) -> Result<Vec<u8>, Error> {
        let until = allowance.until();
        let asked = async {
            let _turn = self.permits.acquire().await;
            self.quiet(ask, until).await?;
            self.rate.until_ready().await;
            let response = self.request(ask).send().await.map_err(|e| of_client(ask, e))?;
            let status = response.status();
            if status.is_success() {
                return read(ask, response, allowance).await;
            }
            let headers = response.headers().clone();
            let head = head(response).await;
            let judged = ask.judge.and_then(|judge| judge(&headers, &head));
            let kind = judged.unwrap_or_else(|| kind_of(status, &headers));
            let said = words(&head);
            let message = match said.is_empty() {
                true => status.to_string(),
                false => format!("{status}: {said}"),
            };
            Err(ask.error(kind, message))
        };
        match timeout_at(until, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(ask.error(ErrorKind::Timeout, "no answer in time")),
        }
    }

    fn request(&self, ask: &Ask<'_>) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(&ask.path);
        }
        if !ask.params.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.params);
        }
        let request = self.client.request(ask.method.clone(), url).headers(ask.headers.clone());
        match &ask.body {
            Some((content_type, body)) => {
                request.header(CONTENT_TYPE, *content_type).body(body.clone())
            }
            None => request,
        }
    }
}

/// Reads an answer as far as the allowance goes.
async fn read(
    ask: &Ask<'_>,
    response: Response,
    allowance: &mut impl Takes,
) -> Result<Vec<u8>, Error> {
    let mut read = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| of_client(ask, error))?;
        if !allowance.take(chunk.len()) {
            let message = "the answer is larger than what is read for one question";
            return Err(ask.error(ErrorKind::TooLarge, message));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

/// The most of an error's body that is read, bytes.
const HEAD: usize = 4096;

/// The beginning of what a system says to its error.
async fn head(response: Response) -> Vec<u8> {
    let mut read = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        read.extend_from_slice(&chunk);
        if read.len() >= HEAD {
            read.truncate(HEAD);
            break;
        }
    }
    read
}

/// What trouble below HTTP means. The address is left out: it may hold what is asked.
fn of_client(ask: &Ask<'_>, error: reqwest::Error) -> Error {
    let kind = match error.is_timeout() {
        true => ErrorKind::Timeout,
        false => ErrorKind::Unavailable,
    };
    let error = error.without_url();
    let mut message = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        message = deeper.to_string();
        cause = deeper.source();
    }
    ask.error(kind, words(message.as_bytes()))
}
