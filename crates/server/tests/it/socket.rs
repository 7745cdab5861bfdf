//! A service on a real socket.

use std::net::{SocketAddr, TcpListener};

use nightjar_server::{Config, Error, Parts, serve};
use nightjar_store::Store;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::stage::store;

pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) store: Store,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), Error>>,
    _folder: TempDir,
}

impl Listening {
    pub(crate) async fn new(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let sources = crate::stage::sources();
        let intake = crate::stage::intake(sources.clone());
        let parts = Parts { store: store.clone(), sources, intake, config };
        let ready = move |address| tell.send(address).unwrap();
        let shutdown = async {
            let _ = stopped.await;
        };
        let served = tokio::spawn(serve(parts, listener, ready, shutdown));
        let address = told.await.unwrap();
        Self { address, store, stop, served, _folder: folder }
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
    }
}
