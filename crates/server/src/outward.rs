//! Requests of ours to addresses that somebody configured: they go where they are meant to, or nowhere.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{Request, Response};
use nightjar_oidc::{Http, NoAnswer, check_address, may_be_asked};
use reqwest::Client;
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::redirect::Policy;

/// Time to reach a provider, and for its whole answer. Signing in takes up to five requests, and
/// somebody waits for them.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(8);
/// Bytes of an answer. Keys and tokens of the largest providers have some tens of thousands.
const LARGEST: usize = 1 << 20;

/// The client, made when the first request goes out: it reads the system's certificates.
pub(crate) struct Outward {
    is_loopback_allowed: bool,
    client: OnceLock<Result<Client, String>>,
}

impl Outward {
    pub(crate) fn new(is_loopback_allowed: bool) -> Self {
        Self { is_loopback_allowed, client: OnceLock::new() }
    }

    fn client(&self) -> Result<&Client, NoAnswer> {
        let client = self.client.get_or_init(|| {
            let resolver = Resolver { is_loopback_allowed: self.is_loopback_allowed };
            let client = Client::builder()
                // A redirect would lead where nobody looked.
                .redirect(Policy::none())
                // The environment is read by the command line alone; and a proxy resolves names itself.
                .no_proxy()
                .dns_resolver(Arc::new(resolver))
                .connect_timeout(CONNECT)
                .timeout(ANSWER)
                .user_agent(concat!("nightjar/", env!("CARGO_PKG_VERSION")))
                .build();
            client.map_err(|error| format!("no client for TLS: {}", chain(&error)))
        });
        client.as_ref().map_err(|reason| NoAnswer::Unreachable(reason.clone()))
    }
}

#[async_trait]
impl Http for Outward {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, NoAnswer> {
        check_address(&request.uri().to_string(), self.is_loopback_allowed)?;
        let unreachable =
            |error: reqwest::Error| NoAnswer::Unreachable(chain(&error.without_url()));
        let request = reqwest::Request::try_from(request).map_err(unreachable)?;
        let mut answer = self.client()?.execute(request).await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(NoAnswer::Unreachable(format!("it answers with over {LARGEST} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }
}

/// Resolves names, and leaves out what isn't asked: a name may lead anywhere, and elsewhere each time.
struct Resolver {
    is_loopback_allowed: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_loopback_allowed = self.is_loopback_allowed;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let asked = found.filter(|address| may_be_asked(address.ip(), is_loopback_allowed));
            let asked: Vec<SocketAddr> = asked.collect();
            if asked.is_empty() {
                return Err("the name leads to addresses that aren't asked".into());
            }
            let addresses: Box<dyn Iterator<Item = SocketAddr> + Send> =
                Box::new(asked.into_iter());
            Ok(addresses)
        })
    }
}

/// What went wrong, down to its cause: the client's own words are only "error sending request".
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        said = format!("{said}: {error}");
        source = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(outward: &Outward, address: &str) -> Result<Response<Vec<u8>>, NoAnswer> {
        outward.send(Request::get(address).body(Vec::new()).unwrap()).await
    }

    /// Answers every connection with the same text.
    async fn server(answer: String) -> String {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}/")
    }

    #[tokio::test]
    async fn what_isnt_meant_to_be_asked_isnt() {
        let address = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_owned()).await;
        assert_eq!(ask(&Outward::new(true), &address).await.unwrap().body(), b"ok");
        let refused = ask(&Outward::new(false), &address).await;
        assert!(matches!(refused, Err(NoAnswer::Refused { .. })), "{refused:?}");
        let metadata = ask(&Outward::new(true), "http://169.254.169.254/latest/meta-data").await;
        assert!(matches!(metadata, Err(NoAnswer::Refused { .. })), "{metadata:?}");
    }

    #[tokio::test]
    async fn a_name_is_looked_at_once_more_when_it_is_resolved() {
        let resolve = async |name: &str, is_loopback_allowed| {
            let resolver = Resolver { is_loopback_allowed };
            resolver.resolve(name.parse().unwrap()).await.map(Iterator::count)
        };
        assert!(resolve("localhost", true).await.unwrap() > 0);
        assert!(resolve("localhost", false).await.is_err());
        assert!(resolve("169.254.169.254", true).await.is_err());
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_isnt_followed() {
        let elsewhere = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\n\
             content-length: 0\r\n\r\n";
        let address = server(elsewhere.to_owned()).await;
        assert_eq!(ask(&Outward::new(true), &address).await.unwrap().status(), 302);
    }

    #[tokio::test]
    async fn an_endless_answer_ends() {
        let long = "x".repeat(LARGEST + 1);
        let address = server(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{long}")).await;
        let cut = ask(&Outward::new(true), &address).await;
        assert!(matches!(cut, Err(NoAnswer::Unreachable(_))));
    }
}
