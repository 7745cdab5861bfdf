use std::collections::BTreeMap;

use nightjar_incident::{Alert, Incident, IncidentId};

/// Which incidents hold an alert, by what its sender calls it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Known {
    /// By provider, then key. Nearly always one holder.
    holders: BTreeMap<String, BTreeMap<String, Vec<Holder>>>,
}

/// Where an alert is held.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Holder {
    pub(crate) incident: IncidentId,
    /// Its place among the incident's alerts.
    pub(crate) place: usize,
}

impl Known {
    /// Adds all alerts of an incident.
    pub(crate) fn add_all(&mut self, incident: &Incident) {
        for (place, alert) in incident.alerts.iter().enumerate() {
            self.add(alert, &incident.id, place);
        }
    }

    /// Adds an alert that an incident holds at a place. Of two that are the same the first counts.
    pub(crate) fn add(&mut self, alert: &Alert, incident: &IncidentId, place: usize) {
        let keys = self.holders.entry(alert.provider.clone()).or_default();
        let holders = keys.entry(alert.key.clone()).or_default();
        if holders.iter().all(|holder| holder.incident != *incident) {
            holders.push(Holder { incident: incident.clone(), place });
            // Kept in order, so that nothing tells when an incident was taken in.
            holders.sort_by(|a, b| a.incident.cmp(&b.incident));
        }
    }

    /// Forgets all alerts of an incident.
    pub(crate) fn forget(&mut self, incident: &Incident) {
        for alert in &incident.alerts {
            let Some(keys) = self.holders.get_mut(&alert.provider) else { continue };
            let Some(holders) = keys.get_mut(&alert.key) else { continue };
            holders.retain(|holder| holder.incident != incident.id);
            if holders.is_empty() {
                keys.remove(&alert.key);
            }
            if keys.is_empty() {
                self.holders.remove(&alert.provider);
            }
        }
    }

    pub(crate) fn holders(&self, provider: &str, key: &str) -> &[Holder] {
        let keys = self.holders.get(provider);
        keys.and_then(|keys| keys.get(key)).map_or(&[], Vec::as_slice)
    }
}
