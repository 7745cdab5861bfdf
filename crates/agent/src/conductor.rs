//! The incidents under work, and what each event does to them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nightjar_connect::{Query, Question};
use nightjar_incident::journal::{Chain, Kind};
use nightjar_incident::{
    Alert, Content, Execution, ExecutionId, Incident, IncidentId, Investigation, RawAlert, Stage,
    TriageDecision, TriageNote, Verdict, Window,
};
use nightjar_topology::{EntityId, Topology};
use nightjar_triage::{Desk, Estate, News};
use serde_json::json;

use crate::conduct::{Event, Outcome, RejectedAlert, Setup, State};
use crate::execute::{Executed, execute};
use crate::gather::Asking;
use crate::keeper::{Keeper, Message, Reading, Refused};
use crate::policy::later_look;
use crate::record::{Journal, Recorder};

pub(crate) struct Conductor<'a, 'k> {
    pub(crate) setup: &'a Setup<'a>,
    journal: Journal<'k>,
    intake: Chain,
    triage: Vec<TriageNote>,
    rejected: Vec<RejectedAlert>,
    /// In the order they opened: an incident's number is its place.
    pub(crate) works: Vec<Investigation>,
    /// How many alerts have a name.
    alerts: usize,
}

impl<'a, 'k> Conductor<'a, 'k> {
    pub(crate) fn new(setup: &'a Setup<'a>, keeper: &'k mut dyn Keeper) -> Self {
        let intake = Chain::new(setup.space.clone(), setup.names.intake());
        Self::resumed(setup, State { investigations: Vec::new(), intake }, keeper)
    }

    pub(crate) fn resumed(setup: &'a Setup<'a>, state: State, keeper: &'k mut dyn Keeper) -> Self {
        Self {
            setup,
            journal: Journal::new(keeper),
            intake: state.intake,
            triage: Vec::new(),
            rejected: Vec::new(),
            works: state.investigations,
            alerts: 0,
        }
    }

    pub(crate) fn into_outcome(self) -> Outcome {
        Outcome {
            investigations: self.works,
            triage: self.triage,
            rejected: self.rejected,
            journal: self.journal.into_entries(),
            intake: self.intake,
        }
    }

    /// Takes a message in; answers with the later looks it calls for.
    pub(crate) async fn arrives(
        &mut self,
        index: usize,
        raw: &RawAlert,
        now: Timestamp,
    ) -> Result<Vec<(Timestamp, Event)>, Refused> {
        let mut count = self.alerts;
        let parsed = nightjar_payloads::parse(raw, &mut || {
            count += 1;
            self.setup.names.alert(count)
        });
        self.alerts = count;
        match parsed {
            Err(rejected) => {
                let reason = rejected.to_string();
                let body = json!({ "rejected": raw, "reason": reason });
                self.note(now, Kind::Error, "payloads", body);
                self.journal.flush().await?;
                let reading = Reading::Rejected(&reason);
                self.journal.keeper.message(&Message { index, raw, reading }).await?;
                self.rejected.push(RejectedAlert { message: raw.clone(), reason });
                Ok(Vec::new())
            }
            Ok(alerts) => {
                let estate = self.estate(now).await?;
                let mut planned = Vec::new();
                for alert in alerts {
                    planned.extend(self.admit(index, raw, alert, &estate, now).await?);
                }
                Ok(planned)
            }
        }
    }

