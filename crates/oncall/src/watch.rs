//! Live incidents: looked at when they open, with news, after a while, and until they are over.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use nightjar_agent::{Look, Names, Policy, Setup, later_look};
use nightjar_connect::Connection;
use nightjar_incident::journal::{Entry, Kind};
use nightjar_incident::{Alert, AlertStatus, Incident, IncidentId, Investigation, Stage};
use nightjar_store::{InvestigationState, LiveIncident, NewEntry, Space};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::attempt::Opened;
use crate::budgets::{Hold, Used};
use crate::conduct::{halted, of_halt, of_stop, of_store};
use crate::intake::CHAIN;
use crate::keeper::{Halt, Kept, StoreKeeper};
use crate::live::Tape;
use crate::meter::Meter;
use crate::plan::Ended;
use crate::rules::InForce;
use crate::sources::Source;
use crate::task::of_primary;
use crate::worker::{Clock, Worker};
use crate::{Result, redaction};

/// Entries read at a time.
const PAGE: usize = 1000;

/// What is to be done with a live incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Look at it, for this reason.
    Look(String),
    /// Nothing before this time.
    Wait(Timestamp),
    /// Look at it, but not before this time, for this reason.
    Hold(Timestamp, String),
    /// Nothing any more.
    Over(String),
}

/// Decides what is to be done, by who belongs to the incident now and what its last execution saw.
pub(crate) fn next(
    live: &LiveIncident,
    seen: &Investigation,
    policy: &Policy,
    now: Timestamp,
) -> Next {
    let incident = &live.incident;
    let Some(first) = incident.alerts.first() else {
        return Next::Over("no alert is left in it".to_owned());
    };
    let Some(last) = seen.executions.last() else {
        return Next::Look(format!("first alert: {}", first.title));
    };
    if let Some(reason) = &live.asked {
        return Next::Look(reason.clone());
    }
    if let Some(news) = news(&seen.incident, incident) {
        return Next::Look(news);
    }
    let mut wait = None;
    if last.conclusion.stage != Stage::Final {
        let looked_at = live.looked_at.unwrap_or(incident.opened_at);
        let due = |after: &&SignedDuration| plus(incident.opened_at, **after) > looked_at;
        if let Some(after) = policy.look_again.iter().filter(due).min() {
            let at = plus(incident.opened_at, *after);
            if at <= now {
                return Next::Look(later_look(*after));
            }
            wait = Some(at);
        }
    }
    if !live.is_open || nightjar_triage::is_over(incident, now, &policy.triage) {
        return Next::Over(over(incident));
    }
    let quiet = quiet(incident, policy);
    Next::Wait(wait.map_or(quiet, |wait| wait.min(quiet)))
}

/// The same within the budgets. The first look comes in any case: its verdict says that nothing could be
/// asked. Later ones would only say less than what stands; they wait until the budget is fresh, or the
/// incident is over. What a person asks for isn't forgotten with it.
fn within(
    next: Next,
    (live, seen): (&LiveIncident, &Investigation),
    policy: &Policy,
    hold: Option<Hold>,
    now: Timestamp,
) -> Next {
    let (Next::Look(_), Some(hold)) = (&next, hold) else { return next };
    if seen.executions.is_empty() {
        return next;
    }
    let reason = format!("budget used up: {}", hold.budget);
    if live.asked.is_some() {
        return Next::Hold(hold.until, reason);
    }
    let incident = &live.incident;
    if !live.is_open || nightjar_triage::is_over(incident, now, &policy.triage) {
        return Next::Over(over(incident));
    }
    Next::Hold(hold.until.min(quiet(incident, policy)), reason)
}

/// When it is over unless something is heard until then.
fn quiet(incident: &Incident, policy: &Policy) -> Timestamp {
    let quiet = plus(incident.last_news_at, longest(incident, policy));
    // One more moment, since it is over when more than that has passed.
    plus(quiet, SignedDuration::from_millis(1))
}

/// What happened to an incident since its last execution, if anything that is worth another one.
fn news(seen: &Incident, now: &Incident) -> Option<String> {
    let known: BTreeMap<_, &Alert> = seen.alerts.iter().map(|alert| (&alert.id, alert)).collect();
    let linked: Vec<&Alert> =
        now.alerts.iter().filter(|alert| !known.contains_key(&alert.id)).collect();
    if let Some(first) = linked.first() {
        return Some(match linked.len() {
            1 => format!("alert linked: {}", first.title),
            more => format!("{more} alerts linked: {} and others", first.title),
        });
    }
    if now.alerts.len() < seen.alerts.len() {
        return Some("an alert was taken out".to_owned());
    }
    now.alerts.iter().find_map(|alert| {
        let before = known.get(&alert.id)?.status;
        match (before, alert.status) {
            (AlertStatus::Firing | AlertStatus::Acknowledged, AlertStatus::Resolved) => {
                Some(format!("alert resolved: {}", alert.title))
            }
            (AlertStatus::Resolved, AlertStatus::Firing | AlertStatus::Acknowledged) => {
                Some(format!("alert fires again: {}", alert.title))
            }
            _ => None,
        }
    })
}

