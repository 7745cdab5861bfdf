//! What an estate is made of, and what a service keeps its data in.

use nightjar_topology::{Entity, EntityKind, RelationKind};

use super::Builder;
use super::entity;
use crate::system::{Call, Host, Memory, Node, Pool, Volume};
use crate::table::Ref;

const MEBIBYTE: f64 = 1_048_576.0;
const REGION: [(&str, &str); 2] =
    [("cloud.account.id", "123456789012"), ("cloud.region", "eu-central-1")];

impl Builder<'_> {
    pub(super) fn host(&mut self, number: u32) -> Ref<Host> {
        let name =
            format!("ip-10-{}-{}-{}", number / 40_000, number / 200 % 200, 10 + number % 200);
        let neighbour = self.dice.between(0.6, 2.0);
        self.machine(&name, neighbour)
    }

    /// A host of another team; nothing of the estate depends on it.
    pub(super) fn batch_host(&mut self) {
        let neighbour = self.dice.between(2.0, 6.0);
        self.machine("batch-host-1", neighbour);
    }

    fn machine(&mut self, name: &str, neighbour: f64) -> Ref<Host> {
        let instance = format!("i-0{}", self.dice.hex(16));
        let long = format!("{name}.eu-central-1.compute.internal");
        let attributes = [("cloud.region", "eu-central-1"), ("host.name", name)];
        self.system.hosts.push(Host {
            entity: entity(name, EntityKind::Host, &[&long, &instance], &attributes),
            processors: 16.0,
            neighbour,
            disk: self.dice.between(0.2, 0.7),
            disk_per_hour: 0.002,
            idle_work: 0.0,
            health: 1.0,
            fault_share: 0.0,
        })
    }

    pub(super) fn gateway(&mut self, number: u32) -> Ref<Node> {
        let name =
            if number == 0 { "api-gateway".into() } else { format!("api-gateway-{}", number + 1) };
        let alias = format!("arn:aws:apigateway:eu-central-1::/restapis/{}", self.dice.hex(10));
        let node = managed(entity(&name, EntityKind::Gateway, &[&alias], &REGION));
        self.system.nodes.push(Node { work: 0.002, ..node })
    }

    pub(super) fn service(&mut self, host: Option<Ref<Host>>) -> Ref<Node> {
        let name = self.names.next();
        let pod = format!("{name}-{}-{}", self.dice.hex(10), self.dice.hex(5));
        let attributes = [
            ("cloud.region", "eu-central-1"),
            ("k8s.cluster.name", "estate-prod"),
            ("k8s.deployment.name", name.as_str()),
            ("k8s.pod.name", pod.as_str()),
        ];
        let version =
            format!("{}.{}.{}", 1 + self.dice.below(6), self.dice.below(40), self.dice.below(20));
        let base = self.dice.between(120.0, 260.0) * MEBIBYTE;
        let days = self.dice.between(15.0, 80.0);
        let node = Node {
            host,
            version,
            // Only some teams watch their certificates.
            certificate_ends: self.dice.chance(0.5).then_some(days * 86_400.0),
            workers: 48,
            backlog: 96,
            variation: self.dice.between(0.4, 0.9),
            error_share: self.dice.between(0.0, 0.0006),
            memory: Some(Memory {
                limit: 512.0 * MEBIBYTE,
                base,
                per_request: 1.5 * MEBIBYTE,
                leaked_per_request: 0.0,
                restart: 25.0,
            }),
            ..Node::new(entity(&name, EntityKind::Service, &[&pod], &attributes))
        };
        self.system.nodes.push(node)
    }

    /// What a service keeps its data in; the nearer to 1 the depth, the more it has of it.
    pub(super) fn furnish(&mut self, at: Ref<Node>, depth: f64) {
        if self.dice.chance(0.15 + 0.35 * depth) {
            let database = self.database(at);
            self.store(at, database, RelationKind::Writes, 1.0);
        } else if self.dice.chance(0.25) {
            self.table(at);
        }
        if self.dice.chance(0.12) {
            self.cache(at);
        }
        if self.dice.chance(0.05) {
            let queue = self.queue(at);
            let host = self.system.nodes[at].host;
            let worker = self.service(host);
            self.system.nodes[worker].consumes = Some(queue);
        }
        if self.dice.chance(0.02) {
            self.partner(at);
        }
    }

    /// A small estate has one of each kind too: otherwise most faults had no place in it.
    pub(super) fn complete(&mut self, everyone: &[Ref<Node>]) {
        let kinds = [
            EntityKind::Database,
            EntityKind::Table,
            EntityKind::Cache,
            EntityKind::Queue,
            EntityKind::External,
        ];
        for kind in kinds {
            if self.system.nodes.iter().any(|(_, node)| node.kind() == kind) {
                continue;
            }
            let named: Vec<Ref<Node>> = everyone
                .iter()
                .copied()
                .filter(|&at| {
                    let is_fed = self.system.nodes[at].consumes.is_some();
                    !is_fed
                        && (kind != EntityKind::Database || self.system.nodes[at].pool.is_none())
                })
                .collect();
            let Some(&at) = self.dice.pick(&named) else { continue };
            match kind {
                EntityKind::Database => {
                    let database = self.database(at);
                    self.store(at, database, RelationKind::Writes, 1.0);
                }
                EntityKind::Table => self.table(at),
                EntityKind::Cache => self.cache(at),
                EntityKind::Queue => {
                    let queue = self.queue(at);
                    let host = self.system.nodes[at].host;
                    let worker = self.service(host);
                    self.system.nodes[worker].consumes = Some(queue);
                }
                _ => self.partner(at),
            }
        }
    }

    /// A database with the name of a service.
    pub(super) fn database(&mut self, of: Ref<Node>) -> Ref<Node> {
        let name = self.name(of);
        let address = format!("{name}-db.{}.eu-central-1.rds.amazonaws.com", self.dice.hex(12));
        let db = managed(entity(&format!("{name}-db"), EntityKind::Database, &[&address], &REGION));
        let used = self.dice.between(0.2, 0.75);
        let volume = Volume { bytes: 107_374_182_400.0, used, per_hour: 0.001 };
        self.system.nodes.push(Node { volume: Some(volume), ..db })
    }

    /// Lets a service keep its data in a database.
    pub(super) fn store(&mut self, at: Ref<Node>, to: Ref<Node>, kind: RelationKind, share: f64) {
        self.system.nodes[at].pool = Some(Pool { size: 20, timeout: 5.0, leaked_share: 0.0 });
        self.call(at, to, Call { kind, share, is_pooled: true, timeout: 8.0, ..plain(at, to) });
    }

    pub(super) fn table(&mut self, at: Ref<Node>) {
        let name = self.name(at);
        let arn = format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{name}-table");
        let table = managed(entity(&format!("{name}-table"), EntityKind::Table, &[&arn], &REGION));
        let table = Node { work: 0.006, admitted_per_second: Some(1.0), ..table };
        let to = self.system.nodes.push(table);
        let kind = RelationKind::Writes;
        let call = Call { kind, timeout: 1.0, retries: 2, backoff: 0.05, ..plain(at, to) };
        self.call(at, to, call);
    }

    pub(super) fn cache(&mut self, at: Ref<Node>) {
        let name = self.name(at);
        let cache = managed(entity(&format!("{name}-cache"), EntityKind::Cache, &[], &REGION));
        let to = self.system.nodes.push(Node { work: 0.001, ..cache });
        let kind = RelationKind::Reads;
        self.call(at, to, Call { kind, timeout: 0.5, retries: 1, ..plain(at, to) });
    }

    pub(super) fn partner(&mut self, at: Ref<Node>) {
        let name = self.name(at);
        let address = format!("api.{name}-partner.example");
        let attributes = [("server.address", address.as_str())];
        let partner = format!("{name}-partner");
        let partner = entity(&partner, EntityKind::External, &[&address], &attributes);
        let to = self.system.nodes.push(Node {
            workers: 4000,
            processors: 4000,
            work: 0.15,
            variation: 0.4,
            error_share: 0.001,
            ..Node::new(partner)
        });
        self.call(at, to, Call { timeout: 5.0, delay: 0.012, ..plain(at, to) });
    }

    /// A queue that a service publishes to; whoever consumes it is set by the caller.
    pub(super) fn queue(&mut self, at: Ref<Node>) -> Ref<Node> {
        let mut name = self.name(at);
        if self.system.node(&format!("{name}-queue")).is_some() {
            name.push_str("-second");
        }
        let arn = format!("arn:aws:sqs:eu-central-1:123456789012:{name}-queue");
        let queue = managed(entity(&format!("{name}-queue"), EntityKind::Queue, &[&arn], &REGION));
        let queue = self.system.nodes.push(Node { work: 0.004, ..queue });
        let kind = RelationKind::Publishes;
        self.call(at, queue, Call { kind, share: 0.5, ..plain(at, queue) });
        queue
    }

    pub(super) fn call(&mut self, from: Ref<Node>, to: Ref<Node>, call: Call) {
        debug_assert!(call.from == from && call.to == to);
        self.system.add_call(call);
    }

    fn name(&self, at: Ref<Node>) -> String {
        self.system.nodes[at].entity.id.as_str().to_owned()
    }
}

fn managed(entity: Entity) -> Node {
    Node { workers: 2000, backlog: 2000, processors: 256, ..Node::new(entity) }
}

pub(super) fn plain(from: Ref<Node>, to: Ref<Node>) -> Call {
    Call {
        from,
        to,
        kind: RelationKind::Calls,
        share: 1.0,
        delay: 0.0008,
        timeout: 6.0,
        retries: 0,
        backoff: 0.1,
        loss: 0.0,
        weight: 1.0,
        is_pooled: false,
        is_essential: true,
    }
}
