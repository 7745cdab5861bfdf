//! What is asked, as JSON: names and words from outside are values in it and nothing else.

use jiff::Timestamp;
use nightjar_incident::Window;
use nightjar_topology::EntityId;
use serde_json::{Value, json};

use super::fields::Fields;

/// Words for what is bad, in the cases that loggers write them in.
const BAD: [&str; 9] =
    ["error", "err", "severe", "fatal", "critical", "crit", "panic", "alert", "emergency"];

/// A time in Unix milliseconds, rounded up: a bound that lets nothing through which is later.
fn millis(at: Timestamp) -> i64 {
    let whole = at.as_millisecond();
    if at.as_nanosecond() > i128::from(whole) * 1_000_000 { whole + 1 } else { whole }
}

/// Lines of a time.
pub(super) fn within(time: &str, window: Window) -> Value {
    let bounds = json!({
        "gte": window.from.as_millisecond(), "lt": millis(window.to), "format": "epoch_millis",
    });
    json!({ "range": { time: bounds } })
}

/// Lines before a moment.
pub(super) fn before(time: &str, moment: Timestamp) -> Value {
    json!({ "range": { time: { "lt": millis(moment), "format": "epoch_millis" } } })
}

/// Lines of any of the entities; of all, where none are named.
pub(super) fn of(fields: &Fields, entities: &[EntityId]) -> Option<Value> {
    if entities.is_empty() {
        return None;
    }
    let names: Vec<&str> = entities.iter().map(EntityId::as_str).collect();
    let any: Vec<Value> =
        fields.entities.iter().map(|field| json!({ "terms": { field: names } })).collect();
    Some(json!({ "bool": { "should": any, "minimum_should_match": 1 } }))
}

/// Lines that are bad by what their fields say.
pub(super) fn is_bad(fields: &Fields) -> Value {
    let mut words: Vec<String> = Vec::new();
    for word in BAD {
        let (first, rest) = word.split_at(1);
        words.extend([word.to_owned(), word.to_uppercase(), first.to_uppercase() + rest]);
    }
    let mut any: Vec<Value> =
        fields.levels.iter().map(|field| json!({ "terms": { field: words } })).collect();
    any.extend(
        fields.level_numbers.iter().map(|field| json!({ "range": { field: { "gte": 17 } } })),
    );
    match any.is_empty() {
        true => json!({ "match_none": {} }),
        false => json!({ "bool": { "should": any, "minimum_should_match": 1 } }),
    }
}

/// Lines that hold one of the words.
pub(super) fn says(field: &str, words: &[String]) -> Value {
    let any: Vec<Value> = words.iter().map(|word| json!({ "term": { field: word } })).collect();
    match any.is_empty() {
        true => json!({ "match_none": {} }),
        false => json!({ "bool": { "should": any, "minimum_should_match": 1 } }),
    }
}

/// A page of lines in an order that has nothing to do with time: wherever it ends, what came is an even
/// sample.
pub(super) fn page(
    fields: &Fields,
    time: &str,
    filter: &[Value],
    but: &[Value],
    size: usize,
    after: Option<&[Value]>,
    seconds: u64,
) -> Value {
    let mut body = json!({
        "size": size,
        "track_total_hits": false,
        "timeout": format!("{seconds}s"),
        "_source": { "includes": fields.read() },
        "docvalue_fields": [{ "field": time, "format": "strict_date_optional_time_nanos" }],
        "query": { "function_score": {
            "query": { "bool": { "filter": filter, "must_not": but } },
            "random_score": { "seed": 1, "field": "_seq_no" },
            "boost_mode": "replace",
        } },
        "sort": [{ "_score": "desc" }, { "_seq_no": "asc" }, { "_index": "asc" }],
    });
    if let (Some(after), Some(body)) = (after, body.as_object_mut()) {
        body.insert("search_after".to_owned(), after.into());
    }
    body
}
