//! A small index: documents in memory, and as much of the search API as the connector uses. Queries are
//! evaluated, not recognised.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::conformance::window;
use crate::fake::{Reply, Request};

/// Documents with their fields by name.
#[derive(Clone, Default)]
pub(crate) struct Index {
    docs: Vec<Doc>,
}

#[derive(Clone)]
struct Doc {
    source: Value,
    fields: BTreeMap<String, Value>,
    /// Milliseconds.
    at: i64,
}

/// Two lines of two services.
pub(crate) fn good(request: &Request) -> Reply {
    let mut index = Index::default();
    for (millis, name) in [(1, "cart"), (2, "orders")] {
        index.add(
            millis,
            &json!({ "service": { "name": name }, "message": "no way", "log.level": "error" }),
        );
    }
    index.answer(request)
}

impl Index {
    /// Adds a document, written that many milliseconds after the window begins.
    pub(crate) fn add(&mut self, millis: i64, source: &Value) {
        let mut fields = BTreeMap::new();
        flatten("", source, &mut fields);
        let at = window().from.as_millisecond() + millis;
        self.docs.push(Doc { source: source.clone(), fields, at });
    }

    pub(crate) fn serve(&self) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
        let index = Arc::new(self.clone());
        move |request| index.answer(request)
    }

    fn answer(&self, request: &Request) -> Reply {
        let path = request.path.as_str();
        if path == "/" {
            return Reply::json(r#"{"version":{"distribution":"opensearch","number":"2.19.1"}}"#);
        }
        if path.ends_with("/_field_caps") {
            return Reply::json(self.caps(request.param("fields").unwrap()).to_string());
        }
        if path.contains("service-map") {
            let to = json!({ "buckets": [{ "key": "orders", "doc_count": 1 }, { "key": "cart", "doc_count": 1 }] });
            let from = json!({ "buckets": [{ "key": "cart", "doc_count": 2, "to": to }] });
            let reply = json!({ "hits": { "hits": [] }, "aggregations": { "from": from } });
            return Reply::json(reply.to_string());
        }
        match path.ends_with("/_search") {
            true => {
                Reply::json(self.search(&serde_json::from_str(&request.body).unwrap()).to_string())
            }
            false => Reply::status(404),
        }
    }

    fn caps(&self, fields: &str) -> Value {
        let known: BTreeSet<&String> = self.docs.iter().flat_map(|doc| doc.fields.keys()).collect();
        let mut caps = Map::new();
        for field in fields.split(',').filter(|field| known.contains(&(*field).to_owned())) {
            let is_text = ["message", "body.text"].contains(&field);
            let of_type = if is_text { "text" } else { "keyword" };
            caps.insert(field.to_owned(), json!({ of_type: { "aggregatable": !is_text } }));
        }
        caps.insert("@timestamp".to_owned(), json!({ "date": { "aggregatable": true } }));
        json!({ "fields": caps })
    }

    fn search(&self, body: &Value) -> Value {
        let query = match &body["query"]["function_score"]["query"] {
            Value::Null => &body["query"],
            within => within,
        };
        let mut found: Vec<(u64, u64, &Doc)> = (0_u64..)
            .zip(&self.docs)
            .filter(|(_, doc)| doc.matches(query))
            // In an order that has nothing to do with time.
            .map(|(number, doc)| ((number * 2_654_435_761) % 1_000_003, number, doc))
            .collect();
        found.sort_by_key(|(score, number, _)| (std::cmp::Reverse(*score), *number));
        let total = found.len();
        let aggs =
            aggregate(&body["aggs"], &found.iter().map(|(.., doc)| *doc).collect::<Vec<_>>(), self);
        if let Some(after) = body["search_after"].as_array() {
            let (score, number) = (after[0].as_u64().unwrap(), after[1].as_u64().unwrap());
            let is_behind = |(known, at, _): &(u64, u64, &Doc)| {
                *known < score || (*known == score && *at > number)
            };
            found.retain(is_behind);
        }
        found.truncate(usize::try_from(body["size"].as_u64().unwrap()).unwrap());
        let hits: Vec<Value> = found
            .into_iter()
            .map(|(score, number, doc)| {
                let at = Timestamp::from_millisecond(doc.at).unwrap().to_string();
                json!({
                    "_index": "logs-1", "_id": number.to_string(), "_source": doc.source,
                    "fields": { "@timestamp": [at] }, "sort": [score, number, "logs-1"],
                })
            })
            .collect();
        let mut hits = json!({ "hits": hits });
        if body["track_total_hits"] == true {
            hits["total"] = json!({ "value": total, "relation": "eq" });
        }
        json!({ "timed_out": false, "_shards": { "total": 1, "failed": 0 }, "hits": hits, "aggregations": aggs })
    }
}

