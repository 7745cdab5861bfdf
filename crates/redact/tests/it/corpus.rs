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

/// Prints how much of what is to be found was found, kind by kind, and asks for so much of each kind and of
/// all.
fn find(name: &str, corpus: &str, kinds: usize, (of_each, of_all): (f64, f64)) {
    let mut table: BTreeMap<Kind, (u32, u32)> = BTreeMap::new();
    for example in &examples(corpus) {
        let (text, _) = redacted(example);
        for find in &example.find {
            let row = table.entry(find.kind).or_default();
            row.1 += 1;
            let named = text.contains(&format!("‹{}:", find.kind.label()));
            if named && !text.contains(&find.text) {
                row.0 += 1;
            } else {
                eprintln!("{name}: missed {} `{}`: {text}", find.kind.label(), find.text);
            }
        }
    }
    let recall = |(found, all): (u32, u32)| f64::from(found) / f64::from(all);
    let mut sum = (0, 0);
    for (kind, row) in &table {
        eprintln!("{name} {:<12} {:>4} of {:>4}  {:.3}", kind.label(), row.0, row.1, recall(*row));
        sum = (sum.0 + row.0, sum.1 + row.1);
    }
    eprintln!("{name} {:<12} {:>4} of {:>4}  {:.3}", "all", sum.0, sum.1, recall(sum));
    assert_eq!(table.len(), kinds, "{name}");
    for (kind, row) in &table {
        assert!(recall(*row) >= of_each, "{name}: {}", kind.label());
    }
    assert!(recall(sum) >= of_all, "{name}");
}

/// Prints what was taken for something, and asks that nothing is.
fn nothing(name: &str, corpus: &str) {
    let mut hits = 0;
    let examples = examples(corpus);
    for example in &examples {
        let (text, found) = redacted(example);
        if found > 0 {
            eprintln!("{name}: hit in {text}");
            hits += found;
        }
    }
    eprintln!("{name}: {hits} hits in {} examples", examples.len());
    assert_eq!(hits, 0, "{name}");
}

#[test]
fn what_is_to_be_found_is_found() {
    find("find", include_str!("../../corpus/find.jsonl"), Kind::ALL.len(), (0.98, 0.98));
}

#[test]
fn what_is_to_be_found_is_found_2() {
    find("find2", include_str!("../../corpus/find2.jsonl"), Kind::ALL.len(), (0.95, 0.98));
}

#[test]
fn where_nothing_is_to_be_found_nothing_is() {
    nothing("nothing", include_str!("../../corpus/nothing.jsonl"));
}

#[test]
fn where_nothing_is_to_be_found_nothing_is_2() {
    nothing("nothing2", include_str!("../../corpus/nothing2.jsonl"));
}

#[test]
fn what_is_to_be_found_is_found_3() {
    find("find3", include_str!("../../corpus/find3.jsonl"), Kind::ALL.len(), (0.85, 0.97));
}

#[test]
fn where_nothing_is_to_be_found_nothing_is_3() {
    nothing("nothing3", include_str!("../../corpus/nothing3.jsonl"));
}

#[test]
fn what_is_to_be_found_is_found_4() {
    find("find4", include_str!("../../corpus/find4.jsonl"), Kind::ALL.len(), (0.95, 0.98));
}

#[test]
fn where_nothing_is_to_be_found_nothing_is_4() {
    nothing("nothing4", include_str!("../../corpus/nothing4.jsonl"));
}

/// People in fields, and things in the same fields.
#[test]
fn what_is_to_be_found_is_found_5() {
    find("find5", include_str!("../../corpus/find5.jsonl"), 4, (0.95, 0.95));
}

#[test]
fn where_nothing_is_to_be_found_nothing_is_5() {
    nothing("nothing5", include_str!("../../corpus/nothing5.jsonl"));
}

/// Secrets in commands, headers and settings, and things that look like them.
#[test]
fn what_is_to_be_found_is_found_6() {
    find("find6", include_str!("../../corpus/find6.jsonl"), 7, (0.95, 0.98));
}

#[test]
fn where_nothing_is_to_be_found_nothing_is_6() {
    nothing("nothing6", include_str!("../../corpus/nothing6.jsonl"));
}

/// A document is read as well as its text.
#[test]
fn documents_are_redacted_as_their_text_is() {
    let documents = |corpus: &str| {
        let documents = examples(corpus).into_iter().filter_map(|example| {
            let value: Value = serde_json::from_str(example.text.as_ref()?).ok()?;
            value.is_object().then_some(Example { text: None, value: Some(value), ..example })
        });
        documents.collect::<Vec<_>>()
    };
    let (mut found, mut all) = (0, 0);
    for corpus in
        [include_str!("../../corpus/find4.jsonl"), include_str!("../../corpus/find5.jsonl")]
    {
        for example in documents(corpus) {
            let (text, _) = redacted(&example);
            for find in &example.find {
                all += 1;
                if text.contains(&find.text) {
                    eprintln!("document: missed {} `{}`: {text}", find.kind.label(), find.text);
                } else {
                    found += 1;
                }
            }
        }
    }
    assert!(f64::from(found) >= 0.98 * f64::from(all), "{found} of {all}");
    for corpus in
        [include_str!("../../corpus/nothing4.jsonl"), include_str!("../../corpus/nothing5.jsonl")]
    {
        for example in documents(corpus) {
            let (text, hits) = redacted(&example);
            assert_eq!(hits, 0, "{text}");
        }
    }
}
