//! Changes that come over webhooks: kept, and told to whoever investigates.

use nightjar_connect::{Query, Question};
use nightjar_incident::{Content, Window};
use nightjar_oncall::told_changes;
use nightjar_store::DeliveryStatus;
use nightjar_topology::EntityId;
use serde_json::{Value, json};

use crate::house::House;
use crate::live::{alert, send};

fn change(id: &str, entity: &str, at: &str) -> Value {
    json!({ "change": {
        "id": id, "kind": "deployment", "summary": format!("{entity} {id}"), "entities": [entity], "at": at,
        "author": "ada.lindqvist@example.com",
    } })
}

#[tokio::test]
async fn a_change_is_kept_once_opens_nothing_and_is_told() {
    for house in House::each().await {
        assert!(told_changes(&house.space).await.unwrap().is_none());
        let intake = house.intake();
        let first =
            send(&house, &intake, &change("7", "Cart_Service", "2026-11-23T02:58:00Z")).await;
        assert_eq!(
            (first.status, first.changes.as_slice()),
            (DeliveryStatus::Changed, &["chg-1".to_owned()][..])
        );
        let again =
            send(&house, &intake, &change("7", "Cart_Service", "2026-11-23T02:58:00Z")).await;
        assert_eq!(
            (again.status, again.changes),
            (DeliveryStatus::Duplicate, first.changes.clone())
        );
        send(&house, &intake, &change("8", "orders", "2026-11-23T02:59:00Z")).await;
        assert!(house.tasks().await.is_empty(), "a change is no alert");
        let kept = house.space.delivery(&first.delivery).await.unwrap();
        assert_eq!((kept.status, kept.changes), (DeliveryStatus::Changed, first.changes));
        assert!(!kept.raw.payload.to_string().contains("lindqvist"), "{:?}", kept.raw);

        let connection = told_changes(&house.space).await.unwrap().unwrap();
        assert_eq!(connection.source.system, "webhook");
        let ask = async |entities: &[&str], to: &str, limit| {
            let query = Query {
                question: Question::Changes,
                entities: entities.iter().map(|name| EntityId::new(*name).unwrap()).collect(),
                window: Window {
                    from: "2026-11-23T02:00:00Z".parse().unwrap(),
                    to: to.parse().unwrap(),
                },
                limit,
                since: None,
            };
            let answer = connection.ask(&query).await.unwrap().unwrap();
            let Content::Changes(changes) = answer.content else { panic!() };
            let told: Vec<String> = changes
                .iter()
                .map(|change| format!("{} of {}", change.summary, change.entities[0]))
                .collect();
            (told, answer.truncated)
        };
        let cart = "Cart_Service 7 of cart-service".to_owned();
        assert_eq!(ask(&["cart-service"], "2026-11-23T03:00:00Z", 10).await, (vec![cart], None));
        assert_eq!(ask(&["cart-service"], "2026-11-23T02:58:00Z", 10).await, (vec![], None));
        let (told, cut) = ask(&[], "2026-11-23T03:00:00Z", 1).await;
        assert_eq!(told, ["orders 8 of orders"]);
        assert_eq!(cut.as_deref(), Some("cut here: the latest 1 changes"));
    }
}

#[tokio::test]
async fn alerts_and_changes_come_over_the_same_address() {
    for house in House::each().await {
        let intake = house.intake();
        let list = json!([
            change("7", "cart", "2026-11-23T02:58:00Z"),
            change("8", "cart", "2026-11-23T02:59:00Z")
        ]);
        let both = send(&house, &intake, &list).await;
        assert_eq!((both.status, both.changes.len()), (DeliveryStatus::Changed, 2));
        assert_eq!(both.reason, "it tells of 2 changes");
        let alert = send(&house, &intake, &alert("i-1", "checkout", "created")).await;
        assert_eq!((alert.status, alert.changes.len()), (DeliveryStatus::Accepted, 0));
        let wrong =
            send(&house, &intake, &json!({ "change": { "summary": "x", "entities": [] } })).await;
        assert!(wrong.is_unreadable && wrong.reason.contains("entities"), "{wrong:?}");
    }
}
