//! People unlink, link and ask again.

use std::sync::Arc;

use futures::executor::block_on;
use jiff::Timestamp;
use nightjar_agent::{
    Error, Names, Onlooker, Outcome, Policy, Request, Setup, State, UserRequest, conduct, replay,
    resume,
};
use nightjar_connect::Connection;
use nightjar_incident::journal::{self, Entry, Kind};
use nightjar_incident::{AlertId, IncidentId, RawAlert, Source, SpaceId, TriageDecision};
use serde_json::json;

use crate::{Refusing, message};

fn alert(number: usize, at: &str) -> RawAlert {
    let mut alert = message(at, "created");
    let fields = alert.payload.as_object_mut().unwrap();
    fields.insert("incidentId".into(), json!(format!("i-{number}")));
    alert
}

/// Three alerts about one entity and a repeat of the second.
fn connections() -> [Connection; 1] {
    let alerts = vec![
        alert(1, "2026-11-23T03:00:00Z"),
        alert(2, "2026-11-23T03:01:00Z"),
        alert(2, "2026-11-23T03:01:20Z"),
        alert(3, "2026-11-23T03:01:40Z"),
    ];
    let system = Arc::new(Refusing { alerts });
    let mut connection =
        Connection::new(Source { connection: "test".into(), system: "refusing".into() });
    connection.alerts = Some(system.clone());
    connection.inventory = Some(system);
    [connection]
}

fn setup(connections: &[Connection]) -> Setup<'_> {
    let space = SpaceId::new("space");
    Setup { space, names: Names::play(2), connections, policy: Policy::default() }
}

fn by_alice(at: Timestamp, request: Request) -> UserRequest {
    UserRequest { at, actor: "alice".into(), request }
}

fn unlink() -> Request {
    Request::Unlink { incident: IncidentId::new("inc-2-1"), alert: AlertId::new("alert-2-2") }
}

fn link() -> Request {
    Request::Link { incident: IncidentId::new("inc-2-1"), alert: AlertId::new("alert-2-2") }
}

fn look_again(incident: &str) -> Request {
    Request::LookAgain { incident: IncidentId::new(incident) }
}

fn first() -> Outcome {
    let connections = connections();
    block_on(conduct(&setup(&connections), &mut Onlooker(|_: &Entry| {}))).unwrap()
}

fn resumed(state: State, requests: &[UserRequest]) -> Result<Outcome, Error> {
    let connections = connections();
    let mut keeper = Onlooker(|_: &Entry| {});
    block_on(resume(&setup(&connections), state, requests, &mut keeper))
}

fn ask(requests: &[Request]) -> Outcome {
    let state = State::from(first());
    let at = state.latest().unwrap();
    let requests: Vec<_> = requests.iter().map(|r| by_alice(at, r.clone())).collect();
    resumed(state, &requests).unwrap()
}

/// The alerts of each incident, and what made its executions run where that was a person.
fn told(outcome: &Outcome) -> Vec<(Vec<&str>, Vec<&str>)> {
    outcome
        .investigations
        .iter()
        .map(|work| {
            let alerts = work.incident.alerts.iter().map(|alert| alert.id.as_str()).collect();
            let asked = work.executions.iter().map(|run| run.occasion.as_str());
            (alerts, asked.filter(|occasion| occasion.contains("alice")).collect())
        })
        .collect()
}

#[test]
fn an_unlinked_alert_gets_an_incident_of_its_own_and_both_are_investigated() {
    let outcome = ask(&[unlink()]);
    let occasion = "alert unlinked by alice";
    assert_eq!(
        told(&outcome),
        [(vec!["alert-2-1", "alert-2-4"], vec![occasion]), (vec!["alert-2-2"], vec![occasion])]
    );
    let [source, own] = &outcome.investigations[..] else { panic!("two incidents") };
    assert_eq!(own.incident.opened_at, "2026-11-23T03:01:00Z".parse().unwrap());
    assert_eq!(own.incident.last_news_at, "2026-11-23T03:01:20Z".parse().unwrap());
    assert_eq!(own.triage[0].reason, "unlinked from inc-2-1 by alice");
    assert_eq!(own.triage[0].decision, TriageDecision::Proceed);
    assert_eq!(source.triage.last(), own.triage.first());
    assert_eq!(own.incident.entities, source.incident.entities);
    let asked = outcome.journal.first().unwrap();
    assert_eq!((asked.kind, asked.actor.as_str()), (Kind::UserRequest, "alice"));
    let request = json!({ "unlink": { "incident": "inc-2-1", "alert": "alert-2-2" } });
    assert_eq!(asked.body, json!({ "actor": "alice", "request": request }));
}

