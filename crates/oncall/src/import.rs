use jiff::Timestamp;
use nightjar_store::{CapsuleRecord, Created, Once, Space};
use std::sync::Arc;

use crate::{Recordings, Result};

/// stub
pub async fn import_capsule(
    _space: &Space,
    _recordings: &Arc<dyn Recordings>,
    _archive: Vec<u8>,
    _once: Option<&Once>,
    _now: Timestamp,
) -> Result<Created<CapsuleRecord>> {
    todo!()
}
