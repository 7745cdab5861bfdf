//! One made-up cause on an entity of any kind and platform.

use jiff::Timestamp;
use nightjar_incident::{
    Change, ChangeKind, Conclusion, Content, Direction, Evidence, EvidenceId, FaultMode, Gap,
    Hypothesis, Id, MetricSeries, MitigationPlan, Observation, ObservationKind, Onset, RootCause,
    Share, Signal, Source, Stage, Statistic, Verdict, Window,
};
use nightjar_series::{Column, Repairs};
use nightjar_topology::{Entity, EntityId, EntityKind, Relation, RelationKind, Topology};

pub(crate) const KINDS: [EntityKind; 17] = [
    EntityKind::Service,
    EntityKind::Function,
    EntityKind::Gateway,
    EntityKind::Database,
    EntityKind::Table,
    EntityKind::Cache,
    EntityKind::Queue,
    EntityKind::Bucket,
    EntityKind::Workflow,
    EntityKind::Host,
    EntityKind::Pod,
    EntityKind::External,
    EntityKind::Client,
    EntityKind::Stack,
    EntityKind::Account,
    EntityKind::Region,
    EntityKind::Unknown,
];

pub(crate) const PLATFORMS: [&str; 10] = [
    "kubernetes",
    "ecs",
    "lambda",
    "dynamodb",
    "rds",
    "ec2",
    "sqs",
    "postgresql",
    "mysql",
    "unknown",
];

/// Where a kind of entity runs, as a rule.
pub(crate) fn platforms(kind: EntityKind) -> &'static [&'static str] {
    match kind {
        EntityKind::Service | EntityKind::Gateway => &["kubernetes", "ecs", "unknown"],
        EntityKind::Function => &["lambda", "unknown"],
        EntityKind::Database => &["rds", "postgresql", "mysql", "unknown"],
        EntityKind::Table => &["dynamodb", "unknown"],
        EntityKind::Queue => &["sqs", "kubernetes", "unknown"],
        EntityKind::Host => &["ec2", "kubernetes", "unknown"],
        EntityKind::Cache | EntityKind::Pod => &["kubernetes", "unknown"],
        EntityKind::Bucket
        | EntityKind::Workflow
        | EntityKind::External
        | EntityKind::Client
        | EntityKind::Stack
        | EntityKind::Account
        | EntityKind::Region
        | EntityKind::Unknown => &["unknown"],
    }
}

pub(crate) struct Scene {
    what: (FaultMode, EntityKind, &'static str, bool),
    pub(crate) conclusion: Conclusion,
    topology: Topology,
    changes: Vec<Change>,
    evidence: Vec<Evidence>,
}

/// What an assertion that fails shows.
impl std::fmt::Debug for Scene {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.what)
    }
}

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(1_795_402_800 + 60 * minute).unwrap()
}

fn id(text: &str) -> EntityId {
    EntityId::new(text).unwrap()
}

pub(crate) fn commands(plan: &MitigationPlan) -> Vec<String> {
    let commands = plan.steps.iter().filter_map(|step| step.command.clone());
    commands.filter(|command| !command.starts_with("Console: ")).collect()
}

fn signal(mode: FaultMode) -> (Signal, &'static str, &'static str, f64, f64) {
    match mode {
        FaultMode::ConnectionPoolExhausted => {
            (Signal::PoolPending, "db.client.connection.pending_requests", "{request}", 0.0, 42.0)
        }
        FaultMode::Throttled => {
            (Signal::Throttled, "aws.dynamodb.throttled_requests", "{request}", 0.0, 310.0)
        }
        FaultMode::CpuSaturation => {
            (Signal::CpuUtilization, "container.cpu.utilization", "1", 0.35, 0.99)
        }
        FaultMode::MemoryLeak => {
            (Signal::MemoryUsage, "container.memory.usage", "By", 2.1e8, 5.1e8)
        }
        FaultMode::TrafficSurge => {
            (Signal::Requests, "http.server.request.duration", "{request}", 600.0, 2400.0)
        }
        FaultMode::DiskFull => {
            (Signal::DiskUtilization, "system.filesystem.utilization", "1", 0.61, 0.99)
        }
        FaultMode::ConsumerLag => {
            (Signal::QueueAge, "aws.sqs.approximate_age_of_oldest_message", "s", 4.0, 1900.0)
        }
        FaultMode::CrashLoop | FaultMode::ProbeFailure => {
            (Signal::Restarts, "k8s.container.restart.count", "{restart}", 0.0, 7.0)
        }
        _ => (Signal::Latency, "http.server.request.duration", "s", 0.08, 0.9),
    }
}

