//! What Nightjar can be connected with, as the command line tells it.

use crate::program::{done, json};

#[test]
fn connectors_are_listed_with_what_they_were_tested_against() {
    let folder = tempfile::tempdir().unwrap();
    let listed = json(folder.path(), &["connector", "list", "--json"]);
    let listed = listed.as_array().unwrap();
    let kinds: Vec<&str> = listed.iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"capsule") && kinds.contains(&"loki"), "{kinds:?}");
    assert!(kinds.is_sorted());
    let human = done(folder.path(), &["connector", "list"]);
    for kind in listed {
        let name = kind["kind"].as_str().unwrap();
        assert!(kind["capabilities"].as_array().is_some_and(|all| !all.is_empty()), "{name}");
        let tested = &kind["tested"];
        assert!(["server", "tape", "fake"].contains(&tested["how"].as_str().unwrap()), "{name}");
        assert!(tested["system"].is_string() && tested["version"].is_string(), "{name}");
        assert!(human.contains(name), "{name}");
        // Each but the recording has a page that says what it needs.
        let page = format!("{}/../../docs/connectors/{name}.md", env!("CARGO_MANIFEST_DIR"));
        assert!(name == "capsule" || std::fs::exists(&page).unwrap(), "{page}");
    }
}
