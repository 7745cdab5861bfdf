use nightjar_agent::Policy;
use nightjar_store::Space;

use crate::Result;

/// What holds in the spaces of an installation, and what a space says otherwise.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Where a space says nothing.
    pub policy: Policy,
}

impl Rules {
    /// What holds in a space.
    pub(crate) async fn of(&self, _space: &Space) -> Result<Policy> {
        Ok(self.policy.clone())
    }
}
