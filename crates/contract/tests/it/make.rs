//! Valid values for every shape of the model, made from it.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use nightjar_contract::{Bounds, Kind, Place, Shape, Structure, Text};
use serde_json::{Map, Value, json};

/// One text for each pattern of the model.
const SAMPLES: &[&str] = &[
    "arn:aws:iam::123456789012:role/reader",
    "123456789012",
    "en-US",
    "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f",
    "0197a2b4-0a1b-7c3d-8e5f-0a1b2c3d4e5f",
    "skills/a1.md",
    "https://example.com/x",
    "web-front",
    "arn:aws:vpc-lattice:eu-central-1:123456789012:resourcegateway/rgw-0123456789abcdefg",
    "vpc-01234567",
    "rcfg-0123456789abcdefg",
    "urn:dtaccount:0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f",
    "arn:aws:aidevops:eu-central-1:123456789012:agentspace/space-1",
    "https://eu-central-1.console.aws.amazon.com/devops",
    "eu-central-1",
    "NRAK-ABC123",
    "on-call@example.com",
    "https://acme.service-now.com/",
    "subnet-01234567",
    "sg-01234567",
    "443",
    "C0123456789",
    "T0123456789",
    "23:59",
];

/// A text that fits, of this length if that is possible.
pub(crate) fn text(shape: &Text, length: Option<i64>) -> Option<String> {
    // The samples are tried against a pattern once for each length.
    type Key = (Option<&'static str>, Option<i64>, Option<i64>, Option<i64>);
    static KNOWN: LazyLock<Mutex<BTreeMap<Key, Option<String>>>> = LazyLock::new(Mutex::default);
    let pattern = shape.pattern.as_ref().map(nightjar_contract::Pattern::as_str);
    let key = (pattern, shape.length.least, shape.length.greatest, length);
    if let Some(known) = KNOWN.lock().unwrap().get(&key) {
        return known.clone();
    }
    let made = make_text(shape, length);
    KNOWN.lock().unwrap().insert(key, made.clone());
    made
}

fn make_text(shape: &Text, length: Option<i64>) -> Option<String> {
    let Some(pattern) = &shape.pattern else {
        let length = length.unwrap_or_else(|| shape.length.least.unwrap_or(1).max(1));
        return Some("ä".repeat(usize::try_from(length).unwrap()));
    };
    let fits = |text: &str| {
        let count = i64::try_from(text.chars().count()).unwrap();
        pattern.fits(text) && length.map_or(shape.length.hold(count), |length| count == length)
    };
    for sample in SAMPLES {
        let lengths = match length {
            Some(length) => length..=length,
            None => {
                let least = shape.length.least.unwrap_or(0);
                least..=least + 60
            }
        };
        if length.is_none() && fits(sample) {
            return Some((*sample).to_owned());
        }
        if !pattern.fits(sample) {
            continue;
        }
        for length in lengths {
            if let Some(text) = stretched(sample, length).find(|text| fits(text)) {
                return Some(text);
            }
        }
    }
    None
}

/// The sample with one of its characters repeated or a piece left out, so that it is this long.
fn stretched(sample: &str, length: i64) -> impl Iterator<Item = String> {
    let length = usize::try_from(length).unwrap();
    (0..sample.len()).filter_map(move |at| {
        let (before, after) = sample.split_at(at);
        if length < sample.len() {
            let left_out = sample.len() - length;
            return Some(format!("{before}{}", after.get(left_out..)?));
        }
        let repeated = after.get(..1)?.repeat(length - sample.len());
        Some(format!("{before}{repeated}{after}"))
    })
}

/// Values of a shape; together they hold every member of every union in it.
pub(crate) fn values(shape: &Shape) -> Vec<Value> {
    match shape {
        Shape::Text(shape) => {
            let text = text(shape, None);
            vec![Value::from(text.unwrap_or_else(|| panic!("no sample fits {shape:?}")))]
        }
        Shape::Choice(choice) => vec![Value::from(choice.words[0])],
        Shape::Integer(bounds) | Shape::Long(bounds) => {
            vec![Value::from(bounds.least.or(bounds.greatest).unwrap_or(7))]
        }
        Shape::Double => vec![json!(0.5)],
        Shape::Boolean => vec![json!(true)],
        Shape::Timestamp => vec![json!(1_767_323_045)],
        Shape::DateTime => vec![json!("2026-01-02T03:04:05Z")],
        Shape::Blob => vec![json!("AAEC")],
        Shape::Document => vec![json!({"any": ["thing", 1, null]}), json!("text")],
        Shape::List(list) => values(&list.item).into_iter().map(|item| json!([item])).collect(),
        Shape::Map(map) => {
            let key = values(&map.key)[0].as_str().unwrap().to_owned();
            values(&map.value).into_iter().map(|value| json!({key.clone(): value})).collect()
        }
        Shape::Structure(structure) if structure.kind == Kind::Events => {
            vec![Value::Array(objects(structure).into_iter().map(Value::Object).collect())]
        }
        Shape::Structure(structure) => objects(structure).into_iter().map(Value::Object).collect(),
    }
}

/// Objects of a structure with all their members; of a union one for each.
pub(crate) fn objects(structure: &Structure) -> Vec<Map<String, Value>> {
    let made: Vec<(&str, Vec<Value>)> =
        structure.members.iter().map(|member| (member.name, values(&member.shape))).collect();
    if structure.kind != Kind::Structure {
        let single = |name: &str, value| Map::from_iter([(name.to_owned(), value)]);
        return made
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |value| single(name, value)))
            .collect();
    }
    let count = made.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
    let nth = |n: usize| {
        let pick = |(name, values): &(&str, Vec<Value>)| {
            ((*name).to_owned(), values[n % values.len()].clone())
        };
        made.iter().map(pick).collect()
    };
    (0..count).map(nth).collect()
}

