//! Settings: what is there, what is missing, and that secrets stay secrets.

use nightjar_connectors::registry;
use serde_json::{Value, json};

/// What is said of settings that make no sense.
fn wrong(kind: &str, config: &Value) -> String {
    match registry().open(kind, "mine", config) {
        Ok(_) => panic!("{config} is fine"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_connector_says_what_it_needs() {
    for connector in registry().iter() {
        assert_eq!(connector.config["type"], "object", "{}", connector.kind);
        let properties = connector.config["properties"].as_object().unwrap();
        for (name, schema) in properties {
            assert!(schema["description"].is_string(), "{}: {name}", connector.kind);
        }
        assert!(!connector.capabilities.is_empty() && !connector.tested.is_empty());
        for tested in &connector.tested {
            assert!(["server", "tape", "fake"].contains(&tested.how), "{tested:?}");
        }
        wrong(connector.kind, &json!({}));
        let told = wrong(connector.kind, &json!({ "nonsense": "hunter2" }));
        assert!(told.contains("`nonsense`") && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn wrong_settings_are_told_by_their_name_and_without_their_value() {
    let url = "http://127.0.0.1:9";
    for (kind, config, field) in [
        ("prometheus", json!({ "url": url, "entity_labels": ["a=\"hunter2"] }), "entity_labels"),
        ("prometheus", json!({ "url": url, "entity_labels": ["__name__"] }), "entity_labels"),
        ("prometheus", json!({ "url": url, "entity_labels": "hunter2" }), "entity_labels"),
        ("prometheus", json!({ "url": url, "host_labels": ["le"] }), "host_labels"),
        ("prometheus", json!({ "url": url, "host_labels": vec!["a"; 9] }), "host_labels"),
        ("prometheus", json!({ "url": url, "host_labels": [""] }), "host_labels"),
    ] {
        let told = wrong(kind, &config);
        assert!(told.contains(&format!("`{field}")), "{config}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    for (config, field) in [
        (json!({ "url": 7 }), "url"),
        (json!({ "url": "" }), "url"),
        (json!({ "url": "ftp://x" }), "url"),
        (json!({ "url": "http://reader:hunter2@x" }), "url"),
        (json!({ "url": "http://x/?token=hunter2" }), "url"),
        (json!({ "url": url, "auth": "hunter2" }), "auth"),
        (json!({ "url": url, "auth": { "type": "hunter2" } }), "auth"),
        (json!({ "url": url, "auth": { "type": "bearer", "token": ["hunter2"] } }), "auth"),
        (json!({ "url": url, "auth": { "type": "bearer", "token": "a\nhunter2" } }), "auth.token"),
        (json!({ "url": url, "headers": { "a b": "hunter2" } }), "headers.a b"),
        (json!({ "url": url, "ca_certificate": "hunter2" }), "ca_certificate"),
        (json!({ "url": url, "limits": { "seconds": 0 } }), "limits.seconds"),
        (json!({ "url": url, "limits": { "minutes": 1 } }), "limits"),
        (json!({ "url": url, "entity_labels": ["a=\"hunter2"] }), "entity_labels"),
    ] {
        let told = wrong("loki", &config);
        assert!(told.contains(&format!("`{field}")), "{config}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}
