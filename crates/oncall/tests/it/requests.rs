use nightjar_agent::{State, UserRequest};
use nightjar_incident::{AlertId, IncidentId};
use nightjar_oncall::{Error, Request, request};
use nightjar_store::{Error as StoreError, InvestigationState};

use crate::house::{House, assert_same, directly, small};

fn incident(number: u32) -> IncidentId {
    IncidentId::new(format!("inc-1-{number}"))
}

fn alert(number: u32) -> AlertId {
    AlertId::new(format!("alert-1-{number}"))
}

#[tokio::test]
async fn what_people_ask_is_done_as_the_agent_does_it() {
    for house in House::each().await {
        let id = house.start(&small()).await.id;
        house.work(&id).await;
        let mut asked = Vec::new();
        for wanted in [
            Request::Unlink { incident: incident(1), alert: alert(2) },
            Request::LookAgain { incident: incident(2) },
            Request::Link { alert: alert(2), incident: incident(1) },
        ] {
            let before = State::from(directly(house.space.id(), &small(), &asked));
            request(&house.space, &id, "NJAK1", &wanted, None, house.now()).await.unwrap();
            house.work(&id).await;
            let at = before.latest().unwrap();
            asked.push(UserRequest { at, actor: "NJAK1".into(), request: wanted });
        }
        let expected = directly(house.space.id(), &small(), &asked);
        assert_same(&house.journal().await, &expected.journal);
        let states = house.states(&id).await;
        assert_eq!(states.len(), expected.investigations.len());
        for (stored, expected) in states.iter().zip(&expected.investigations) {
            assert_eq!(stored.incident, expected.incident);
            assert_eq!(stored.triage, expected.triage);
            assert_eq!(stored.executions, expected.executions);
            assert_eq!(stored.evidence, expected.evidence);
            assert_eq!(stored, expected);
        }
        assert_eq!(house.state(&id).await, InvestigationState::Done);
        let moved = house.space.alert(&alert(2)).await.unwrap();
        assert_eq!(moved.incident, Some(incident(1)));
        assert_eq!(moved.triage.len(), 3);
    }
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_at_once() {
    let house = House::new().await;
    let id = house.start(&small()).await.id;
    house.work(&id).await;
    let ask = async |wanted| {
        request(&house.space, &id, "NJAK1", &wanted, None, house.now()).await.unwrap_err()
    };
    for unknown in [
        Request::LookAgain { incident: incident(9) },
        Request::Unlink { incident: incident(1), alert: alert(3) },
        Request::Link { alert: alert(9), incident: incident(1) },
    ] {
        let error = ask(unknown).await;
        assert!(matches!(error, Error::Store(StoreError::NotFound { .. })), "{error}");
    }
    let error = ask(Request::Link { alert: alert(1), incident: incident(1) }).await;
    assert!(matches!(error, Error::Store(StoreError::Conflict(_))), "{error}");
}

#[tokio::test]
async fn a_request_that_cannot_be_met_leaves_the_result_and_says_why() {
    let house = House::new().await;
    let id = house.start(&small()).await.id;
    house.work(&id).await;
    let before = house.journal().await;
    let only = Request::Unlink { incident: incident(2), alert: alert(3) };
    request(&house.space, &id, "NJAK1", &only, None, house.now()).await.unwrap();
    house.work(&id).await;
    let record = house.space.investigation(&id).await.unwrap();
    assert_eq!(record.state, InvestigationState::Done);
    assert_eq!(house.journal().await, before);
    let told = house.ledger().await.pop().unwrap().body;
    assert_eq!(told["error"], "`alert-1-3` is the only alert of `inc-1-2`");
}
