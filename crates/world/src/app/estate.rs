//! A layered estate of any size: gateways, services that call services in deeper layers, and the
//! databases, tables, caches, queues, partners and hosts they need. Names, fan-out and sizes are
//! drawn; the same seed draws the same.

use nightjar_incident::FaultMode;
use nightjar_topology::{Entity, EntityKind, RelationKind};

use super::{Application, Spot, entity};
use crate::dice::Dice;
use crate::number::whole;
use crate::system::{Call, Host, Memory, Node, Pool, Stream, System};
use crate::table::Ref;

const MEBIBYTE: f64 = 1_048_576.0;
/// Services on one host of 16 processors; each may use 2.
const SERVICES_PER_HOST: u32 = 6;
/// Services behind one gateway.
const SERVICES_PER_GATEWAY: u32 = 200;
/// Requests per second from outside for each service: deep ones then still see one a second.
const REQUESTS_PER_SERVICE: f64 = 0.2;
/// Edge services that one request from outside needs, on average.
const CALLS_OF_GATEWAY: f64 = 1.6;
/// Processor time of one request at one service, seconds; more would be a batch job.
const MOST_WORK: f64 = 0.05;
/// Connections of one pool in use on average, at most.
const MOST_CONNECTIONS: f64 = 3.0;

const DOMAINS: &[&str] = &[
    "account",
    "address",
    "advert",
    "audit",
    "basket",
    "billing",
    "booking",
    "campaign",
    "catalog",
    "claims",
    "contract",
    "coupon",
    "credit",
    "customer",
    "delivery",
    "device",
    "discount",
    "document",
    "feed",
    "fleet",
    "fraud",
    "identity",
    "invoice",
    "ledger",
    "location",
    "loyalty",
    "mail",
    "market",
    "media",
    "member",
    "offer",
    "order",
    "partner",
    "payout",
    "price",
    "product",
    "profile",
    "quote",
    "rating",
    "refund",
    "region",
    "report",
    "return",
    "review",
    "risk",
    "route",
    "search",
    "session",
    "shipment",
    "stock",
    "store",
    "supplier",
    "tax",
    "ticket",
    "tracking",
    "vendor",
    "voucher",
    "warehouse",
];
const ROLES: &[&str] = &[
    "api",
    "adapter",
    "archive",
    "broker",
    "cleaner",
    "composer",
    "engine",
    "exporter",
    "facade",
    "gate",
    "hub",
    "indexer",
    "keeper",
    "lookup",
    "mapper",
    "matcher",
    "planner",
    "proxy",
    "query",
    "reader",
    "resolver",
    "rules",
    "scheduler",
    "server",
    "store",
    "sync",
    "view",
    "writer",
];

/// Builds one.
pub(crate) fn estate(services: u32, dice: &mut Dice) -> Application {
    let mut builder = Builder { system: System::default(), dice, names: Vec::new(), named: 0 };
    builder.names = builder.names_in_random_order();
    builder.build(services);
    Application { system: builder.system, name: "estate", usual_place: nowhere }
}

/// Faults of an estate have no usual place; one that suits is drawn.
fn nowhere(_: FaultMode) -> Option<Spot> {
    None
}

struct Builder<'a> {
    system: System,
    dice: &'a mut Dice,
    names: Vec<String>,
    named: usize,
}

