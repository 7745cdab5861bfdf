use std::sync::Arc;

use jiff::Timestamp;
use nightjar_incident::journal::Entry;
use nightjar_incident::{RawAlert, Recording};
use nightjar_store::{Error as StoreError, InvestigationRecord, JournalEntry, PageRequest, Space};

use crate::conduct::incidents;
use crate::error::compute;
use crate::live::tapes;
use crate::recorded::recorded;
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
    let journal = entries(space, record.number).await?;
    let investigations = incidents(space, &record).await?;
    let tapes = if record.is_live { tapes(space, &journal).await? } else { Vec::new() };
    if let (Some(state), false) = (investigations.first(), tapes.is_empty()) {
        let mut evidence = Vec::new();
        for piece in space.evidence_of(&state.incident.id).await? {
            evidence.push(space.evidence(&piece.evidence.id).await?);
        }
        let recording = recorded(&record.id, state, messages(space, &record).await?, evidence);
        let played = Played { journal, investigations, tapes };
        return pack(recordings, recording, played).await;
    }
    let connection = match (&record.connection, record.is_live) {
        (Some(id), _) => Some(space.connection(id).await?),
        // What its executions asked, as long as no newer one has come.
        (None, true) => space.newest_connection().await?,
        (None, false) => None,
    };
    let mut recording = match &connection {
        Some(record) => connectors::recording(record, space, recordings).await?,
        None => Recording { name: record.id.clone(), ..Recording::default() },
    };
    if let Some(start) = start_of(space, investigation).await? {
        // What was played; the alerts that the recording holds weren't.
        recording.alerts = vec![start.message];
    }
    if record.is_live {
        recording.alerts = messages(space, &record).await?;
    }
    let played = Played { journal, investigations, tapes };
    pack(recordings, recording, played).await
}

async fn pack(
    recordings: &Arc<dyn Recordings>,
    recording: Recording,
    played: Played,
) -> Result<Exported> {
    let recordings = Arc::clone(recordings);
    compute(move || {
        let archive = recordings.write(&recording, Some(&played))?;
        Ok(Exported { name: recording.name, archive })
    })
    .await?
}

/// The messages that first told of an incident's alerts, in the order of their arrival.
async fn messages(space: &Space, record: &InvestigationRecord) -> Result<Vec<RawAlert>> {
    let mut found: Vec<(Timestamp, String, RawAlert)> = Vec::new();
    for incident in &record.incidents {
        let mut page = PageRequest { limit: PAGE, after: None };
        loop {
            let alerts = space.alerts(Some(incident), &page).await?;
            for delivery in alerts.items.into_iter().filter_map(|alert| alert.delivery) {
                if found.iter().any(|(_, known, _)| *known == delivery) {
                    continue;
                }
                match space.delivery(&delivery).await {
                    Ok(record) => found.push((record.received_at, delivery, record.raw)),
                    // Old ones are dropped; what they told stands in the journal.
                    Err(StoreError::NotFound { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            match alerts.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
    }
    found.sort_by_key(|(at, ..)| *at);
    Ok(found.into_iter().map(|(.., raw)| raw).collect())
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
