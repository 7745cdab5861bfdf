//! What people ask of incidents, and doing it.

use jiff::Timestamp;
use nightjar_incident::journal::{Entry, Kind};
use nightjar_incident::{Alert, AlertId, IncidentId, RawAlert, TriageDecision, TriageNote};
use nightjar_triage::Estate;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::conductor::Conductor;
use crate::error::Error;
use crate::keeper::Refused;
use crate::names::Names;

/// What a person may ask of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// This alert is about something else: give it an incident of its own.
    Unlink {
        /// Where it is.
        incident: IncidentId,
        /// The alert.
        alert: AlertId,
    },
    /// This alert is about the same as that incident: move it there.
    Link {
        /// The alert.
        alert: AlertId,
        /// Where it belongs.
        incident: IncidentId,
    },
    /// Investigate once more.
    LookAgain {
        /// What.
        incident: IncidentId,
    },
}

/// A request with who made it, and when it is acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRequest {
    /// By the recording's time; see [`State::latest`](crate::State::latest).
    pub at: Timestamp,
    /// Who asked, as a reader of the journal should know them.
    pub actor: String,
    /// What.
    pub request: Request,
}

/// A start by hand: somebody described what is wrong, and that is taken for an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Who asked, as a reader of the journal should know them.
    pub actor: String,
    /// What they described, as a message; played when it arrived.
    pub message: RawAlert,
}

/// Body of the entry about a start.
#[derive(Serialize, Deserialize)]
struct StartBody {
    actor: String,
    request: Started,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Started {
    Start { message: RawAlert },
}

impl Start {
    /// The start that a journal tells of, if somebody started it by hand.
    pub fn of_journal(journal: &[Entry]) -> Option<Self> {
        let intake = Names::of_journal(journal).intake();
        let first = journal.iter().find(|entry| entry.chain == intake && entry.seq == 0)?;
        if first.kind != Kind::UserRequest {
            return None;
        }
        let StartBody { actor, request } = serde_json::from_value(first.body.clone()).ok()?;
        let Started::Start { message } = request;
        Some(Self { actor, message })
    }
}

/// Body of the entry about a request.
#[derive(Serialize, Deserialize)]
struct Body {
    actor: String,
    request: Request,
}

impl UserRequest {
    /// The requests that a journal tells of, in their order. One that can't be read is left out.
    pub fn of_journal(journal: &[Entry]) -> Vec<Self> {
        let intake = Names::of_journal(journal).intake();
        let read = |entry: &Entry| {
            let Body { actor, request } = serde_json::from_value(entry.body.clone()).ok()?;
            Some(Self { at: entry.at, actor, request })
        };
        journal
            .iter()
            .filter(|entry| entry.kind == Kind::UserRequest && entry.chain == intake)
            .filter_map(read)
            .collect()
    }
}

impl Conductor<'_, '_> {
    /// Writes down who started this by hand, and with what.
    pub(crate) async fn started(&mut self, start: &Start) -> Result<(), Refused> {
        let Start { actor, message } = start;
        let body = json!({ "actor": actor, "request": { "start": { "message": message } } });
        self.note(message.received_at, Kind::UserRequest, actor, body);
        self.flush().await
    }

    /// Writes a request down and does what it asks.
    ///
    /// # Errors
    /// When it can't be met; nothing is written then. When the keeper refuses.
    pub(crate) async fn meet(&mut self, asked: &UserRequest) -> Result<(), Error> {
        match &asked.request {
            Request::Unlink { incident, alert } => {
                self.check_unlink(incident, alert)?;
                self.write_down(asked).await?;
                self.unlink(incident, alert, asked).await?;
            }
            Request::Link { alert, incident } => {
                let from = self.check_link(alert, incident)?;
                self.write_down(asked).await?;
                self.link(&from, alert, incident, asked).await?;
            }
            Request::LookAgain { incident } => {
                if self.alerts_of(incident)?.is_empty() {
                    let reason = format!("`{incident}` was merged: it has no alerts");
                    return Err(Error::Pointless { reason });
                }
                self.write_down(asked).await?;
                let occasion = format!("{} asked to look again", asked.actor);
                self.run(incident, &occasion, asked.at).await?;
            }
        }
        Ok(())
    }

    async fn write_down(&mut self, asked: &UserRequest) -> Result<(), Refused> {
        let body = json!({ "actor": asked.actor, "request": asked.request });
        self.note(asked.at, Kind::UserRequest, &asked.actor, body);
        self.flush().await
    }

