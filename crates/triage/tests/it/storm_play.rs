//! Plays a storm at a desk, and says how well it was sorted.

use std::collections::BTreeMap;
use std::sync::Arc;

use nightjar_incident::{Incident, IncidentId, TriageDecision};
use nightjar_triage::{Desk, Estate, Policy};

use crate::storm::Storm;

/// Which incident each message went to, none for what was skipped; `after` is called after each.
pub(crate) fn play(storm: &Storm, mut after: impl FnMut()) -> Vec<Option<IncidentId>> {
    let estate = Arc::new(Estate::new(storm.topology.clone()));
    let mut desk = Desk::new(estate, Policy::default());
    let mut opened = 0;
    let mut went = Vec::new();
    for (alert, _) in &storm.messages {
        for over in desk.over(alert.received_at) {
            desk.close(&over);
        }
        let ruling = desk.decide(alert);
        if let Some(incident) = &ruling.incident {
            desk.admit(incident, alert.clone());
        }
        went.push(match ruling.decision {
            TriageDecision::Proceed => {
                opened += 1;
                let incident = Incident {
                    id: IncidentId::new(format!("inc-{opened}")),
                    opened_at: alert.received_at,
                    last_news_at: alert.received_at,
                    alerts: vec![alert.clone()],
                    entities: desk.estate().locate(alert),
                };
                let id = incident.id.clone();
                desk.take_in(incident);
                Some(id)
            }
            TriageDecision::Linked | TriageDecision::Duplicate => ruling.incident,
            TriageDecision::Skipped => None,
        });
        after();
    }
    went
}

/// How well pairs were put together: of two that are of one fault, whether they are in one
/// incident, and the other way round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pairwise {
    pub(crate) precision: f64,
    pub(crate) recall: f64,
}

impl Pairwise {
    pub(crate) fn f1(self) -> f64 {
        2.0 * self.precision * self.recall / (self.precision + self.recall)
    }

    /// Of what is given as fault and incident; what was skipped is with nothing together.
    pub(crate) fn of<'a>(sorted: impl Iterator<Item = (usize, Option<&'a IncidentId>)>) -> Self {
        let mut faults: BTreeMap<usize, u64> = BTreeMap::new();
        let mut incidents: BTreeMap<&IncidentId, u64> = BTreeMap::new();
        let mut both: BTreeMap<(usize, &IncidentId), u64> = BTreeMap::new();
        for (fault, incident) in sorted {
            *faults.entry(fault).or_default() += 1;
            if let Some(incident) = incident {
                *incidents.entry(incident).or_default() += 1;
                *both.entry((fault, incident)).or_default() += 1;
            }
        }
        let right = pairs(both.values());
        Self {
            precision: right / pairs(incidents.values()),
            recall: right / pairs(faults.values()),
        }
    }
}

fn pairs<'a>(groups: impl Iterator<Item = &'a u64>) -> f64 {
    groups.map(|size| size * (size - 1) / 2).sum::<u64>() as f64
}

/// All messages, and the alerts (the first message of each), which repeats don't count for.
pub(crate) fn scores(storm: &Storm, went: &[Option<IncidentId>]) -> (Pairwise, Pairwise) {
    let all: Vec<_> = storm.messages.iter().zip(went).collect();
    let mut first: BTreeMap<(&str, &str), (usize, Option<&IncidentId>)> = BTreeMap::new();
    for ((alert, fault), incident) in &all {
        first.entry((&alert.provider, &alert.key)).or_insert((*fault, incident.as_ref()));
    }
    let messages = all.iter().map(|((_, fault), incident)| (*fault, incident.as_ref()));
    (Pairwise::of(messages), Pairwise::of(first.into_values()))
}
