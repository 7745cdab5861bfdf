//! The monitors of the storm's estate, and their alerts in the normal form that the parsers give.

use jiff::Timestamp;
use nightjar_incident::{Alert, AlertId, AlertStatus, Severity, Signal};
use nightjar_topology::{EntityId, EntityKind, Topology};

use crate::storm::Dice;
use crate::storm_estate::team;

/// Something that fires.
#[derive(Clone)]
pub(crate) struct Monitor {
    pub(crate) provider: &'static str,
    pub(crate) key: String,
    title: String,
    description: String,
    names: Vec<String>,
    labels: Vec<(&'static str, String)>,
    signal: Option<Signal>,
}

impl Monitor {
    /// Its message, of a firing that began then.
    pub(crate) fn fires(&self, starts_at: Timestamp, received_at: Timestamp) -> Alert {
        let labels = self.labels.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        Alert {
            id: AlertId::new("unnumbered"),
            provider: self.provider.into(),
            key: self.key.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
            status: AlertStatus::Firing,
            severity: Severity::High,
            entity_names: self.names.clone(),
            signal: self.signal,
            labels: labels.collect(),
            starts_at,
            ends_at: None,
            received_at,
            url: None,
            notes: Vec::new(),
        }
    }

    /// A disk that fills, as disks do all the time.
    pub(crate) fn of_a_disk(entity: &EntityId, number: usize) -> Self {
        Self {
            provider: "checkmk",
            key: format!("shop/{entity}/filesystem-{number}"),
            title: format!("Filesystem of {entity} is 91 % full"),
            description: "It grows by 2 GB a day. Volume /var/lib, threshold 90 %.".into(),
            names: vec![entity.as_str().into()],
            labels: vec![("site", "shop".into())],
            signal: Some(Signal::DiskUtilization),
        }
    }

    fn datadog(entity: &EntityId, what: &str, signal: Signal) -> Self {
        Self {
            provider: "datadog",
            key: format!("{what}:service:{entity}"),
            title: format!("[P2] {what} on {entity} is above its usual level"),
            description: format!(
                "{what} of {entity} over the last 5 minutes was above the threshold that was \
                 learned from four weeks. Runbook: https://wiki.example.com/{entity} \
                 @slack-oncall @pagerduty-shop"
            ),
            names: vec![entity.as_str().into()],
            labels: vec![
                ("env", "prod".into()),
                ("service", entity.as_str().into()),
                ("region", "eu-west-1".into()),
                ("metric", format!("trace.http.request.{what}")),
            ],
            signal: Some(signal),
        }
    }

    fn cloudwatch(entity: &EntityId, name: String, metric: &str, signal: Signal) -> Self {
        Self {
            provider: "cloudwatch",
            key: format!("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{entity}-{metric}"),
            title: format!("{entity}-{metric}"),
            description: format!(
                "Threshold Crossed: 3 out of the last 3 datapoints [12.0, 14.0, 11.0] were greater \
                 than the threshold (5.0) for {metric} (minimum 3 datapoints for OK -> ALARM \
                 transition)."
            ),
            names: vec![name],
            labels: vec![
                ("account", "123456789012".into()),
                ("region", "eu-west-1".into()),
                ("namespace", "AWS/Any".into()),
            ],
            signal: Some(signal),
        }
    }

    fn alertmanager(entity: &EntityId, alert: &str, name: String, signal: Signal) -> Self {
        let namespace = entity.as_str().split('-').next().unwrap_or_default().to_owned();
        Self {
            provider: "alertmanager",
            key: format!("{alert}/{entity}"),
            title: format!("{alert} {name}"),
            description: format!("{alert}: {name} in {namespace} for more than 2 minutes"),
            names: vec![name],
            labels: vec![
                ("alertname", alert.into()),
                ("cluster", "shop-1".into()),
                ("environment", "production".into()),
                ("namespace", namespace),
            ],
            signal: Some(signal),
        }
    }

    fn pagerduty(entity: &EntityId) -> Self {
        Self {
            provider: "pagerduty",
            key: format!("Q-{entity}"),
            title: format!("{entity}: synthetic check fails from 3 of 5 locations"),
            description: String::new(),
            names: vec![entity.as_str().into()],
            labels: vec![("service", entity.as_str().into()), ("urgency", "high".into())],
            signal: None,
        }
    }
}

/// What people write who don't know entities.
pub(crate) fn report(number: usize, fault: usize) -> Monitor {
    let team = team(number);
    Monitor {
        provider: "servicenow",
        key: format!("INC{fault:07}"),
        title: format!("Customers complain about {team}"),
        description: format!(
            "Several calls since a while. It may be {team}-gateway, see the chat."
        ),
        names: Vec::new(),
        labels: vec![("environment", "Production".into())],
        signal: None,
    }
}

/// As Kubernetes puts them behind the names of pods.
fn hash(length: usize, dice: &mut Dice) -> String {
    const LETTERS: &[char] =
        &['2', '4', '5', '6', '7', '8', '9', 'b', 'c', 'd', 'f', 'g', 'h', 'x'];
    (1..length).map(|_| *dice.pick(LETTERS)).chain(['7']).collect()
}

/// The monitors that watch an entity and find what is wrong with it.
pub(crate) fn watching(entity: &EntityId, topology: &Topology, dice: &mut Dice) -> Vec<Monitor> {
    let name = || entity.as_str().to_owned();
    let all = match topology.kind(entity) {
        EntityKind::Service => vec![
            Monitor::datadog(entity, "latency", Signal::Latency),
            Monitor::datadog(entity, "errors", Signal::Errors),
            Monitor::alertmanager(
                entity,
                "KubePodNotReady",
                format!("{entity}-{}-{}", hash(10, dice), hash(5, dice)),
                Signal::Availability,
            ),
            Monitor::pagerduty(entity),
        ],
        EntityKind::Gateway => vec![
            Monitor::cloudwatch(entity, name(), "5XXError", Signal::Errors),
            Monitor::datadog(entity, "latency", Signal::Latency),
            Monitor::pagerduty(entity),
        ],
        EntityKind::Function => {
            let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{entity}:live");
            vec![
                Monitor::cloudwatch(entity, arn.clone(), "Errors", Signal::Errors),
                Monitor::cloudwatch(entity, arn, "Duration", Signal::Latency),
            ]
        }
        EntityKind::Table => {
            let table = format!("arn:aws:dynamodb:eu-west-1:123456789012:table/{entity}-v2");
            vec![
                Monitor::cloudwatch(entity, table, "ThrottledRequests", Signal::Throttled),
                Monitor::datadog(entity, "throttles", Signal::Throttled),
            ]
        }
        EntityKind::Host => vec![
            Monitor::alertmanager(entity, "NodePressure", name(), Signal::MemoryUtilization),
            Monitor::datadog(entity, "load", Signal::CpuUtilization),
        ],
        _ => vec![
            Monitor::cloudwatch(entity, name(), "Saturation", Signal::CpuUtilization),
            Monitor::datadog(entity, "saturation", Signal::CpuUtilization),
        ],
    };
    let mut found: Vec<Monitor> = all.into_iter().filter(|_| dice.chance(75)).collect();
    for monitor in &mut found {
        // Some only know the machine they ran on, by a name that the topology doesn't have.
        if dice.chance(4) {
            monitor.names = vec![format!("ip-10-0-3-{}", dice.below(250))];
        }
    }
    found
}