#[test]
fn an_incident_that_lost_its_last_alert_is_merged_and_not_investigated() {
    let outcome = ask(&[unlink(), link()]);
    let (unlinked, linked) = ("alert unlinked by alice", "alert linked by alice");
    assert_eq!(
        told(&outcome),
        [
            (vec!["alert-2-1", "alert-2-4", "alert-2-2"], vec![unlinked, linked]),
            (vec![], vec![unlinked])
        ]
    );
    let merged = outcome.investigations[1].triage.last().unwrap();
    assert_eq!(
        merged.reason,
        "linked to inc-2-1 by alice; nothing is left of inc-2-2: it is merged"
    );
    assert_eq!(merged.incident, Some(IncidentId::new("inc-2-1")));
}

#[test]
fn an_alert_that_is_moved_makes_both_incidents_run() {
    let moved =
        Request::Link { alert: AlertId::new("alert-2-4"), incident: IncidentId::new("inc-2-2") };
    let outcome = ask(&[unlink(), moved]);
    let (unlinked, linked) = ("alert unlinked by alice", "alert linked by alice");
    assert_eq!(
        told(&outcome),
        [
            (vec!["alert-2-1"], vec![unlinked, unlinked]),
            (vec!["alert-2-2", "alert-2-4"], vec![unlinked, linked])
        ]
    );
    let note = outcome.triage.last().unwrap();
    assert_eq!(note.reason, "moved from inc-2-1 to inc-2-2 by alice");
    for work in &outcome.investigations {
        assert_eq!(work.triage.last(), Some(note));
    }
}

#[test]
fn an_incident_is_investigated_once_more_for_whoever_asks() {
    let outcome = ask(&[look_again("inc-2-1")]);
    let occasions = vec!["alice asked to look again"];
    assert_eq!(told(&outcome), [(vec!["alert-2-1", "alert-2-2", "alert-2-4"], occasions)]);
}

#[test]
fn what_cannot_be_met_leaves_no_entry() {
    let unknown = |alert: &str, incident: &str| Request::Link {
        alert: AlertId::new(alert),
        incident: IncidentId::new(incident),
    };
    let cases = [
        (look_again("inc-9"), "there is no incident `inc-9`"),
        (unknown("alert-9", "inc-2-1"), "there is no alert `alert-9` there"),
        (unknown("alert-2-1", "inc-9"), "there is no incident `inc-9`"),
        (link(), "`alert-2-2` is part of `inc-2-1` already"),
    ];
    let state = State::from(first());
    for (request, expected) in cases {
        let mut entries = 0;
        let connections = connections();
        let requests = [by_alice(state.latest().unwrap(), request)];
        let mut keeper = Onlooker(|_: &Entry| entries += 1);
        let error = block_on(resume(&setup(&connections), state.clone(), &requests, &mut keeper))
            .unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(entries, 0);
    }
    let alone = ask(&[unlink()]);
    let at = State::from(alone.clone()).latest().unwrap();
    let request =
        Request::Unlink { incident: IncidentId::new("inc-2-2"), alert: AlertId::new("alert-2-2") };
    let error = resumed(alone.into(), &[by_alice(at, request)]).unwrap_err();
    assert_eq!(error.to_string(), "`alert-2-2` is the only alert of `inc-2-2`");
}

#[test]
fn a_replay_of_the_whole_journal_gives_what_was_resumed() {
    let mut whole = first().journal;
    let resumed = ask(&[unlink(), look_again("inc-2-2"), link()]);
    whole.extend(resumed.journal.iter().cloned());
    journal::verify(&whole).unwrap();
    let requests = UserRequest::of_journal(&whole);
    assert_eq!(requests.len(), 3);
    let connections = connections();
    let setup = Setup { names: Names::of_journal(&whole), ..setup(&connections) };
    let again = block_on(replay(&setup, None, &requests, &mut Onlooker(|_: &Entry| {}))).unwrap();
    assert_eq!(again.journal, whole);
    assert_eq!(again.investigations, resumed.investigations);
    assert_eq!(again.intake, resumed.intake);
}
