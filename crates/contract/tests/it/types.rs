//! Every shape of the model: what isn't of it is refused, at its place.

use nightjar_contract::{Kind, Place, Shape};
use serde_json::{Map, Value, json};

use crate::make::{self, Site, sites};
use crate::request::{Subject, subjects};

/// Every place of every input and output.
fn each_site(mut run: impl FnMut(&Subject, &Map<String, Value>, &Site<'_>)) {
    for subject in subjects() {
        for object in make::objects(subject.structure) {
            for site in sites(subject.structure, &object) {
                run(&subject, &object, &site);
            }
        }
    }
}

#[track_caller]
fn is_told(
    subject: &Subject,
    object: &Map<String, Value>,
    site: &Site<'_>,
    value: Value,
    what: &str,
) {
    let shown = value.to_string();
    let found = subject.check_with(object, &site.path, value);
    assert!(
        found.iter().any(|field| field.path == site.path && field.message.contains(what)),
        "{} {} with {shown}: {found:?}",
        subject.name,
        site.path
    );
}

#[test]
fn a_value_of_another_type_is_refused_everywhere() {
    each_site(|subject, object, site| {
        let expected = match site.shape {
            Shape::Text(_) | Shape::Choice(_) => "Member must be a string",
            Shape::Integer(_) | Shape::Long(_) => "Member must be an integer",
            Shape::Double => "Member must be a number",
            Shape::Boolean => "Member must be a boolean",
            Shape::Timestamp => "Member must be a timestamp",
            Shape::DateTime => "Member must be a date and time",
            Shape::Blob => "Member must be base64",
            Shape::List(_) => "Member must be a list",
            Shape::Structure(structure) if structure.kind == Kind::Events => {
                "Member must be a list"
            }
            Shape::Map(_) | Shape::Structure(_) => "Member must be an object",
            Shape::Document => return,
        };
        if site.place != Place::Body {
            // All is text there: only what has to mean something can mean nothing.
            if matches!(site.shape, Shape::Integer(_) | Shape::Long(_) | Shape::Timestamp) {
                for wrong in ["x", "1.5", "0x1", "1e3"] {
                    is_told(subject, object, site, json!(wrong), expected);
                }
            }
            return;
        }
        for wrong in [json!(true), json!(1.5), json!("x y"), json!([]), json!({})] {
            let is_right = match site.shape {
                Shape::Text(_) | Shape::Choice(_) => wrong.is_string(),
                Shape::Double | Shape::Timestamp => wrong.is_number(),
                // Of ourselves text is expected; from a client seconds are understood too.
                Shape::DateTime => wrong.is_number() && subject.name.ends_with(" in"),
                Shape::Boolean => wrong.is_boolean(),
                Shape::List(_) => wrong.is_array(),
                Shape::Structure(structure) if structure.kind == Kind::Events => wrong.is_array(),
                Shape::Map(_) | Shape::Structure(_) => wrong.is_object(),
                _ => false,
            };
            if !is_right {
                is_told(subject, object, site, wrong, expected);
            }
        }
    });
}

#[test]
fn the_words_of_an_enum_are_taken_and_others_refused_everywhere() {
    let mut tried = 0;
    each_site(|subject, object, site| {
        if let Shape::Choice(choice) = site.shape {
            for word in &choice.words {
                assert_eq!(subject.check_with(object, &site.path, json!(word)), [], "{word}");
            }
            let other = format!("{}X", choice.words[0]);
            is_told(subject, object, site, json!(other), "Member must satisfy enum value set: [");
            tried += 1;
        }
    });
    assert!(tried > 100);
}

#[test]
fn a_text_of_another_pattern_is_refused_everywhere_and_never_repeated() {
    each_site(|subject, object, site| {
        let Shape::Text(text) = site.shape else { return };
        let Some(pattern) = &text.pattern else { return };
        for wrong in ["\u{1}hunter2\n", "hunter2\u{1}"] {
            if pattern.fits(wrong) || site.place != Place::Body {
                continue;
            }
            is_told(subject, object, site, json!(wrong), "regular expression pattern: ");
            let found = subject.check_with(object, &site.path, json!(wrong));
            assert!(found.iter().all(|field| !field.message.contains("hunter2")));
        }
    });
}

#[test]
fn an_unknown_member_is_refused_by_name_everywhere() {
    each_site(|subject, object, site| {
        let whole = Value::Object(object.clone());
        let Shape::Structure(structure) = site.shape else { return };
        if structure.kind == Kind::Events || site.place != Place::Body {
            return;
        }
        let mut here = whole.pointer(&site.path).unwrap().clone();
        here["naem"] = json!("hunter2");
        let found = subject.check_with(object, &site.path, here);
        assert!(found.iter().any(|field| field.path == format!("{}/naem", site.path)));
        assert!(found.iter().all(|field| !field.message.contains("hunter2")));
    });
}

#[test]
fn a_missing_member_is_told_everywhere_and_null_is_missing() {
    for subject in subjects() {
        for object in make::objects(subject.structure) {
            for member in subject.structure.members.iter().filter(|member| member.is_required) {
                // An empty list leaves nothing in a query, so a missing one is empty.
                let is_list =
                    matches!(member.shape, Shape::List(_)) && member.place == Place::Query;
                if member.place == Place::Label || is_list {
                    continue;
                }
                let mut without = object.clone();
                without.remove(member.name);
                let found = (subject.check)(&without);
                assert_eq!(found.len(), 1, "{} {}", subject.name, member.name);
                assert_eq!(found[0].path, format!("/{}", member.name));
                assert!(found[0].message.ends_with("Member must not be null"));
            }
        }
    }
    each_site(|subject, object, site| {
        if site.place != Place::Body {
            return;
        }
        let parent = site.path.rsplit_once('/').unwrap().0;
        let whole = Value::Object(object.clone());
        let is_item = !site.is_outermost && whole.pointer(parent).unwrap().is_array();
        let found = subject.check_with(object, &site.path, Value::Null);
        let is_told = found.iter().any(|field| field.message.ends_with("Member must not be null"));
        assert!(!is_item || is_told, "{} {}", subject.name, site.path);
    });
}

#[test]
fn a_union_holds_exactly_one_member() {
    let mut tried = 0;
    each_site(|subject, object, site| {
        let Shape::Structure(structure) = site.shape else { return };
        if structure.kind != Kind::Union {
            return;
        }
        is_told(subject, object, site, json!({}), "exactly one member");
        let all: Map<String, Value> = structure
            .members
            .iter()
            .map(|member| (member.name.to_owned(), make::values(&member.shape)[0].clone()))
            .collect();
        if all.len() > 1 {
            is_told(subject, object, site, Value::Object(all.clone()), "exactly one member");
        }
        let one_and_nulls = all.keys().enumerate().map(|(index, name)| {
            (name.clone(), if index == 0 { all[name].clone() } else { Value::Null })
        });
        let one_and_nulls = Value::Object(one_and_nulls.collect());
        assert_eq!(subject.check_with(object, &site.path, one_and_nulls), [], "{}", subject.name);
        tried += 1;
    });
    assert!(tried > 20);
}

#[test]
fn keys_of_maps_are_held_too() {
    let mut tried = 0;
    each_site(|subject, object, site| {
        let Shape::Map(map) = site.shape else { return };
        let value = make::values(&map.value)[0].clone();
        let wrong = "\u{7}".repeat(300);
        let found = subject.check_with(object, &site.path, json!({wrong: value}));
        let is_bounded = match &map.key {
            Shape::Text(text) => text.pattern.is_some() || text.length.greatest.is_some(),
            _ => true,
        };
        assert_eq!(!found.is_empty(), is_bounded, "{} {}", subject.name, site.path);
        assert!(found.iter().all(|field| field.path.chars().count() < 200));
        tried += 1;
    });
    assert!(tried > 10);
}
