//! Brings events of the outbox to those who subscribed: takes one, has it sent, concludes.

mod plan;

use std::sync::Arc;

use async_trait::async_trait;
use nightjar_store::{Dispatch, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{debug, info, warn};

use crate::worker::{Clock, is_over, later, over};

pub use plan::{CourierPace, Fate, Sent, fate};

/// A way to bring an event to somebody: a webhook, later a chat or a ticket. It knows how to put an event into
/// words and where to send them; when, how often and in what order is the courier's.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Sends an event once, within [`CourierPace::lease`] by far.
    async fn send(&self, dispatch: &Dispatch) -> Sent;
}

/// Sends what is due.
pub struct Courier {
    /// Where the outbox is.
    pub store: Store,
    /// How events are sent.
    pub channel: Arc<dyn Channel>,
    /// How patient it is.
    pub pace: CourierPace,
    /// The time.
    pub clock: Clock,
}

impl Courier {
    /// Sends until `shutdown` becomes true, or whoever could say so is gone; then it waits for what is on
    /// its way, which takes no longer than a channel takes.
    pub async fn run(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        let mut under_way = JoinSet::new();
        while !is_over(&shutdown) {
            while under_way.try_join_next().is_some() {}
            if under_way.len() >= self.pace.concurrency.max(1) {
                tokio::select! {
                    _ = under_way.join_next() => {}
                    () = over(&mut shutdown) => {}
                }
                continue;
            }
            let CourierPace { lease, most_each, look_again, .. } = self.pace;
            match self.store.take_delivery(most_each, lease, (self.clock)()).await {
                Ok(Some(dispatch)) => {
                    let courier = Arc::clone(&self);
                    under_way.spawn(async move { courier.deliver(&dispatch).await });
                }
                Ok(None) => tokio::select! {
                    () = self.store.wait_for_delivery(look_again) => {}
                    () = over(&mut shutdown) => {}
                },
                Err(error) => {
                    warn!(error = %error, "the outbox can't be read");
                    tokio::select! {
                        () = sleep(look_again) => {}
                        () = over(&mut shutdown) => {}
                    }
                }
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn deliver(&self, dispatch: &Dispatch) {
        let sent = self.channel.send(dispatch).await;
        let now = (self.clock)();
        let fate = fate(dispatch, &sent, &self.pace, now);
        if let Err(error) = self.conclude(dispatch, fate).await {
            // The lease runs out, and the event is sent again: at least once.
            warn!(dispatch.id = dispatch.id, error = %error, "what became of an event can't be noted");
        }
    }

    async fn conclude(&self, dispatch: &Dispatch, fate: Fate) -> nightjar_store::Result<()> {
        let now = (self.clock)();
        let (id, space) = (&dispatch.id, &dispatch.space);
        let subscription = &dispatch.subscription.id;
        match fate {
            Fate::Arrived => {
                debug!(space.id = %space, dispatch.id = id, "an event arrived");
                self.store.note_delivered(dispatch, now).await
            }
            Fate::TryAgain { pause, reason } => {
                info!(
                    space.id = %space, dispatch.id = id, subscription.id = subscription, reason,
                    pause_seconds = pause.as_secs(), "an event is sent again later"
                );
                self.store.postpone_delivery(dispatch, later(now, pause), &reason).await
            }
            Fate::GiveUp { reason } => {
                warn!(
                    space.id = %space, dispatch.id = id, subscription.id = subscription, reason,
                    "an event is given up"
                );
                self.store.give_up_delivery(dispatch, &reason, now).await
            }
            Fate::Unsubscribe { reason } => {
                warn!(
                    space.id = %space, dispatch.id = id, subscription.id = subscription, reason,
                    "a subscription is paused"
                );
                let opened = self.store.space(space).await?;
                let paused = opened.update_subscription(subscription, now, |subscription| {
                    subscription.is_active = false;
                    subscription.paused_because = Some(reason.clone());
                    Ok(())
                });
                paused.await?;
                self.store.give_up_delivery(dispatch, &reason, now).await
            }
        }
    }
}
