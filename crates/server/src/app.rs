use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;
use nightjar_access::Guard;
use nightjar_oidc::{Http, Providers};
use nightjar_oncall::{Intake, Sources};
use nightjar_store::Store;
use tokio::sync::{Semaphore, watch};

use crate::config::Config;
use crate::metrics::Metrics;
use crate::outward::Outward;
use crate::rates::Limiters;
use crate::webhook::Certificates;

/// What the server is put together from.
pub struct Parts {
    /// Everything that lasts.
    pub store: Store,
    /// What incidents are looked at with: recordings and live systems.
    pub sources: Sources,
    /// Takes messages of alerting systems in.
    pub intake: Intake,
    /// How to listen, and what to put up with.
    pub config: Config,
}

/// What every request is served from. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) sources: Sources,
    pub(crate) config: Config,
    pub(crate) guard: Guard,
    /// Whom people sign in with, and what is known of them.
    pub(crate) providers: Providers,
    /// How configured addresses are asked.
    pub(crate) outward: Arc<Outward>,
    /// Takes messages of alerting systems in.
    pub(crate) intake: Intake,
    /// Certificates that such messages are signed with.
    pub(crate) certificates: Certificates,
    pub(crate) limiters: Limiters,
    pub(crate) metrics: Metrics,
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) uploads: Arc<Semaphore>,
    pub(crate) streams: Arc<Semaphore>,
    /// Turns true when the server shuts down: streams end.
    pub(crate) closing: watch::Sender<bool>,
    /// The description of the API, once the routes are known.
    pub(crate) description: OnceLock<Bytes>,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { store, sources, intake, config } = parts;
        let is_loopback_allowed = config.allow_loopback_providers;
        let outward = Arc::new(Outward::new(is_loopback_allowed));
        Self(Arc::new(Shared {
            guard: Guard::new(),
            providers: Providers::new(Arc::clone(&outward) as Arc<dyn Http>, is_loopback_allowed),
            outward,
            intake,
            certificates: Certificates::default(),
            limiters: Limiters::new(&config.rates, config.rate_limits),
            metrics: Metrics::new(),
            requests: Arc::new(Semaphore::new(config.limits.requests)),
            uploads: Arc::new(Semaphore::new(config.limits.uploads)),
            streams: Arc::new(Semaphore::new(config.limits.streams)),
            closing: watch::Sender::new(false),
            description: OnceLock::new(),
            store,
            sources,
            config,
        }))
    }
}

impl Deref for App {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
