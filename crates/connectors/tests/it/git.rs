//! Git, by real repositories that git itself made.

mod hostile;
pub(crate) mod made;

use std::path::Path;

use nightjar_connect::{Answer, Connection, Error, Question};
use nightjar_connectors::registry;
use nightjar_incident::{Change, ChangeKind, Content};
use serde_json::{Value, json};

use self::made::{Stream, git};
use crate::conformance::query;

/// A connection to a repository; `more` are settings beside its path.
fn open(path: &Path, more: &Value) -> Connection {
    let mut config = json!({ "path": path });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    registry().open("git", "mine", &config).unwrap_or_else(|error| panic!("{error}"))
}

async fn ask(git: &Connection, entities: &[&str], limit: usize) -> Result<Answer, Error> {
    git.ask(&query(Question::Changes, entities, limit)).await.unwrap()
}

fn told(answer: &Answer) -> &[Change] {
    match &answer.content {
        Content::Changes(changes) => changes,
        other => panic!("{other:?}"),
    }
}

fn summaries(answer: &Answer) -> Vec<&str> {
    told(answer).iter().map(|change| change.summary.as_str()).collect()
}

fn names(change: &Change) -> Vec<&str> {
    change.entities.iter().map(|entity| entity.as_str()).collect()
}

#[tokio::test]
async fn a_setting_is_told_with_what_it_was_and_is() {
    let mut stream = Stream::default();
    stream.commit(
        "main",
        -60,
        "Begin",
        &[
            ("config/cart.toml", Some(b"[pool]\nmax = 20\npassword = 'old'\n")),
            ("README.md", Some(b"x")),
        ],
    );
    stream.commit("main", 5, "Write about it", &[("README.md", Some(b"y"))]);
    stream.commit(
        "main",
        10,
        "Save connections\n\nThe database is crowded.",
        &[("config/cart.toml", Some(b"[pool]\nmax = 2\npassword = 'hunter2'\n"))],
    );
    let folder = stream.made();
    let more = json!({ "commit_url": "https://git.example.com/c/{commit}" });
    let answer = ask(&open(folder.path(), &more), &["cart"], 10).await.unwrap();
    let [change] = told(&answer) else { panic!("{answer:?}") };
    let id = git(folder.path(), &["rev-parse", "main"]);
    assert_eq!(change.id.as_str(), id);
    assert_eq!(change.kind, ChangeKind::Configuration);
    assert_eq!(change.at.to_string(), "2026-11-23T03:10:00Z");
    assert_eq!(names(change), ["cart"]);
    assert_eq!(
        change.summary,
        "Save connections: pool.max: 20 → 2, pool.password (values not shown)"
    );
    assert_eq!(change.previous.as_deref(), Some("pool.max = 20"));
    assert_eq!(change.author.as_deref(), Some("Ada Lindqvist"));
    assert_eq!(change.url, Some(format!("https://git.example.com/c/{id}")));
    assert!(answer.truncated.is_none() && answer.notes.is_empty(), "{answer:?}");
    // The query is one that a person can run, and it finds the same.
    let asked = answer.query.strip_prefix("git ").unwrap().replace('\'', "");
    let asked: Vec<&str> = asked.split(' ').filter(|word| *word != "--patch").collect();
    let shown = git(
        folder.path(),
        &[&asked[..], &["--format=%s"]]
            .concat()
            .into_iter()
            .filter(|word| *word != "--")
            .collect::<Vec<_>>(),
    );
    assert_eq!(shown, "Save connections\nWrite about it");
}

