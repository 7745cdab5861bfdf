use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_incident::{Alert, AlertId, Incident, IncidentId};

use crate::admit::{News, admit_at, is_over};
use crate::estate::Estate;
use crate::known::{Holder, Known};
use crate::policy::Policy;
use crate::profile::Profile;

/// The open incidents of a space, prepared for comparison and kept so as alerts come.
///
/// What an alert costs depends on how many incidents are open and how many entities they are
/// about, not on how many alerts they hold.
///
/// INVARIANT: a desk that grew alert by alert equals one that took the resulting incidents in.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    pub(crate) estate: Arc<Estate>,
    pub(crate) policy: Policy,
    open: BTreeMap<IncidentId, Open>,
    known: Known,
}

/// An incident at the desk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Open {
    pub(crate) incident: Incident,
    pub(crate) profile: Profile,
}

/// What became of an alert that an incident took in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Admitted<'a> {
    /// What the message changed.
    pub news: News,
    /// The alert as the incident holds it now, with the id of its first message.
    pub held: &'a Alert,
}

impl Desk {
    /// A desk without incidents.
    pub fn new(estate: Arc<Estate>, policy: Policy) -> Self {
        Self { estate, policy, open: BTreeMap::new(), known: Known::default() }
    }

    /// Puts an incident on the desk, loaded whole or newly opened; one of the same id is replaced.
    pub fn take_in(&mut self, incident: Incident) {
        self.close(&incident.id);
        self.known.add_all(&incident);
        let profile = Profile::of(&incident, &self.estate);
        self.open.insert(incident.id.clone(), Open { incident, profile });
    }

    /// Takes an alert into an incident: a new one goes to the end, so that the primary stays
    /// first; a message about one it holds updates that one. `None` if there is no such incident.
    pub fn admit(&mut self, incident: &IncidentId, alert: Alert) -> Option<Admitted<'_>> {
        let Open { incident, profile } = self.open.get_mut(incident)?;
        let holders = self.known.holders(&alert.provider, &alert.key);
        let held = holders.iter().find(|holder| holder.incident == incident.id);
        let held = held.map(|holder| holder.place);
        let known_entities = incident.entities.len();
        let entities = self.estate.locate(&alert);
        let news = admit_at(incident, held, alert, entities);
        let place = held.unwrap_or(incident.alerts.len().saturating_sub(1));
        let alert = incident.alerts.get(place)?;
        if held.is_none() {
            self.known.add(alert, &incident.id, place);
            profile.add(alert);
        }
        if incident.entities.len() > known_entities {
            profile.speak_of(&incident.entities, &self.estate);
        }
        Some(Admitted { news, held: alert })
    }

    /// Takes an alert out of the incident that holds it, as a person asked. The incident stays,
    /// empty if need be, and from then on is about what its other alerts speak of.
    pub fn take_out(&mut self, alert: &AlertId) -> Option<(IncidentId, Alert)> {
        let place = |open: &Open| open.incident.alerts.iter().position(|held| held.id == *alert);
        let (id, place) =
            self.open.values().find_map(|open| Some((open.incident.id.clone(), place(open)?)))?;
        let mut incident = self.close(&id)?;
        let alert = incident.alerts.remove(place);
        incident.entities = self.estate.locate_all(&incident.alerts);
        self.take_in(incident);
        Some((id, alert))
    }

    /// Takes an incident off the desk.
    pub fn close(&mut self, incident: &IncidentId) -> Option<Incident> {
        let Open { incident, .. } = self.open.remove(incident)?;
        self.known.forget(&incident);
        Some(incident)
    }

    /// The incidents that are over, see [`is_over`]; they stay until they are closed.
    pub fn over(&self, now: Timestamp) -> Vec<IncidentId> {
        let over = self.incidents().filter(|incident| is_over(incident, now, &self.policy));
        over.map(|incident| incident.id.clone()).collect()
    }

    /// The incident of this id.
    pub fn incident(&self, id: &IncidentId) -> Option<&Incident> {
        self.open.get(id).map(|open| &open.incident)
    }

    /// All incidents by id.
    pub fn incidents(&self) -> impl DoubleEndedIterator<Item = &Incident> {
        self.open.values().map(|open| &open.incident)
    }

    /// The alert that a sender calls so, and the incident that holds it; of several the one with
    /// the latest news.
    pub fn find(&self, provider: &str, key: &str) -> Option<(&Incident, &Alert)> {
        latest(self.held(provider, key))
    }

    /// The topology it compares by.
    pub fn estate(&self) -> &Arc<Estate> {
        &self.estate
    }

    /// When it links.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Goes on with another topology. Incidents stay about the entities they were about; those it
    /// doesn't know aren't compared, and those it knows anew come with the next message.
    pub fn set_estate(&mut self, estate: Arc<Estate>) {
        for Open { incident, profile } in self.open.values_mut() {
            profile.speak_of(&incident.entities, &estate);
        }
        self.estate = estate;
    }

    pub(crate) fn open(&self) -> impl Iterator<Item = &Open> {
        self.open.values()
    }

    /// All places where an alert is held.
    pub(crate) fn held(
        &self,
        provider: &str,
        key: &str,
    ) -> impl Iterator<Item = (&Incident, &Alert)> {
        self.known.holders(provider, key).iter().filter_map(|Holder { incident, place }| {
            let incident = self.incident(incident)?;
            Some((incident, incident.alerts.get(*place)?))
        })
    }
}

/// Of several places where an alert is held, the incident with the latest news.
pub(crate) fn latest<'a>(
    held: impl Iterator<Item = (&'a Incident, &'a Alert)>,
) -> Option<(&'a Incident, &'a Alert)> {
    held.max_by(|(a, _), (b, _)| a.last_news_at.cmp(&b.last_news_at).then(b.id.cmp(&a.id)))
}