    /// Decides where an alert belongs and acts on it.
    async fn admit(
        &mut self,
        index: usize,
        raw: &RawAlert,
        alert: Alert,
        estate: &Arc<Estate>,
        now: Timestamp,
    ) -> Result<Vec<(Timestamp, Event)>, Refused> {
        let ruling = self.desk(estate, now).decide(&alert);
        let incident = match ruling.decision {
            TriageDecision::Proceed => Some(self.next_incident()),
            TriageDecision::Linked | TriageDecision::Duplicate => ruling.incident.clone(),
            TriageDecision::Skipped => None,
        };
        let note = TriageNote {
            alert: alert.id.clone(),
            incident: incident.clone(),
            decision: ruling.decision,
            reason: ruling.reason,
            at: now,
        };
        self.tell_triage(&alert, &note);
        self.journal.flush().await?;
        let reading = Reading::Alert { alert: &alert, triage: &note };
        self.journal.keeper.message(&Message { index, raw, reading }).await?;
        let Some(incident) = incident else { return Ok(Vec::new()) };
        let entities = estate.locate(&alert);
        let title = alert.title.clone();
        if ruling.decision == TriageDecision::Proceed {
            self.open(alert, entities, note, now, now);
            self.keep(&incident).await?;
            self.run(&incident, &format!("first alert: {title}"), now).await?;
            let again = self.setup.policy.look_again.iter().filter_map(|after| {
                let at = now.checked_add(*after).ok()?;
                Some((at, Event::LookAgain(incident.clone(), *after)))
            });
            return Ok(again.collect());
        }
        let Some(work) = self.work(&incident) else { return Ok(Vec::new()) };
        let news = nightjar_triage::admit(&mut work.incident, alert, entities);
        work.triage.push(note);
        self.keep(&incident).await?;
        let occasion = match news {
            News::Linked => format!("alert linked: {title}"),
            News::Resolved => format!("alert resolved: {title}"),
            News::FiresAgain => format!("alert fires again: {title}"),
            // Nothing that the telemetry would tell more of.
            News::Acknowledged | News::Repeated | News::Late => return Ok(Vec::new()),
        };
        self.run(&incident, &occasion, now).await?;
        Ok(Vec::new())
    }

    /// The incidents that aren't over.
    fn desk(&self, estate: &Arc<Estate>, now: Timestamp) -> Desk {
        let mut desk = Desk::new(Arc::clone(estate), self.setup.policy.triage.clone());
        for work in &self.works {
            if !nightjar_triage::is_over(&work.incident, now, desk.policy()) {
                desk.take_in(work.incident.clone());
            }
        }
        desk
    }

    pub(crate) async fn look_again(
        &mut self,
        incident: &IncidentId,
        after: SignedDuration,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let settled = self
            .work(incident)
            .and_then(|work| work.conclusion())
            .is_some_and(|conclusion| conclusion.stage == Stage::Final);
        if !settled {
            self.run(incident, &later_look(after), now).await?;
        }
        Ok(())
    }

    /// What the next incident is called.
    pub(crate) fn next_incident(&self) -> IncidentId {
        self.setup.names.incident(self.works.len() + 1)
    }

    /// Opens the next incident with its first alert.
    pub(crate) fn open(
        &mut self,
        alert: Alert,
        entities: Vec<EntityId>,
        note: TriageNote,
        opened_at: Timestamp,
        last_news_at: Timestamp,
    ) {
        let id = self.next_incident();
        self.works.push(Investigation {
            space: self.setup.space.clone(),
            incident: Incident { id, opened_at, last_news_at, alerts: vec![alert], entities },
            triage: vec![note],
            executions: Vec::new(),
            plans: Vec::new(),
            evidence: Vec::new(),
            topology: Topology::default(),
        });
    }

    /// One more execution of an incident.
    pub(crate) async fn run(
        &mut self,
        id: &IncidentId,
        occasion: &str,
        now: Timestamp,
    ) -> Result<(), Refused> {
        self.run_given(id, occasion, now, None).await
    }