impl Scene {
    pub(crate) fn new(
        name: &str,
        mode: FaultMode,
        kind: EntityKind,
        platform: &'static str,
        is_changed: bool,
    ) -> Self {
        let mut topology = Topology::default();
        topology.add(entity(name, kind, platform));
        topology.add(Entity::new(id("api-gateway"), EntityKind::Gateway));
        topology.add(Entity::new(id("orders-db"), EntityKind::Database));
        for (from, to) in [("api-gateway", name), (name, "orders-db")] {
            topology.relate(Relation { from: id(from), to: id(to), kind: RelationKind::Calls });
        }
        if kind == EntityKind::Queue {
            topology.add(entity("packer", EntityKind::Service, "kubernetes"));
            let (from, to) = (id("packer"), id(name));
            topology.relate(Relation { from, to, kind: RelationKind::Consumes });
        }
        let change = Change {
            id: Id::new("chg-1"),
            kind: match mode {
                FaultMode::ConnectionPoolExhausted
                | FaultMode::Throttled
                | FaultMode::ConfigurationError
                | FaultMode::QuotaReached
                | FaultMode::ProbeFailure => ChangeKind::Configuration,
                _ => ChangeKind::Deployment,
            },
            at: minute(-1),
            entities: vec![id(name)],
            summary: "version 2.4.1".into(),
            author: Some("ana".into()),
            previous: Some(match mode {
                FaultMode::ConnectionPoolExhausted => "maximum 40".into(),
                FaultMode::Throttled => "ReadCapacityUnits=200, WriteCapacityUnits=400".into(),
                _ if platform == "ecs" => "checkout-task:41".into(),
                _ if platform == "lambda" => "17".into(),
                _ => "2.4.0".into(),
            }),
            url: None,
        };
        let hypothesis = Hypothesis {
            id: Id::new("hyp-1"),
            entity: id(name),
            peer: matches!(mode, FaultMode::NetworkDelay | FaultMode::PacketLoss)
                .then(|| id("api-gateway")),
            fault_mode: mode,
            trigger: is_changed.then(|| change.id.clone()),
            support: vec![Id::new("obs-1"), Id::new("obs-2")],
            against: Vec::new(),
            confidence: Share::new(0.7),
            share_explained: Some(Share::new(0.9)),
            path: vec![id(name), id("api-gateway")],
            reasons: Vec::new(),
        };
        let runner_up = Hypothesis {
            id: Id::new("hyp-2"),
            entity: id("orders-db"),
            fault_mode: FaultMode::Slow,
            trigger: None,
            confidence: Share::new(0.2),
            ..hypothesis.clone()
        };
        let cause =
            RootCause { hypothesis: hypothesis.clone(), statement: format!("{name} is at fault.") };
        let (signal, metric, unit, usual, seen) = signal(mode);
        let conclusion = Conclusion {
            at: minute(5),
            stage: Stage::Provisional,
            verdict: Verdict::CauseFound { causes: vec![cause] },
            hypotheses: vec![hypothesis, runner_up],
            observations: vec![
                observation("obs-1", name, signal, unit, (usual, seen)),
                observation("obs-2", "api-gateway", Signal::Errors, "{request}", (0.3, 57.0)),
            ],
            gaps: vec![Gap {
                entity: Some(id(name)),
                wanted: "traces".into(),
                reason: "no connection has any".into(),
                would_tell: "where the time goes".into(),
            }],
            impact: None,
            blast_radius: vec![(id("api-gateway"), 1)],
            window: Window { from: minute(-10), to: minute(5) },
            reference: Window { from: minute(-70), to: minute(-10) },
        };
        let statistic = if unit == "s" { Statistic::Mean } else { Statistic::Last };
        let evidence = vec![
            series("ev-1", id(name), (metric, statistic, unit), (usual, seen)),
            series(
                "ev-2",
                id(name),
                ("container.memory.limit", Statistic::Last, "By"),
                (536_870_912.0, 536_870_912.0),
            ),
        ];
        let changes = if is_changed { vec![change] } else { Vec::new() };
        let what = (mode, kind, platform, is_changed);
        Self { what, conclusion, topology, changes, evidence }
    }

    /// The same with another entity at fault.
    pub(crate) fn blaming(mut self, entity: &str) -> Self {
        if let Verdict::CauseFound { causes } = &mut self.conclusion.verdict {
            for cause in causes {
                cause.hypothesis.entity = id(entity);
            }
        }
        self
    }

    /// The same with one more number that supports the cause, quieter than the others.
    pub(crate) fn seen(mut self, entity: &str, signal: Signal, levels: (f64, f64)) -> Self {
        let mut seen = observation("obs-3", entity, signal, "{packet}", levels);
        seen.z = 5.0;
        self.support(seen);
        self
    }

    /// The same with something the platform says in words.
    pub(crate) fn stated(mut self, summary: &str) -> Self {
        let entity = self.conclusion.hypotheses.first().unwrap().entity.clone();
        let mut told = observation("obs-3", entity.as_str(), Signal::Other, "1", (0.0, 1.0));
        told.kind = ObservationKind::Stated;
        told.signal = None;
        told.summary = summary.into();
        self.support(told);
        self
    }

