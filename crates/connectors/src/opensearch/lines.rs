//! Log lines. Where there are more than may be answered, they are counted there as bad ones, ones that hold
//! words which came up since the trouble began, and the rest; each of the three is sampled evenly.

use std::collections::BTreeSet;

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, ErrorKind, Query};
use nightjar_incident::{Content, LogRecord, LogSeverity};
use nightjar_topology::EntityId;
use serde_json::{Value, json};

use super::answer::{Hit, Reply};
use super::fields::{Fields, plain};
use super::{OpenSearch, search, told};
use crate::limits::Allowance;
use crate::lines::{severity_named, severity_within};
use crate::sample::{Sort, WHOLE, grouped, shares, thin};

/// Lines of one page; the most that an index gives at once is 10,000 unless it is told otherwise.
const PAGE: usize = 2_000;

/// What a line takes about with everything around it, bytes: how many fit into the budget.
const LINE: usize = 700;

/// Words that came up since the trouble began and are followed.
const WORDS: usize = 10;

/// A sort of lines: what is asked for, and how many may come.
struct Class {
    filter: Vec<Value>,
    but: Vec<Value>,
    sort: Sort,
}

pub(super) async fn answer(
    search: &OpenSearch,
    fields: &Fields,
    query: &Query,
    allowance: &mut Allowance,
) -> Result<Answer, Error> {
    let nothing = |query: String, note: String| Answer {
        query,
        content: Content::Logs(Vec::new()),
        truncated: None,
        notes: vec![note],
    };
    let Some(time) = &fields.time else {
        let note = format!("`{}` has no field for the time: set `fields.time`", search.index);
        return Ok(nothing(format!("GET /{}/_field_caps", search.index), note));
    };
    let mut all = vec![search::within(time, query.window)];
    all.extend(search::of(fields, &query.entities));
    let count = counting(fields, time, &all, query);
    let counted = search.search(&search.index, &count, allowance).await?;
    let mut trouble = counted.trouble();
    let mut notes = Vec::new();
    let room = query.limit.min(allowance.bytes / 10 * 7 / LINE);
    let total = counted.total();
    let is_cut = total > u64::try_from(room).unwrap_or(u64::MAX);
    let classes = match is_cut {
        false => vec![Class { filter: all, but: Vec::new(), sort: Sort::default() }],
        true => classes(search, fields, all, &counted, query, allowance, &mut notes).await?,
    };
    let sorts: Vec<Sort> = classes.iter().map(|class| class.sort).collect();
    let shares = shares(&sorts, room);
    let mut lines = Vec::new();
    let mut asked = Vec::new();
    let mut nameless = 0;
    let mut seen = BTreeSet::new();
    let mut is_short = false;
    for (class, share) in classes.iter().zip(shares) {
        let most = match is_cut {
            false => room,
            true => {
                let kept = class.sort.count().saturating_mul(u64::from(share)) / u64::from(WHOLE);
                usize::try_from(kept).unwrap_or(room).max(usize::from(class.sort.count() > 0))
            }
        };
        let most = most.min(room.saturating_sub(lines.len()));
        let mut came = 0;
        let mut after: Option<Vec<Value>> = None;
        while came < most {
            if !allowance.is_left() {
                is_short = true;
                break;
            }
            let size = PAGE.min(most - came);
            let left = allowance.until.saturating_duration_since(tokio::time::Instant::now());
            let page = search::page(
                fields,
                time,
                &class.filter,
                &class.but,
                size,
                after.as_deref(),
                left.as_secs().max(1),
            );
            if after.is_none() {
                asked.push(told(&search.index, &page));
            }
            let reply = match search.search(&search.index, &page, allowance).await {
                Ok(reply) => reply,
                // What came until then is an even sample all the same.
                Err(error)
                    if !lines.is_empty()
                        && matches!(error.kind, ErrorKind::Timeout | ErrorKind::TooLarge) =>
                {
                    is_short = true;
                    break;
                }
                Err(error) => return Err(error),
            };
            trouble = trouble.or(reply.trouble());
            let hits = reply.hits.hits;
            let is_last = hits.len() < size;
            came += hits.len();
            after = hits.last().map(|hit| hit.sort.clone()).filter(|sort| !sort.is_empty());
            for hit in hits {
                if !seen.insert((hit.index.clone(), hit.id.clone())) {
                    continue;
                }
                match line(&hit, fields, time, query) {
                    Some(line) => lines.push(line),
                    None => nameless += 1,
                }
            }
            if is_last || after.is_none() {
                break;
            }
        }
    }
    if nameless > 0 {
        notes.push(format!(
            "{nameless} lines without a time or without who wrote them were set aside"
        ));
    }
    lines.retain(|line| query.window.contains(line.at));
    lines.sort_by(|a, b| (a.at, &a.entity, &a.body).cmp(&(b.at, &b.entity, &b.body)));
    thin(&mut lines, room);
    let mut cut = Vec::new();
    if is_cut || is_short {
        cut.push(format!(
            "cut here: {} of {} lines; what is bad or holds new words is kept first, each sort evenly over time",
            grouped(u64::try_from(lines.len()).unwrap_or(u64::MAX)),
            grouped(total)
        ));
    }
    cut.extend(trouble);
    let query = match asked.is_empty() {
        true => told(&search.index, &count),
        false => asked.join("\n"),
    };
    let truncated = (!cut.is_empty()).then(|| cut.join("; "));
    Ok(Answer { query, content: Content::Logs(lines), truncated, notes })
}

