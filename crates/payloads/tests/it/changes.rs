//! Messages that tell of changes.

use nightjar_incident::{Change, ChangeKind};
use nightjar_payloads::{Kind, Rejected, changes};
use serde_json::{Value, json};

use crate::{from, samples, senders, time};

const CAME: &str = "2026-11-23T03:01:00Z";

fn read(payload: &Value) -> Option<Result<Vec<Change>, Rejected>> {
    changes(payload, time(CAME))
}

fn one(payload: &Value) -> Change {
    let found = read(payload).expect("it is recognised").expect("it is readable");
    let [change] = <[Change; 1]>::try_from(found).expect("it tells of one change");
    change
}

fn names(change: &Change) -> Vec<&str> {
    change.entities.iter().map(|entity| entity.as_str()).collect()
}

fn generic() -> Value {
    json!({ "change": {
        "id": "rollout-812", "kind": "deployment", "summary": "cart 1.4.2", "entities": ["cart", "basket"],
        "at": "2026-11-23T02:58:00Z", "author": "ada", "previous": "cart 1.4.1",
        "url": "https://deploys.example.com/812",
    } })
}

fn cdevent(kind: &str, subject: Value) -> Value {
    json!({
        "specversion": "1.0", "id": "e-1", "source": "/ci/shop", "type": kind,
        "time": "2026-11-23T02:58:00Z", "datacontenttype": "application/json",
        "data": {
            "context": { "version": "0.4.1", "id": "e-1", "source": "/ci/shop", "type": kind,
                "timestamp": "2026-11-23T02:58:00Z" },
            "subject": subject,
        },
    })
}

fn deployed() -> Value {
    cdevent(
        "dev.cdevents.service.deployed.0.2.0",
        json!({
            "id": "service/cart", "type": "service",
            "content": {
                "environment": { "id": "env/production" },
                "artifactId": "pkg:oci/cart@sha256%3A0b31?tag=1.4.2",
            },
        }),
    )
}

fn deployment(state: &str) -> Value {
    json!({
        "action": "created",
        "deployment": { "id": 42, "ref": "v1.4.2", "sha": "0123456789abcdef", "environment": "production",
            "description": "nightly", "creator": { "login": "ada" }, "payload": {},
            "created_at": "2026-11-23T02:57:00Z" },
        "deployment_status": { "state": state, "updated_at": "2026-11-23T02:58:00Z",
            "target_url": "https://example.com/42" },
        "repository": { "name": "cart", "full_name": "shop/cart" },
        "sender": { "login": "ada" },
    })
}

fn push(branch: &str) -> Value {
    json!({
        "ref": format!("refs/heads/{branch}"), "before": "aaaaaaaaaaaaaaaa", "after": "bbbbbbbbbbbbbbbb",
        "compare": "https://example.com/compare", "commits": [{ "id": "1" }, { "id": "2" }],
        "head_commit": { "message": "Shrink the pool\n\nFor cost.", "timestamp": "2026-11-23T03:58:00+01:00",
            "author": { "name": "Ada" } },
        "repository": { "name": "cart", "full_name": "shop/cart", "default_branch": "main" },
        "pusher": { "name": "ada" },
    })
}

fn all() -> [Value; 4] {
    [generic(), deployed(), deployment("success"), push("main")]
}

#[test]
fn the_generic_form_is_taken_as_it_is() {
    let change = one(&generic());
    assert_eq!(change.id.as_str(), "rollout-812");
    assert_eq!((change.kind, change.at), (ChangeKind::Deployment, time("2026-11-23T02:58:00Z")));
    assert_eq!(names(&change), ["cart", "basket"]);
    assert_eq!(
        (change.summary.as_str(), change.previous.as_deref()),
        ("cart 1.4.2", Some("cart 1.4.1"))
    );
    assert_eq!(change.url.as_deref(), Some("https://deploys.example.com/812"));
    // The least that says something; without a time it happened when it came.
    let least = json!({ "change": { "summary": "flag on", "service": "cart" } });
    let change = one(&least);
    assert_eq!((change.kind, change.at), (ChangeKind::Other, time(CAME)));
    assert_eq!(one(&least).id, change.id);
    let many = json!({ "changes": [generic()["change"], least["change"]] });
    assert_eq!(read(&many).unwrap().unwrap().len(), 2);
    let list = json!([generic(), least]);
    assert_eq!(read(&list).unwrap().unwrap().len(), 2);
}

#[test]
fn what_is_wrong_is_told_by_its_field() {
    for (field, value, told) in [
        ("summary", json!(""), "summary"),
        ("entities", json!([]), "entities"),
        ("entities", json!(["\u{7}"]), "entities"),
        ("kind", json!("party"), "kind"),
        ("at", json!("yesterday"), "`change[0].at` should be a time"),
        ("at", json!(7), "at"),
    ] {
        let mut message = generic();
        message["change"][field] = value;
        let rejected = read(&message).unwrap().unwrap_err();
        assert_eq!(rejected.kind, Kind::Unreadable);
        assert!(rejected.reason.contains(told), "{field}: {}", rejected.reason);
    }
    let mut message = generic();
    message["change"]["url"] = json!("javascript:alert(1)");
    message["change"]["summary"] = json!(format!("a\n\u{1b}[31m{}", "x".repeat(10_000)));
    let change = one(&message);
    assert_eq!(change.url, None);
    assert!(change.summary.len() <= 500 && !change.summary.chars().any(char::is_control));
}

