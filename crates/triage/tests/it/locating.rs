use nightjar_incident::Alert;
use nightjar_topology::{Entity, EntityKind, Topology};
use proptest::prelude::*;

use crate::world::{alert, id, locate, shop};

fn by_name(name: &str) -> Vec<String> {
    ids(&alert("1", name, 0, None), &shop())
}

fn by_text(title: &str, description: &str) -> Vec<String> {
    ids(&told(title, description), &shop())
}

fn told(title: &str, description: &str) -> Alert {
    let mut alert = alert("1", "", 0, None);
    alert.title = title.into();
    alert.description = description.into();
    alert
}

fn ids(alert: &Alert, topology: &Topology) -> Vec<String> {
    locate(alert, topology).iter().map(|id| id.as_str().to_owned()).collect()
}

#[test]
fn names_are_understood_in_the_forms_senders_use() {
    for name in [
        "checkout",
        "CHECKOUT",
        "checkout.prod",
        "checkout-prod",
        "prod/checkout",
        "checkout.shop.svc.cluster.local",
        "checkout:8080",
        "https://checkout.example.com/health",
        "shop/checkout",
        "checkout-6d4cf56db6-x7k2p",
        "arn:aws:lambda:eu-west-1:1:function:checkout:live",
    ] {
        assert_eq!(by_name(name), ["checkout"], "{name}");
    }
    assert_eq!(
        by_name("arn:aws:dynamodb:eu-west-1:1:table/payments/index/day"),
        ["payments-table"]
    );
    for name in ["", "check", "10.0.0.7", "arn:aws", "-", "checkout2", "::", "/"] {
        assert!(by_name(name).is_empty(), "{name}");
    }
}

#[test]
fn a_mention_counts_as_a_whole_word_and_the_longest_hides_the_shorter() {
    assert_eq!(by_text("Latency of checkout is high.", ""), ["checkout"]);
    assert_eq!(by_text("[payments-table] throttled", ""), ["payments-table"]);
    assert_eq!(by_text("p99 of \"payment-processor\"", "see cart"), ["payment-processor"]);
    assert_eq!(by_text("It is slow", "calls from checkout to cart fail"), ["checkout", "cart"]);
    assert!(by_text("the shopping-cart page", "checkouts").is_empty());
    assert!(by_text("api-gateway, checkout, cart, inventory: see runbook", "").is_empty());
}

#[test]
fn a_name_of_two_entities_names_none_of_them() {
    let mut topology = shop();
    for name in ["east", "west"] {
        let mut entity = Entity::new(id(name), EntityKind::Service);
        entity.aliases.push("billing api".into());
        entity.aliases.push("billing".into());
        topology.add(entity);
    }
    topology.add(Entity::new(id("api"), EntityKind::Service));
    assert!(ids(&alert("1", "billing", 0, None), &topology).is_empty());
    assert!(ids(&told("billing api is slow", ""), &topology).is_empty());
    assert_eq!(ids(&told("The api is slow", ""), &topology), ["api"]);
}

#[test]
fn a_region_counts_only_where_nothing_in_it_is_named() {
    let mut alert = alert("1", "eu-west-1", 0, None);
    assert_eq!(ids(&alert, &shop()), ["eu-west-1"]);
    alert.entity_names.push("cart".into());
    assert_eq!(ids(&alert, &shop()), ["cart"]);
}

proptest! {
    #[test]
    fn no_name_and_no_text_panics(name in ".{0,40}", title in ".{0,200}", arn in "arn[:/a-z]{0,20}") {
        let mut alert = told(&title, &name);
        alert.entity_names = vec![name, arn];
        locate(&alert, &shop());
    }
}
