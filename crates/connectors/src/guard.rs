//! Keeps every question within its budget, whatever the connector behind it does.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_connect::{
    Alerts, Answer, Changes, Connection, Error, ErrorKind, Health, Inventory, Logs, Metrics, Probe,
    Query, Traces,
};
use nightjar_incident::RawAlert;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::limits::Limits;

/// The same connection, whose questions end in time and don't crowd.
pub(crate) fn guarded(inner: Connection, limits: Limits) -> Connection {
    let permits = Semaphore::new(usize::try_from(limits.concurrency).unwrap_or(1));
    let guard = Arc::new(Guard { inner: inner.clone(), limits, permits });
    Connection {
        source: inner.source,
        metrics: inner.metrics.map(|_| guard.clone() as Arc<dyn Metrics>),
        logs: inner.logs.map(|_| guard.clone() as Arc<dyn Logs>),
        traces: inner.traces.map(|_| guard.clone() as Arc<dyn Traces>),
        changes: inner.changes.map(|_| guard.clone() as Arc<dyn Changes>),
        inventory: inner.inventory.map(|_| guard.clone() as Arc<dyn Inventory>),
        alerts: inner.alerts.map(|_| guard.clone() as Arc<dyn Alerts>),
        probe: inner.probe.map(|_| guard.clone() as Arc<dyn Probe>),
    }
}

struct Guard {
    inner: Connection,
    limits: Limits,
    permits: Semaphore,
}

impl Guard {
    /// Waits for its turn and for the answer, as long as the budget lasts.
    async fn within<T>(
        &self,
        asked: &str,
        question: impl Future<Output = Option<Result<T, Error>>> + Send,
    ) -> Result<T, Error> {
        let turn = async {
            let _turn = self.permits.acquire().await;
            question.await
        };
        match timeout(self.limits.time(), turn).await {
            Ok(Some(result)) => result,
            Ok(None) => Err(Error::new(ErrorKind::NotFound, asked, "it can't be asked that")),
            Err(_) => {
                let message = format!("no answer within {} s", self.limits.seconds);
                Err(Error::new(ErrorKind::Timeout, asked, message))
            }
        }
    }

    async fn ask(&self, query: &Query) -> Result<Answer, Error> {
        self.within(query.question.label(), self.inner.ask(query)).await
    }
}

#[async_trait]
impl Metrics for Guard {
    async fn metrics(&self, query: &Query) -> Result<Answer, Error> {
        self.ask(query).await
    }
}

#[async_trait]
impl Logs for Guard {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        self.ask(query).await
    }
}

#[async_trait]
impl Traces for Guard {
    async fn traces(&self, query: &Query) -> Result<Answer, Error> {
        self.ask(query).await
    }
}

#[async_trait]
impl Changes for Guard {
    async fn changes(&self, query: &Query) -> Result<Answer, Error> {
        self.ask(query).await
    }
}

#[async_trait]
impl Inventory for Guard {
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        self.ask(query).await
    }
}

#[async_trait]
impl Alerts for Guard {
    async fn alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error> {
        let alerts = async {
            match &self.inner.alerts {
                Some(alerts) => Some(alerts.alerts(until).await),
                None => None,
            }
        };
        self.within("alerts", alerts).await
    }
}

#[async_trait]
impl Probe for Guard {
    async fn probe(&self) -> Result<Health, Error> {
        let probe = async {
            match &self.inner.probe {
                Some(probe) => Some(probe.probe().await),
                None => None,
            }
        };
        self.within("whether it works", probe).await
    }
}
