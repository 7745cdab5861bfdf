use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A stretch of time, from (included) to (not included).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// First instant inside.
    pub from: Timestamp,
    /// First instant behind.
    pub to: Timestamp,
}

impl Window {
    /// Whether an instant lies inside.
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The part both windows cover; empty windows collapse at `from`.
    pub fn intersect(self, other: Self) -> Self {
        let from = self.from.max(other.from);
        Self { from, to: self.to.min(other.to).max(from) }
    }
}
