//! The shop: a gateway, checkout and what checkout needs, on three hosts and managed services.
//!
//! Sizes are those of a small real shop: 12 requests a second, hosts of 8 processors. Utilisations
//! at rest lie between 5 and 35 %, the least headroom at `checkout`, so that a surge shows there.

use nightjar_incident::FaultMode;
use nightjar_topology::{EntityKind, RelationKind};

use super::{Application, Spot, entity};
use crate::system::{Call, Host, Memory, Node, Pool, Stream, System, Volume};
use crate::table::Ref;

const REGION: &str = "eu-central-1";
const MEBIBYTE: f64 = 1_048_576.0;
const DAY_SECONDS: f64 = 86_400.0;

/// Builds it.
pub(crate) fn shop() -> Application {
    let mut system = System::default();
    let host_a = host(&mut system, "ip-10-0-1-17", "i-0a41c7de29f8b3165");
    let host_b = host(&mut system, "ip-10-0-2-38", "i-0b7e5f10c2ad94478");
    let host_c = host(&mut system, "ip-10-0-3-52", "i-0c93d2a86b1e07f5d");

    // Runs the reports of another team; nothing of the shop depends on it.
    let batch = host(&mut system, "batch-host-1", "i-0d5510e7c9b24fa36");
    system.hosts[batch].neighbour = 3.1;

    let gateway = system.nodes.push(Node {
        operation: "POST /orders".into(),
        certificate_ends: Some(41.0 * DAY_SECONDS),
        workers: 400,
        processors: 16,
        work: 0.002,
        version: "prod-2026-10".into(),
        ..managed(
            "api-gateway",
            EntityKind::Gateway,
            &["arn:aws:apigateway:eu-central-1::/restapis/a1b2c3d4e5", "shop-api", "a1b2c3d4e5"],
        )
    });
    let checkout = system.nodes.push(Node {
        operation: "POST /orders".into(),
        workers: 64,
        work: 0.05,
        error_share: 0.0008,
        ..service("checkout", "checkout-7d9f6c5b84-x2x9q", "3.18.2", host_a)
    });
    let cart = system.nodes.push(Node {
        operation: "GET /carts/{id}".into(),
        work: 0.012,
        ..service("cart", "cart-5c68d7f9b-mk4tz", "1.44.0", host_a)
    });
    let inventory = system.nodes.push(Node {
        operation: "POST /reservations".into(),
        certificate_ends: Some(63.0 * DAY_SECONDS),
        workers: 48,
        backlog: 64,
        work: 0.01,
        error_share: 0.0005,
        pool: Some(Pool { size: 20, timeout: 5.0, leaked_share: 0.0 }),
        ..service("inventory", "inventory-6f7c9d8b55-8hrwn", "2.9.4", host_b)
    });
    let catalog = system.nodes.push(Node {
        operation: "GET /products".into(),
        work: 0.02,
        ..service("catalog", "catalog-84b7c6fd99-tq6lp", "5.2.1", host_b)
    });
    let worker = system.nodes.push(Node {
        operation: "process order-queue".into(),
        workers: 8,
        work: 0.05,
        ..service("order-worker", "order-worker-795d4c8f66-jz7vd", "1.12.7", host_c)
    });
    let payment = system.nodes.push(Node {
        operation: "payment-processor".into(),
        workers: 80,
        backlog: 0,
        processors: 80,
        work: 0.03,
        error_share: 0.0008,
        version: "41".into(),
        ..managed(
            "payment-processor",
            EntityKind::Function,
            &["arn:aws:lambda:eu-central-1:123456789012:function:payment-processor"],
        )
    });
    let payments_table = system.nodes.push(Node {
        operation: "DynamoDB.PutItem".into(),
        work: 0.006,
        admitted_per_second: Some(40.0),
        ..managed(
            "payments-table",
            EntityKind::Table,
            &["arn:aws:dynamodb:eu-central-1:123456789012:table/payments-table"],
        )
    });
    let orders_db = system.nodes.push(Node {
        operation: "INSERT orders".into(),
        processors: 12,
        work: 0.22,
        variation: 0.5,
        volume: Some(Volume { bytes: 107_374_182_400.0, used: 0.46, per_hour: 0.001 }),
        ..managed(
            "orders-db",
            EntityKind::Database,
            &[
                "arn:aws:rds:eu-central-1:123456789012:db:orders-db",
                "orders-db.c9xkq2l7ab1d.eu-central-1.rds.amazonaws.com",
            ],
        )
    });
    let cart_cache = system.nodes.push(Node {
        operation: "GET".into(),
        work: 0.001,
        ..managed(
            "cart-cache",
            EntityKind::Cache,
            &["arn:aws:elasticache:eu-central-1:123456789012:cluster:cart-cache"],
        )
    });
    let order_queue = system.nodes.push(Node {
        operation: "publish order-queue".into(),
        work: 0.004,
        ..managed(
            "order-queue",
            EntityKind::Queue,
            &[
                "arn:aws:sqs:eu-central-1:123456789012:order-queue",
                "https://sqs.eu-central-1.amazonaws.com/123456789012/order-queue",
            ],
        )
    });
    let receipts = system.nodes.push(Node {
        operation: "S3.PutObject".into(),
        work: 0.03,
        ..managed("receipts-bucket", EntityKind::Bucket, &["arn:aws:s3:::receipts-bucket"])
    });
    let card_network = system.nodes.push(Node {
        operation: "POST /authorizations".into(),
        workers: 4000,
        processors: 4000,
        work: 0.18,
        variation: 0.4,
        error_share: 0.001,
        ..Node::new(entity(
            "card-network",
            EntityKind::External,
            &["api.card-network.example"],
            &[("server.address", "api.card-network.example")],
        ))
    });
    system.nodes[worker].consumes = Some(order_queue);

    let calls = RelationKind::Calls;
    let plain = |from, to| Call {
        from,
        to,
        kind: calls,
        share: 1.0,
        delay: 0.0008,
        timeout: 3.0,
        retries: 0,
        backoff: 0.1,
        loss: 0.0,
        weight: 1.0,
        is_pooled: false,
        is_essential: true,
    };
    let reads = RelationKind::Reads;
    let writes = RelationKind::Writes;
    let publishes = RelationKind::Publishes;
    system.add_call(Call { timeout: 15.0, ..plain(gateway, checkout) });
    system.add_call(Call { share: 0.5, ..plain(gateway, catalog) });
    system.add_call(Call { timeout: 1.0, retries: 1, ..plain(checkout, cart) });
    system.add_call(Call { retries: 1, ..plain(checkout, inventory) });
    // A payment isn't sent twice: no retry.
    system.add_call(Call { share: 0.8, timeout: 6.0, ..plain(checkout, payment) });
    system.add_call(Call { kind: publishes, share: 0.8, ..plain(checkout, order_queue) });
    system.add_call(Call { kind: reads, timeout: 0.5, retries: 1, ..plain(cart, cart_cache) });
    system.add_call(Call {
        kind: writes,
        timeout: 10.0,
        is_pooled: true,
        ..plain(inventory, orders_db)
    });
    system.add_call(Call { timeout: 5.0, delay: 0.012, ..plain(payment, card_network) });
    // The AWS SDK's usual three attempts.
    system.add_call(Call {
        kind: writes,
        timeout: 1.0,
        retries: 2,
        backoff: 0.05,
        ..plain(payment, payments_table)
    });
    system.add_call(Call {
        kind: writes,
        timeout: 5.0,
        retries: 2,
        delay: 0.004,
        ..plain(worker, receipts)
    });

    system.bystanders = vec![entity("users", EntityKind::Client, &[], &[])];
    system.streams = vec![Stream {
        to: gateway,
        per_second: 12.0,
        drift: 0.1,
        period: 5400.0,
        phase: 0.0,
        season: None,
    }];
    Application { system, name: "shop", usual_place }
}

