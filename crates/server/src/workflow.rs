//! What the server asks of `oncall`; to be replaced by it.

use std::collections::BTreeMap;

/// Reads and writes recordings.
pub trait Recordings: Send + Sync {}

/// Nothing yet.
pub(crate) type Counts = BTreeMap<String, u64>;