fn is_resolved(incident: &Incident) -> bool {
    incident.alerts.iter().all(|alert| alert.status == AlertStatus::Resolved)
}

fn longest(incident: &Incident, policy: &Policy) -> SignedDuration {
    if is_resolved(incident) { policy.triage.settling } else { policy.triage.lookback }
}

fn over(incident: &Incident) -> String {
    let why = if is_resolved(incident) { "its alerts are resolved" } else { "no more news came" };
    why.to_owned()
}

fn plus(at: Timestamp, after: SignedDuration) -> Timestamp {
    at.saturating_add(after).unwrap_or(Timestamp::MAX)
}

/// What an execution was begun with: enough to conduct it again in the same way.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Begun {
    /// Which execution of the incident, from 1.
    number: usize,
    look: Look,
    /// Whether a person asked for it.
    #[serde(default)]
    is_asked: bool,
}

impl Worker {
    /// Does what is to be done with the incident of a live investigation.
    pub(crate) async fn watch(
        &self,
        opened: &Opened,
        halt: watch::Receiver<Halt>,
    ) -> Result<Ended> {
        let (space, record) = (&opened.space, &opened.record);
        let Some(incident) = record.incidents.first() else {
            return Ok(Ended::Failed("it has no incident".to_owned()));
        };
        let rules = self.rules.of(space).await?;
        let mut seen = space.executed_state(incident).await?;
        let live = space.live_incident(incident).await?;
        let number = seen.executions.len() + 1;
        let begun: Option<Begun> = space.begun_look(incident).await?;
        let sources = self.sources.of(space).await?;
        let begun = begun.filter(|begun| begun.number == number);
        if begun.is_none() && record.state == InvestigationState::Running {
            // Whoever conducted the last look died before the end of it was noted.
            self.settle(opened, &seen).await?;
        }
        let Begun { look, is_asked, .. } = match begun {
            Some(begun) => begun,
            None => match self.next(space, &live, &seen, &rules).await? {
                Next::Wait(until) => return Ok(Ended::Again(until)),
                Next::Hold(until, why) => return Ok(Ended::Held(until, why)),
                Next::Over(why) => return self.close(space, incident, &why, &rules.policy).await,
                Next::Look(occasion) => {
                    let look = self.given(&live, occasion, &sources);
                    let begun = Begun { number, look, is_asked: live.asked.is_some() };
                    space.begin_look(incident, &begun, (self.clock)()).await?;
                    begun
                }
            },
        };
        let running = InvestigationState::Running;
        if !space.set_investigation_state(&record.id, running, None, (self.clock)()).await? {
            return Ok(Ended::Lost);
        }
        if !rules.budgets.is_empty() && number > 1 {
            // What was seen before stands where this time too little can be asked.
            seen.evidence = space.incident_state(incident, true).await?.evidence;
        }
        let name = format!("{incident}/exec-{number}");
        let stored = chain(space, &name).await?;
        let known = self.sources.surroundings(space, (self.clock)()).await?;
        let tape = Tape::new(space, &name, redaction::policy(space).await?, &known.names);
        let looking = Looking {
            space: space.clone(),
            investigation: record.id.clone(),
            names: Names::play(record.number),
            policy: rules.policy.clone(),
            meter: Meter::new(rules.budgets, is_asked),
            sources,
            tape,
            seen,
            look,
            stored,
            clock: Arc::clone(&self.clock),
            halt,
        };
        match looking.conduct().await {
            Ended::Done => {}
            other => return Ok(other),
        }
        self.rest(opened).await?;
        let (live, seen) =
            (space.live_incident(incident).await?, space.executed_state(incident).await?);
        Ok(match self.next(space, &live, &seen, &rules).await? {
            Next::Look(_) | Next::Over(_) => Ended::Again((self.clock)()),
            Next::Wait(until) => Ended::Again(until),
            Next::Hold(until, why) => Ended::Held(until, why),
        })
    }

    /// Notes what came of the last look, where that isn't noted.
    async fn settle(&self, opened: &Opened, seen: &Investigation) -> Result<()> {
        if let Some(task) = of_primary(seen, None) {
            opened.space.keep_primary_task(&opened.record.id, &task, (self.clock)()).await?;
        }
        self.rest(opened).await
    }

    /// Notes that nobody looks at it now.
    async fn rest(&self, opened: &Opened) -> Result<()> {
        let done = InvestigationState::Done;
        let Opened { space, record, .. } = opened;
        space.set_investigation_state(&record.id, done, None, (self.clock)()).await?;
        Ok(())
    }

