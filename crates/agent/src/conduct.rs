//! Plays alerts and later looks in the order of their time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nightjar_connect::{Connection, Error, Query, Question};
use nightjar_incident::journal::{Chain, Entry, Kind};
use nightjar_incident::{
    Alert, AlertId, Content, Execution, ExecutionId, Incident, IncidentId, Investigation, RawAlert,
    SpaceId, Stage, TriageDecision, TriageNote, Verdict, Window,
};
use nightjar_topology::Topology;
use serde_json::json;

use crate::execute::{Executed, execute};
use crate::gather::Asking;
use crate::policy::Policy;
use crate::record::Recorder;

/// On whose behalf, whom to ask, and by which rules.
pub struct Setup<'a> {
    /// Whose incidents.
    pub space: SpaceId,
    /// The connections of the space.
    pub connections: &'a [Connection],
    /// The rules.
    pub policy: Policy,
}

/// Everything that came of the alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// One per incident, in the order they opened.
    pub investigations: Vec<Investigation>,
    /// What triage decided, in the order of the alerts.
    pub triage: Vec<TriageNote>,
    /// Messages that couldn't be understood.
    pub rejected: Vec<RejectedAlert>,
    /// The journal: the chain of the intake and one chain per execution, as written.
    pub journal: Vec<Entry>,
}

/// A message that couldn't be understood, with the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectedAlert {
    /// The message.
    pub message: RawAlert,
    /// What was expected and what was found.
    pub reason: String,
}

/// What happens next; the order of the variants is the order at the same instant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A message arrives (its index).
    Arrives(usize),
    /// An incident is looked at again.
    LookAgain(IncidentId, i64),
}

/// An incident under work.
struct Work {
    investigation: Investigation,
    executions: usize,
}

/// Plays all alerts the connections hold, and looks again until every verdict is final. Each
/// journal entry is shown to `sink` as it is written.
///
/// # Errors
/// When the alerts themselves can't be read; everything else becomes a gap.
pub async fn conduct(setup: &Setup<'_>, sink: &mut dyn FnMut(&Entry)) -> Result<Outcome, Error> {
    let messages = messages(setup.connections).await?;
    let mut conductor = Conductor {
        setup,
        sink,
        journal: Vec::new(),
        intake: Chain::new(setup.space.clone(), "intake"),
        triage: Vec::new(),
        rejected: Vec::new(),
        works: Vec::new(),
        alerts: 0,
    };
    let mut agenda: BTreeMap<(Timestamp, Event), ()> = messages
        .iter()
        .enumerate()
        .map(|(index, message)| ((message.received_at, Event::Arrives(index)), ()))
        .collect();
    while let Some(((now, event), ())) = agenda.pop_first() {
        let planned = match event {
            Event::Arrives(index) => match messages.get(index) {
                Some(message) => conductor.arrives(message, now).await,
                None => Vec::new(),
            },
            Event::LookAgain(incident, minutes) => {
                conductor.look_again(&incident, minutes, now).await;
                Vec::new()
            }
        };
        agenda.extend(planned.into_iter().map(|event| (event, ())));
    }
    Ok(Outcome {
        investigations: conductor.works.into_iter().map(|work| work.investigation).collect(),
        triage: conductor.triage,
        rejected: conductor.rejected,
        journal: conductor.journal,
    })
}

/// All messages in the order of their arrival.
async fn messages(connections: &[Connection]) -> Result<Vec<RawAlert>, Error> {
    let mut found = Vec::new();
    for connection in connections {
        if let Some(alerts) = &connection.alerts {
            found.extend(alerts.alerts(Timestamp::MAX).await?);
        }
    }
    found.sort_by_key(|message| message.received_at);
    Ok(found)
}

struct Conductor<'a, 'b> {
    setup: &'a Setup<'a>,
    sink: &'b mut dyn FnMut(&Entry),
    journal: Vec<Entry>,
    intake: Chain,
    triage: Vec<TriageNote>,
    rejected: Vec<RejectedAlert>,
    works: Vec<Work>,
    alerts: usize,
}

impl Conductor<'_, '_> {
    /// Takes a message in; answers with the later looks it calls for.
    async fn arrives(&mut self, message: &RawAlert, now: Timestamp) -> Vec<(Timestamp, Event)> {
        let mut count = self.alerts;
        let mut next_id = || {
            count += 1;
            AlertId::new(format!("alert-{count}"))
        };
        let parsed = nightjar_payloads::parse(message, &mut next_id);
        self.alerts = count;
        match parsed {
            Err(rejected) => {
                let reason = rejected.to_string();
                self.note(
                    now,
                    Kind::Error,
                    "payloads",
                    json!({ "rejected": message, "reason": reason }),
                );
                self.rejected.push(RejectedAlert { message: message.clone(), reason });
                Vec::new()
            }
            Ok(alerts) => {
                let topology = self.topology(now).await;
                let mut planned = Vec::new();
                for alert in alerts {
                    planned.extend(self.admit(alert, &topology, now).await);
                }
                planned
            }
        }
    }

