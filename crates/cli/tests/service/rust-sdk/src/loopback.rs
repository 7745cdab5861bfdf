//! The SDK puts `cp.` or `dp.` before the host, and nothing switches that off: so the host gets a name, and every
//! name leads to this machine.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Context as _;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// `http://127.0.0.1:PORT` under a name that can have a prefix.
pub(crate) fn endpoint(url: &str) -> anyhow::Result<String> {
    let (_, port) = url.rsplit_once(':').context("an address without a port")?;
    Ok(format!("http://nightjar.test:{port}"))
}

/// The SDK's own client with a resolver of ours, as whoever has names of their own would give it.
pub(crate) fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_with_resolver(Loopback)
}

#[derive(Clone, Debug)]
struct Loopback;

impl ResolveDns for Loopback {
    fn resolve_dns<'a>(&'a self, _name: &'a str) -> DnsFuture<'a> {
        DnsFuture::ready(Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]))
    }
}