impl Builder<'_> {
    fn build(&mut self, services: u32) {
        let hosts: Vec<Ref<Host>> =
            (0..services.div_ceil(SERVICES_PER_HOST)).map(|number| self.host(number)).collect();
        let gateways: Vec<Ref<Node>> = (0..services.div_ceil(SERVICES_PER_GATEWAY))
            .map(|number| self.gateway(number))
            .collect();
        // 10 services make 4 layers, 10,000 make 7.
        let depth = 3 + usize::try_from(services.max(1).ilog10()).unwrap_or(3);
        let mut layers: Vec<Vec<Ref<Node>>> = vec![Vec::new(); depth];
        for number in 0..services {
            let host =
                usize::try_from(number / SERVICES_PER_HOST).ok().and_then(|at| hosts.get(at));
            let at = self.service(host.copied());
            // The first ones fill a layer each, so that none is empty.
            let layer = usize::try_from(number).ok().filter(|&first| first < depth);
            let drawn = usize::try_from(self.dice.below(depth as u64)).unwrap_or(0);
            if let Some(layer) = layers.get_mut(layer.unwrap_or(drawn)) {
                layer.push(at);
            }
        }
        self.connect_gateways(&gateways, layers.first().map_or(&[], Vec::as_slice));
        for pair in layers.windows(2) {
            if let [above, below] = pair {
                self.connect(above, below);
            }
        }
        for (layer, members) in layers.iter().enumerate() {
            for &at in members {
                self.furnish(at, layer, depth);
            }
        }
        let rate = (REQUESTS_PER_SERVICE * f64::from(services)).max(12.0) / gateways.len() as f64;
        for to in gateways {
            let phase = self.dice.share();
            let stream = Stream { to, per_second: rate, drift: 0.1, period: 5400.0, phase };
            self.system.streams.push(stream);
        }
        self.system.bystanders.push(entity("users", EntityKind::Client, &[], &[]));
        self.size();
    }

    fn names_in_random_order(&mut self) -> Vec<String> {
        let mut names: Vec<String> = DOMAINS
            .iter()
            .flat_map(|domain| ROLES.iter().map(move |role| format!("{domain}-{role}")))
            .collect();
        for place in (1..names.len()).rev() {
            let other = usize::try_from(self.dice.below(place as u64 + 1)).unwrap_or(0);
            names.swap(place, other);
        }
        names
    }

    /// A name nothing else has; beyond the list of names they are numbered.
    fn name(&mut self) -> String {
        let round = self.named / self.names.len().max(1);
        let name = self.names.get(self.named % self.names.len().max(1)).cloned();
        let name = name.unwrap_or_else(|| "service".into());
        self.named += 1;
        if round == 0 { name } else { format!("{name}-{}", round + 1) }
    }

    fn host(&mut self, number: u32) -> Ref<Host> {
        let name =
            format!("ip-10-{}-{}-{}", number / 40_000, number / 200 % 200, 10 + number % 200);
        let instance = format!("i-0{}", self.dice.hex(16));
        let long = format!("{name}.eu-central-1.compute.internal");
        let attributes = [("cloud.region", "eu-central-1"), ("host.name", name.as_str())];
        let neighbour = self.dice.between(0.6, 2.0);
        self.system.hosts.push(Host {
            entity: entity(&name, EntityKind::Host, &[&long, &instance], &attributes),
            processors: 16.0,
            neighbour,
            disk: self.dice.between(0.2, 0.7),
            disk_per_hour: 0.002,
        })
    }

    fn gateway(&mut self, number: u32) -> Ref<Node> {
        let name =
            if number == 0 { "api-gateway".into() } else { format!("api-gateway-{}", number + 1) };
        let alias = format!("arn:aws:apigateway:eu-central-1::/restapis/{}", self.dice.hex(10));
        let node = managed(entity(&name, EntityKind::Gateway, &[&alias], &REGION));
        self.system.nodes.push(Node { work: 0.002, ..node })
    }

    fn service(&mut self, host: Option<Ref<Host>>) -> Ref<Node> {
        let name = self.name();
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
        let node = Node {
            host,
            version,
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

    fn connect_gateways(&mut self, gateways: &[Ref<Node>], edge: &[Ref<Node>]) {
        for (number, &to) in edge.iter().enumerate() {
            let Some(&from) = gateways.get(number % gateways.len().max(1)) else { continue };
            let siblings = edge.len().div_ceil(gateways.len().max(1)) as f64;
            let share = (CALLS_OF_GATEWAY / siblings).min(1.0);
            self.call(from, to, Call { share, timeout: 12.0, ..plain(from, to) });
        }
    }

    /// Everyone in a layer is called by someone of the layer above; some call more.
    fn connect(&mut self, above: &[Ref<Node>], below: &[Ref<Node>]) {
        for &to in below {
            let callers = 1 + self.dice.below(3);
            let mut chosen: Vec<Ref<Node>> = Vec::new();
            for _ in 0..callers {
                let Some(&from) = self.dice.pick(above) else { continue };
                if chosen.contains(&from) {
                    continue;
                }
                chosen.push(from);
                let share = self.dice.between(0.2, 0.9);
                let retries = u32::from(self.dice.chance(0.5));
                self.call(from, to, Call { share, retries, ..plain(from, to) });
            }
        }
    }

    /// What a service keeps its data in; deeper services have more of it.
    fn furnish(&mut self, at: Ref<Node>, layer: usize, depth: usize) {
        let depth_share = layer as f64 / depth as f64;
        let name = self.system.nodes[at].entity.id.as_str().to_owned();
        let writes = RelationKind::Writes;
        let reads = RelationKind::Reads;
        if self.dice.chance(0.15 + 0.35 * depth_share) {
            let address = format!("{name}-db.{}.eu-central-1.rds.amazonaws.com", self.dice.hex(12));
            let db =
                managed(entity(&format!("{name}-db"), EntityKind::Database, &[&address], &REGION));
            let to = self.system.nodes.push(db);
            self.system.nodes[at].pool = Some(Pool { size: 20, timeout: 5.0, leaked_share: 0.0 });
            self.call(
                at,
                to,
                Call { kind: writes, is_pooled: true, timeout: 8.0, ..plain(at, to) },
            );
        } else if self.dice.chance(0.25) {
            let arn = format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{name}-table");
            let table =
                managed(entity(&format!("{name}-table"), EntityKind::Table, &[&arn], &REGION));
            let table = Node { work: 0.006, admitted_per_second: Some(1.0), ..table };
            let to = self.system.nodes.push(table);
            self.call(
                at,
                to,
                Call { kind: writes, timeout: 1.0, retries: 2, backoff: 0.05, ..plain(at, to) },
            );
        }
        if self.dice.chance(0.12) {
            let cache = managed(entity(&format!("{name}-cache"), EntityKind::Cache, &[], &REGION));
            let to = self.system.nodes.push(Node { work: 0.001, ..cache });
            self.call(at, to, Call { kind: reads, timeout: 0.5, retries: 1, ..plain(at, to) });
        }
        if self.dice.chance(0.05) {
            self.publish(at, &name);
        }
        if self.dice.chance(0.02) {
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
    }

    fn publish(&mut self, at: Ref<Node>, name: &str) {
        let arn = format!("arn:aws:sqs:eu-central-1:123456789012:{name}-queue");
        let queue = managed(entity(&format!("{name}-queue"), EntityKind::Queue, &[&arn], &REGION));
        let queue = self.system.nodes.push(Node { work: 0.004, ..queue });
        let kind = RelationKind::Publishes;
        self.call(at, queue, Call { kind, share: 0.5, ..plain(at, queue) });
        let host = self.system.nodes[at].host;
        let worker = self.service(host);
        self.system.nodes[worker].consumes = Some(queue);
    }

    fn call(&mut self, from: Ref<Node>, to: Ref<Node>, call: Call) {
        debug_assert!(call.from == from && call.to == to);
        self.system.add_call(call);
    }

    /// Gives everything the size its traffic needs: utilisations between 5 and 35 %.
    fn size(&mut self) {
        let rates = self.system.rates();
        for at in self.system.nodes.refs() {
            let rate = rates[at].max(0.01);
            let utilization = self.dice.between(0.05, 0.35);
            let node = &mut self.system.nodes[at];
            match node.kind() {
                EntityKind::Service => {
                    // A small service gets one processor, a busy one two.
                    node.processors = if rate < 3.0 { 1 } else { 2 };
                    let work = utilization * node.processors as f64 / rate;
                    node.work = work.clamp(0.002, MOST_WORK);
                }
                EntityKind::Database => {
                    let in_use = MOST_CONNECTIONS * (utilization / 0.35);
                    node.work = (in_use / rate).clamp(0.02, 0.35);
                    node.processors = whole((rate * node.work * 4.0).ceil()).max(8);
                }
                EntityKind::Table => node.admitted_per_second = Some((rate * 4.0).ceil().max(5.0)),
                _ => {}
            }
        }
        for at in self.system.nodes.refs() {
            let rate = rates[at];
            let held: f64 = self.system.nodes[at]
                .calls
                .iter()
                .map(|&call| &self.system.calls[call])
                .filter(|call| call.is_pooled)
                .map(|call| {
                    rate * call.share * (self.system.nodes[call.to].work + 2.0 * call.delay)
                })
                .sum();
            if let Some(pool) = &mut self.system.nodes[at].pool {
                pool.size = whole((held * 5.0).ceil()).max(6);
            }
        }
    }
}

const REGION: [(&str, &str); 2] =
    [("cloud.account.id", "123456789012"), ("cloud.region", "eu-central-1")];

fn managed(entity: Entity) -> Node {
    Node { workers: 2000, backlog: 2000, processors: 256, ..Node::new(entity) }
}

fn plain(from: Ref<Node>, to: Ref<Node>) -> Call {
    Call {
        from,
        to,
        kind: RelationKind::Calls,
        share: 1.0,
        delay: 0.0008,
        timeout: 6.0,
        retries: 0,
        backoff: 0.1,
        is_pooled: false,
        is_essential: true,
    }
}