    /// The same, with what it was given, where that stands in no other chain.
    pub(crate) async fn run_given(
        &mut self,
        id: &IncidentId,
        occasion: &str,
        now: Timestamp,
        given: Option<serde_json::Value>,
    ) -> Result<(), Refused> {
        let Some(work) = self.works.iter_mut().find(|work| &work.incident.id == id) else {
            return Ok(());
        };
        let execution = ExecutionId::new(format!("{id}/exec-{}", work.executions.len() + 1));
        let asking = Asking {
            connections: self.setup.connections,
            policy: &self.setup.policy,
            space: &self.setup.space,
            execution: &execution,
            now,
            since: work.incident.alerts.iter().map(|alert| alert.starts_at).min(),
        };
        let mut chain = Chain::new(self.setup.space.clone(), execution.as_str());
        let mut recorder = Recorder::new(&mut chain, now, &mut self.journal);
        if let Some(given) = given {
            recorder.write(Kind::Update, "triage", json!({ "given": given }));
        }
        let Executed { conclusion, plans, evidence, topology, spent } =
            execute(&asking, work, &execution, occasion, &mut recorder).await?;
        let before = work.conclusion().map(|conclusion| claim(&conclusion.verdict));
        let after = claim(&conclusion.verdict);
        if let Some(before) = before.filter(|before| *before != after) {
            let body = json!({ "verdict_changed": { "from": before, "to": after } });
            recorder.write(Kind::Update, "agent", body);
        }
        work.executions.push(Execution {
            id: execution.clone(),
            occasion: occasion.to_owned(),
            conclusion,
        });
        work.plans = plans;
        work.evidence = evidence;
        work.topology = topology;
        let summary = nightjar_report::summary_markdown(work);
        recorder.write(Kind::InvestigationSummaryMd, "report", json!({ "text": summary }));
        recorder.flush().await?;
        self.journal.keeper.spent(&execution, spent);
        self.keep(id).await
    }

    pub(crate) fn work(&mut self, id: &IncidentId) -> Option<&mut Investigation> {
        self.works.iter_mut().find(|work| &work.incident.id == id)
    }

    /// Hands an incident's state over, after the entries that led to it.
    pub(crate) async fn keep(&mut self, id: &IncidentId) -> Result<(), Refused> {
        self.journal.flush().await?;
        match self.works.iter().find(|work| &work.incident.id == id) {
            Some(work) => self.journal.keeper.investigation(work).await,
            None => Ok(()),
        }
    }

    /// Hands over what was written.
    pub(crate) async fn flush(&mut self) -> Result<(), Refused> {
        self.journal.flush().await
    }

    /// Writes down where an alert goes.
    pub(crate) fn tell_triage(&mut self, alert: &Alert, note: &TriageNote) {
        self.note(note.at, Kind::Update, "triage", json!({ "alert": alert, "triage": note }));
        self.triage.push(note.clone());
    }

    /// Writes an entry to the intake's chain.
    pub(crate) fn note(&mut self, at: Timestamp, kind: Kind, actor: &str, body: serde_json::Value) {
        Recorder::new(&mut self.intake, at, &mut self.journal).write(kind, actor, body);
    }

    /// The topology as triage needs it, outside any execution.
    pub(crate) async fn estate(&mut self, now: Timestamp) -> Result<Arc<Estate>, Refused> {
        self.journal.flush().await?;
        let window = Window { from: now, to: now };
        let query = Query {
            question: Question::Inventory,
            entities: Vec::new(),
            window,
            limit: self.setup.policy.answer_limit,
            since: None,
        };
        let mut topology = Topology::default();
        for connection in self.setup.connections {
            match connection.ask(&query).await {
                Some(Ok(answer)) => {
                    if let Content::Inventory(snapshot) = answer.content {
                        topology.merge(snapshot);
                    }
                }
                Some(Err(error)) => {
                    self.note(now, Kind::Error, "triage", json!({ "error": error }));
                }
                None => {}
            }
        }
        Ok(Arc::new(Estate::new(topology)))
    }
}

/// What a verdict claims, short enough to compare.
fn claim(verdict: &Verdict) -> String {
    match verdict {
        Verdict::CauseFound { causes } => {
            let told = causes.iter().map(|cause| {
                let hypothesis = &cause.hypothesis;
                format!("{}: {}", hypothesis.fault_mode.row().name, hypothesis.entity)
            });
            told.collect::<Vec<_>>().join("; ")
        }
        Verdict::NoIncident { .. } => "no incident".to_owned(),
        Verdict::NotFound { .. } => "no root cause found yet".to_owned(),
    }
}
