//! Every bound of the model: at it, and one beyond.

use nightjar_contract::Shape;
use serde_json::{Map, Value, json};

use crate::make::{self, ends, sites};
use crate::request::subjects;

/// A length from which a test would only take long.
const LONG: i64 = 40_000;

#[test]
fn what_is_made_of_the_model_is_valid() {
    for subject in subjects() {
        assert_eq!((subject.check)(&make::least(subject.structure)), [], "{}", subject.name);
        for object in make::objects(subject.structure) {
            assert_eq!((subject.check)(&object), [], "{} {object:?}", subject.name);
        }
    }
}

#[test]
fn every_length_of_a_text_is_held() {
    let (mut held, mut fixed) = (0, 0);
    for subject in subjects() {
        for object in make::objects(subject.structure) {
            for site in sites(subject.structure, &object) {
                let Shape::Text(text) = site.shape else { continue };
                for end in ends(text.length).filter(|end| (1..=LONG).contains(end)) {
                    // A pattern can leave no room: then nothing of this length is valid.
                    let Some(at_end) = make::text(text, Some(end)) else {
                        fixed += 1;
                        continue;
                    };
                    let found = subject.check_with(&object, &site.path, at_end.into());
                    assert_eq!(found, [], "{} {} {end}", subject.name, site.path);
                    held += 1;
                }
                let below = text.length.least.map(|least| least - 1);
                let above = text.length.greatest.map(|greatest| greatest + 1);
                for beyond in below.into_iter().chain(above).filter(|n| (0..=LONG).contains(n)) {
                    let beyond = "a".repeat(usize::try_from(beyond).unwrap());
                    let is_empty_label = beyond.is_empty();
                    let found = subject.check_with(&object, &site.path, beyond.into());
                    let is_told = |field: &nightjar_contract::Field| {
                        field.path == site.path
                            && field.message.contains("Member must have length ")
                    };
                    let is_nowhere = is_empty_label && found.iter().any(|f| f.message == "Nowhere");
                    assert!(
                        is_nowhere || found.iter().any(is_told),
                        "{} {}: {found:?}",
                        subject.name,
                        site.path
                    );
                }
            }
        }
    }
    assert!(held > 10 * fixed, "{held} lengths were tried, {fixed} couldn't be");
}

#[test]
fn every_bound_of_a_number_is_held() {
    let mut held = 0;
    for subject in subjects() {
        for object in make::objects(subject.structure) {
            for site in sites(subject.structure, &object) {
                let (bounds, width) = match site.shape {
                    Shape::Integer(bounds) => (*bounds, i64::from(i32::MIN)..=i64::from(i32::MAX)),
                    Shape::Long(bounds) => (*bounds, i64::MIN..=i64::MAX),
                    _ => continue,
                };
                let least = bounds.least.unwrap_or(*width.start());
                let greatest = bounds.greatest.unwrap_or(*width.end());
                for end in [least, greatest] {
                    let found = subject.check_with(&object, &site.path, end.into());
                    assert_eq!(found, [], "{} {} {end}", subject.name, site.path);
                    held += 1;
                }
                for beyond in [least.checked_sub(1), greatest.checked_add(1)] {
                    let Some(beyond) = beyond else { continue };
                    let found = subject.check_with(&object, &site.path, beyond.into());
                    assert_eq!(found.len(), 1, "{} {} {beyond}", subject.name, site.path);
                    assert_eq!(found[0].path, site.path);
                }
            }
        }
    }
    assert!(held > 50);
}

#[test]
fn every_size_of_a_list_or_map_is_held() {
    let mut held = 0;
    for subject in subjects() {
        for object in make::objects(subject.structure) {
            let whole = Value::Object(object.clone());
            for site in sites(subject.structure, &object) {
                let here = whole.pointer(&site.path).unwrap();
                let size = match site.shape {
                    Shape::List(list) => list.size,
                    Shape::Map(map) => map.size,
                    _ => continue,
                };
                let of_size = |count: i64| match here {
                    Value::Array(items) => {
                        Value::from(vec![items[0].clone(); usize::try_from(count).unwrap()])
                    }
                    Value::Object(entries) => {
                        let (name, value) = entries.iter().next().unwrap();
                        let named = |n| (format!("{name}{n}"), value.clone());
                        Value::Object((0..count).map(named).collect::<Map<_, _>>())
                    }
                    _ => unreachable!(),
                };
                let is_free =
                    !matches!(site.shape, Shape::Map(map) if matches!(map.key, Shape::Choice(_)));
                if is_free {
                    for end in ends(size) {
                        let found = subject.check_with(&object, &site.path, of_size(end));
                        assert_eq!(found, [], "{} {} {end}", subject.name, site.path);
                        held += 1;
                    }
                }
                let below = size.least.map(|least| least - 1).filter(|least| *least >= 0);
                let above = size.greatest.map(|greatest| greatest + 1);
                for beyond in below.into_iter().chain(above) {
                    let found = subject.check_with(&object, &site.path, of_size(beyond));
                    assert!(
                        found.iter().any(|field| field.path == site.path
                            && field.message.contains("Member must have length ")),
                        "{} {} {beyond}: {found:?}",
                        subject.name,
                        site.path
                    );
                }
            }
        }
    }
    assert!(held > 50);
}

#[test]
fn lengths_are_counted_in_code_points() {
    let operation = nightjar_contract::operation("CreateAgentSpace").unwrap();
    let with = |name: String| {
        let input = Map::from_iter([("name".to_owned(), json!(name))]);
        crate::request::sent(operation, &crate::request::request(operation, &input))
    };
    assert!(with("🦉".repeat(255)).is_ok());
    assert!(with("🦉".repeat(256)).is_err());
}
