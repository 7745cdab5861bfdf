//! Events by webhook: a CloudEvent in one POST, signed as Standard Webhooks has it.
//!
//! The receiver's address is somebody's setting: it is looked at before each attempt, and once more when
//! its name is resolved. Redirects are answers. Nothing of an answer but its status is kept, so that nobody
//! reads another system through us.

mod address;
mod message;
mod sign;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_oncall::{Channel, Sent};
use nightjar_store::Dispatch;
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url, header};

use crate::config::Config;
use crate::outward::chain;

pub(crate) use address::{Reach, Wire, target};

/// Bytes of an answer that are read, so that its connection can be used again.
const ANSWER_BYTES: usize = 4 << 10;
/// Connections to one receiver that are kept for the next event, and for how long.
const IDLE: usize = 2;
const IDLE_FOR: Duration = Duration::from_secs(30);

/// Sends events to the addresses of subscriptions.
pub struct Webhooks {
    public_url: Option<String>,
    reach: Reach,
    answer_within: Duration,
    /// Made when the first event goes out: they read the system's certificates.
    tls: OnceLock<Result<Client, String>>,
    plain: OnceLock<Result<Client, String>>,
}

impl Webhooks {
    /// With the addresses that these settings allow; an attempt takes no longer than `answer_within`.
    pub fn new(config: &Config, answer_within: Duration) -> Self {
        Self {
            public_url: config.public_url.clone(),
            reach: Reach::of(config),
            answer_within,
            tls: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }

    /// One for each way to speak, since what a name may lead to differs.
    fn client(&self, wire: Wire) -> Result<&Client, String> {
        let client = match wire {
            Wire::Tls => &self.tls,
            Wire::Plain => &self.plain,
        };
        let made = client.get_or_init(|| {
            Client::builder()
                .redirect(Policy::none())
                // The environment is read by the command line alone; and a proxy resolves names itself.
                .no_proxy()
                .dns_resolver(Arc::new(Resolver { reach: self.reach, wire }))
                .timeout(self.answer_within)
                .pool_max_idle_per_host(IDLE)
                .pool_idle_timeout(IDLE_FOR)
                .user_agent(concat!("nightjar/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|error| format!("no client for TLS: {}", chain(&error)))
        });
        made.as_ref().map_err(Clone::clone)
    }

    async fn post(&self, dispatch: &Dispatch) -> Result<Response, String> {
        let (url, wire) = target(&dispatch.subscription.url, self.reach)
            .map_err(|reason| format!("not sent: {reason}"))?;
        let body = message::cloud_event(dispatch, self.public_url.as_deref()).to_string();
        let now = Timestamp::now();
        let secrets = dispatch.subscription.secrets_at(now);
        let signature = sign::signatures(secrets, &dispatch.event, now.as_second(), &body)?;
        let request = self
            .client(wire)?
            .post::<Url>(url)
            .header(header::CONTENT_TYPE, "application/cloudevents+json")
            .header("webhook-id", &dispatch.event)
            .header("webhook-timestamp", now.as_second())
            .header("webhook-signature", signature)
            .body(body);
        request.send().await.map_err(|error| self.told(error))
    }

    fn told(&self, error: reqwest::Error) -> String {
        match error.is_timeout() {
            true => format!("no answer within {} ms", self.answer_within.as_millis()),
            false => chain(&error.without_url()),
        }
    }
}

#[async_trait]
impl Channel for Webhooks {
    async fn send(&self, dispatch: &Dispatch) -> Sent {
        match self.post(dispatch).await {
            Ok(answer) => {
                let sent = judged(&answer);
                drain(answer).await;
                sent
            }
            Err(reason) => Sent::Refused { reason, wait: None },
        }
    }
}

/// What an answer means.
fn judged(answer: &Response) -> Sent {
    let status = answer.status();
    if status.is_success() {
        return Sent::Accepted;
    }
    let code = status.as_u16();
    if status == StatusCode::GONE {
        return Sent::Gone { reason: format!("the receiver answered {code}: it is gone") };
    }
    let reason = match status.is_redirection() {
        true => format!("the receiver answered {code}; redirects aren't followed"),
        false => format!("the receiver answered {code}"),
    };
    let wait = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let wait = wait.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    Sent::Refused { reason, wait }
}

/// Reads a short answer to its end. What is longer, or breaks off, costs no more than the connection.
async fn drain(mut answer: Response) {
    let mut left = ANSWER_BYTES;
    while let Ok(Some(chunk)) = answer.chunk().await {
        let Some(less) = left.checked_sub(chunk.len()) else { return };
        left = less;
    }
}

/// Resolves names, and leaves out what isn't asked: a name may lead anywhere, and elsewhere each time.
struct Resolver {
    reach: Reach,
    wire: Wire,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, wire) = (self.reach, self.wire);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let asked: Vec<SocketAddr> =
                found.filter(|address| reach.permits(address.ip(), wire)).collect();
            if asked.is_empty() {
                return Err("the name leads to addresses where nothing is sent".into());
            }
            let addresses: Box<dyn Iterator<Item = SocketAddr> + Send> =
                Box::new(asked.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolve(name: &str, reach: Reach, wire: Wire) -> Option<usize> {
        let resolver = Resolver { reach, wire };
        resolver.resolve(name.parse().unwrap()).await.ok().map(Iterator::count)
    }

    #[tokio::test]
    async fn a_name_is_looked_at_once_more_when_it_is_resolved() {
        let nowhere = Reach { loopback: false, private: false };
        let home = Reach { loopback: true, private: false };
        assert_eq!(resolve("localhost", nowhere, Wire::Tls).await, None);
        assert!(resolve("localhost", home, Wire::Plain).await.unwrap() > 0);
        assert_eq!(resolve("10.1.2.3", home, Wire::Tls).await, None);
        assert_eq!(resolve("169.254.169.254", home, Wire::Tls).await, None);
        // Without TLS nothing leaves the house, also where a name of the house leads out of it.
        assert_eq!(resolve("203.0.113.7", home, Wire::Plain).await, None);
        assert_eq!(resolve("203.0.113.7", nowhere, Wire::Tls).await, Some(1));
    }
}
