use std::collections::BTreeSet;

use jiff::Timestamp;
use nightjar_incident::{Alert, Incident, Signal};
use nightjar_topology::EntityId;

use crate::estate::Estate;
use crate::graph::Spot;
use crate::labels::Places;
use crate::words::{self, Said};

/// What is compared of an incident, gathered from its alerts as they come: the five hundredth
/// alert costs what the first does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Profile {
    /// The entities that the topology knows, without the places of others among them.
    pub(crate) entities: Vec<Spot>,
    /// The words of all its entities' names.
    pub(crate) named: BTreeSet<String>,
    pub(crate) onsets: BTreeSet<Timestamp>,
    pub(crate) places: Places,
    pub(crate) said: Said,
    pub(crate) signals: BTreeSet<Signal>,
    /// Of the first alert that has one.
    pub(crate) first_signal: Option<Signal>,
}

impl Profile {
    pub(crate) fn of(incident: &Incident, estate: &Estate) -> Self {
        let mut profile = Self::default();
        for alert in &incident.alerts {
            profile.add(alert);
        }
        profile.speak_of(&incident.entities, estate);
        profile
    }

    /// Adds an alert that is new to the incident.
    pub(crate) fn add(&mut self, alert: &Alert) {
        self.onsets.insert(alert.starts_at);
        self.places.add(alert);
        self.said.hear(alert);
        self.signals.extend(alert.signal);
        self.first_signal = self.first_signal.or(alert.signal);
    }

    /// Takes over which entities the incident is about.
    pub(crate) fn speak_of(&mut self, entities: &[EntityId], estate: &Estate) {
        let known: Vec<Spot> =
            entities.iter().filter_map(|id| estate.graph.spot(id.as_str())).collect();
        self.entities = estate.graph.specific(&known);
        self.named = words::of_names(entities);
    }
}
