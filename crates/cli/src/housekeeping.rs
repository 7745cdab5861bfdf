//! What the service does for itself from time to time: checkpoints, forgetting what is old, and
//! removing what has expired or was left behind.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nightjar_store::{Error, OutboxKeeping, PageRequest, Result, Space, Store};
use tokio::sync::watch;
use tracing::{debug, info, warn};

use crate::settings::Retention;

/// Spaces read at a time.
const PAGE: usize = 200;

/// Keeps house until `shutdown` becomes true.
pub(crate) async fn keep_house(
    store: Store,
    (retention, outbox): (Retention, OutboxKeeping),
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
        clean_up(&store, &retention, &outbox, Timestamp::now()).await;
    }
}

/// Each part by itself: what fails is told, tried again next time, and keeps nothing else from
/// being done.
async fn clean_up(store: &Store, retention: &Retention, outbox: &OutboxKeeping, now: Timestamp) {
    let tell = |part: &str, done: Result<()>| {
        if let Err(error) = done {
            warn!(error = %error, part, "keeping house failed; it is tried again");
        }
    };
    tell("the audit trail's checkpoint", store.audit_checkpoint(now).await.map(|_| ()));
    let removed = store.maintain(now).await;
    tell("what has expired", removed.map(|removed| debug!(?removed, "removed what has expired")));
    let tidied = store.tidy_outbox(outbox, now).await;
    tell("the outbox", tidied.map(|removed| debug!(removed, "removed old events")));
    let mut page = PageRequest { limit: PAGE, after: None };
    loop {
        let found = match store.space_ids(&page).await {
            Ok(found) => found,
            Err(error) => return tell("the list of spaces", Err(error)),
        };
        for space in found.items {
            match store.space(&space).await {
                Ok(space) => tell("a space", of_space(&space, retention, now).await),
                // It was deleted meanwhile.
                Err(Error::NotFound { .. }) => {}
                Err(error) => tell("a space", Err(error)),
            }
        }
        match found.next {
            Some(next) => page.after = Some(next),
            None => return,
        }
    }
}

/// So many days before; none for 0, which keeps for ever.
fn days_ago(days: u32, now: Timestamp) -> Option<Timestamp> {
    let ago = SignedDuration::from_hours(24 * i64::from(days));
    (days > 0).then(|| now.checked_sub(ago).unwrap_or(Timestamp::MIN))
}

async fn of_space(space: &Space, retention: &Retention, now: Timestamp) -> Result<()> {
    let checkpoint = space.checkpoint(now).await?;
    if let Some(before) = days_ago(retention.delivery_days, now) {
        let messages = space.drop_deliveries(before).await?;
        let changes = space.drop_changes(before).await?;
        debug!(space.id = %space.id(), messages, changes, "old messages dropped");
    }
    let Some(before) = days_ago(retention.journal_days, now) else { return Ok(()) };
    let chains = space.prune_journal(before, now).await?;
    if chains > 0 {
        info!(space.id = %space.id(), checkpoint.number = checkpoint.number, chains, "old chains dropped");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nightjar_store::{MasterKeyFile, NewSpace, Options};

    use super::*;

    #[tokio::test]
    async fn what_has_expired_goes_and_every_space_gets_its_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let store = Store::open(Options {
            database: "sqlite::memory:".to_owned(),
            blobs: format!("file://{}", at.join("blobs").display()),
            blob_options: Vec::new(),
            master: Arc::new(MasterKeyFile::open(&at.join("master.key"), true).unwrap()),
            location: None,
            max_connections: 1,
            process: "test".to_owned(),
        });
        let store = store.await.unwrap();
        let now: Timestamp = "2026-11-23T03:00:00Z".parse().unwrap();
        let mut spaces = Vec::new();
        for name in ["a", "b"] {
            let new = NewSpace { name: name.to_owned(), ..NewSpace::default() };
            let made = store.create_space(new, None, now).await.unwrap().into_inner();
            spaces.push(store.space(&made.id).await.unwrap());
        }
        store.create_sign_in_link("viewer", None, "Ada", now, now).await.unwrap();
        let retention = Retention { journal_days: 0, delivery_days: 0, checkpoint_hours: 24 };
        let day = SignedDuration::from_hours(24);
        let outbox = OutboxKeeping { pending: day, delivered: day, failed: day };
        clean_up(&store, &retention, &outbox, now + SignedDuration::from_hours(1)).await;
        let all = PageRequest { limit: 10, after: None };
        for space in &spaces {
            assert_eq!(space.checkpoints(&all).await.unwrap().items.len(), 1);
        }
        assert_eq!(store.audit_checkpoints(&all).await.unwrap().items.len(), 1);
        let left = store.maintain(now + SignedDuration::from_hours(2)).await.unwrap();
        assert_eq!(left.links, 0, "the link was removed before");
    }
}
