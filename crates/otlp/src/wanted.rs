use std::collections::BTreeSet;

use nightjar_topology::EntityId;

/// What of the metrics a reader is to keep; all of it unless told otherwise.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Whose; all entities' if empty.
    pub entities: BTreeSet<EntityId>,
    /// Nothing before this, Unix nanoseconds.
    pub from_nanos: Option<u64>,
    /// Nothing at or after this, Unix nanoseconds.
    pub to_nanos: Option<u64>,
}

impl Wanted {
    pub(crate) fn is_of(&self, entity: &EntityId) -> bool {
        self.entities.is_empty() || self.entities.contains(entity)
    }

    pub(crate) fn is_at(&self, nanos: u64) -> bool {
        self.from_nanos.is_none_or(|from| nanos >= from)
            && self.to_nanos.is_none_or(|to| nanos < to)
    }
}
