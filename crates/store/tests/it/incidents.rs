use nightjar_incident::{Alert, EvidenceId, IncidentId, RawAlert, TriageDecision, TriageNote};
use nightjar_store::{
    Created, Error, IncidentFilter, NewFeedback, NewMessage, PageRequest, Rating,
};
use serde_json::json;

use crate::fixture::{alert, incident};
use crate::place::{all, new_space, on_both, t0};

#[tokio::test]
async fn an_incident_comes_back_as_the_last_execution_left_it() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        for run in 1..=2 {
            let state = incident(space.id(), "inc-1-1", run);
            space.keep_incident("inv-1", &state).await.unwrap();
        }
        let id = IncidentId::new("inc-1-1");
        let state = incident(space.id(), "inc-1-1", 2);
        // As JSON: a missing sample is NaN, which isn't equal to itself.
        let json = |state: &nightjar_incident::Investigation| serde_json::to_value(state).unwrap();
        assert_eq!(json(&space.incident_state(&id, true).await.unwrap()), json(&state));
        let lean = space.incident_state(&id, false).await.unwrap();
        assert!(lean.evidence.iter().all(|evidence| evidence.content.is_empty()));
        let record = space.incident(&id).await.unwrap();
        assert_eq!((record.title.as_str(), record.alerts), ("shop is slow", 1));
        assert_eq!(record.verdict.as_deref(), Some("not_found"));
        assert_eq!(record.stage.as_deref(), Some("provisional"));

        // Pieces of the earlier execution stay, and the same content is stored once.
        let pieces = space.evidence_of(&id).await.unwrap();
        assert_eq!(pieces.len(), 6);
        assert_eq!((pieces[0].pieces, pieces[0].evidence.content.is_empty()), (1, true));
        assert_eq!(pieces[0].digest, pieces[2].digest);
        assert_eq!(blobs_of(place), 3);
        let piece = EvidenceId::new("inc-1-1/run-2/ev-2");
        let whole = space.evidence(&piece).await.unwrap();
        assert_eq!(json!(whole), json!(state.evidence[1]));
        let missing = space.evidence(&EvidenceId::new("x\0")).await;
        assert!(matches!(missing, Err(Error::NotFound { .. } | Error::Invalid(_))));
    })
    .await;
}

/// Blobs beside the marker.
fn blobs_of(place: &crate::place::Place) -> usize {
    let spaces = std::fs::read_dir(place.blobs()).unwrap().map(|entry| entry.unwrap().path());
    spaces
        .filter(|path| path.is_dir())
        .flat_map(|space| std::fs::read_dir(space).unwrap())
        .flat_map(|two| std::fs::read_dir(two.unwrap().path()).unwrap())
        .count()
}

#[tokio::test]
async fn a_damaged_blob_is_noticed() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let state = incident(space.id(), "inc-1-1", 1);
        space.keep_incident("inv-1", &state).await.unwrap();
        for entry in std::fs::read_dir(place.blobs().join(space.id().as_str())).unwrap() {
            for blob in std::fs::read_dir(entry.unwrap().path()).unwrap() {
                let path = blob.unwrap().path();
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[20] ^= 1;
                std::fs::write(&path, bytes).unwrap();
            }
        }
        let piece = &state.evidence[0].id;
        assert!(matches!(space.evidence(piece).await, Err(Error::Damaged { .. })));
        let whole = space.incident_state(&state.incident.id, true).await;
        assert!(matches!(whole, Err(Error::Damaged { .. })));
        std::fs::remove_dir_all(place.blobs().join(space.id().as_str())).unwrap();
        assert!(matches!(space.evidence(piece).await, Err(Error::Damaged { .. })));
    })
    .await;
}