#[test]
fn cdevents_tell_of_services_and_merges() {
    let change = one(&deployed());
    assert_eq!(change.kind, ChangeKind::Deployment);
    assert_eq!(names(&change), ["cart"]);
    assert_eq!(change.summary, "cart deployed: pkg:oci/cart@sha256%3A0b31?tag=1.4.2 in production");
    assert_eq!((change.at, change.id.as_str()), (time("2026-11-23T02:58:00Z"), "/ci/shop e-1"));
    // Bare, as a binary CloudEvent's body is.
    assert_eq!(one(&deployed()["data"]), change);
    let merged = cdevent(
        "dev.cdevents.change.merged.0.2.0",
        json!({
            "id": "pull/7", "content": { "repository": { "id": "shop/cart" }, "description": "Shrink the pool" },
        }),
    );
    let merged = one(&merged);
    assert_eq!((merged.kind, names(&merged)), (ChangeKind::Commit, vec!["cart"]));
    assert_eq!(merged.summary, "7 merged (Shrink the pool)");
    let built = cdevent("dev.cdevents.build.finished.0.2.0", json!({ "id": "b" }));
    assert_eq!(read(&built).unwrap().unwrap_err().kind, Kind::NoAlert);
    let odd = cdevent("dev.cdevents.x", json!({}));
    assert_eq!(read(&odd).unwrap().unwrap_err().kind, Kind::Unreadable);
}

#[test]
fn a_forge_tells_of_deployments_and_pushes() {
    let begun = one(&deployment("in_progress"));
    let failed = one(&deployment("failure"));
    assert_eq!(begun.id, failed.id);
    assert_eq!(begun.summary, "v1.4.2 to production: nightly");
    assert_eq!(failed.summary, "v1.4.2 to production: nightly (it failed)");
    assert_eq!((names(&begun), begun.author.as_deref()), (vec!["cart"], Some("ada")));
    let pushed = one(&push("main"));
    assert_eq!((pushed.kind, pushed.id.as_str()), (ChangeKind::Commit, "bbbbbbbbbbbbbbbb"));
    assert_eq!(pushed.summary, "Shrink the pool and 1 more commits (main)");
    assert_eq!(
        (pushed.at, pushed.previous.as_deref()),
        (time("2026-11-23T02:58:00Z"), Some("aaaaaaaaaa"))
    );
    let mut named = deployment("success");
    named["deployment"]["payload"] = json!({ "entities": ["cart-api", "cart-worker"] });
    assert_eq!(names(&one(&named)), ["cart-api", "cart-worker"]);
    let mut asked = deployment("success");
    asked.as_object_mut().unwrap().remove("deployment_status");
    let mut deleted = push("main");
    deleted["after"] = json!("0000000000000000");
    let ping = json!({ "zen": "Keep it simple.", "hook_id": 1, "hook": {} });
    for nothing in
        [ping, deployment("queued"), deployment("inactive"), asked, deleted, push("work")]
    {
        assert_eq!(read(&nothing).unwrap().unwrap_err().kind, Kind::NoAlert, "{nothing}");
    }
}

#[test]
fn what_wraps_a_change_is_taken_off() {
    for message in all() {
        let change = one(&message);
        assert_eq!(one(&samples::over_sns(&message)), change);
        assert_eq!(one(&Value::String(message.to_string())), change);
    }
    let event =
        json!({ "specversion": "1.0", "id": "1", "type": "x", "source": "y", "data": generic() });
    assert_eq!(one(&event), one(&generic()));
}

#[test]
fn alerts_are_no_changes_and_changes_no_alerts() {
    for sender in senders::all() {
        assert!(read(&sender.message(&vec![])).is_none(), "{}", sender.name());
    }
    for other in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "change": "x" }),
        json!({ "changes": [] }),
        json!("{"),
    ] {
        assert!(read(&other).is_none(), "{other}");
    }
    let mixed = json!([generic(), samples::generic()]);
    assert!(read(&mixed).is_none());
    assert_eq!(from(None, mixed).unwrap().len(), 1);
}

#[test]
fn spoilt_messages_never_panic() {
    let junk = [json!(null), json!(-1), json!("\u{0}"), json!([]), json!({}), json!([[{}]])];
    for message in all() {
        let mut places = Vec::new();
        fields(&message, String::new(), &mut places);
        for place in places {
            for junk in &junk {
                let mut spoilt = message.clone();
                *spoilt.pointer_mut(&place).unwrap() = junk.clone();
                drop(read(&spoilt));
            }
        }
    }
}

fn fields(value: &Value, place: String, found: &mut Vec<String>) {
    if let Value::Object(parts) = value {
        for (name, part) in parts {
            fields(part, format!("{place}/{name}"), found);
        }
    }
    found.push(place);
}
