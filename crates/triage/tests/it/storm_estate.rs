//! The estate that storms pass over: 24 teams with fifteen entities each, every second
//! calls the next, and all share a few.

use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

pub(crate) const TEAMS: usize = 24;

const NAMES: [&str; TEAMS] = [
    "orders", "payments", "catalog", "search", "basket", "pricing", "stock", "shipping", "returns",
    "loyalty", "reviews", "media", "mail", "ledger", "fraud", "support", "reports", "partners",
    "tax", "coupons", "stores", "delivery", "profile", "wallet",
];

/// What it is, its name (`*` stands for the team's), and what it needs.
type Part = (EntityKind, &'static str, &'static [(RelationKind, &'static str)]);

/// What a team runs.
const PARTS: [Part; 15] = {
    use EntityKind::{Cache, Database, Function, Gateway, Host, Queue, Service, Table};
    use RelationKind::{Calls, Consumes, Publishes, Reads, RunsOn, Writes};
    [
        (Gateway, "*-gateway", &[(Calls, "*-api")]),
        (
            Service,
            "*-api",
            &[
                (Calls, "*-core"),
                (Calls, "*-quotes"),
                (Reads, "*-cache"),
                (RunsOn, "node-*-1"),
                (Calls, "identity"),
            ],
        ),
        (
            Service,
            "*-core",
            &[(Calls, "*-rules"), (Reads, "*-db"), (Writes, "*-db"), (RunsOn, "node-*-1")],
        ),
        (
            Service,
            "*-quotes",
            &[(Calls, "*-bridge"), (Publishes, "*-events"), (RunsOn, "node-*-1")],
        ),
        (Service, "*-rules", &[(Calls, "*-archive"), (RunsOn, "node-*-2")]),
        (Service, "*-bridge", &[(RunsOn, "node-*-2")]),
        (Service, "*-archive", &[(Reads, "*-items"), (RunsOn, "node-*-2")]),
        (Function, "*-worker", &[(Consumes, "*-events"), (Writes, "*-items")]),
        (Function, "*-nightly", &[(Reads, "*-items"), (Writes, "audit-log")]),
        (Database, "*-db", &[]),
        (Table, "*-items", &[]),
        (Cache, "*-cache", &[]),
        (Queue, "*-events", &[]),
        (Host, "node-*-1", &[]),
        (Host, "node-*-2", &[]),
    ]
};

pub(crate) fn team(number: usize) -> &'static str {
    NAMES.get(number).expect("invariant: there are so many teams")
}

pub(crate) fn named(pattern: &str, number: usize) -> EntityId {
    EntityId::new(pattern.replace('*', team(number))).expect("invariant: names here are ids")
}

pub(crate) fn topology() -> Topology {
    let mut topology = Topology::default();
    let mut relate = |from: EntityId, kind: RelationKind, to: EntityId| {
        topology.relate(Relation { from, to, kind });
    };
    for number in 0..TEAMS {
        for (_, name, needs) in PARTS {
            let from = named(name, number);
            relate(from.clone(), RelationKind::BelongsTo, named("eu-west-1", 0));
            for (kind, to) in needs {
                relate(from.clone(), *kind, named(to, number));
            }
        }
    }
    for caller in (0..TEAMS).step_by(2) {
        relate(named("*-bridge", caller), RelationKind::Calls, named("*-api", caller + 1));
    }
    for number in 0..TEAMS {
        for (kind, name, _) in PARTS {
            topology.add(Entity::new(named(name, number), kind));
        }
        let mut table = Entity::new(named("*-items", number), EntityKind::Table);
        table.aliases.push(format!("{}-items-v2", team(number)));
        topology.add(table);
    }
    topology.add(Entity::new(named("eu-west-1", 0), EntityKind::Region));
    topology.add(Entity::new(named("identity", 0), EntityKind::Service));
    topology.add(Entity::new(named("audit-log", 0), EntityKind::Bucket));
    topology
}
