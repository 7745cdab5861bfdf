//! The server as an entity, and whom it follows. Users are no services, so who is connected isn't made an entity.

use std::sync::Arc;

use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::Content;
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use super::server::{follows, told};
use super::sql;
use crate::database::{Ask, Place};

pub(super) async fn tell(mut ask: Ask, place: Arc<Place>, query: Query) -> Result<Answer, Error> {
    let about = told(&mut ask).await?;
    let databases = ask.rows(sql::DATABASES).await;
    let follows = follows(&mut ask).await;
    let own = &place.names.entity;
    let mut entity = Entity::new(own.clone(), EntityKind::Database);
    entity.aliases = place.names.aliases.iter().cloned().collect();
    let names: Vec<&str> = databases.iter().filter_map(|row| row.text("name")).collect();
    let role = if follows.is_empty() { "primary" } else { "replica" };
    for (key, value) in [
        ("db.system.name", about.system().to_ascii_lowercase()),
        ("service.version", about.version),
        ("db.namespaces", names.join(", ")),
        ("role", role.to_owned()),
    ] {
        let value = value.chars().filter(|letter| !letter.is_control()).take(500).collect();
        entity.attributes.insert(key.to_owned(), value);
    }
    let sources: Vec<EntityId> = follows
        .iter()
        .filter_map(|row| {
            let host = row.any(&["source_host", "master_host"])?;
            let port = row.any(&["source_port", "master_port"]).unwrap_or("3306");
            EntityId::new(format!("{host}:{port}")).ok()
        })
        .collect();
    let mut topology = Topology::default();
    let all = sources.len() + 1;
    if query.limit > 0 {
        topology.add(entity);
    }
    for source in sources.into_iter().take(query.limit.saturating_sub(1)) {
        topology.add(Entity::new(source.clone(), EntityKind::Database));
        topology.relate(Relation { from: own.clone(), to: source, kind: RelationKind::Consumes });
    }
    let cut = (all > query.limit)
        .then(|| format!("cut here: the first {} of {all} entities", query.limit));
    ask.told.answer(Content::Inventory(topology), cut)
}
