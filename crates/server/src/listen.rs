use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::Router;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use tokio::sync::Semaphore;

use crate::app::{App, Parts};
use crate::config::Limits;
use crate::connection::Door;
use crate::error::Error;
use crate::router::{route, route_probes};
use crate::tls;

/// Serves until `shutdown` ends, then lets what runs end for a while. `ready` is told the address
/// once connections are taken.
pub async fn serve(
    parts: Parts,
    listener: TcpListener,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let app = App::new(parts);
    let router = route(app.clone());
    answer(app, router, listener, ready, shutdown).await
}

/// Serves only what a worker's process tells of itself: whether it lives, whether it is ready, its numbers.
pub async fn serve_probes(
    parts: Parts,
    listener: TcpListener,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let app = App::new(parts);
    let router = route_probes(app.clone());
    answer(app, router, listener, ready, shutdown).await
}

async fn answer(
    app: App,
    router: Router,
    listener: TcpListener,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let limits = app.config.limits.clone();
    let door = Door {
        room: Arc::new(Semaphore::new(limits.connections)),
        write_pause: limits.write_pause(),
    };
    let handle = Handle::new();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum_server::from_tcp(listener).map_err(Error::Listen)?.handle(handle.clone());
    let closing = async {
        shutdown.await;
        // `send_replace` keeps the news for streams that begin just now.
        app.closing.send_replace(true);
        handle.graceful_shutdown(Some(limits.shutdown()));
        std::future::pending::<()>().await;
    };
    let told = async {
        if let Some(address) = handle.listening().await {
            ready(address);
        }
        std::future::pending::<()>().await;
    };
    let served = match &app.config.tls {
        None => tokio::select! {
            served = within(server.acceptor(door), &limits).serve(service) => served,
            () = async { tokio::join!(told, closing); } => Ok(()),
        },
        Some(paths) => {
            let config = RustlsConfig::from_config(tls::load(paths)?);
            let follow = tls::follow(paths.clone(), config.clone());
            let acceptor = RustlsAcceptor::new(config).handshake_timeout(limits.header_time());
            let server = within(server.acceptor(acceptor.acceptor(door)), &limits);
            tokio::select! {
                served = server.serve(service) => served,
                () = async { tokio::join!(told, closing, follow); } => Ok(()),
            }
        }
    };
    // What callers hung up on still ends, within the same time.
    let everything = u32::try_from(limits.requests).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(limits.shutdown(), app.requests.acquire_many(everything)).await;
    served.map_err(Error::Listen)
}

/// Only HTTP/1.1, and the limits that hold before a request is one.
fn within<A>(server: Server<SocketAddr, A>, limits: &Limits) -> Server<SocketAddr, A> {
    let mut server = server.http1_only().first_request_timeout(limits.header_time());
    server
        .http_builder()
        .http1()
        .header_read_timeout(limits.header_time())
        // `pass` refuses what is over the limit with a problem; this is for what isn't even close.
        .max_headers(2 * limits.headers + 16)
        .max_buf_size((4 * limits.header_bytes).max(64 << 10));
    server
}