/// The least that is valid: required members only.
pub(crate) fn least(structure: &Structure) -> Map<String, Value> {
    let value = |shape: &Shape| match shape {
        Shape::Structure(structure) if structure.kind == Kind::Structure => {
            Value::Object(least(structure))
        }
        Shape::Structure(structure) if structure.kind == Kind::Union => {
            let first = structure.members.first().unwrap();
            let inner = match &first.shape {
                Shape::Structure(structure) if structure.kind == Kind::Structure => {
                    Value::Object(least(structure))
                }
                shape => values(shape)[0].clone(),
            };
            json!({first.name: inner})
        }
        Shape::List(list) if list.size.least.unwrap_or(0) == 0 => json!([]),
        Shape::Map(map) if map.size.least.unwrap_or(0) == 0 => json!({}),
        shape => values(shape)[0].clone(),
    };
    structure
        .members
        .iter()
        .filter(|member| member.is_required)
        // A list in a query can't be there and empty.
        .map(|member| match member.place {
            Place::Query => (member.name.to_owned(), values(&member.shape)[0].clone()),
            _ => (member.name.to_owned(), value(&member.shape)),
        })
        .collect()
}

/// A place in a value, and what should stand there.
pub(crate) struct Site<'a> {
    /// As a JSON pointer.
    pub(crate) path: String,
    pub(crate) shape: &'a Shape,
    /// Of the member of the outermost structure that it is or stands in.
    pub(crate) place: Place,
    /// Whether it is that member itself.
    pub(crate) is_outermost: bool,
}

/// All places in an object of a structure.
pub(crate) fn sites<'a>(structure: &'a Structure, object: &Map<String, Value>) -> Vec<Site<'a>> {
    let mut found = Vec::new();
    for member in &structure.members {
        if let Some(value) = object.get(member.name) {
            let before = found.len();
            collect(&member.shape, value, format!("/{}", member.name), member.place, &mut found);
            found[before].is_outermost = true;
        }
    }
    found
}

fn collect<'a>(
    shape: &'a Shape,
    value: &Value,
    path: String,
    place: Place,
    found: &mut Vec<Site<'a>>,
) {
    found.push(Site { path: path.clone(), shape, place, is_outermost: false });
    let below = |name: &str| format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
    match (shape, value) {
        (Shape::List(list), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                collect(&list.item, item, below(&index.to_string()), place, found);
            }
        }
        (Shape::Map(map), Value::Object(entries)) => {
            for (name, value) in entries {
                collect(&map.value, value, below(name), place, found);
            }
        }
        (Shape::Structure(structure), Value::Object(members)) => {
            for member in &structure.members {
                if let Some(value) = members.get(member.name) {
                    collect(&member.shape, value, below(member.name), place, found);
                }
            }
        }
        _ => {}
    }
}

/// A number as a length, where it can be one.
pub(crate) fn ends(bounds: Bounds) -> impl Iterator<Item = i64> {
    bounds.least.into_iter().chain(bounds.greatest)
}
