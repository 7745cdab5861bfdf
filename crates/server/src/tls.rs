use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Tls;
use crate::error::Error;

/// Reads certificate and key.
pub(crate) fn load(tls: &Tls) -> Result<Arc<ServerConfig>, Error> {
    let wrong = |reason: String| Error::Tls {
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        reason,
    };
    let chain = CertificateDer::pem_slice_iter(&read(&tls.certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&read(&tls.key)?)
        .map_err(|error| wrong(error.to_string()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|error| wrong(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// Looks at the files until it is dropped; what is new counts for connections from then on. While
/// what is there can't be used, the old one stays.
pub(crate) async fn follow(tls: Tls, config: RustlsConfig) {
    let mut seen = stamps(&tls);
    let every = Duration::from_millis(tls.reload_milliseconds.max(50));
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let now = stamps(&tls);
        if now == seen {
            continue;
        }
        let paths = tls.clone();
        match tokio::task::spawn_blocking(move || load(&paths)).await {
            Ok(Ok(new)) => {
                config.reload_from_config(new);
                seen = now;
                tracing::info!(tls.certificate = %tls.certificate.display(), "certificate read again");
            }
            // Not marked as seen: the other file may still be on its way.
            Ok(Err(error)) => tracing::warn!(%error, "the old certificate stays"),
            Err(error) => tracing::warn!(%error, "the old certificate stays"),
        }
    }
}

type Stamp = Option<(SystemTime, u64)>;

/// When the files were written; looks through links, as mounted secrets are.
fn stamps(tls: &Tls) -> (Stamp, Stamp) {
    let stamp = |path: &Path| -> io::Result<(SystemTime, u64)> {
        let metadata = std::fs::metadata(path)?;
        Ok((metadata.modified()?, metadata.len()))
    };
    (stamp(&tls.certificate).ok(), stamp(&tls.key).ok())
}
