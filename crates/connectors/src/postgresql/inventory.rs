//! The server as an entity, who follows whom, and who is connected.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::Content;
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use super::levels::is_client;
use super::sql;
use crate::database::{Ask, Place, Row};

/// Names that drivers and tools give themselves: they name no service.
const TOOLS: &[&str] = &[
    "psql",
    "pg_dump",
    "pg_restore",
    "pg_basebackup",
    "pgbench",
    "pgadmin",
    "dbeaver",
    "datagrip",
    "postgresql jdbc driver",
    "npgsql",
    "nightjar",
    "postgres_exporter",
    "walreceiver",
    "pgbouncer",
    "vacuumdb",
    "unknown",
];

pub(super) async fn tell(mut ask: Ask, place: Arc<Place>, query: Query) -> Result<Answer, Error> {
    let server = ask.rows(sql::SERVER).await.into_iter().next().unwrap_or_default();
    let sessions = ask.rows(sql::SESSIONS).await;
    let follows = ask.rows(sql::FOLLOWS).await;
    let followers = ask.rows(sql::FOLLOWERS).await;
    let databases = ask.rows(sql::DATABASES).await;
    let own = &place.names.entity;
    let mut entity = Entity::new(own.clone(), EntityKind::Database);
    entity.aliases = place.names.aliases.iter().cloned().collect();
    let mut attribute = |key: &str, value: String| {
        entity.attributes.insert(key.to_owned(), value);
    };
    attribute("db.system.name", "postgresql".to_owned());
    let version: String = server.text("version").unwrap_or_default().chars().take(60).collect();
    attribute("service.version", version);
    attribute("role", if server.is("is_replica") { "replica" } else { "primary" }.to_owned());
    let names: Vec<&str> = databases.iter().filter_map(|row| row.text("datname")).collect();
    attribute("db.namespaces", clean(&names.join(", ")));
    let mut others: Vec<(Entity, Relation)> = Vec::new();
    let relation = |from: &EntityId, to: &EntityId, kind| Relation {
        from: from.clone(),
        to: to.clone(),
        kind,
    };
    for row in &follows {
        let (Some(host), Some(port)) = (row.text("host"), row.text("port")) else { continue };
        let Ok(primary) = EntityId::new(format!("{host}:{port}")) else { continue };
        let follows = relation(own, &primary, RelationKind::Consumes);
        others.push((Entity::new(primary, EntityKind::Database), follows));
    }
    for row in &followers {
        let Some(replica) = row.text("client_addr").and_then(|address| EntityId::new(address).ok())
        else {
            continue;
        };
        let follows = relation(&replica, own, RelationKind::Consumes);
        let mut entity = Entity::new(replica, EntityKind::Database);
        let name = clean(row.text("application_name").unwrap_or_default());
        entity.attributes.insert("replication.application".to_owned(), name);
        others.push((entity, follows));
    }
    for (client, (addresses, writes)) in clients(&sessions) {
        let kind = if writes { RelationKind::Writes } else { RelationKind::Reads };
        let relation = relation(&client, own, kind);
        let mut entity = Entity::new(client, EntityKind::Unknown);
        let addresses: Vec<&str> = addresses.into_iter().take(20).collect();
        if !addresses.is_empty() {
            entity.attributes.insert("client.addresses".to_owned(), addresses.join(", "));
        }
        others.push((entity, relation));
    }
    let mut topology = Topology::default();
    let all = others.len() + 1;
    if query.limit > 0 {
        topology.add(entity);
    }
    for (entity, relation) in others.into_iter().take(query.limit.saturating_sub(1)) {
        topology.add(entity);
        topology.relate(relation);
    }
    let cut = (all > query.limit)
        .then(|| format!("cut here: the first {} of {all} entities", query.limit));
    ask.told.answer(Content::Inventory(topology), cut)
}

fn clean(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(500).collect()
}

/// Applications that name themselves, with their addresses and whether one of them is writing now. Those that
/// don't, or bear the name of a driver, would be made up.
fn clients(sessions: &[Row]) -> BTreeMap<EntityId, (BTreeSet<&str>, bool)> {
    let mut found: BTreeMap<EntityId, (BTreeSet<&str>, bool)> = BTreeMap::new();
    for session in sessions.iter().filter(|session| is_client(session) && !session.is("is_own")) {
        let Some(name) = session.text("application_name").map(str::trim) else { continue };
        let lower = name.to_ascii_lowercase();
        if TOOLS.iter().any(|tool| lower.starts_with(tool)) {
            continue;
        }
        let Ok(id) = EntityId::new(name) else { continue };
        let known = found.entry(id).or_default();
        known.0.extend(session.text("client_addr"));
        known.1 |= session.is("writes");
    }
    found
}