    /// Decides where an alert belongs and acts on it.
    async fn admit(
        &mut self,
        alert: Alert,
        topology: &Topology,
        now: Timestamp,
    ) -> Vec<(Timestamp, Event)> {
        let policy = &self.setup.policy.triage;
        let open: Vec<Incident> = self
            .works
            .iter()
            .map(|work| &work.investigation.incident)
            .filter(|incident| !nightjar_triage::is_over(incident, now, policy))
            .cloned()
            .collect();
        let ruling = nightjar_triage::decide(&alert, &open, topology, policy);
        let incident = match ruling.decision {
            TriageDecision::Proceed => {
                Some(IncidentId::new(format!("inc-{}", self.works.len() + 1)))
            }
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
        self.note(now, Kind::Update, "triage", json!({ "alert": alert, "triage": note }));
        self.triage.push(note.clone());
        let Some(incident) = incident else { return Vec::new() };
        let entities = nightjar_triage::locate(&alert, topology);
        let title = alert.title.clone();
        let resolves = alert.status == nightjar_incident::AlertStatus::Resolved;
        if ruling.decision == TriageDecision::Proceed {
            self.works.push(Work {
                investigation: Investigation {
                    space: self.setup.space.clone(),
                    incident: Incident {
                        id: incident.clone(),
                        opened_at: now,
                        last_news_at: now,
                        alerts: vec![alert],
                        entities,
                    },
                    triage: vec![note],
                    executions: Vec::new(),
                    plans: Vec::new(),
                    evidence: Vec::new(),
                    topology: Topology::default(),
                },
                executions: 0,
            });
            self.run(&incident, &format!("first alert: {title}"), now).await;
            let again = self.setup.policy.look_again.iter().filter_map(|after| {
                let at = now.checked_add(*after).ok()?;
                Some((at, Event::LookAgain(incident.clone(), after.as_mins())))
            });
            return again.collect();
        }
        let mut fires_again = false;
        if let Some(work) = self.work(&incident) {
            fires_again = !resolves
                && work.investigation.incident.alerts.iter().any(|known| {
                    known.key == alert.key
                        && known.provider == alert.provider
                        && known.status == nightjar_incident::AlertStatus::Resolved
                });
            nightjar_triage::admit(&mut work.investigation.incident, alert, entities);
            work.investigation.triage.push(note);
        }
        // A repeat says nothing new; a link, a resolve or a return does.
        if ruling.decision == TriageDecision::Linked {
            self.run(&incident, &format!("alert linked: {title}"), now).await;
        } else if resolves {
            self.run(&incident, &format!("alert resolved: {title}"), now).await;
        } else if fires_again {
            self.run(&incident, &format!("alert fires again: {title}"), now).await;
        }
        Vec::new()
    }

    async fn look_again(&mut self, incident: &IncidentId, minutes: i64, now: Timestamp) {
        let settled = self
            .work(incident)
            .and_then(|work| work.investigation.conclusion())
            .is_some_and(|conclusion| conclusion.stage == Stage::Final);
        if !settled {
            self.run(incident, &format!("{minutes} min after it opened"), now).await;
        }
    }

    /// One more execution of an incident.
    async fn run(&mut self, id: &IncidentId, occasion: &str, now: Timestamp) {
        let Some(work) = self.works.iter_mut().find(|work| &work.investigation.incident.id == id)
        else {
            return;
        };
        work.executions += 1;
        let execution = ExecutionId::new(format!("{id}/exec-{}", work.executions));
        let asking = Asking {
            connections: self.setup.connections,
            policy: &self.setup.policy,
            space: &self.setup.space,
            execution: &execution,
            now,
        };
        let mut recorder = Recorder::execution(
            &self.setup.space,
            execution.as_str(),
            now,
            self.sink,
            &mut self.journal,
        );
        let incident = work.investigation.incident.clone();
        let Executed { conclusion, plans, evidence, topology } =
            execute(&asking, &incident, &execution, occasion, &mut recorder).await;
        let before = work.investigation.conclusion().map(|conclusion| claim(&conclusion.verdict));
        let after = claim(&conclusion.verdict);
        if let Some(before) = before.filter(|before| *before != after) {
            let body = json!({ "verdict_changed": { "from": before, "to": after } });
            recorder.write(Kind::Update, "agent", body);
        }
        work.investigation.executions.push(Execution {
            id: execution,
            occasion: occasion.to_owned(),
            conclusion,
        });
        work.investigation.plans = plans;
        work.investigation.evidence = evidence;
        work.investigation.topology = topology;
        let summary = nightjar_report::summary_markdown(&work.investigation);
        recorder.write(Kind::InvestigationSummaryMd, "report", json!({ "text": summary }));
    }

    fn work(&mut self, id: &IncidentId) -> Option<&mut Work> {
        self.works.iter_mut().find(|work| &work.investigation.incident.id == id)
    }

    fn note(&mut self, at: Timestamp, kind: Kind, actor: &str, body: serde_json::Value) {
        let chain = self.intake.clone();
        let mut recorder = Recorder::new(chain, at, self.sink, &mut self.journal);
        recorder.write(kind, actor, body);
        self.intake = recorder.into_chain();
    }

    /// The topology as triage needs it, before any execution.
    async fn topology(&mut self, now: Timestamp) -> Topology {
        let window = Window { from: now, to: now };
        let query = Query {
            question: Question::Inventory,
            entities: Vec::new(),
            window,
            limit: self.setup.policy.answer_limit,
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
        topology
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
