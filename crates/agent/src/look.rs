//! One execution of an incident that grows while a service takes alerts in: who belongs to it and when
//! to look is decided outside. What is new since the execution before stands at the beginning of its
//! chain, so that the chains alone tell how to look again in the same way.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::journal::{Chain, Entry, Kind};
use nightjar_incident::{Alert, AlertId, Incident, IncidentId, Investigation, SpaceId, TriageNote};
use nightjar_topology::{EntityId, Topology};
use serde::{Deserialize, Serialize};

use crate::budget::{Left, Place, Spent};
use crate::conduct::{Outcome, Setup, State};
use crate::conductor::Conductor;
use crate::error::Error;
use crate::keeper::{Keeper, Refused};

/// What an execution is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Up to when the connections are asked.
    pub at: Timestamp,
    /// What makes it run.
    pub occasion: String,
    /// The incident with the alerts that are in it.
    pub incident: Incident,
    /// How they came to it.
    pub triage: Vec<TriageNote>,
}

/// Looks at an incident, as its next execution; `seen` is what the one before ended with. Answers with
/// its new state.
///
/// The same arguments and connections give the same entries, so that it may be called again after a
/// crash with a keeper that skips what it holds.
///
/// # Errors
/// When the keeper refuses; everything else becomes a gap.
pub async fn look(
    setup: &Setup<'_>,
    seen: Investigation,
    look: Look,
    keeper: &mut dyn Keeper,
) -> Result<Investigation, Refused> {
    let given = serde_json::to_value(News::between(&seen, &look)).ok();
    let state = Investigation { incident: look.incident, triage: look.triage, ..seen };
    let id = state.incident.id.clone();
    let before = state.clone();
    // Nothing is written to the intake's chain: triage has spoken.
    let intake = Chain::new(setup.space.clone(), setup.names.intake());
    let state = State { investigations: vec![state], intake };
    let mut conductor = Conductor::resumed(setup, state, keeper);
    conductor.run_given(&id, &look.occasion, look.at, given).await?;
    Ok(conductor.into_outcome().investigations.pop().unwrap_or(before))
}

/// Looks at an incident again as its journal tells it was looked at, execution after execution.
///
/// # Errors
/// When the keeper refuses. A journal that tells of no such execution gives an empty outcome.
pub async fn look_as_told(
    setup: &Setup<'_>,
    journal: &[Entry],
    keeper: &mut dyn Keeper,
) -> Result<Outcome, Error> {
    let mut together = Together::default();
    let mut states: Vec<Investigation> = Vec::new();
    for told in journal.iter().filter_map(Told::of) {
        let id = told.news.incident.clone();
        let seen = match states.iter().position(|state| state.incident.id == id) {
            Some(place) => states.remove(place),
            None => fresh(&setup.space, &id, told.at),
        };
        let next = told.news.look(&seen, told.at, told.occasion);
        let mut collecting =
            Collecting { told: journal, keeper: &mut *keeper, together: &mut together };
        states.push(look(setup, seen, next, &mut collecting).await.map_err(Error::Refused)?);
    }
    Ok(Outcome {
        investigations: states,
        triage: Vec::new(),
        rejected: Vec::new(),
        journal: together.entries,
        intake: Chain::new(setup.space.clone(), setup.names.intake()),
    })
}

/// Whether a journal tells of incidents that were looked at as they grew.
pub fn tells_of_looks(journal: &[Entry]) -> bool {
    journal.iter().any(|entry| Told::of(entry).is_some())
}

fn fresh(space: &SpaceId, id: &IncidentId, at: Timestamp) -> Investigation {
    let (opened_at, last_news_at) = (at, at);
    let (alerts, entities) = (Vec::new(), Vec::new());
    Investigation {
        space: space.clone(),
        incident: Incident { id: id.clone(), opened_at, last_news_at, alerts, entities },
        triage: Vec::new(),
        executions: Vec::new(),
        plans: Vec::new(),
        evidence: Vec::new(),
        topology: Topology::default(),
    }
}

/// What is new of an incident since its execution before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct News {
    incident: IncidentId,
    occasion: String,
    opened_at: Timestamp,
    last_news_at: Timestamp,
    entities: Vec<EntityId>,
    /// The alerts that are in it, in their order.
    order: Vec<AlertId>,
    /// Those of them that are new or not as they were.
    alerts: Vec<Alert>,
    /// What triage and people said since; all of it where something was taken back.
    notes: Vec<TriageNote>,
    /// How many of the notes from before still hold.
    notes_kept: usize,
}

impl News {
    fn between(seen: &Investigation, look: &Look) -> Self {
        let known: BTreeMap<&AlertId, &Alert> =
            seen.incident.alerts.iter().map(|alert| (&alert.id, alert)).collect();
        let incident = &look.incident;
        let is_new = |alert: &&Alert| known.get(&alert.id).is_none_or(|known| *known != *alert);
        let same = seen.triage.iter().zip(&look.triage).take_while(|(a, b)| a == b).count();
        Self {
            incident: incident.id.clone(),
            occasion: look.occasion.clone(),
            opened_at: incident.opened_at,
            last_news_at: incident.last_news_at,
            entities: incident.entities.clone(),
            order: incident.alerts.iter().map(|alert| alert.id.clone()).collect(),
            alerts: incident.alerts.iter().filter(is_new).cloned().collect(),
            notes: look.triage.get(same..).unwrap_or_default().to_vec(),
            notes_kept: same,
        }
    }

    /// What the execution was given, by what the one before ended with.
    fn look(self, seen: &Investigation, at: Timestamp, occasion: String) -> Look {
        let mut known: BTreeMap<AlertId, Alert> = seen
            .incident
            .alerts
            .iter()
            .chain(&self.alerts)
            .map(|alert| (alert.id.clone(), alert.clone()))
            .collect();
        let mut triage = seen.triage.clone();
        triage.truncate(self.notes_kept);
        triage.extend(self.notes);
        Look {
            at,
            occasion,
            incident: Incident {
                id: self.incident,
                opened_at: self.opened_at,
                last_news_at: self.last_news_at,
                alerts: self.order.iter().filter_map(|id| known.remove(id)).collect(),
                entities: self.entities,
            },
            triage,
        }
    }
}

/// An execution's first entry, read.
struct Told {
    at: Timestamp,
    occasion: String,
    news: News,
}

impl Told {
    fn of(entry: &Entry) -> Option<Self> {
        if entry.seq != 0 || entry.kind != Kind::Update {
            return None;
        }
        let news: News = serde_json::from_value(entry.body.get("given")?.clone()).ok()?;
        Some(Self { at: entry.at, occasion: news.occasion.clone(), news })
    }
}

/// The entries of several executions.
#[derive(Default)]
struct Together {
    entries: Vec<Entry>,
}

/// Hands on what a keeper is told, and remembers the entries. What may be asked is what was asked then.
struct Collecting<'a> {
    told: &'a [Entry],
    keeper: &'a mut dyn Keeper,
    together: &'a mut Together,
}

#[async_trait::async_trait]
impl Keeper for Collecting<'_> {
    async fn entries(&mut self, entries: &[Entry]) -> Result<(), Refused> {
        self.keeper.entries(entries).await?;
        self.together.entries.extend_from_slice(entries);
        Ok(())
    }

    async fn investigation(&mut self, investigation: &Investigation) -> Result<(), Refused> {
        self.keeper.investigation(investigation).await
    }

    async fn left(&mut self, at: &Place<'_>, _: Spent) -> Result<Left, Refused> {
        Ok(Left::of_journal(self.told, at))
    }
}