#[tokio::test]
async fn incidents_are_listed_by_their_last_news() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        for (id, run) in [("inc-1-1", 2), ("inc-1-2", 3), ("inc-2-1", 1), ("inc-2-2", 1)] {
            let investigation = id.replace("inc", "inv").trim_end_matches(['1', '2']).to_owned();
            let investigation = investigation.trim_end_matches('-').to_owned();
            let state = incident(space.id(), id, run);
            space.keep_incident(&investigation, &state).await.unwrap();
        }
        let find = async |filter: IncidentFilter| {
            let mut seen = Vec::new();
            let mut page = PageRequest { limit: 1, after: None };
            loop {
                let found = space.incidents(&filter, &page).await.unwrap();
                seen.extend(found.items.into_iter().map(|record| record.id.to_string()));
                page.after = found.next;
                if page.after.is_none() {
                    return seen;
                }
            }
        };
        let every = find(IncidentFilter::default()).await;
        assert_eq!(every, ["inc-1-2", "inc-1-1", "inc-2-2", "inc-2-1"]);
        let investigation = Some("inv-2".to_owned());
        let some = find(IncidentFilter { investigation, ..IncidentFilter::default() }).await;
        assert_eq!(some, ["inc-2-2", "inc-2-1"]);
        let verdict = Some("cause_found".to_owned());
        assert!(find(IncidentFilter { verdict, ..IncidentFilter::default() }).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn messages_are_kept_once_and_alerts_can_be_moved() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let raw = RawAlert {
            provider: Some("datadog".to_owned()),
            received_at: t0(),
            payload: json!({ "title": "shop is slow" }),
        };
        let known: Alert = serde_json::from_value(alert("alert-1-1")).unwrap();
        let note = |incident: &str| TriageNote {
            alert: known.id.clone(),
            incident: Some(IncidentId::new(incident)),
            decision: TriageDecision::Proceed,
            reason: "nothing is open".to_owned(),
            at: t0(),
        };
        let alerts = [(known.clone(), note("inc-1-1"))];
        let message = NewMessage {
            investigation: "inv-1",
            number: 0,
            raw: &raw,
            alerts: &alerts,
            rejected: None,
        };
        space.keep_message(&message).await.unwrap();
        space.keep_message(&message).await.unwrap();
        let rejected = Some("unknown shape");
        let unread = NewMessage { number: 1, alerts: &[], rejected, ..message };
        space.keep_message(&unread).await.unwrap();
        let found = space.alerts(None, &all()).await.unwrap().items;
        let ids: Vec<&str> = found.iter().map(|alert| alert.id.as_str()).collect();
        assert_eq!(ids, ["alert-1-1", "msg-1-1"]);
        assert_eq!(found[0].alert.as_ref(), Some(&known));
        assert_eq!(found[0].raw.as_ref(), Some(&raw));
        assert_eq!(found[1].rejected.as_deref(), Some("unknown shape"));

        space.keep_triage(&note("inc-1-2")).await.unwrap();
        let moved = space.alert(&known.id).await.unwrap();
        assert_eq!(moved.incident, Some(IncidentId::new("inc-1-2")));
        assert_eq!(moved.triage.len(), 2);
        let old = space.alerts(Some(&IncidentId::new("inc-1-1")), &all()).await.unwrap();
        assert!(old.items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn feedback_is_about_the_execution_that_counted() {
    on_both(async |place| {
        let store = place.open().await;
        let space = new_space(&store).await;
        let new = NewFeedback {
            incident: IncidentId::new("inc-1-1"),
            rating: Rating::Wrong,
            actual_entity: Some("db:main".to_owned()),
            actual_cause: None,
            by: "Ada".to_owned(),
        };
        let missing = space.give_feedback(new.clone(), None, t0()).await;
        assert!(matches!(missing, Err(Error::NotFound { .. })));
        let state = incident(space.id(), "inc-1-1", 2);
        space.keep_incident("inv-1", &state).await.unwrap();
        let once = nightjar_store::Once {
            caller: "Ada".to_owned(),
            key: "1".to_owned(),
            digest: nightjar_incident::journal::Digest::of(b""),
        };
        let given = space.give_feedback(new.clone(), Some(&once), t0()).await.unwrap();
        let again = space.give_feedback(new, Some(&once), t0()).await.unwrap();
        assert!(matches!(again, Created::Again(_)));
        assert_eq!(given.into_inner().execution.as_deref(), Some("inc-1-1/run-2"));
        let listed = space.feedback(Some(&state.incident.id), &all()).await.unwrap().items;
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].feedback.actual_entity.as_deref(), Some("db:main"));
    })
    .await;
}