/// Counts lines, and finds words that came up since the trouble began.
fn counting(fields: &Fields, time: &str, all: &[Value], query: &Query) -> Value {
    let mut body = json!({
        "size": 0,
        "track_total_hits": true,
        "query": { "bool": { "filter": all } },
    });
    let Some(since) = query.since else { return body };
    let early = search::before(time, since);
    let mut aggs = json!({
        "early": { "filter": early },
        "bad": { "filter": search::is_bad(fields), "aggs": { "early": { "filter": early } } },
    });
    if let (Some(text), Some(aggs)) = (&fields.text, aggs.as_object_mut()) {
        let background: Vec<&Value> = all.get(1).into_iter().chain([&early]).collect();
        let words = json!({ "significant_text": {
            "field": text, "size": WORDS, "min_doc_count": 5, "filter_duplicate_text": true,
            // Held against what was said before, by the same.
            "background_filter": { "bool": { "filter": background } },
        } });
        let late = json!({ "bool": { "must_not": [early] } });
        let sampled = json!({ "sampler": { "shard_size": 2000 }, "aggs": { "words": words } });
        aggs.insert("late".to_owned(), json!({ "filter": late, "aggs": { "some": sampled } }));
    }
    if let Some(body) = body.as_object_mut() {
        body.insert("aggs".to_owned(), aggs);
    }
    body
}

/// The sorts of lines with how many there are of each.
async fn classes(
    search: &OpenSearch,
    fields: &Fields,
    all: Vec<Value>,
    counted: &Reply,
    query: &Query,
    allowance: &mut Allowance,
    notes: &mut Vec<String>,
) -> Result<Vec<Class>, Error> {
    let total = counted.total();
    let (Some(since), Some(time)) = (query.since, &fields.time) else {
        let sort = Sort { before: total, after: 0, is_bad: false };
        return Ok(vec![Class { filter: all, but: Vec::new(), sort }]);
    };
    let words: Vec<String> = counted.words().iter().map(|bucket| bucket.key.text()).collect();
    let bad = search::is_bad(fields);
    let news = search::says(fields.text.as_deref().unwrap_or("_id"), &words);
    let (bad_count, bad_early) = counted.counted("bad", "early");
    let (early, _) = counted.counted("early", "");
    let with = |more: &Value| all.iter().chain([more]).cloned().collect::<Vec<_>>();
    let (mut new_count, mut new_early) = (0, 0);
    if !words.is_empty() {
        let body = json!({
            "size": 0,
            "track_total_hits": true,
            "query": { "bool": { "filter": with(&news), "must_not": [bad] } },
            "aggs": { "early": { "filter": search::before(time, since) } },
        });
        let reply = search.search(&search.index, &body, allowance).await?;
        (new_count, new_early) = (reply.total(), reply.counted("early", "").0);
        notes.push(format!(
            "of all lines there: {} hold words that came up since it began ({}), {} of them were before",
            grouped(new_count),
            crate::http::words(words.join(", ").as_bytes()),
            grouped(new_early)
        ));
    }
    notes.push(format!(
        "of all lines there: {} are errors, {} of them before it began",
        grouped(bad_count),
        grouped(bad_early)
    ));
    let sort = |count: u64, early: u64, is_bad| Sort {
        before: early.min(count),
        after: count.saturating_sub(early),
        is_bad,
    };
    let rest = total.saturating_sub(bad_count).saturating_sub(new_count);
    let rest_early = early.saturating_sub(bad_early).saturating_sub(new_early);
    Ok(vec![
        Class { filter: with(&bad), but: Vec::new(), sort: sort(bad_count, bad_early, true) },
        Class {
            filter: with(&news),
            but: vec![bad.clone()],
            sort: sort(new_count, new_early, false),
        },
        Class { filter: all.clone(), but: vec![bad, news], sort: sort(rest, rest_early, false) },
    ])
}

