//! Estates of any size: services in a tree of calls or in one long chain.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{MetricSeries, RawAlert, Recording, Statistic, Window};
use nightjar_series::{Column, Repairs};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

/// Samples of each series, one a minute.
pub(crate) const ROWS: i64 = 120;
const MINUTE: i64 = 60_000;
const BEGIN: i64 = 1_700_000_000_000 / MINUTE * MINUTE;
/// The row in which the fault begins.
const ONSET: i64 = 110;

/// What an estate looks like.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) services: usize,
    /// How many others each service calls.
    pub(crate) calls: usize,
    /// Gauges of each service beside the request metrics.
    pub(crate) gauges: usize,
}

impl Shape {
    /// A tree whose services have about a hundred series each.
    pub(crate) fn tree(services: usize) -> Self {
        Self { services, calls: 4, gauges: 94 }
    }

    /// Each service calls the next.
    pub(crate) fn chain(services: usize) -> Self {
        Self { services, calls: 1, gauges: 0 }
    }
}

/// Numbers that look random and are the same in every run (xorshift, Marsaglia 2003).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + (high - low) * (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal: the sum of four uniform numbers, with deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.between(-1.0, 1.0)).sum();
        sum * 0.866
    }
}

/// An estate whose last service becomes slow, and whose entrance alerts on it.
pub(crate) fn estate(shape: Shape) -> anyhow::Result<Recording> {
    let Shape { services, calls, gauges } = shape;
    let mut draw = Draw::new(services as u64 + 1);
    let id = |number: usize| EntityId::new(format!("service-{number}"));
    let mut slow: Vec<bool> = vec![false; services];
    let mut at = services.saturating_sub(1);
    // Everything on the way from the last service up to the entrance waits for it.
    loop {
        if let Some(slot) = slow.get_mut(at) {
            *slot = true;
        }
        if at == 0 {
            break;
        }
        at = (at - 1) / calls;
    }
    let mut topology = Topology::default();
    let mut metrics = Vec::with_capacity(services * (gauges + 4));
    for number in 0..services {
        let entity = id(number)?;
        topology.add(Entity::new(entity.clone(), EntityKind::Service));
        let parent = number.checked_sub(1).map(|before| id(before / calls)).transpose()?;
        if let Some(parent) = &parent {
            let (from, to) = (parent.clone(), entity.clone());
            topology.relate(Relation { from, to, kind: RelationKind::Calls });
        }
        let is_slow = slow.get(number).copied().unwrap_or(false);
        let requests = 4000.0 / (number as f64 + 1.0).sqrt();
        let name = "http.server.request.duration";
        let mut push = |entity: &EntityId,
                        peer: Option<EntityId>,
                        name: &str,
                        statistic,
                        pod,
                        values: Vec<f64>| {
            let samples = (0..).map(|row| BEGIN + row * MINUTE).zip(values);
            metrics.push(MetricSeries {
                entity: entity.clone(),
                peer,
                name: name.to_owned(),
                statistic,
                unit: "1".to_owned(),
                attributes: match pod {
                    Some(pod) => BTreeMap::from([("k8s.pod.name".to_owned(), format!("{pod}"))]),
                    None => BTreeMap::new(),
                },
                column: Column::from_samples(samples).0,
                repairs: Repairs::default(),
            });
        };
        let count: Vec<f64> =
            (0..ROWS).map(|_| requests + requests.sqrt() * draw.normal()).collect();
        push(&entity, None, name, Statistic::Count, None::<usize>, count.clone());
        let latency = |draw: &mut Draw| -> Vec<f64> {
            let late = |row: i64| if is_slow && row >= ONSET { 0.4 } else { 0.0 };
            (0..ROWS).map(|row| 0.05 + 0.002 * draw.normal() + late(row)).collect()
        };
        push(&entity, None, name, Statistic::Mean, None, latency(&mut draw));
        if let Some(parent) = parent {
            let name = "http.client.request.duration";
            push(&parent, Some(entity.clone()), name, Statistic::Count, None, count);
            push(&parent, Some(entity.clone()), name, Statistic::Mean, None, latency(&mut draw));
        }
        let names = [
            "k8s.container.cpu_limit_utilization",
            "k8s.container.memory_limit_utilization",
            "system.filesystem.utilization",
            "aws.sqs.approximate_number_of_messages_visible",
            "jvm.gc.duration",
        ];
        for (gauge, name) in names.iter().cycle().take(gauges).enumerate() {
            let (level, noise) = (draw.between(0.2, 0.5), draw.between(0.001, 0.02));
            let busy = |row: i64| {
                if number + 1 == services && gauge == 0 && row >= ONSET { 0.4 } else { 0.0 }
            };
            let values = (0..ROWS).map(|row| level + noise * draw.normal() + busy(row)).collect();
            push(&entity, None, name, Statistic::Last, Some(gauge), values);
        }
    }
    let instant = |row: i64| Timestamp::from_millisecond(BEGIN + row * MINUTE);
    let payload = serde_json::json!({
        "eventType": "incident", "incidentId": "1", "action": "created", "priority": "HIGH",
        "title": "latency of service-0 is abnormal", "timestamp": instant(ONSET + 2)?.to_string(),
        "service": "service-0", "data": {"metric": "latency", "entities": ["service-0"]},
    });
    Ok(Recording {
        name: format!("{services} services"),
        window: Some(Window { from: instant(0)?, to: instant(ROWS)? }),
        topology,
        metrics,
        alerts: vec![RawAlert {
            provider: Some("generic".to_owned()),
            received_at: instant(ONSET + 8)?,
            payload,
        }],
        ..Recording::default()
    })
}
