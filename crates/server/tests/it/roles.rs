//! Roles by HTTP: every operation answers as the policies decide.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use nightjar_access::{Decision, Guard, Identity, Role, Scope};

use crate::described::operations;
use crate::stage::Stage;

#[tokio::test]
async fn every_operation_answers_each_role_as_the_policies_decide() {
    let stage = Stage::new().await;
    let guard = Guard::new();
    let nothing = BTreeMap::new();
    for role in Role::ALL {
        for is_installation in [true, false] {
            if is_installation && role == Role::Webhook {
                continue;
            }
            for operation in operations() {
                let Some(action) = operation.action() else { continue };
                // Fresh, since some of this deletes it.
                let space = stage.space("own").await;
                let home = (!is_installation).then_some(space.as_str());
                let token = stage.key(role.label(), home).await;
                let who = Identity::new("k".to_owned(), role, home.map(str::to_owned)).unwrap();
                let target = (action.scope() == Scope::Space).then_some(space.as_str());
                let decision = guard.decide(&who, action, target).decision;
                let request = Request::builder()
                    .method(operation.method.as_str())
                    .uri(operation.path(&space, &nothing))
                    .header("authorization", format!("Bearer {token}"));
                let request = match operation.body() {
                    None => request.body(Body::empty()),
                    Some((media, body)) => {
                        request.header("content-type", media).body(Body::from(body))
                    }
                };
                if operation.name == "streamJournal" && decision == Decision::Allowed {
                    continue;
                }
                let reply = stage.send_unchecked(request.unwrap()).await;
                let about = format!("{role} {home:?} {} {}", operation.name, reply.text());
                match decision {
                    Decision::Allowed => {
                        assert!(![401, 403].contains(&reply.status.as_u16()), "{about}");
                        assert!(reply.status.as_u16() < 500, "{about}");
                    }
                    Decision::Forbidden => assert_eq!(reply.status, 403, "{about}"),
                    Decision::Invisible => assert_eq!(reply.status, 404, "{about}"),
                }
                let documented = &operation.document["responses"];
                assert!(!documented[reply.status.as_str()].is_null(), "undocumented: {about}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_open_without_credentials() {
    let stage = Stage::new().await;
    let space = stage.space("own").await;
    let nothing = BTreeMap::new();
    let open = ["isAlive", "isReady", "describe", "signIn"];
    for operation in operations() {
        let request = Request::builder()
            .method(operation.method.as_str())
            .uri(operation.path(&space, &nothing))
            .body(Body::empty());
        let reply = stage.send(request.unwrap()).await;
        if ["receiveMessage", "offerMessages"].contains(&operation.name.as_str()) {
            // The address is the credential: this one leads nowhere.
            assert_eq!(reply.status, 404);
        } else if open.contains(&operation.name.as_str()) && operation.name != "signIn" {
            assert_eq!(reply.status, 200, "{}", operation.name);
        } else {
            assert_eq!(reply.status, 401, "{} {}", operation.name, reply.text());
            assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"nightjar\"");
        }
    }
}