impl Reply {
    /// Words that came up.
    fn words(&self) -> Vec<super::answer::Bucket> {
        self.inner_of("late", "some", "words")
    }
}

fn line(hit: &Hit, fields: &Fields, time: &str, query: &Query) -> Option<LogRecord> {
    let at = hit.fields.get(time).and_then(|values| values.first())?;
    let at: Timestamp = at.as_str()?.parse().ok()?;
    let first = |names: &[String]| names.iter().find_map(|name| text(&hit.source, plain(name)));
    let mut names = fields.entities.iter().filter_map(|name| text(&hit.source, plain(name)));
    let asked = |name: &String| query.entities.iter().any(|entity| entity.as_str() == name);
    let entity = match query.entities.is_empty() {
        true => names.next(),
        // It is found by any of its names.
        false => names.find(asked),
    };
    let body = first(&fields.messages).unwrap_or_default();
    let number = first(&fields.level_numbers).and_then(|number| number.parse::<u8>().ok());
    let severity = match number {
        Some(1..=4) => LogSeverity::Trace,
        Some(5..=8) => LogSeverity::Debug,
        Some(9..=12) => LogSeverity::Info,
        Some(13..=16) => LogSeverity::Warn,
        Some(17..=20) => LogSeverity::Error,
        Some(21..=24) => LogSeverity::Fatal,
        Some(_) | None => first(&fields.levels)
            .and_then(|level| severity_named(&level))
            .or_else(|| severity_within(&body))
            .unwrap_or(LogSeverity::Unspecified),
    };
    let id = |names: &[String]| {
        first(names)
            .map(|id| id.to_ascii_lowercase())
            .filter(|id| id.bytes().any(|byte| byte != b'0'))
    };
    Some(LogRecord {
        at,
        entity: EntityId::new(entity?).ok()?,
        severity,
        body,
        trace_id: id(&fields.traces),
        span_id: id(&fields.spans),
    })
}

/// The text of a field, whose name's parts may be objects within each other or one name with dots.
fn text(source: &Value, name: &str) -> Option<String> {
    let value = find(source, name)?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(values) => values.first()?.as_str().map(str::to_owned),
        Value::Null | Value::Object(_) => None,
    }
}

fn find<'a>(source: &'a Value, name: &str) -> Option<&'a Value> {
    if let Some(value) = source.get(name) {
        return Some(value);
    }
    // No name has so many parts that this takes long: settings are short.
    name.match_indices('.').find_map(|(at, _)| {
        let (first, rest) = name.split_at_checked(at)?;
        find(source.get(first)?, rest.get(1..)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_however_they_are_nested() {
        let source = json!({
            "service": { "name": "cart" }, "log.level": "error", "resource": { "attributes": { "a.b": 7 } },
            "tags": ["x", "y"], "message": { "deep": 1 },
        });
        let check = |name, expected: Option<&str>| {
            assert_eq!(text(&source, name).as_deref(), expected, "{name}");
        };
        check("service.name", Some("cart"));
        check("log.level", Some("error"));
        check("resource.attributes.a.b", Some("7"));
        check("tags", Some("x"));
        check("message", None);
        check("service.name.more", None);
        check("nope", None);
    }
}
