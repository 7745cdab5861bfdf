//! One space's desk: the open incidents in memory, and what a sitting does with messages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use nightjar_incident::journal::Kind;
use nightjar_incident::{Alert, AlertId, Change, IncidentId, TriageDecision, TriageNote};
use nightjar_store::{
    Arrived, DeliveryStatus, LiveAlert, NewDelivery, NewEntry, Sitting, Space, Told,
};
use nightjar_triage::{Desk, Estate, News};
use serde_json::{Value, json};

use super::receipt::{Receipt, Received, status};
use super::{Prepared, Read};
use crate::sources::Sources;
use crate::task::{heard, of_linked, of_opened, of_skipped, priority};
use crate::{Result, Rules};

/// What the chain is called that tells of the intake of a space.
pub(crate) const CHAIN: &str = "intake";

/// What is remembered from one sitting to the next.
#[derive(Default)]
pub(crate) struct Table {
    seated: Option<Seated>,
}

struct Seated {
    desk: Desk,
    estate: Arc<Estate>,
    /// The sitting after which it is what is stored.
    number: u64,
    tasks: BTreeMap<AlertId, String>,
    investigations: BTreeMap<IncidentId, String>,
}

impl Table {
    /// Takes messages in, in their order, and tells what became of each. Nothing is kept on an error, and the
    /// table isn't to be trusted any more.
    pub(super) async fn sit(
        &mut self,
        sources: &Sources,
        rules: &Rules,
        space: &Space,
        messages: &[&Prepared],
        now: Timestamp,
    ) -> Result<Vec<Receipt>> {
        // Before the sitting: these may take their time, and nobody else sits meanwhile.
        let surroundings = sources.surroundings(space, now).await?;
        let policy = rules.of(space).await?.policy.triage;
        let mut sitting = space.sit().await?;
        let mut seated = match self.seated.take() {
            Some(known)
                if known.number + 1 == sitting.number() && *known.desk.policy() == policy =>
            {
                known
            }
            _ => {
                let mut desk = Desk::new(Arc::clone(&surroundings.estate), policy);
                for incident in sitting.open_incidents().await? {
                    desk.take_in(incident);
                }
                Seated {
                    desk,
                    estate: Arc::clone(&surroundings.estate),
                    number: 0,
                    tasks: BTreeMap::new(),
                    investigations: BTreeMap::new(),
                }
            }
        };
        if !Arc::ptr_eq(&seated.estate, &surroundings.estate) {
            seated.estate = Arc::clone(&surroundings.estate);
            seated.desk.set_estate(Arc::clone(&surroundings.estate));
        }
        seated.number = sitting.number();
        seated.clear(&mut sitting, now).await?;
        let mut turn = Turn { seated: &mut seated, sitting, now, heard: BTreeSet::new() };
        let mut receipts = Vec::with_capacity(messages.len());
        for message in messages {
            receipts.push(turn.take(message).await?);
        }
        turn.keep().await?;
        self.seated = Some(seated);
        Ok(receipts)
    }
}

impl Seated {
    /// Clears incidents away that are over.
    async fn clear(&mut self, sitting: &mut Sitting, now: Timestamp) -> Result<()> {
        let over = self.desk.over(now);
        for incident in &over {
            if let Some(closed) = self.desk.close(incident) {
                closed.alerts.iter().for_each(|alert| drop(self.tasks.remove(&alert.id)));
            }
            self.investigations.remove(incident);
        }
        Ok(sitting.close_incidents(&over).await?)
    }
}

/// One sitting.
struct Turn<'a> {
    seated: &'a mut Seated,
    sitting: Sitting,
    now: Timestamp,
    /// Known alerts of which something was heard: they are written once, at the end.
    heard: BTreeSet<(IncidentId, AlertId)>,
}

/// Where an alert went.
struct Went {
    received: Received,
    /// What the journal says of it.
    told: Value,
}

