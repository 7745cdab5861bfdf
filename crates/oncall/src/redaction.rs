use nightjar_redact::Policy;
use nightjar_store::Space;
use nightjar_topology::Topology;

use crate::{Error, Result};

/// What is redacted in a space.
pub(crate) async fn policy(space: &Space) -> Result<Policy> {
    match space.record().await?.redaction {
        Some(policy) => {
            serde_json::from_value(policy).map_err(|error| Error::Redaction(error.to_string()))
        }
        None => Ok(Policy::default()),
    }
}

/// The names of the entities, which are never taken for those of people.
pub(crate) fn names(topology: &Topology) -> Vec<String> {
    let of = |entity: &nightjar_topology::Entity| {
        let mut names = vec![entity.id.to_string()];
        names.extend(entity.aliases.iter().cloned());
        names
    };
    topology.entities().flat_map(of).collect()
}
