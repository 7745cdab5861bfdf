//! People say where alerts of live incidents belong, and it is so at once.

use jiff::Timestamp;
use nightjar_incident::journal::Kind;
use nightjar_incident::{AlertId, Incident, IncidentId, TriageDecision, TriageNote};
use nightjar_store::{
    Created, Error as StoreError, NewEntry, Once, Placed, Sitting, Space, TaskMove, TaskRecord,
    TaskStatus,
};
use serde_json::{Value, json};

use crate::Result;
use crate::intake::CHAIN;
use crate::task::priority;

/// What a person says of an alert that a webhook brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// It has nothing to do with the incident it is in, and gets one of its own.
    Unlink,
    /// It belongs to this incident.
    Link(IncidentId),
    /// It asks for nothing.
    Skip,
    /// It was skipped, and asks for something all the same.
    Unskip,
}

impl Move {
    fn told(&self) -> Value {
        match self {
            Self::Unlink => json!("unlink"),
            Self::Link(incident) => json!({ "link": incident }),
            Self::Skip => json!("skip"),
            Self::Unskip => json!("unskip"),
        }
    }
}

/// Does what a person says of an alert that a webhook brought: the journal says so first. `actor` is the id
/// of the key or session.
///
/// # Errors
/// [`StoreError::NotFound`] where there is no such alert or incident, or where a recording was played;
/// [`StoreError::Conflict`] where it is so already.
pub async fn move_alert(
    space: &Space,
    alert: &AlertId,
    what: &Move,
    actor: &str,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Created<()>> {
    let mut sitting = space.sit().await?;
    if sitting.claim(once, now).await?.is_some() {
        return Ok(Created::Again(()));
    }
    let placed = sitting.placed(alert).await?;
    sitting.write(NewEntry {
        chain: CHAIN.to_owned(),
        kind: Kind::UserRequest,
        actor: actor.to_owned(),
        body: json!({ "actor": actor, "request": { "alert": alert, "what": what.told() } }),
    });
    let mut moving = Moving { sitting, placed, actor, now };
    match what {
        Move::Unlink => moving.unlink().await?,
        Move::Link(incident) => moving.link(incident).await?,
        Move::Skip => moving.skip().await?,
        Move::Unskip => moving.unskip().await?,
    }
    let mut sitting = moving.sitting;
    sitting.settle(once, alert.as_str()).await?;
    sitting.keep(now).await?;
    Ok(Created::New(()))
}

/// Has a live incident looked at once more, whatever became of it.
pub(crate) async fn look_again(
    space: &Space,
    incident: &IncidentId,
    actor: &str,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<Created<()>> {
    let mut sitting = space.sit().await?;
    if sitting.claim(once, now).await?.is_some() {
        return Ok(Created::Again(()));
    }
    let known = sitting.live_incident(incident).await?;
    let Some(first) = known.alerts.first() else {
        return Err(conflict(format!("nothing is left of `{incident}`")));
    };
    sitting.write(NewEntry {
        chain: CHAIN.to_owned(),
        kind: Kind::UserRequest,
        actor: actor.to_owned(),
        body: json!({ "actor": actor, "request": { "look_again": incident } }),
    });
    let investigation = sitting.investigation_of(incident).await?;
    sitting.ask(incident, &investigation, &format!("{actor} asked"), now).await?;
    wait_again(&mut sitting, &known, &first.id, &investigation, now).await?;
    sitting.settle(once, incident.as_str()).await?;
    sitting.keep(now).await?;
    Ok(Created::New(()))
}

/// Says of the task of an incident's first alert that it waits for a worker.
async fn wait_again(
    sitting: &mut Sitting,
    incident: &Incident,
    first: &AlertId,
    investigation: &str,
    now: Timestamp,
) -> Result<()> {
    let to = TaskMove {
        investigation: Some(investigation),
        incident: Some(&incident.id),
        has_linked: incident.alerts.len() > 1,
        reason: Some("it waits to be looked at again"),
        ..TaskMove::default()
    };
    Ok(sitting.move_task(first, TaskStatus::PendingStart, &to, now).await?)
}

/// Runs the task of a live alert once more: a linked one gets an incident of its own, one that ended is
/// looked at again.
pub(crate) async fn run_again(
    space: &Space,
    task: &TaskRecord,
    actor: &str,
    once: Option<&Once>,
    now: Timestamp,
) -> Result<()> {
    let id = &task.id;
    match (task.status, &task.alert, &task.incident) {
        (TaskStatus::Linked, Some(alert), _) => {
            move_alert(space, alert, &Move::Unlink, actor, once, now).await?;
        }
        (TaskStatus::Skipped, Some(alert), _) => {
            move_alert(space, alert, &Move::Unskip, actor, once, now).await?;
        }
        (
            TaskStatus::Completed
            | TaskStatus::Failed
            | TaskStatus::TimedOut
            | TaskStatus::Canceled,
            _,
            Some(incident),
        ) => {
            look_again(space, incident, actor, once, now).await?;
        }
        _ => {
            let told = format!("task `{id}` waits or runs already: it is {}", task.status.label());
            return Err(conflict(told));
        }
    }
    Ok(())
}

/// One move, within its sitting.
struct Moving<'a> {
    sitting: Sitting,
    placed: Placed,
    actor: &'a str,
    now: Timestamp,
}

impl Moving<'_> {
    async fn unlink(&mut self) -> Result<()> {
        let Some(from) = self.placed.incident.clone() else {
            return Err(conflict("the alert is in no incident"));
        };
        if self.sitting.live_incident(&from).await?.alerts.len() < 2 {
            return Err(conflict(format!("it is the only alert of `{from}`")));
        }
        let reason = format!("unlinked from {from} by {}", self.actor);
        self.open(reason).await?;
        self.left(&from).await
    }

    async fn link(&mut self, to: &IncidentId) -> Result<()> {
        let id = self.placed.alert.id.clone();
        let from = self.placed.incident.clone();
        if from.as_ref() == Some(to) {
            return Err(conflict(format!("alert `{id}` is in incident `{to}` already")));
        }
        let investigation = self.sitting.investigation_of(to).await?;
        let known = self.sitting.live_incident(to).await?;
        let Some(primary) = known.alerts.first().map(|first| first.id.clone()) else {
            return Err(conflict(format!("nothing is left of `{to}`")));
        };
        let reason = match &from {
            Some(from) => format!("moved from {from} to {to} by {}", self.actor),
            None => format!("linked to {to} by {}", self.actor),
        };
        self.place(Some((&investigation, to)), TriageDecision::Linked, &reason).await?;
        // The primary is who came first of all, which may be the newcomer.
        let now_first = self.sitting.live_incident(to).await?.alerts;
        let now_first = now_first.first().map_or(primary.clone(), |first| first.id.clone());
        if now_first == id {
            self.crown(to, &investigation).await?;
        } else {
            let to_task = TaskMove {
                investigation: Some(&investigation),
                incident: Some(to),
                primary: Some(&primary),
                has_linked: false,
                reason: Some(&reason),
            };
            self.sitting.move_task(&id, TaskStatus::Linked, &to_task, self.now).await?;
            self.sitting.mark_linked(&primary, self.now).await?;
        }
        let occasion = format!("alert linked by {}", self.actor);
        self.sitting.ask(to, &investigation, &occasion, self.now).await?;
        match from {
            Some(from) => self.left(&from).await,
            None => Ok(()),
        }
    }

    async fn skip(&mut self) -> Result<()> {
        let id = self.placed.alert.id.clone();
        let Some(from) = self.placed.incident.clone() else {
            return Err(conflict(format!("alert `{id}` is skipped already")));
        };
        let reason = format!("skipped by {}", self.actor);
        self.place(None, TriageDecision::Skipped, &reason).await?;
        let to = TaskMove { reason: Some(&reason), ..TaskMove::default() };
        self.sitting.move_task(&id, TaskStatus::Skipped, &to, self.now).await?;
        self.left(&from).await
    }

    async fn unskip(&mut self) -> Result<()> {
        if self.placed.incident.is_some() {
            return Err(conflict(format!("alert `{}` isn't skipped", self.placed.alert.id)));
        }
        let reason = format!("taken up by {}", self.actor);
        self.open(reason).await
    }

    /// Gives the alert an incident of its own.
    async fn open(&mut self, reason: String) -> Result<()> {
        let rank = priority(self.placed.alert.severity);
        let opened = self.sitting.open_incident(self.now, rank, self.now).await?;
        let place = (opened.investigation.as_str(), &opened.incident);
        self.place(Some(place), TriageDecision::Proceed, &reason).await?;
        let to = TaskMove {
            investigation: Some(&opened.investigation),
            incident: Some(&opened.incident),
            reason: Some(&reason),
            ..TaskMove::default()
        };
        let id = self.placed.alert.id.clone();
        self.sitting.move_task(&id, TaskStatus::PendingStart, &to, self.now).await?;
        let (incident, investigation) = (&opened.incident, &opened.investigation);
        Ok(self.sitting.tell_news(incident, investigation, self.now, true, self.now).await?)
    }

    /// Puts the alert where it is said to belong, with the reason.
    async fn place(
        &mut self,
        to: Option<(&str, &IncidentId)>,
        decision: TriageDecision,
        reason: &str,
    ) -> Result<()> {
        let Placed { alert, entities, .. } = &self.placed;
        let (investigation, incident) = to.unzip();
        self.sitting.update_alert(alert, entities, investigation, incident).await?;
        let note = TriageNote {
            alert: alert.id.clone(),
            incident: incident.cloned(),
            decision,
            reason: reason.to_owned(),
            at: self.now,
        };
        Ok(self.sitting.keep_note(&note).await?)
    }

    /// Sees to what the alert has left: it is looked at again, or nothing is left of it.
    async fn left(&mut self, from: &IncidentId) -> Result<()> {
        let known = self.sitting.live_incident(from).await?;
        let investigation = self.sitting.investigation_of(from).await?;
        if known.alerts.is_empty() {
            self.sitting.close_incidents(std::slice::from_ref(from)).await?;
            // Whoever watches it finds nothing to do.
            return Ok(self
                .sitting
                .tell_news(from, &investigation, self.now, true, self.now)
                .await?);
        }
        if self.has_lost_its_head(&known).await? {
            self.crown(from, &investigation).await?;
        }
        let occasion = format!("alert unlinked by {}", self.actor);
        Ok(self.sitting.ask(from, &investigation, &occasion, self.now).await?)
    }

    /// Whether the first alert's task is linked to that of one that left.
    async fn has_lost_its_head(&mut self, known: &Incident) -> Result<bool> {
        let Some(first) = known.alerts.first() else { return Ok(false) };
        Ok(self.sitting.task_of(&first.id).await?.primary.is_some())
    }

    /// Makes the task of an incident's first alert its primary, and links the others to it.
    async fn crown(&mut self, incident: &IncidentId, investigation: &str) -> Result<()> {
        let known = self.sitting.live_incident(incident).await?;
        let Some(first) = known.alerts.first() else { return Ok(()) };
        wait_again(&mut self.sitting, &known, &first.id, investigation, self.now).await?;
        for alert in known.alerts.iter().skip(1) {
            let to = TaskMove {
                investigation: Some(investigation),
                incident: Some(incident),
                primary: Some(&first.id),
                ..TaskMove::default()
            };
            self.sitting.move_task(&alert.id, TaskStatus::Linked, &to, self.now).await?;
        }
        Ok(())
    }
}

fn conflict(told: impl Into<String>) -> crate::Error {
    StoreError::Conflict(told.into()).into()
}