impl Turn<'_> {
    async fn take(&mut self, message: &Prepared) -> Result<Receipt> {
        let delivery = self.sitting.next_delivery().await?;
        if !message.originals.is_empty() {
            self.sitting.keep_originals(&message.originals).await?;
        }
        let receipt = match &message.read {
            Err(rejected) => {
                let reason = rejected.to_string();
                let body = json!({
                    "delivery": delivery, "webhook": message.address.webhook, "reason": reason,
                });
                // A note or an assignment was understood: nothing is wrong with it.
                let is_unreadable = rejected.kind == nightjar_payloads::Kind::Unreadable;
                let (kind, status) = match is_unreadable {
                    true => (Kind::Error, DeliveryStatus::Rejected),
                    false => (Kind::Update, DeliveryStatus::Noted),
                };
                self.write(kind, "payloads", body);
                let alerts = Vec::new();
                let changes = Vec::new();
                Receipt { delivery, status, alerts, changes, reason, is_unreadable }
            }
            Ok(Read::Changes(changes)) => self.learn(message, delivery, changes).await?,
            Ok(Read::Alerts(alerts)) => {
                let (mut received, mut told) = (Vec::new(), Vec::new());
                for alert in alerts {
                    let went = self.admit(message, &delivery, alert.clone()).await?;
                    received.push(went.received);
                    told.push(went.told);
                }
                let body = json!({
                    "delivery": delivery, "webhook": message.address.webhook, "alerts": told,
                });
                self.write(Kind::Update, "triage", body);
                let status = received.iter().map(|alert| status(alert.decision)).max();
                let status = status.unwrap_or(DeliveryStatus::Noted);
                let mut receipt = Receipt {
                    delivery,
                    status,
                    alerts: received,
                    changes: Vec::new(),
                    reason: String::new(),
                    is_unreadable: false,
                };
                receipt.reason =
                    receipt.foremost().map(|alert| alert.reason.clone()).unwrap_or_default();
                receipt
            }
        };
        let names: Vec<AlertId> = receipt.alerts.iter().map(|told| told.alert.clone()).collect();
        let new = NewDelivery {
            webhook: &message.address.webhook,
            raw: &message.raw,
            status: receipt.status,
            alerts: &names,
            changes: &receipt.changes,
            reason: Some(&receipt.reason),
        };
        self.sitting.keep_delivery(&receipt.delivery, &new).await?;
        Ok(receipt)
    }

    /// Keeps changes. They open nothing: who looks at an incident asks for them.
    async fn learn(
        &mut self,
        message: &Prepared,
        delivery: String,
        changes: &[Change],
    ) -> Result<Receipt> {
        let (mut names, mut told, mut news) = (Vec::new(), Vec::new(), 0);
        for change in changes {
            let arrived = Told {
                change,
                webhook: &message.address.webhook,
                delivery: &delivery,
                received_at: message.received_at(),
            };
            let (name, arrived) = self.sitting.keep_change(&arrived).await?;
            if arrived == Arrived::Known {
                told.push(json!({ "id": name }));
            } else {
                news += 1;
                told.push(json!({ "id": name, "change": change }));
            }
            names.push(name);
        }
        let body = json!({
            "delivery": delivery, "webhook": message.address.webhook, "changes": told,
        });
        self.write(Kind::Update, "changes", body);
        let (status, reason) = match news {
            0 => (DeliveryStatus::Duplicate, "every change in it is known".to_owned()),
            1 => (DeliveryStatus::Changed, "it tells of a change".to_owned()),
            many => (DeliveryStatus::Changed, format!("it tells of {many} changes")),
        };
        Ok(Receipt {
            delivery,
            status,
            alerts: Vec::new(),
            changes: names,
            reason,
            is_unreadable: false,
        })
    }

    /// Decides where an alert belongs, and puts it there.
    async fn admit(&mut self, message: &Prepared, delivery: &str, alert: Alert) -> Result<Went> {
        let ruling = self.seated.desk.decide(&alert);
        match (ruling.decision, ruling.incident) {
            (TriageDecision::Duplicate, Some(incident)) => {
                self.update(&incident, alert, &ruling.reason).await
            }
            (TriageDecision::Linked, Some(incident)) => {
                self.link(message, delivery, &incident, alert, ruling.reason).await
            }
            (TriageDecision::Proceed | TriageDecision::Duplicate | TriageDecision::Linked, _) => {
                self.open(message, delivery, alert, ruling.reason).await
            }
            (TriageDecision::Skipped, _) => {
                self.skip(message, delivery, alert, ruling.reason).await
            }
        }
    }

    /// An alert that opens an incident.
    async fn open(
        &mut self,
        message: &Prepared,
        delivery: &str,
        mut alert: Alert,
        reason: String,
    ) -> Result<Went> {
        alert.id = self.sitting.next_alert().await?;
        let (at, rank) = (message.received_at(), priority(alert.severity));
        let opened = self.sitting.open_incident(at, rank, self.now).await?;
        let incident = opened.incident;
        let note = note(&alert, Some(&incident), TriageDecision::Proceed, reason, at);
        let entities = self.seated.estate.locate(&alert);
        let kept = LiveAlert {
            alert: &alert,
            entities: &entities,
            investigation: Some(&opened.investigation),
            incident: Some(&incident),
            delivery: Some(delivery),
        };
        self.sitting.keep_alert(&kept).await?;
        self.sitting.keep_note(&note).await?;
        let from = Some(message.address.origin.as_str());
        let task = of_opened(&alert, &incident, from);
        self.sitting.keep_task(Some(&opened.investigation), &task, self.now).await?;
        let investigation = opened.investigation;
        self.sitting.tell_news(&incident, &investigation, at, true, self.now).await?;
        self.seated.desk.take_in(nightjar_incident::Incident {
            id: incident.clone(),
            opened_at: at,
            last_news_at: at,
            alerts: vec![alert.clone()],
            entities,
        });
        self.seated.investigations.insert(incident, investigation);
        self.went(&alert, note).await
    }

    /// An alert that belongs to an open incident.
    async fn link(
        &mut self,
        message: &Prepared,
        delivery: &str,
        incident: &IncidentId,
        mut alert: Alert,
        reason: String,
    ) -> Result<Went> {
        alert.id = self.sitting.next_alert().await?;
        let investigation = self.investigation(incident).await?;
        let at = message.received_at();
        let note = note(&alert, Some(incident), TriageDecision::Linked, reason, at);
        let entities = self.seated.estate.locate(&alert);
        let kept = LiveAlert {
            alert: &alert,
            entities: &entities,
            investigation: Some(&investigation),
            incident: Some(incident),
            delivery: Some(delivery),
        };
        self.sitting.keep_alert(&kept).await?;
        self.sitting.keep_note(&note).await?;
        let held = self.seated.desk.incident(incident);
        let primary = held.and_then(|held| held.alerts.first()).map(|first| first.id.clone());
        if let Some(primary) = primary {
            let from = Some(message.address.origin.as_str());
            let mut task = of_linked(&alert, &primary, incident, from);
            task.reason = Some(note.reason.clone());
            self.sitting.keep_task(Some(&investigation), &task, self.now).await?;
            self.sitting.mark_linked(&primary, self.now).await?;
        }
        self.sitting.tell_news(incident, &investigation, at, true, self.now).await?;
        self.seated.desk.admit(incident, alert.clone());
        self.went(&alert, note).await
    }

    /// A message about an alert that is known.
    async fn update(&mut self, incident: &IncidentId, alert: Alert, reason: &str) -> Result<Went> {
        let at = alert.received_at;
        let Some(admitted) = self.seated.desk.admit(incident, alert) else {
            return Err(crate::Error::Broken(format!("`{incident}` isn't at the desk")));
        };
        let (news, held) = (admitted.news, admitted.held.clone());
        let investigation = self.investigation(incident).await?;
        let looks = matches!(news, News::Resolved | News::FiresAgain);
        self.sitting.tell_news(incident, &investigation, at, looks, self.now).await?;
        let note = note(&held, Some(incident), TriageDecision::Duplicate, reason.to_owned(), at);
        // A repeat is one more of the same: noting each would make a long incident endless.
        if !matches!(news, News::Repeated) {
            self.sitting.keep_note(&note).await?;
        }
        self.heard.insert((incident.clone(), held.id.clone()));
        let mut went = self.went(&held, note).await?;
        went.told = json!({ "alert": held.id, "triage": went.told.get("triage") });
        Ok(went)
    }

    /// An alert that asks for nothing.
    async fn skip(
        &mut self,
        message: &Prepared,
        delivery: &str,
        mut alert: Alert,
        reason: String,
    ) -> Result<Went> {
        alert.id = self.sitting.next_alert().await?;
        let note = note(&alert, None, TriageDecision::Skipped, reason, message.received_at());
        let kept = LiveAlert {
            alert: &alert,
            entities: &[],
            investigation: None,
            incident: None,
            delivery: Some(delivery),
        };
        self.sitting.keep_alert(&kept).await?;
        self.sitting.keep_note(&note).await?;
        let task = of_skipped(&alert, &note, Some(message.address.origin.as_str()));
        self.sitting.keep_task(None, &task, self.now).await?;
        let went = self.went(&alert, note).await?;
        self.seated.tasks.remove(&alert.id);
        Ok(went)
    }

    async fn went(&mut self, alert: &Alert, note: TriageNote) -> Result<Went> {
        let task = match self.seated.tasks.get(&alert.id) {
            Some(task) => task.clone(),
            None => {
                let task = self.sitting.task_of(&alert.id).await?.id;
                self.seated.tasks.insert(alert.id.clone(), task.clone());
                task
            }
        };
        let told = json!({ "alert": alert, "triage": note });
        let received = Received {
            alert: alert.id.clone(),
            task,
            incident: note.incident,
            decision: note.decision,
            reason: note.reason,
        };
        Ok(Went { received, told })
    }

    async fn investigation(&mut self, incident: &IncidentId) -> Result<String> {
        if let Some(known) = self.seated.investigations.get(incident) {
            return Ok(known.clone());
        }
        let found = self.sitting.investigation_of(incident).await?;
        self.seated.investigations.insert(incident.clone(), found.clone());
        Ok(found)
    }

    fn write(&mut self, kind: Kind, actor: &str, body: Value) {
        let (chain, actor) = (CHAIN.to_owned(), actor.to_owned());
        self.sitting.write(NewEntry { chain, kind, actor, body });
    }

    /// Writes what was heard of known alerts, and keeps the sitting.
    async fn keep(mut self) -> Result<()> {
        for (incident, alert) in std::mem::take(&mut self.heard) {
            let held = self.seated.desk.incident(&incident);
            let held = held.and_then(|held| held.alerts.iter().find(|held| held.id == alert));
            let Some(held) = held.cloned() else { continue };
            let investigation = self.investigation(&incident).await?;
            let entities = self.seated.estate.locate(&held);
            let place = (Some(investigation.as_str()), Some(&incident));
            self.sitting.update_alert(&held, &entities, place.0, place.1).await?;
            let rank = priority(held.severity);
            self.sitting.hear(&alert, &heard(&held), rank, self.now).await?;
        }
        Ok(self.sitting.keep(self.now).await?)
    }
}

fn note(
    alert: &Alert,
    incident: Option<&IncidentId>,
    decision: TriageDecision,
    reason: String,
    at: Timestamp,
) -> TriageNote {
    TriageNote { alert: alert.id.clone(), incident: incident.cloned(), decision, reason, at }
}