fn usual_place(mode: FaultMode) -> Option<Spot> {
    let (entity, peer) = match mode {
        FaultMode::BadDeployment => ("checkout", None),
        FaultMode::ConnectionPoolExhausted => ("inventory", None),
        FaultMode::Throttled => ("payments-table", None),
        FaultMode::ExternalDependency => ("card-network", None),
        FaultMode::CpuSaturation => ("inventory", None),
        FaultMode::MemoryLeak => ("cart", None),
        FaultMode::TrafficSurge => ("api-gateway", None),
        FaultMode::NetworkDelay => ("inventory", Some("checkout")),
        FaultMode::ConfigurationError => ("cart", None),
        FaultMode::LockContention | FaultMode::SlowQuery | FaultMode::DiskFull => {
            ("orders-db", None)
        }
        FaultMode::DnsFailure | FaultMode::QuotaReached => ("card-network", None),
        FaultMode::CertificateExpired => ("inventory", None),
        FaultMode::PacketLoss => ("payment-processor", Some("checkout")),
        FaultMode::ConsumerLag => ("order-worker", None),
        FaultMode::RetryStorm => ("checkout", None),
        FaultMode::BadHost => ("ip-10-0-2-38", None),
        _ => return None,
    };
    Some(Spot { entity, peer })
}

fn host(system: &mut System, name: &str, instance: &str) -> Ref<Host> {
    let long = format!("{name}.{REGION}.compute.internal");
    let attributes = [("cloud.region", REGION), ("host.name", name), ("host.type", "m7i.2xlarge")];
    system.hosts.push(Host {
        entity: entity(name, EntityKind::Host, &[&long, instance], &attributes),
        processors: 8.0,
        neighbour: 0.8,
        disk: 0.41,
        disk_per_hour: 0.002,
        idle_work: 0.0,
        health: 1.0,
        fault_share: 0.0,
    })
}

fn service(name: &str, pod: &str, version: &str, host: Ref<Host>) -> Node {
    let attributes = [
        ("cloud.region", REGION),
        ("k8s.cluster.name", "shop-prod"),
        ("k8s.deployment.name", name),
        ("k8s.namespace.name", "shop"),
        ("k8s.pod.name", pod),
    ];
    let long = format!("{name}.shop.svc.cluster.local");
    Node {
        host: Some(host),
        version: version.into(),
        memory: Some(Memory {
            limit: 512.0 * MEBIBYTE,
            base: 190.0 * MEBIBYTE,
            per_request: 1.5 * MEBIBYTE,
            leaked_per_request: 0.0,
            restart: 25.0,
        }),
        ..Node::new(entity(name, EntityKind::Service, &[pod, &long], &attributes))
    }
}

/// Something the provider runs: no host or memory of ours, room for many requests at a time.
fn managed(name: &str, kind: EntityKind, aliases: &[&str]) -> Node {
    let attributes = [("cloud.account.id", "123456789012"), ("cloud.region", REGION)];
    Node { workers: 200, processors: 64, ..Node::new(entity(name, kind, aliases, &attributes)) }
}
