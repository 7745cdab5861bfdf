//! Sittings: what a space's desk decides about alerts is kept all or none, one sitting at a time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_incident::{Alert, AlertId, Incident, IncidentId, Investigation, TriageNote};
use nightjar_topology::{EntityId, Topology};

use crate::alerts::Message;
use crate::changes::{Arrived, Told};
use crate::db::{Columns as _, Tx, from_driver, id, micros, next_number, number};
use crate::deliveries::{Body, NewDelivery};
use crate::heads::{self, Head};
use crate::incidents::no_incident;
use crate::journal::NewEntry;
use crate::once::clean;
use crate::{Error, Once, Priority, Result, Space, TaskRecord, TaskState, TaskStatus, live, once};

/// A transaction in which alerts go where triage or a person says. While it lasts no other sitting of the
/// space begins, in any process.
///
/// INVARIANT: locks are taken in the order of the fields: the journal's head, the desk's number, then rows.
pub struct Sitting {
    space: Space,
    tx: Tx,
    head: Head,
    number: u64,
    entries: Vec<NewEntry>,
    /// Incidents with news, and when they came.
    news: BTreeMap<IncidentId, Timestamp>,
    wakes: bool,
}

/// An alert that a webhook brought, as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct LiveAlert<'a> {
    /// As it stands.
    pub alert: &'a Alert,
    /// The entities it speaks of.
    pub entities: &'a [EntityId],
    /// The investigation of its incident.
    pub investigation: Option<&'a str>,
    /// The incident it is in.
    pub incident: Option<&'a IncidentId>,
    /// The delivery that first told of it.
    pub delivery: Option<&'a str>,
}

/// An alert that a webhook brought, and where it is.
#[derive(Clone, Debug)]
pub struct Placed {
    /// As it stands.
    pub alert: Alert,
    /// The entities it speaks of.
    pub entities: Vec<EntityId>,
    /// The investigation of its incident.
    pub investigation: Option<String>,
    /// The incident it is in.
    pub incident: Option<IncidentId>,
}

/// Where a task goes.
#[derive(Clone, Debug, Default)]
pub struct TaskMove<'a> {
    /// The investigation it is worked on in.
    pub investigation: Option<&'a str>,
    /// The incident its alert is in.
    pub incident: Option<&'a IncidentId>,
    /// The alert whose task it is linked to.
    pub primary: Option<&'a AlertId>,
    /// Whether others are linked to it.
    pub has_linked: bool,
    /// Why it is where it is; none: as before.
    pub reason: Option<&'a str>,
}

/// An incident that was opened, and the investigation that is its own.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The investigation.
    pub investigation: String,
    /// The incident.
    pub incident: IncidentId,
}

impl Space {
    /// Begins a sitting.
    pub async fn sit(&self) -> Result<Sitting> {
        let mac_key = &self.store.inner.installation.mac_key;
        let mut tx = self.store.db().begin().await?;
        let head = heads::lock(&mut tx, mac_key, self.id.as_str()).await?;
        if !self.store.hold_space(&mut tx, &self.id).await? {
            return Err(Error::Destroyed);
        }
        let number = next_number(&mut tx, self.id.as_str(), "desk").await?;
        Ok(Sitting {
            space: self.clone(),
            tx,
            head,
            number,
            entries: Vec::new(),
            news: BTreeMap::new(),
            wakes: false,
        })
    }
}

impl Sitting {
    /// Its number: what is remembered of the sitting before this is still true if that had the number
    /// before this one, and was kept.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What was made under a caller's key before, if anything.
    pub async fn claim(&mut self, once: Option<&Once>, now: Timestamp) -> Result<Option<String>> {
        once::claim(&mut self.tx, once, now).await
    }

    /// Notes what was made under a caller's key.
    pub async fn settle(&mut self, once: Option<&Once>, subject: &str) -> Result<()> {
        once::settle(&mut self.tx, once, subject).await
    }

