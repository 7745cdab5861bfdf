use std::collections::BTreeMap;

use nightjar_topology as domain;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::word;

/// What depends on what, as the last execution saw it.
#[derive(Serialize, ToSchema)]
pub(super) struct Topology {
    /// The nodes.
    entities: Vec<Entity>,
    /// The edges: `from` needs `to`.
    relations: Vec<Relation>,
}

impl From<&domain::Topology> for Topology {
    fn from(topology: &domain::Topology) -> Self {
        Self {
            entities: topology.entities().map(Entity::from).collect(),
            relations: topology.relations().map(Relation::from).collect(),
        }
    }
}

/// A node of the topology.
#[derive(Serialize, ToSchema)]
struct Entity {
    /// Its id.
    id: String,
    /// What it is.
    #[schema(example = "service")]
    kind: String,
    /// Other names of it.
    aliases: Vec<String>,
    /// What else is known.
    attributes: BTreeMap<String, String>,
}

impl From<&domain::Entity> for Entity {
    fn from(entity: &domain::Entity) -> Self {
        Self {
            id: entity.id.to_string(),
            kind: word(&entity.kind),
            aliases: entity.aliases.clone(),
            attributes: entity.attributes.clone(),
        }
    }
}

/// An edge of the topology.
#[derive(Serialize, ToSchema)]
struct Relation {
    /// Who depends.
    from: String,
    /// On whom.
    to: String,
    /// How.
    #[schema(example = "calls")]
    kind: String,
}

impl From<&domain::Relation> for Relation {
    fn from(relation: &domain::Relation) -> Self {
        Self {
            from: relation.from.to_string(),
            to: relation.to.to_string(),
            kind: word(&relation.kind),
        }
    }
}
