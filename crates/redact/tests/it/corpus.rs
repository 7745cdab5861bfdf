//! Things to find, and telemetry with nothing to find.

use std::collections::BTreeMap;

use nightjar_redact::Kind;
use serde::Deserialize;
use serde_json::Value;

use crate::redactor;

/// Parts of made-up tokens, so that nobody's scanner takes the corpus for a leak.
const JOINT: &str = "{{}}";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    text: Option<String>,
    value: Option<Value>,
    #[serde(default)]
    find: Vec<Find>,
}

#[derive(Deserialize)]
struct Find {
    kind: Kind,
    text: String,
}

fn examples(corpus: &str) -> Vec<Example> {
    let joined = corpus.replace(JOINT, "");
    joined.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What is stored of an example: a text as it is, a document as JSON.
fn redacted(example: &Example) -> (String, u64) {
    let mut redactor = redactor();
    let text = match (&example.text, &example.value) {
        (Some(text), None) => redactor.text(text).into_owned(),
        (None, Some(value)) => {
            let mut value = value.clone();
            redactor.value(&mut value);
            value.to_string()
        }
        _ => panic!("an example is a text or a value"),
    };
    (text, redactor.found().values().sum())
}

#[test]
fn what_is_to_be_found_is_found() {
    let examples = examples(include_str!("../../corpus/find.jsonl"));
    assert!(examples.len() >= 300, "{}", examples.len());
    let mut table: BTreeMap<Kind, (u32, u32)> = BTreeMap::new();
    for example in &examples {
        let (text, _) = redacted(example);
        for find in &example.find {
            let row = table.entry(find.kind).or_default();
            row.1 += 1;
            let named = text.contains(&format!("‹{}:", find.kind.label()));
            if named && !text.contains(&find.text) {
                row.0 += 1;
            } else {
                eprintln!("missed {} `{}`: {text}", find.kind.label(), find.text);
            }
        }
    }
    let (mut found, mut all) = (0, 0);
    for (kind, (of_kind, expected)) in &table {
        let recall = f64::from(*of_kind) / f64::from(*expected);
        eprintln!("{:<12} {of_kind:>4} of {expected:>4}  {recall:.3}", kind.label());
        (found, all) = (found + of_kind, all + expected);
    }
    for (kind, (found, all)) in &table {
        assert!(f64::from(*found) >= 0.95 * f64::from(*all), "{}", kind.label());
    }
    assert_eq!(table.len(), Kind::ALL.len());
    assert!(f64::from(found) >= 0.95 * f64::from(all));
}

#[test]
fn where_nothing_is_to_be_found_nothing_is() {
    let examples = examples(include_str!("../../corpus/nothing.jsonl"));
    assert!(examples.len() >= 400, "{}", examples.len());
    let mut hits = 0;
    for example in &examples {
        let (text, found) = redacted(example);
        if found > 0 {
            eprintln!("{text}");
            hits += found;
        }
    }
    assert_eq!(hits, 0);
}
