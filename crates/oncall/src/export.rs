use std::sync::Arc;

use nightjar_incident::Recording;
use nightjar_incident::journal::Entry;
use nightjar_store::{JournalEntry, Space};

use crate::conduct::incidents;
use crate::error::compute;
use crate::task::start_of;
use crate::{Played, Recordings, Result, connectors};

/// Entries read at a time.
const PAGE: usize = 1000;

/// A capsule with the result of an investigation of it.
pub struct Exported {
    /// What the recording calls itself.
    pub name: String,
    /// The archive.
    pub archive: Vec<u8>,
}

/// Makes a capsule of an investigation: what it saw and what it came to, so that `nightjar replay`
/// comes to the same.
///
/// # Errors
/// Of the store, or when the capsule itself can't be read any more.
pub async fn export_capsule(
    space: &Space,
    recordings: &Arc<dyn Recordings>,
    investigation: &str,
) -> Result<Exported> {
    let record = space.investigation(investigation).await?;
    let mut recording = match &record.connection {
        Some(id) => connectors::recording(&space.connection(id).await?, space, recordings).await?,
        None => Recording { name: record.id.clone(), ..Recording::default() },
    };
    if let Some(start) = start_of(space, investigation).await? {
        // What was played; the alerts that the recording holds weren't.
        recording.alerts = vec![start.message];
    }
    let journal = entries(space, record.number).await?;
    let investigations = incidents(space, &record).await?;
    let recordings = Arc::clone(recordings);
    compute(move || {
        let played = Played { journal, investigations };
        let archive = recordings.write(&recording, Some(&played))?;
        Ok(Exported { name: recording.name, archive })
    })
    .await?
}

/// The journal of a play: intake and executions, in the order of writing.
pub(crate) async fn entries(space: &Space, play: u64) -> Result<Vec<Entry>> {
    let mut found: Vec<JournalEntry> = Vec::new();
    for prefix in [format!("play-{play}/"), format!("inc-{play}-")] {
        let mut after = 0;
        loop {
            let page = space.journal(&prefix, after, PAGE).await?;
            after = page.items.last().map_or(after, |entry| entry.position);
            found.extend(page.items);
            if page.next.is_none() {
                break;
            }
        }
    }
    found.sort_by_key(|entry| entry.position);
    Ok(found.into_iter().map(|entry| entry.entry).collect())
}
