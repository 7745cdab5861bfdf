use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_redact::{Policy, Redactor};
use nightjar_store::{CapsuleRecord, Created, NewCapsule, Once, Space};

use crate::error::compute;
use crate::redaction::{names, policy};
use crate::{BadArchive, Recordings, Result};

/// Takes a recorded incident in: redacts it and keeps it in a canonical form.
///
/// The truth of a recording (`expect.toml`) stays with it, so that an exported capsule is whole; the
/// engine never sees it. A result that came along doesn't: it was somebody else's, and not redacted.
///
/// # Errors
/// When it is no capsule, holds more than is accepted, or can't be stored.
pub async fn import_capsule(
    space: &Space,
    recordings: &Arc<dyn Recordings>,
    archive: Vec<u8>,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Created<CapsuleRecord>> {
    let policy = policy(space).await?;
    let key = space.pseudonym_key();
    let recordings = Arc::clone(recordings);
    let cleaned = compute(move || clean(&*recordings, &archive, &policy, &key)).await??;
    if !cleaned.originals.is_empty() {
        space.keep_originals(&cleaned.originals).await?;
    }
    Ok(space.create_capsule(cleaned.capsule, once, now).await?)
}

/// A capsule that may be stored.
struct Cleaned {
    capsule: NewCapsule,
    originals: Vec<(String, String)>,
}

fn clean(
    recordings: &dyn Recordings,
    archive: &[u8],
    policy: &Policy,
    key: &[u8; 32],
) -> std::result::Result<Cleaned, BadArchive> {
    let unpacked = recordings.read(archive)?;
    let mut recording = unpacked.recording;
    let mut redactor = Redactor::new(key, policy, names(&recording.topology).into_iter());
    redactor.recording(&mut recording);
    let mut notes = recording.notes.clone();
    if unpacked.has_result {
        notes.push("a result came with the capsule and was left out".to_owned());
    }
    let redacted = redactor.found().iter().map(|(kind, times)| (kind.label().to_owned(), *times));
    let redacted: BTreeMap<String, u64> = redacted.collect();
    recording.redacted.extend(redacted.iter().map(|(kind, times)| format!("{kind}: {times}")));
    let originals = redactor.originals().clone().into_iter().collect();
    let archive = recordings.write(&recording, None)?;
    let capsule = NewCapsule { name: recording.name, archive, redacted, notes };
    Ok(Cleaned { capsule, originals })
}