#[tokio::test]
async fn merges_reach_the_branch_and_what_they_bring_counts_once() {
    let mut stream = Stream::default();
    let base = stream.commit("main", -60, "Begin", &[("services/cart/a.rs", Some(b"1"))]);
    stream.branch("work", base);
    stream.commit("work", 1, "First step", &[("services/cart/a.rs", Some(b"2"))]);
    let done = stream.commit("work", 2, "Second step", &[("services/orders/b.rs", Some(b"3"))]);
    let message = "Merge pull request #7 from ada/work\n\nCount items once\n";
    let merge = stream.merge(
        "main",
        12,
        message,
        done,
        &[("services/cart/a.rs", Some(b"2")), ("services/orders/b.rs", Some(b"3"))],
    );
    assert_eq!(merge, 4);
    let reverted =
        "Revert \"Count items once\"\n\nThis reverts commit 0123456789abcdef0123, reversing\n";
    stream.commit("main", 20, reverted, &[("services/cart/a.rs", Some(b"1"))]);
    let folder = stream.made();
    let git = open(folder.path(), &json!({ "deploys": true, "branches": ["main"] }));
    let answer = ask(&git, &[], 10).await.unwrap();
    assert_eq!(
        summaries(&answer),
        [
            "Count items once (Merge pull request #7 from ada/work): 2 files",
            "Revert \"Count items once\" (takes back 0123456789): services/cart/a.rs",
        ]
    );
    let [merged, reverted] = told(&answer) else { panic!() };
    assert_eq!(names(merged), ["cart", "orders"]);
    assert_eq!((merged.kind, reverted.kind), (ChangeKind::Deployment, ChangeKind::Deployment));
    assert_eq!(reverted.previous.as_deref(), merged.id.as_str().get(..10));
    let orders = ask(&git, &["orders"], 10).await.unwrap();
    assert_eq!(told(&orders), std::slice::from_ref(merged));
    let latest = ask(&git, &[], 1).await.unwrap();
    assert_eq!(told(&latest), std::slice::from_ref(reverted));
    assert_eq!(latest.truncated.as_deref(), Some("cut here: the latest 1 changes"));
    // The branch with the steps is no deployment unless it is watched.
    let both = open(folder.path(), &json!({ "branches": ["main", "work"] }));
    assert_eq!(told(&ask(&both, &[], 10).await.unwrap()).len(), 4);
}

#[tokio::test]
async fn changes_are_of_the_kind_that_they_look_like() {
    let mut stream = Stream::default();
    let deploy = |image: &str, replicas: u32| {
        format!(
            "spec:\n  replicas: {replicas}\n  containers:\n  - name: cart\n    image: shop/cart:{image}\n"
        )
    };
    let one = deploy("1.4", 3);
    stream.commit("main", -60, "Begin", &[("k8s/cart.yaml", Some(one.as_bytes()))]);
    let two = deploy("1.5", 3);
    stream.commit("main", 1, "Roll out 1.5", &[("k8s/cart.yaml", Some(two.as_bytes()))]);
    let three = deploy("1.5", 1);
    stream.commit("main", 2, "Save money", &[("k8s/cart.yaml", Some(three.as_bytes()))]);
    stream.commit("main", 3, "Index", &[("cart/migrations/7.sql", Some(b"CREATE INDEX"))]);
    stream.commit("main", 4, "On", &[("cart/flags/new.json", Some(b"{\"on\":true}"))]);
    stream.commit("main", 5, "Other", &[("tools/x.rs", Some(b"x"))]);
    stream.commit("main", 6, "Gone", &[("k8s/cart.yaml", None)]);
    let folder = stream.made();
    let answer = ask(&open(folder.path(), &json!({})), &["cart"], 10).await.unwrap();
    let kinds: Vec<ChangeKind> = told(&answer).iter().map(|change| change.kind).collect();
    assert_eq!(
        kinds,
        [
            ChangeKind::Deployment,
            ChangeKind::Scaling,
            ChangeKind::Commit,
            ChangeKind::FeatureFlag,
            ChangeKind::Deployment,
        ]
        .into_iter()
        .take(4)
        .chain([ChangeKind::Configuration])
        .collect::<Vec<_>>()
    );
    assert_eq!(
        summaries(&answer)[..4],
        [
            "Roll out 1.5: spec.containers.cart.image: shop/cart:1.4 → shop/cart:1.5",
            "Save money: spec.replicas: 3 → 1",
            "Index: schema migration 7.sql",
            "On: on: true (new)",
        ]
    );
    assert_eq!(told(&answer)[0].previous.as_deref(), Some("shop/cart:1.4"));
    assert_eq!(answer.notes, ["1 commits touch no path that is an entity's"]);
}

