//! TLS, and certificates that change while it runs.

use std::path::Path;
use std::time::{Duration, Instant};

use nightjar_server::{Config, Error, Limits, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client};

use crate::socket::Listening;

/// Writes a new certificate and its key; gives the certificate.
fn certify(folder: &Path) -> String {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    cert.pem()
}

async fn is_trusted(listening: &Listening, certificate: &str) -> bool {
    let certificate = Certificate::from_pem(certificate.as_bytes()).unwrap();
    // A client of its own, so that no connection is used again.
    let client = Client::builder()
        .tls_certs_only([certificate])
        .resolve("localhost", listening.address)
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/healthz", listening.address.port());
    match client.get(url).send().await {
        Ok(response) => {
            assert!(response.headers().contains_key("strict-transport-security"));
            response.status() == 200
        }
        Err(_) => false,
    }
}

fn config(folder: &Path) -> Config {
    let tls = Tls {
        certificate: folder.join("cert.pem"),
        key: folder.join("key.pem"),
        reload_milliseconds: 50,
    };
    let limits = Limits { shutdown_milliseconds: 500, ..Limits::default() };
    Config { tls: Some(tls), limits, ..Config::default() }
}

#[tokio::test]
async fn a_new_certificate_is_used_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let first = certify(folder.path());
    let listening = Listening::new(config(folder.path())).await;
    assert!(is_trusted(&listening, &first).await);
    std::fs::write(folder.path().join("cert.pem"), "broken").unwrap();
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(is_trusted(&listening, &first).await, "the old one stays");
    let second = certify(folder.path());
    let began = Instant::now();
    while !is_trusted(&listening, &second).await {
        assert!(began.elapsed() < Duration::from_secs(5), "the new one isn't used");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!is_trusted(&listening, &first).await);
    let plain = format!("http://{}/healthz", listening.address);
    assert!(reqwest::get(plain).await.is_err(), "no plain HTTP beside it");
    listening.stop().await;
}

#[tokio::test]
async fn without_a_certificate_it_does_not_begin() {
    let folder = tempfile::tempdir().unwrap();
    let stage = tempfile::tempdir().unwrap();
    let parts = nightjar_server::Parts {
        store: crate::stage::store(stage.path()).await,
        sources: crate::stage::sources(),
        intake: crate::stage::intake(crate::stage::sources()),
        config: config(folder.path()),
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let served = nightjar_server::serve(parts, listener, |_| {}, std::future::pending()).await;
    assert!(matches!(served, Err(Error::Read { .. })), "{served:?}");
}
