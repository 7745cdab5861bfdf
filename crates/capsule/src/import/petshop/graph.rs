use std::path::Path;

use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

use crate::import::Error;
use crate::import::notes::{Notes, label};

/// What the part of a node's name after its last `_` says, by prefix; the first row that fits
/// counts. A managed interface of AWS that isn't listed is outside the estate.
const KINDS: &[(&str, EntityKind)] = &[
    ("AWS::ApiGateway", EntityKind::Gateway),
    ("AWS::ElasticLoadBalancing", EntityKind::Gateway),
    ("AWS::DynamoDB", EntityKind::Table),
    ("AWS::ECS", EntityKind::Service),
    ("AWS::EKS", EntityKind::Service),
    ("AWS::EC2", EntityKind::Service),
    ("AWS::ElastiCache", EntityKind::Cache),
    ("AWS::Lambda", EntityKind::Function),
    ("AWS::RDS", EntityKind::Database),
    ("AWS::S3", EntityKind::Bucket),
    ("AWS::SimpleNotificationService", EntityKind::Queue),
    ("AWS::SNS", EntityKind::Queue),
    ("AWS::SQS", EntityKind::Queue),
    ("AWS::StepFunctions", EntityKind::Workflow),
    ("AWS::", EntityKind::External),
    ("Database::", EntityKind::Database),
    ("client", EntityKind::Client),
    ("remote", EntityKind::External),
];

/// A node as an entity; its kind is unknown where the name doesn't tell.
pub(super) fn entity(node: EntityId) -> Entity {
    let suffix = node.as_str().rsplit('_').next().unwrap_or_default();
    let kind = KINDS.iter().find(|(prefix, _)| suffix.starts_with(prefix));
    let kind = kind.map_or(EntityKind::Unknown, |(_, kind)| *kind);
    Entity::new(node, kind)
}

/// Reads the square adjacency matrix: row calls column.
///
/// Each edge is a request with an answer: its callee has a latency and an availability, queues
/// and tables too, so that all of them are calls.
pub(super) fn read(path: &Path) -> Result<(Topology, Vec<String>), Error> {
    let file = label(path, 2);
    let mut notes = Notes::default();
    let malformed = |e: csv::Error| Error::Format {
        path: file.clone(),
        expected: "a square matrix of 0.0 and 1.0 with node names in its first row and column",
        found: e.to_string(),
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path).map_err(malformed)?;
    let mut topology = Topology::default();
    let mut columns: Vec<Option<EntityId>> = Vec::new();
    for name in reader.headers().map_err(malformed)?.iter().skip(1) {
        let id = EntityId::new(name).ok();
        match &id {
            Some(id) => topology.add(entity(id.clone())),
            None => notes.add(&file, 1, "the name of a node", name),
        }
        columns.push(id);
    }
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        let line = record.position().map_or(0, csv::Position::line);
        let name = record.get(0).unwrap_or_default();
        let Ok(caller) = EntityId::new(name) else {
            notes.add(&file, line, "the name of a node", name);
            continue;
        };
        if topology.entity(&caller).is_none() {
            topology.add(entity(caller.clone()));
        }
        for (cell, callee) in record.iter().skip(1).zip(&columns) {
            let Some(callee) = callee else { continue };
            match cell.trim().parse::<f64>() {
                Ok(0.0) => {}
                Ok(1.0) => topology.relate(Relation {
                    from: caller.clone(),
                    to: callee.clone(),
                    kind: RelationKind::Calls,
                }),
                Ok(_) | Err(_) => notes.add(&file, line, "0.0 or 1.0", cell),
            }
        }
        if record.len() != columns.len() + 1 {
            let found = format!("{} cells", record.len());
            notes.add(&file, line, "as many cells as the first row has", &found);
        }
    }
    Ok((topology, notes.into_lines(&file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_the_last_underscore_is_the_kind() {
        let kind = |name: &str| entity(EntityId::new(name).unwrap()).kind;
        assert_eq!(kind("a_b_AWS::DynamoDB::Table"), EntityKind::Table);
        assert_eq!(kind("AWS::ECS_Database::SQL"), EntityKind::Database);
        assert_eq!(kind("x_AWS::SomethingNew"), EntityKind::External);
        assert_eq!(kind("x_client"), EntityKind::Client);
        assert_eq!(kind("AWS::StepFunctions::StateMachine"), EntityKind::Workflow);
        assert_eq!(kind("client_frontend"), EntityKind::Unknown);
    }
}