#[tokio::test]
async fn tags_are_deployments_where_they_are_said_to_be() {
    let mut stream = Stream::default();
    let one = stream.commit("main", -90, "Begin", &[("services/cart/a", Some(b"1"))]);
    let two = stream.commit("main", -50, "Next", &[("services/cart/a", Some(b"2"))]);
    let other = stream.commit("main", -40, "Other", &[("services/orders/a", Some(b"2"))]);
    stream.tag("v1", one, Some((-80, "First")));
    stream.tag("v2", two, Some((10, "Second\n\nmore")));
    stream.tag("v3", other, Some((20, "Third")));
    stream.tag("cart/7", one, None);
    stream.tag("cart/8", two, Some((15, "cart/8")));
    stream.tag("orders/8", two, Some((16, "x")));
    let folder = stream.made();
    let releases = open(folder.path(), &json!({ "tags": "v*" }));
    let answer = ask(&releases, &["cart", "orders"], 10).await.unwrap();
    let [second, third] = told(&answer) else { panic!("{answer:?}") };
    assert_eq!(second.id.as_str(), "refs/tags/v2");
    assert!(
        second.summary.starts_with("v2 at ") && second.summary.ends_with("(was v1): Second"),
        "{second:?}"
    );
    assert_eq!((second.kind, second.previous.as_deref()), (ChangeKind::Deployment, Some("v1")));
    assert_eq!((names(second), names(third)), (vec!["cart"], vec!["orders"]));
    let named = open(folder.path(), &json!({ "tags": "{entity}/*" }));
    let answer = ask(&named, &["Cart"], 10).await.unwrap();
    let [cart] = told(&answer) else { panic!("{answer:?}") };
    assert_eq!((names(cart), cart.previous.as_deref()), (vec!["Cart"], Some("cart/7")));
}

#[tokio::test]
async fn a_probe_says_what_an_administrator_should_know() {
    let mut stream = Stream::default();
    stream.commit("main", 0, "Begin", &[("src/a.rs", Some(b"1"))]);
    let folder = stream.made();
    let health = |more: Value| {
        let probe = open(folder.path(), &more).probe.unwrap();
        async move { probe.probe().await }
    };
    let notes = health(json!({ "branches": ["main", "gone"] })).await.unwrap().notes.join("\n");
    for part in ["`main`: the last commit is ", "no branch `gone`", "set `paths`"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    let health = health(json!({ "entity": "shop" })).await.unwrap();
    assert_eq!((health.system.as_str(), health.notes.len()), ("git", 1), "{health:?}");
}

#[test]
fn settings_that_make_no_sense_are_told_by_their_name() {
    let fine = json!({ "path": "/srv/shop.git", "paths": ["services/{entity}/**"], "tags": "v*" });
    assert!(registry().open("git", "mine", &fine).is_ok());
    for (name, value) in [
        ("path", json!("shop.git")),
        ("branches", json!(["--output=x"])),
        ("branches", json!(["main; rm"])),
        ("paths", json!(["services/*"])),
        ("tags", json!("{entity}-{entity}")),
        ("entities", json!({ "cart": ["/x"] })),
        ("entity", json!("")),
        ("ignore", json!([""])),
        ("commit_url", json!("javascript:alert(1)")),
        ("limits", json!({ "seconds": 0 })),
    ] {
        let mut config = fine.clone();
        config[name] = value;
        match registry().open("git", "mine", &config) {
            Ok(_) => panic!("{config} is fine"),
            Err(error) => assert!(error.to_string().contains(name), "{error}"),
        }
    }
}