    fn support(&mut self, observation: Observation) {
        if let Verdict::CauseFound { causes } = &mut self.conclusion.verdict {
            for cause in causes {
                cause.hypothesis.support.push(observation.id.clone());
            }
        }
        self.conclusion.observations.push(observation);
    }

    /// The same with nothing measured.
    pub(crate) fn without_numbers(mut self) -> Self {
        self.conclusion.observations.clear();
        self
    }

    /// The same with a change of this kind, of this entity, by nobody or somebody.
    pub(crate) fn changed(mut self, kind: ChangeKind, of: &str, author: Option<&str>) -> Self {
        for change in &mut self.changes {
            change.kind = kind;
            change.entities = vec![id(of)];
            change.author = author.map(str::to_owned);
        }
        self
    }

    /// The same with another change as its trigger.
    pub(crate) fn set_off_by(mut self, summary: &str, previous: &str) -> Self {
        for change in &mut self.changes {
            change.summary = summary.into();
            change.previous = Some(previous.into());
        }
        self
    }

    pub(crate) fn plans(&self) -> Vec<MitigationPlan> {
        nightjar_remedy::plans(&self.conclusion, &self.topology, &self.changes, &self.evidence)
    }
}

fn entity(name: &str, kind: EntityKind, platform: &str) -> Entity {
    let mut entity = Entity::new(id(name), kind);
    let mut set = |key: &str, value: &str| {
        entity.attributes.insert(key.into(), value.into());
    };
    set("team", "shop");
    match platform {
        "kubernetes" => {
            set("k8s.namespace.name", "shop");
            set("k8s.node.name", name);
            if kind == EntityKind::Service {
                set("k8s.deployment.name", name);
            }
        }
        "ecs" => {
            let arn = format!("arn:aws:ecs:eu-west-1:1:service/prod/{name}");
            set("cloud.resource_id", &arn);
            set("aws.ecs.task.family", "checkout-task");
            set("aws.ecs.task.revision", "42");
        }
        "lambda" => {
            let arn = format!("arn:aws:lambda:eu-west-1:1:function:{name}:live");
            set("cloud.resource_id", &arn);
        }
        "dynamodb" => {
            let arn = format!("arn:aws:dynamodb:eu-west-1:1:table/{name}");
            set("cloud.resource_id", &arn);
        }
        "rds" => {
            set("cloud.resource_id", &format!("arn:aws:rds:eu-west-1:1:db:{name}"));
            set("db.system.name", "postgresql");
        }
        "ec2" => set("cloud.resource_id", &format!("arn:aws:ec2:eu-west-1:1:instance/{name}")),
        "sqs" => set("cloud.resource_id", &format!("arn:aws:sqs:eu-west-1:1:{name}")),
        "postgresql" => {
            set("db.system.name", "postgresql");
            set("db.namespace", "shop");
            set("server.address", name);
            set("k8s.namespace.name", "shop");
            set("k8s.statefulset.name", name);
        }
        "mysql" => set("db.system.name", "mysql"),
        _ => {}
    }
    entity
}

fn observation(
    name: &str,
    entity: &str,
    signal: Signal,
    unit: &str,
    (usual, seen): (f64, f64),
) -> Observation {
    let onset = Onset { at: minute(0), earliest: minute(-1), latest: minute(1) };
    Observation {
        id: Id::new(name),
        entity: id(entity),
        peer: None,
        kind: ObservationKind::Latency,
        signal: Some(signal),
        stated: None,
        direction: Direction::Up,
        onset: Some(onset),
        usual,
        seen,
        unit: unit.into(),
        z: 12.0,
        summary: format!("{} of {entity} rose", signal.label()),
        evidence: vec![EvidenceId::new("ev-1")],
    }
}

fn series(
    name: &str,
    entity: EntityId,
    (metric, statistic, unit): (&str, Statistic, &str),
    (usual, seen): (f64, f64),
) -> Evidence {
    let samples = (-12..5).map(|m| (minute(m).as_millisecond(), if m < 0 { usual } else { seen }));
    let (column, _) = Column::from_samples(samples);
    Evidence {
        id: Id::new(name),
        space: Id::new("space"),
        source: Source { connection: "demo".into(), system: "capsule".into() },
        query: format!("metrics of {entity}"),
        window: Window { from: minute(-70), to: minute(5) },
        taken_at: minute(5),
        content: Content::Series(vec![MetricSeries {
            entity,
            peer: None,
            name: metric.into(),
            statistic,
            unit: unit.into(),
            attributes: std::collections::BTreeMap::new(),
            column,
            repairs: Repairs::default(),
        }]),
        truncated: None,
        notes: Vec::new(),
    }
}
