//! What the service does for itself from time to time: checkpoints, and forgetting what is old.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightjar_store::{PageRequest, Result, Space, Store};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::settings::Retention;

/// Spaces read at a time.
const PAGE: usize = 200;

/// Keeps house until `shutdown` becomes true.
pub(crate) async fn keep_house(
    store: Store,
    retention: Retention,
    mut shutdown: watch::Receiver<bool>,
) {
    let hours = u64::from(retention.checkpoint_hours.max(1));
    let mut clock = tokio::time::interval(Duration::from_secs(hours * 3600));
    // The first tick comes at once: what runs since a crash begins with a checkpoint.
    loop {
        tokio::select! {
            _ = clock.tick() => {}
            _ = shutdown.wait_for(|is_over| *is_over) => return,
        }
        if let Err(error) = clean_up(&store, &retention, Timestamp::now()).await {
            warn!(error = %error, "keeping house failed; it is tried again");
        }
    }
}

async fn clean_up(store: &Store, retention: &Retention, now: Timestamp) -> Result<()> {
    store.audit_checkpoint(now).await?;
    let mut page = PageRequest { limit: PAGE, after: None };
    loop {
        let found = store.spaces(&page).await?;
        for record in found.items {
            of_space(&store.space(&record.id).await?, retention, now).await?;
        }
        match found.next {
            Some(next) => page.after = Some(next),
            None => return Ok(()),
        }
    }
}

async fn of_space(space: &Space, retention: &Retention, now: Timestamp) -> Result<()> {
    let checkpoint = space.checkpoint(now).await?;
    let days = i64::from(retention.journal_days);
    if days == 0 {
        return Ok(());
    }
    let before = now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN);
    let chains = space.prune_journal(before, now).await?;
    if chains > 0 {
        info!(space.id = %space.id(), checkpoint.number = checkpoint.number, chains, "old chains dropped");
    }
    Ok(())
}
