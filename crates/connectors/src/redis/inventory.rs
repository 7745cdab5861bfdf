//! The server as an entity, who follows whom, and who is connected under a name of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::Content;
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use super::open::{CLIENTS, Client, INFO};
use super::resp::Reply;
use super::told::{Facts, parts};
use crate::database::Place;

pub(super) async fn tell(
    mut client: Client,
    place: Arc<Place>,
    query: Query,
) -> Result<Answer, Error> {
    let info = Facts::of_info(client.ask(INFO).await);
    let clients = client.ask(CLIENTS).await;
    let own = &place.names.entity;
    let mut entity = Entity::new(own.clone(), EntityKind::Cache);
    entity.aliases = place.names.aliases.iter().cloned().collect();
    for (key, value) in [
        ("db.system.name", "redis"),
        ("service.version", info.text("redis_version").unwrap_or("?")),
        ("role", info.text("role").unwrap_or("?")),
        ("redis.mode", info.text("redis_mode").unwrap_or("?")),
        ("redis.maxmemory_policy", info.text("maxmemory_policy").unwrap_or("?")),
    ] {
        let value = value.chars().filter(|letter| !letter.is_control()).take(100).collect();
        entity.attributes.insert(key.to_owned(), value);
    }
    let mut others: Vec<(EntityId, EntityKind, Relation)> = Vec::new();
    let mut add = |other: String, kind, how, is_from: bool| {
        let Ok(other) = EntityId::new(other) else { return };
        if other != *own {
            let (from, to) =
                if is_from { (other.clone(), own.clone()) } else { (own.clone(), other.clone()) };
            others.push((other, kind, Relation { from, to, kind: how }));
        }
    };
    if let (Some(host), Some(port)) = (info.text("master_host"), info.text("master_port")) {
        add(format!("{host}:{port}"), EntityKind::Cache, RelationKind::Consumes, false);
    }
    for (number, replica) in info.beginning("slave") {
        let told = parts(replica, ',');
        if let (Some(ip), Some(port)) = (told.get("ip"), told.get("port"))
            && number.chars().all(|letter| letter.is_ascii_digit())
        {
            add(format!("{ip}:{port}"), EntityKind::Cache, RelationKind::Consumes, true);
        }
    }
    let list = clients.as_ref().and_then(Reply::text).unwrap_or_default();
    // Names that clients gave themselves (CLIENT SETNAME), as long as they did.
    let mut names: BTreeMap<&str, ()> = BTreeMap::new();
    for line in list.lines() {
        let told = parts(line, ' ');
        names.extend(told.get("name").filter(|name| !name.is_empty()).map(|name| (*name, ())));
    }
    for name in names.into_keys() {
        add(name.to_owned(), EntityKind::Unknown, RelationKind::Reads, true);
    }
    let mut topology = Topology::default();
    let all = others.len() + 1;
    if query.limit > 0 {
        topology.add(entity);
    }
    for (other, kind, relation) in others.into_iter().take(query.limit.saturating_sub(1)) {
        topology.add(Entity::new(other, kind));
        topology.relate(relation);
    }
    let cut = (all > query.limit)
        .then(|| format!("cut here: the first {} of {all} entities", query.limit));
    client.told.answer(Content::Inventory(topology), cut)
}