    fn check_unlink(&self, incident: &IncidentId, alert: &AlertId) -> Result<(), Error> {
        let alerts = self.alerts_of(incident)?;
        if !alerts.iter().any(|held| held.id == *alert) {
            return Err(Error::UnknownAlert { alert: alert.clone() });
        }
        if alerts.len() == 1 {
            let reason = format!("`{alert}` is the only alert of `{incident}`");
            return Err(Error::Pointless { reason });
        }
        Ok(())
    }

    /// Answers with the incident that holds the alert.
    fn check_link(&self, alert: &AlertId, incident: &IncidentId) -> Result<IncidentId, Error> {
        self.alerts_of(incident)?;
        let holds = |held: &Alert| held.id == *alert;
        let from = self.works.iter().find(|work| work.incident.alerts.iter().any(holds));
        let Some(from) = from else {
            return Err(Error::UnknownAlert { alert: alert.clone() });
        };
        if from.incident.id == *incident {
            let reason = format!("`{alert}` is part of `{incident}` already");
            return Err(Error::Pointless { reason });
        }
        Ok(from.incident.id.clone())
    }

    fn alerts_of(&self, incident: &IncidentId) -> Result<&[Alert], Error> {
        match self.works.iter().find(|work| work.incident.id == *incident) {
            Some(work) => Ok(&work.incident.alerts),
            None => Err(Error::UnknownIncident { incident: incident.clone() }),
        }
    }

    /// Gives an alert an incident of its own, and investigates what it left and where it is now.
    async fn unlink(
        &mut self,
        from: &IncidentId,
        id: &AlertId,
        asked: &UserRequest,
    ) -> Result<(), Refused> {
        let estate = self.estate(asked.at).await?;
        let Some(alert) = self.take_out(from, id, &estate) else { return Ok(()) };
        let to = self.next_incident();
        let note = TriageNote {
            alert: id.clone(),
            incident: Some(to.clone()),
            decision: TriageDecision::Proceed,
            reason: format!("unlinked from {from} by {}", asked.actor),
            at: asked.at,
        };
        self.tell_triage(&alert, &note);
        let opened_at = self.tell_source(from, &note).unwrap_or(alert.received_at);
        let entities = estate.locate(&alert);
        let last_news_at = alert.received_at;
        self.open(alert, entities, note, opened_at, last_news_at);
        self.keep(from).await?;
        self.keep(&to).await?;
        let occasion = format!("alert unlinked by {}", asked.actor);
        self.run(from, &occasion, asked.at).await?;
        self.run(&to, &occasion, asked.at).await
    }

    /// Moves an alert, and investigates what it left, if anything is left, and where it is now.
    async fn link(
        &mut self,
        from: &IncidentId,
        id: &AlertId,
        to: &IncidentId,
        asked: &UserRequest,
    ) -> Result<(), Refused> {
        let estate = self.estate(asked.at).await?;
        let Some(alert) = self.take_out(from, id, &estate) else { return Ok(()) };
        let is_merged = self.alerts_of(from).is_ok_and(<[Alert]>::is_empty);
        let reason = if is_merged {
            format!("linked to {to} by {}; nothing is left of {from}: it is merged", asked.actor)
        } else {
            format!("moved from {from} to {to} by {}", asked.actor)
        };
        let note = TriageNote {
            alert: id.clone(),
            incident: Some(to.clone()),
            decision: TriageDecision::Linked,
            reason,
            at: asked.at,
        };
        self.tell_triage(&alert, &note);
        self.tell_source(from, &note);
        let entities = estate.locate(&alert);
        if let Some(work) = self.work(to) {
            nightjar_triage::admit(&mut work.incident, alert, entities);
            work.triage.push(note);
        }
        self.keep(from).await?;
        self.keep(to).await?;
        if !is_merged {
            self.run(from, &format!("alert unlinked by {}", asked.actor), asked.at).await?;
        }
        self.run(to, &format!("alert linked by {}", asked.actor), asked.at).await
    }

    /// Takes an alert out of its incident, which speaks of what the others speak of from then on.
    fn take_out(&mut self, from: &IncidentId, id: &AlertId, estate: &Estate) -> Option<Alert> {
        let incident = &mut self.work(from)?.incident;
        let place = incident.alerts.iter().position(|held| held.id == *id)?;
        let alert = incident.alerts.remove(place);
        incident.entities = estate.locate_all(&incident.alerts);
        Some(alert)
    }

    /// Notes at the incident that an alert left; answers with when it had come.
    fn tell_source(&mut self, from: &IncidentId, note: &TriageNote) -> Option<Timestamp> {
        let notes = &mut self.work(from)?.triage;
        let came = notes.iter().find(|earlier| earlier.alert == note.alert).map(|note| note.at);
        notes.push(note.clone());
        came
    }
}
