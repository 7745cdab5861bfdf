//! The graph of what is watched: entities, relations, neighbourhoods, blast radius.
//!
//! This room doesn't know what an alert or a metric is. The graph may hold cycles, entities
//! without relations and relations between entities of any kind; nothing here assumes otherwise.

mod entity;
mod graph;
mod names;
mod relation;

pub use entity::{Entity, EntityId, EntityKind, InvalidId};
pub use graph::{Difference, Topology};
pub use names::Names;
pub use relation::{Relation, RelationKind};
