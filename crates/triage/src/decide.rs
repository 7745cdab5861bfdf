use nightjar_incident::{Alert, AlertStatus, Incident, IncidentId, Signal, TriageDecision};
use nightjar_topology::Topology;

use crate::kinship::Surroundings;
use crate::locate::locate;
use crate::policy::Policy;
use crate::words::{Told, Vocabulary};
use crate::{labels, timing, words};

/// What triage decided about one alert, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The decision.
    pub decision: TriageDecision,
    /// The incident it goes to; none for a new or skipped one.
    pub incident: Option<IncidentId>,
    /// Why, in one sentence: what spoke for it or, for an alert kept apart, what was missing.
    pub reason: String,
}

/// Decides what an alert means, given the incidents that are open.
///
/// The same provider and key is the same alert: a repeat or an update. A resolve of something
/// unknown asks for nothing. Anything else is weighed against each open incident with news within
/// the lookback; the heaviest takes it if it reaches the threshold, the most recently active one
/// where two weigh the same.
pub fn decide(alert: &Alert, open: &[Incident], topology: &Topology, policy: &Policy) -> Ruling {
    if let Some(ruling) = known(alert, open, policy) {
        return ruling;
    }
    if alert.status == AlertStatus::Resolved {
        return Ruling {
            decision: TriageDecision::Skipped,
            incident: None,
            reason: "it resolves an alert that no open incident holds".into(),
        };
    }
    let recent: Vec<&Incident> = open
        .iter()
        .filter(|incident| timing::is_within_lookback(alert.received_at, incident, policy))
        .collect();
    let surroundings = Surroundings::of(&locate(alert, topology), topology, policy);
    let vocabulary = Vocabulary::of(topology);
    let told = Told::by(alert);
    let weighed = recent.iter().map(|incident| {
        (*incident, Weighing::of(&told, incident, &surroundings, &vocabulary, policy))
    });
    let best = weighed.max_by(|(a, on_a), (b, on_b)| {
        on_a.total
            .total_cmp(&on_b.total)
            .then(a.last_news_at.cmp(&b.last_news_at))
            .then(b.id.cmp(&a.id))
    });
    let Some((incident, weighing)) = best else {
        let minutes = policy.lookback.as_mins();
        return Ruling {
            decision: TriageDecision::Proceed,
            incident: None,
            reason: format!("no open incident had news within the last {minutes} minutes"),
        };
    };
    if weighing.total >= policy.link_threshold {
        return Ruling {
            decision: TriageDecision::Linked,
            incident: Some(incident.id.clone()),
            reason: weighing.what_speaks_for_it(),
        };
    }
    Ruling {
        decision: TriageDecision::Proceed,
        incident: None,
        reason: format!("not part of {}: {}", incident.id, weighing.what_is_missing()),
    }
}

/// The ruling on an alert that an open incident already holds.
fn known(alert: &Alert, open: &[Incident], policy: &Policy) -> Option<Ruling> {
    let holds = |incident: &&Incident| incident.alerts.iter().any(|held| is_same(held, alert));
    // A resolve counts however late it comes; a fresh fire after the lookback is a new story.
    let counts = |incident: &&Incident| {
        alert.status == AlertStatus::Resolved
            || timing::is_within_lookback(alert.received_at, incident, policy)
    };
    let incident = open
        .iter()
        .filter(holds)
        .filter(counts)
        .max_by(|a, b| a.last_news_at.cmp(&b.last_news_at).then(b.id.cmp(&a.id)))?;
    let held = incident.alerts.iter().find(|held| is_same(held, alert))?;
    let reason = match (held.status, alert.status) {
        (AlertStatus::Resolved, AlertStatus::Resolved) => "it is resolved already",
        (_, AlertStatus::Resolved) => "an alert of the incident is resolved",
        (AlertStatus::Resolved, AlertStatus::Firing | AlertStatus::Acknowledged) => {
            "a resolved alert of the incident fires again"
        }
        (AlertStatus::Firing, AlertStatus::Acknowledged) => {
            "someone acknowledged an alert of the incident"
        }
        (AlertStatus::Firing | AlertStatus::Acknowledged, _) => {
            "it repeats an alert of the incident"
        }
    };
    Some(Ruling {
        decision: TriageDecision::Duplicate,
        incident: Some(incident.id.clone()),
        reason: reason.into(),
    })
}

/// Whether two messages are of the same alert.
pub(crate) fn is_same(a: &Alert, b: &Alert) -> bool {
    a.provider == b.provider && a.key == b.key
}

/// What speaks for an alert being part of an incident, and what against.
struct Weighing {
    total: f64,
    kinship: (f64, String),
    timing: (f64, String),
    others: Vec<(f64, String)>,
}

impl Weighing {
    fn of(
        told: &Told<'_>,
        incident: &Incident,
        surroundings: &Surroundings<'_>,
        vocabulary: &Vocabulary,
        policy: &Policy,
    ) -> Self {
        let alert = told.alert;
        let kinship = surroundings.compare(incident, policy);
        let timing = timing::weigh(alert, incident, policy);
        let mut others = labels::weigh(alert, incident, kinship.is_located, policy);
        let names = surroundings.names_with(incident);
        others.extend(words::weigh(told, incident, &names, vocabulary, policy));
        others.extend(signals(alert, incident, kinship.is_close, policy));
        let rest: f64 = others.iter().map(|(weight, _)| weight).sum();
        Self {
            total: policy.prior + kinship.weight + timing.0 + rest,
            kinship: (kinship.weight, kinship.phrase),
            timing,
            others,
        }
    }

    fn what_speaks_for_it(&self) -> String {
        let mut reasons = vec![format!("it began {}", self.timing.1)];
        if self.kinship.0 > 0.0 {
            reasons = vec![format!("{}, {}", self.kinship.1, self.timing.1)];
        }
        let others = self.others.iter().filter(|(weight, _)| *weight > 0.0);
        reasons.extend(others.map(|(_, phrase)| phrase.clone()));
        reasons.join("; ")
    }

    fn what_is_missing(&self) -> String {
        let mut reasons = vec![self.kinship.1.clone()];
        if self.kinship.0 > 0.0 {
            reasons = vec![format!("{}, which is too little by itself", self.kinship.1)];
        }
        if self.timing.0 < 1.0 {
            reasons.push(format!("it began {}", self.timing.1));
        }
        let others = self.others.iter().filter(|(weight, _)| *weight < 0.0);
        reasons.extend(others.map(|(_, phrase)| phrase.clone()));
        reasons.join("; ")
    }
}

/// Whether what was measured can be two sides of one fault.
fn signals(
    alert: &Alert,
    incident: &Incident,
    is_close: bool,
    policy: &Policy,
) -> Option<(f64, String)> {
    let ours = alert.signal?;
    let theirs: Vec<Signal> = incident.alerts.iter().filter_map(|held| held.signal).collect();
    if theirs.contains(&ours) {
        return Some((policy.same_signal, format!("both are about {}", ours.label())));
    }
    let first = theirs.first()?;
    let any_disk = ours == Signal::DiskUtilization || theirs.contains(&Signal::DiskUtilization);
    (any_disk && !is_close).then(|| {
        (policy.disk_apart, format!("{} and {} are different trouble", ours.label(), first.label()))
    })
}
