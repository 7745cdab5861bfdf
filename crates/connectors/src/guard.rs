//! Keeps every question within its budget, whatever the connector behind it does.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_connect::{
    Answer, Answers, Capability, Connection, Error, ErrorKind, Health, Probe, Query, all_through,
};
use nightjar_incident::RawAlert;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::limits::Limits;

/// The same connection, whose questions end in time and don't crowd.
pub(crate) fn guarded(inner: Connection, limits: Limits) -> Connection {
    let permits = Semaphore::new(limits.at_once());
    let (source, capabilities) = (inner.source.clone(), Capability::of(&inner));
    let has_probe = inner.probe.is_some();
    let guard = Arc::new(Guard { inner, limits, permits });
    let mut guarded = all_through(guard.clone(), source, &capabilities);
    if has_probe {
        guarded.probe = Some(guard);
    }
    guarded
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
}

#[async_trait]
impl Answers for Guard {
    async fn answer(&self, query: &Query) -> Result<Answer, Error> {
        self.within(query.question.label(), self.inner.ask(query)).await
    }

    async fn give_alerts(&self, until: Timestamp) -> Result<Vec<RawAlert>, Error> {
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