impl Doc {
    fn matches(&self, query: &Value) -> bool {
        let (kind, inner) = query.as_object().unwrap().iter().next().unwrap();
        let each = |part: &str| inner[part].as_array().cloned().unwrap_or_default();
        match kind.as_str() {
            "match_none" => false,
            "bool" => {
                let should = each("should");
                each("filter").iter().all(|part| self.matches(part))
                    && !each("must_not").iter().any(|part| self.matches(part))
                    && (should.is_empty() != should.iter().any(|part| self.matches(part)))
            }
            "range" => {
                let (field, bounds) = inner.as_object().unwrap().iter().next().unwrap();
                let value = match field.as_str() {
                    "@timestamp" => Some(self.at),
                    field => self.fields.get(field).and_then(Value::as_i64),
                };
                let within = |value: i64| {
                    bounds["gte"].as_i64().is_none_or(|least| value >= least)
                        && bounds["lt"].as_i64().is_none_or(|most| value < most)
                };
                value.is_some_and(within)
            }
            "terms" => {
                let (field, values) = inner.as_object().unwrap().iter().next().unwrap();
                self.fields
                    .get(field)
                    .is_some_and(|value| values.as_array().unwrap().contains(value))
            }
            "term" => {
                let (field, word) = inner.as_object().unwrap().iter().next().unwrap();
                let text = self.fields.get(field).and_then(Value::as_str).unwrap_or_default();
                text.split(' ').any(|known| known == word)
            }
            other => panic!("{other} isn't known"),
        }
    }
}

fn aggregate(aggs: &Value, docs: &[&Doc], index: &Index) -> Value {
    let mut found = Map::new();
    for (name, agg) in aggs.as_object().into_iter().flatten() {
        let inner = |docs: &[&Doc]| {
            let mut inner = aggregate(&agg["aggs"], docs, index);
            inner["doc_count"] = docs.len().into();
            inner
        };
        let value = if let Some(filter) = agg.get("filter") {
            let docs: Vec<&Doc> = docs.iter().filter(|doc| doc.matches(filter)).copied().collect();
            inner(&docs)
        } else if agg.get("sampler").is_some() {
            inner(docs)
        } else if let Some(text) = agg.get("significant_text") {
            // Words that weren't said in the background.
            let field = text["field"].as_str().unwrap();
            let words = |doc: &Doc| -> Vec<String> {
                let text = doc.fields.get(field).and_then(Value::as_str).unwrap_or_default();
                text.split(' ')
                    .filter(|word| word.parse::<u64>().is_err())
                    .map(str::to_owned)
                    .collect()
            };
            let usual = index.docs.iter().filter(|doc| doc.matches(&text["background_filter"]));
            let usual: BTreeSet<String> = usual.flat_map(words).collect();
            let new: BTreeSet<String> = docs
                .iter()
                .flat_map(|doc| words(doc))
                .filter(|word| !usual.contains(word))
                .collect();
            let buckets: Vec<Value> = new
                .iter()
                .map(|word| json!({ "key": word, "doc_count": 9, "score": 1.5, "bg_count": 0 }))
                .collect();
            json!({ "doc_count": docs.len(), "buckets": buckets })
        } else {
            let field = agg["terms"]["field"].as_str().unwrap();
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for value in docs.iter().filter_map(|doc| doc.fields.get(field)?.as_str()) {
                *counts.entry(value.to_owned()).or_default() += 1;
            }
            let size = usize::try_from(agg["terms"]["size"].as_u64().unwrap()).unwrap();
            let others = counts.len().saturating_sub(size);
            let buckets: Vec<Value> = counts
                .iter()
                .take(size)
                .map(|(key, count)| json!({ "key": key, "doc_count": count }))
                .collect();
            json!({ "buckets": buckets, "sum_other_doc_count": others })
        };
        found.insert(name.clone(), value);
    }
    found.into()
}

fn flatten(prefix: &str, value: &Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(parts) => {
            for (name, part) in parts {
                let name =
                    if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, part, fields);
            }
        }
        value => {
            fields.insert(prefix.to_owned(), value.clone());
        }
    }
}