    /// What is to be done with a live incident now, within the budgets of its space.
    async fn next(
        &self,
        space: &Space,
        live: &LiveIncident,
        seen: &Investigation,
        InForce { policy, budgets }: &InForce,
    ) -> Result<Next> {
        let now = (self.clock)();
        let next = next(live, seen, policy, now);
        if budgets.is_empty() || !matches!(next, Next::Look(_)) {
            return Ok(next);
        }
        let mut used = Used { lately: space.spent_lately(now).await?, ..Used::default() };
        if live.asked.is_none() {
            used.investigation = space.spent_on(&live.incident.id).await?;
        }
        Ok(within(next, (live, seen), policy, budgets.hold(&used, now), now))
    }

    /// What the next execution is given.
    fn given(&self, live: &LiveIncident, occasion: String, sources: &[Arc<Source>]) -> Look {
        // A recording knows nothing after its end; what comes later is taken to come then.
        let ends = sources.iter().map(|source| source.ends_at.unwrap_or(Timestamp::MAX)).max();
        let at = ends.map_or((self.clock)(), |end| end.min((self.clock)()));
        let mut incident = live.incident.clone();
        incident.opened_at = incident.opened_at.min(at);
        incident.last_news_at = incident.last_news_at.min(at);
        for alert in &mut incident.alerts {
            alert.starts_at = alert.starts_at.min(at);
            alert.received_at = alert.received_at.min(at);
            alert.ends_at = alert.ends_at.map(|end| end.min(at));
        }
        Look { at, occasion, incident, triage: live.triage.clone() }
    }

    /// Closes an incident, and its job is done; unless an alert was faster.
    async fn close(
        &self,
        space: &Space,
        incident: &IncidentId,
        why: &str,
        policy: &Policy,
    ) -> Result<Ended> {
        let now = (self.clock)();
        if space.live_incident(incident).await?.is_open {
            let mut sitting = space.sit().await?;
            let known = sitting.live_incident(incident).await?;
            let is_over = nightjar_triage::is_over(&known, now, &policy.triage);
            if !known.alerts.is_empty() && !is_over {
                return Ok(Ended::Again(now));
            }
            sitting.close_incidents(std::slice::from_ref(incident)).await?;
            sitting.write(NewEntry {
                chain: CHAIN.to_owned(),
                kind: Kind::Update,
                actor: "oncall".to_owned(),
                body: json!({ "closed": { "incident": incident, "reason": why } }),
            });
            sitting.keep(now).await?;
        }
        Ok(Ended::Done)
    }
}

/// The stored entries of a chain.
async fn chain(space: &Space, name: &str) -> Result<VecDeque<Entry>> {
    let mut found = VecDeque::new();
    loop {
        let next = u64::try_from(found.len()).unwrap_or(u64::MAX);
        let page = space.chain(name, next, PAGE).await?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page);
    }
}

/// One execution, and what it needs.
struct Looking {
    space: Space,
    investigation: String,
    names: Names,
    policy: Policy,
    meter: Meter,
    sources: Vec<Arc<Source>>,
    tape: Tape,
    seen: Investigation,
    look: Look,
    stored: VecDeque<Entry>,
    clock: Clock,
    halt: watch::Receiver<Halt>,
}

impl Looking {
    /// Conducts it on a thread where it may compute as long as it likes; ends early when told to halt.
    async fn conduct(self) -> Ended {
        let handle = Handle::current();
        let thread = tokio::task::spawn_blocking(move || handle.block_on(self.run()));
        match thread.await {
            Ok(ended) => ended,
            Err(error) => Ended::Broken(error.to_string()),
        }
    }

    async fn run(self) -> Ended {
        let tape = self.tape;
        // A recording answers the same every time.
        let connection = |source: &Arc<Source>| match source.is_live {
            true => tape.before(source.connection.clone()),
            false => source.connection.clone(),
        };
        let connections: Vec<Connection> = self.sources.iter().map(connection).collect();
        let setup = Setup {
            space: self.space.id().clone(),
            names: self.names,
            connections: &connections,
            policy: self.policy,
        };
        let mut halt = self.halt.clone();
        let mut keeper = StoreKeeper {
            space: self.space,
            investigation: self.investigation,
            connection: None,
            stored: self.stored,
            clock: self.clock,
            halt: self.halt,
            stop: None,
            message: (0, Vec::new()),
            tasks: BTreeMap::new(),
            kept: Kept::Primary,
            meter: self.meter,
        };
        let look = nightjar_agent::look(&setup, self.seen, self.look, &mut keeper);
        let looked = tokio::select! {
            biased;
            halted = halted(&mut halt) => return of_halt(halted),
            error = tape.broken() => return of_store(&error),
            looked = look => looked.map(drop),
        };
        match (looked, keeper.stop.take()) {
            (Ok(()), _) => keeper.check_end().map_or_else(of_stop, |()| Ended::Done),
            (Err(_), Some(stop)) => of_stop(stop),
            (Err(refused), None) => Ended::Broken(refused.to_string()),
        }
    }
}