    /// All open incidents with their alerts, in the order they opened.
    pub async fn open_incidents(&mut self) -> Result<Vec<Incident>> {
        let rows = sqlx::query(
            "SELECT id, opened_at, last_news_at FROM incidents
             WHERE space = $1 AND standing = 'open' ORDER BY number",
        )
        .bind(id(&self.space.id))
        .fetch_all(&mut *self.tx)
        .await
        .map_err(from_driver)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let incident = row.id("id")?;
            found.push(self.space.membership(&mut self.tx, row, &incident).await?);
        }
        Ok(found)
    }

    /// The investigation of a live incident, whether open or closed.
    pub async fn investigation_of(&mut self, incident: &IncidentId) -> Result<String> {
        let row = sqlx::query(
            "SELECT investigation FROM incidents
             WHERE space = $1 AND id = $2 AND standing IS NOT NULL",
        )
        .bind(id(&self.space.id))
        .bind(id(incident))
        .fetch_optional(&mut *self.tx)
        .await
        .map_err(from_driver)?;
        row.ok_or_else(|| no_incident(incident))?.text("investigation")
    }

    /// Keeps originals of pseudonyms, sealed.
    pub async fn keep_originals(&mut self, originals: &[(String, String)]) -> Result<()> {
        self.space.insert_originals(&mut self.tx, originals).await
    }

    /// What the next alert is called.
    pub async fn next_alert(&mut self) -> Result<AlertId> {
        let next = self.space.next(&mut self.tx, "alert").await?;
        Ok(AlertId::new(format!("alert-{next}")))
    }

    /// What the next delivery is called.
    pub async fn next_delivery(&mut self) -> Result<String> {
        Ok(format!("del-{}", self.space.next(&mut self.tx, "delivery").await?))
    }

    /// Keeps a message under the name that it was given.
    pub async fn keep_delivery(&mut self, name: &str, new: &NewDelivery<'_>) -> Result<()> {
        let place: u64 = name.trim_start_matches("del-").parse().unwrap_or_default();
        clean(new.webhook)?;
        let body = Body {
            raw: new.raw.clone(),
            alerts: new.alerts.to_vec(),
            changes: new.changes.to_vec(),
            reason: new.reason.map(str::to_owned),
        };
        sqlx::query(
            "INSERT INTO deliveries (space, number, id, webhook, received_at, status, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id(&self.space.id))
        .bind(number(place)?)
        .bind(name.to_owned())
        .bind(new.webhook.to_owned())
        .bind(micros(new.raw.received_at))
        .bind(new.status.label().to_owned())
        .bind(self.space.seal("delivery", name, &body)?)
        .execute(&mut *self.tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }

    /// Keeps a change that somebody told of, and says what came of it.
    pub async fn keep_change(&mut self, told: &Told<'_>) -> Result<(String, Arrived)> {
        self.space.keep_change(&mut self.tx, told).await
    }

    /// Opens an incident, with an investigation of its own that is watched from now on.
    pub async fn open_incident(
        &mut self,
        opened_at: Timestamp,
        priority: Priority,
        now: Timestamp,
    ) -> Result<Opened> {
        let (play, investigation) =
            self.space.insert_record(&mut self.tx, None, None, true, now).await?;
        let incident = IncidentId::new(format!("inc-{play}-1"));
        let state = Investigation {
            space: self.space.id.clone(),
            incident: Incident {
                id: incident.clone(),
                opened_at,
                last_news_at: opened_at,
                alerts: Vec::new(),
                entities: Vec::new(),
            },
            triage: Vec::new(),
            executions: Vec::new(),
            plans: Vec::new(),
            evidence: Vec::new(),
            topology: Topology::default(),
        };
        self.space.insert_live(&mut self.tx, &investigation, &state).await?;
        self.space.enqueue_watch(&mut self.tx, &investigation, priority, now).await?;
        self.wakes = true;
        Ok(Opened { investigation, incident })
    }

    /// Keeps a new alert.
    pub async fn keep_alert(&mut self, kept: &LiveAlert<'_>) -> Result<()> {
        let alert = kept.alert;
        clean(alert.id.as_str())?;
        let place: u64 = alert.id.as_str().trim_start_matches("alert-").parse().unwrap_or_default();
        sqlx::query(
            "INSERT INTO alerts (space, number, id, investigation, message, part, received_at,
                                 incident, sealed)
             VALUES ($1, $2, $3, $4, $2, 0, $5, $6, $7)",
        )
        .bind(id(&self.space.id))
        .bind(number(place)?)
        .bind(id(&alert.id))
        .bind(kept.investigation.unwrap_or_default().to_owned())
        .bind(micros(alert.received_at))
        .bind(kept.incident.map(id))
        .bind(self.space.seal("alert", alert.id.as_str(), &live::message(alert, kept))?)
        .execute(&mut *self.tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }

    /// Keeps an alert as it stands now, where it is now.
    pub async fn update_alert(
        &mut self,
        alert: &Alert,
        entities: &[EntityId],
        investigation: Option<&str>,
        incident: Option<&IncidentId>,
    ) -> Result<()> {
        let name = alert.id.as_str();
        let row = sqlx::query("SELECT sealed FROM alerts WHERE space = $1 AND id = $2")
            .bind(id(&self.space.id))
            .bind(name.to_owned())
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(from_driver)?;
        let missing = || Error::NotFound { what: "alert", id: name.to_owned() };
        let sealed = row.ok_or_else(missing)?.bytes("sealed")?;
        let mut message: Message = self.space.open("alert", name, &sealed)?;
        message.alert = Some(alert.clone());
        message.entities = entities.to_vec();
        sqlx::query(
            "UPDATE alerts SET investigation = $3, incident = $4, sealed = $5
             WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.space.id))
        .bind(name.to_owned())
        .bind(investigation.unwrap_or_default().to_owned())
        .bind(incident.map(id))
        .bind(self.space.seal("alert", name, &message)?)
        .execute(&mut *self.tx)
        .await
        .map_err(from_driver)?;
        Ok(())
    }

    /// Keeps what triage or a person decided about an alert.
    pub async fn keep_note(&mut self, note: &TriageNote) -> Result<()> {
        self.space.insert_note(&mut self.tx, &note.alert, note).await
    }

    /// Keeps what an alert's task has come to.
    pub async fn keep_task(
        &mut self,
        investigation: Option<&str>,
        state: &TaskState,
        now: Timestamp,
    ) -> Result<()> {
        self.space.keep_task(&mut self.tx, investigation, false, state, now).await
    }

    /// Notes at an alert's task that more was heard of the alert, which makes a new version of it.
    pub async fn hear(
        &mut self,
        alert: &AlertId,
        heard: &str,
        priority: Priority,
        now: Timestamp,
    ) -> Result<()> {
        self.space.note_heard(&mut self.tx, alert, heard, priority, now).await
    }

    /// Notes at an alert's task that others are linked to it.
    pub async fn mark_linked(&mut self, alert: &AlertId, now: Timestamp) -> Result<()> {
        self.space.mark_linked(&mut self.tx, alert, now).await
    }

    /// The task of an alert.
    pub async fn task_of(&mut self, alert: &AlertId) -> Result<TaskRecord> {
        self.space.alert_task_in(&mut self.tx, alert).await
    }

    /// Moves the task of an alert elsewhere, with another status.
    pub async fn move_task(
        &mut self,
        alert: &AlertId,
        status: TaskStatus,
        to: &TaskMove<'_>,
        now: Timestamp,
    ) -> Result<()> {
        let primary = match to.primary {
            Some(primary) => Some(self.task_of(primary).await?.id),
            None => None,
        };
        let task = TaskRecord {
            investigation: to.investigation.map(str::to_owned),
            incident: to.incident.cloned(),
            execution: None,
            primary,
            has_linked: to.has_linked,
            ..self.task_of(alert).await?
        };
        let reason = to.reason.map(str::to_owned).or_else(|| task.reason.clone());
        self.space.set_status(&mut self.tx, task, status, reason, now).await
    }

    /// Where an alert is that a webhook brought; [`Error::NotFound`] also for one that was played.
    pub async fn placed(&mut self, alert: &AlertId) -> Result<Placed> {
        let missing = || Error::NotFound { what: "alert", id: alert.to_string() };
        let row = sqlx::query(
            "SELECT investigation, incident, sealed FROM alerts WHERE space = $1 AND id = $2",
        )
        .bind(id(&self.space.id))
        .bind(id(alert))
        .fetch_optional(&mut *self.tx)
        .await
        .map_err(from_driver)?;
        let row = row.ok_or_else(missing)?;
        let message: Message = self.space.open("alert", alert.as_str(), &row.bytes("sealed")?)?;
        let read = message.alert.filter(|_| message.delivery.is_some()).ok_or_else(missing)?;
        Ok(Placed {
            alert: read,
            entities: message.entities,
            investigation: Some(row.text("investigation")?).filter(|name| !name.is_empty()),
            incident: row.maybe_id("incident")?,
        })
    }

    /// A live incident with the alerts that are in it now, whether open or closed.
    pub async fn live_incident(&mut self, incident: &IncidentId) -> Result<Incident> {
        let row = sqlx::query(
            "SELECT opened_at, last_news_at FROM incidents
             WHERE space = $1 AND id = $2 AND standing IS NOT NULL",
        )
        .bind(id(&self.space.id))
        .bind(id(incident))
        .fetch_optional(&mut *self.tx)
        .await
        .map_err(from_driver)?;
        let row = row.ok_or_else(|| no_incident(incident))?;
        self.space.membership(&mut self.tx, &row, incident).await
    }

    /// Has a live incident looked at for a reason of a person's, as news would; one that is closed or was
    /// cancelled is open again.
    pub async fn ask(
        &mut self,
        incident: &IncidentId,
        investigation: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE incidents SET standing = 'open', asked_sealed = $3
             WHERE space = $1 AND id = $2 AND standing IS NOT NULL",
        )
        .bind(id(&self.space.id))
        .bind(id(incident))
        .bind(self.space.seal("incident", &format!("{incident}|asked"), &reason)?)
        .execute(&mut *self.tx)
        .await
        .map_err(from_driver)?;
        let (priority, is_watched) = {
            let first = self.live_incident(incident).await?.alerts.into_iter().next();
            let priority = match first {
                Some(first) => self.task_of(&first.id).await?.priority,
                None => Priority::Medium,
            };
            (priority, self.space.hasten(&mut self.tx, investigation, now).await?)
        };
        if !is_watched {
            self.space.revive(&mut self.tx, investigation).await?;
            self.space.enqueue_watch(&mut self.tx, investigation, priority, now).await?;
        }
        let last = self.news.entry(incident.clone()).or_insert(now);
        *last = (*last).max(now);
        self.wakes = true;
        Ok(())
    }

    /// Notes that an incident has news. Whoever watches it looks at once where `looks`.
    pub async fn tell_news(
        &mut self,
        incident: &IncidentId,
        investigation: &str,
        at: Timestamp,
        looks: bool,
        now: Timestamp,
    ) -> Result<()> {
        let last = self.news.entry(incident.clone()).or_insert(at);
        *last = (*last).max(at);
        if looks && self.space.hasten(&mut self.tx, investigation, now).await? {
            self.wakes = true;
        }
        Ok(())
    }

    /// Closes incidents: no alert comes to them any more.
    pub async fn close_incidents(&mut self, over: &[IncidentId]) -> Result<()> {
        for incident in over {
            sqlx::query(
                "UPDATE incidents SET standing = 'closed'
                 WHERE space = $1 AND id = $2 AND standing IS NOT NULL",
            )
            .bind(id(&self.space.id))
            .bind(id(incident))
            .execute(&mut *self.tx)
            .await
            .map_err(from_driver)?;
        }
        Ok(())
    }

    /// Writes an entry at the end of its chain, when the sitting is kept.
    pub fn write(&mut self, entry: NewEntry) {
        self.entries.push(entry);
    }

    /// Keeps it all: durable when this returns.
    pub async fn keep(mut self, now: Timestamp) -> Result<()> {
        let news = std::mem::take(&mut self.news);
        for (incident, at) in &news {
            self.space.note_news(&mut self.tx, incident, *at).await?;
        }
        let written = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        let entries = std::mem::take(&mut self.entries);
        self.space.append_all_at_end(&mut self.tx, &mut self.head, &entries, now).await?;
        let Self { space, mut tx, head, wakes, .. } = self;
        let store = &space.store;
        if written > 0 {
            heads::store(&mut tx, &store.inner.installation.mac_key, space.id.as_str(), &head)
                .await?;
        }
        tx.commit().await.map_err(from_driver)?;
        if written > 0 {
            store.told_appended(&space.id, written, head.position);
        }
        store.told_outbox();
        if wakes {
            store.tell_workers();
        }
        Ok(())
    }
}
