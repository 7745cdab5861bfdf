//! Traces of the entities asked about, whole: the spans of others in them too. Where there are more than
//! may be answered, traces are sampled by their id; failed and slow ones are kept first.

use std::collections::{BTreeMap, BTreeSet};

use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Content, Span, SpanStatus};
use nightjar_topology::EntityId;

use super::ask::{Client, Sql, Whole};
use super::peers::{ATTRIBUTES, Attributes, ROLE, peer};
use super::tables::{ENTITY, Table, nanos, who};
use crate::limits::Allowance;
use crate::sample::{Sort, WHOLE, grouped, hash, shares};

/// Spans of the entities asked about that are looked at to find out how many traces failed or were slow.
const LOOKED_AT: u64 = 1_000_000;

/// What an answer's row takes about, bytes.
const SPAN: usize = 450;

/// Where the lot of a trace lies, in millionths.
pub(super) const LOT: &str = "cityHash64(TraceId) % 1000000";

/// Whether a span failed, as old and new exporters write it.
const FAILED: &str = "(StatusCode IN ('Error', 'STATUS_CODE_ERROR', 'ERROR'))";

/// Trace, span, parent, entity, role, operation, start, nanoseconds, status, attributes of the peer.
type Row = (String, String, String, String, String, String, Whole, Whole, String, Attributes);

pub(super) async fn answer(
    client: &Client,
    table: &Table,
    query: &Query,
    allowance: &mut Allowance,
) -> Result<Answer, Error> {
    let (named, when) = (&table.named, table.when("Timestamp"));
    let who = who(query.entities.is_empty());
    let since = query.since.map_or(i64::MAX, nanos);
    let asked = |text: &str| {
        let sql = Sql::new(text).within(query.window).entities("who", &query.entities);
        sql.number("since", since)
    };
    let early = "Timestamp < fromUnixTimestamp64Nano({since:Int64})";
    let spans = asked(&format!(
        "SELECT count(), toUInt64(ifNotFinite(quantileIf(0.95)(Duration, {early}), 0)),
                toUInt64(ifNotFinite(quantile(0.95)(Duration), 0))
         FROM {named} WHERE {when} AND {who}"
    ));
    let spans: Vec<(Whole, Whole, Whole)> = client.rows(&spans, allowance).await?;
    let (own, slow) = spans.first().map_or((0, 0), |(own, before, all)| {
        (own.count(), if before.0 > 0 { before.count() } else { all.count() })
    });
    let looked_at =
        u32::try_from(LOOKED_AT * u64::from(WHOLE) / own.max(LOOKED_AT)).unwrap_or(WHOLE);

    // One row per trace with its class: 2 failed, 1 slow, 0 the rest.
    let classed = |below: &str| {
        format!(
            "SELECT TraceId,
                    multiIf(max({FAILED}), 2, max(if({who}, Duration, 0)) > {slow}, 1, 0) AS class,
                    min(Timestamp) < fromUnixTimestamp64Nano({{since:Int64}}) AS early,
                    count() AS spans
             FROM {named} WHERE {when} AND TraceId != '' AND {LOT} < {below} AND TraceId IN
                 (SELECT TraceId FROM {named} WHERE {when} AND {who} AND {LOT} < {below})
             GROUP BY TraceId"
        )
    };
    let classes = asked(&format!(
        "SELECT class, sumIf(spans, early), sumIf(spans, NOT early), count()
         FROM ({}) GROUP BY class ORDER BY class",
        classed(&looked_at.to_string())
    ));
    let classes: Vec<(u8, Whole, Whole, Whole)> = client.rows(&classes, allowance).await?;
    let sorts: Vec<Sort> = classes
        .iter()
        .map(|(class, before, after, _)| Sort {
            before: before.count(),
            after: after.count(),
            is_bad: *class > 0,
        })
        .collect();
    let (part, full) = (u64::from(looked_at), u64::from(WHOLE));
    let all: u64 = sorts.iter().map(Sort::count).sum::<u64>().saturating_mul(full) / part.max(1);
    let traces: u64 = classes.iter().map(|(.., traces)| traces.count()).sum::<u64>();
    let traces = traces.saturating_mul(full) / part.max(1);
    let room = query.limit.min(allowance.bytes / 10 * 6 / SPAN);
    let fits = part == full && all <= u64::try_from(room).unwrap_or(u64::MAX);
    let chosen = match fits {
        true => format!("SELECT TraceId FROM {named} WHERE {when} AND {who}"),
        false => {
            let shares = shares(&sorts, room - room / 20);
            let of = |wanted: u8| {
                let found = classes.iter().zip(&shares).find(|((class, ..), _)| *class == wanted);
                u64::from(found.map_or(0, |(_, share)| *share)) * part / full
            };
            let most = (0..3).map(of).max().unwrap_or(0);
            format!(
                "SELECT TraceId FROM ({}) WHERE {LOT} < multiIf(class = 2, {}, class = 1, {}, {})",
                classed(&most.to_string()),
                of(2),
                of(1),
                of(0)
            )
        }
    };
    let fetch = asked(&format!(
        "SELECT lower(TraceId), lower(SpanId), lower(ParentSpanId), {ENTITY}, {ROLE} AS role,
                toString(SpanName), toUnixTimestamp64Nano(Timestamp), Duration, toString(StatusCode),
                {ATTRIBUTES}
         FROM {named} WHERE {when} AND TraceId != '' AND TraceId IN ({chosen})
         ORDER BY Timestamp, TraceId, SpanId LIMIT {}",
        room.saturating_mul(2)
    ));
    let rows: Vec<Row> = client.rows(&fetch, allowance).await?;
    let came = rows.len();
    let mut found: Vec<(Span, bool)> = rows.into_iter().filter_map(span).collect();
    let mut notes = Vec::new();
    if found.len() < came {
        let aside = came - found.len();
        notes.push(format!("{aside} spans without an entity, an id or a time were set aside"));
    }
    found.sort_by(|(a, _), (b, _)| ids(a).cmp(&ids(b)));
    let before = found.len();
    found.dedup_by(|(a, _), (b, _)| ids(a) == ids(b));
    if found.len() < before {
        notes.push(format!("{} spans came twice and count once", before - found.len()));
    }
    settle(&mut found);
    let mut spans: Vec<Span> = found.into_iter().map(|(span, _)| span).collect();
    let is_over = spans.len() > room;
    leave_out(&mut spans, room);
    spans.sort_by(|a, b| (a.start_nanos, ids(a)).cmp(&(b.start_nanos, ids(b))));
    let truncated = (!fits || is_over).then(|| {
        let kept: BTreeSet<&str> = spans.iter().map(|span| span.trace_id.as_str()).collect();
        let count = |number: usize| grouped(u64::try_from(number).unwrap_or(u64::MAX));
        format!(
            "cut here: {} of about {} traces ({} of {} spans); failed and slow ones are kept first, before \
             and after alike",
            count(kept.len()),
            grouped(traces),
            count(spans.len()),
            grouped(all)
        )
    });
    Ok(Answer { query: fetch.told(), content: Content::Spans(spans), truncated, notes })
}

fn ids(span: &Span) -> (&str, &str) {
    (&span.trace_id, &span.span_id)
}

/// The span of a row, and whether it waits for whom it calls.
fn span(row: Row) -> Option<(Span, bool)> {
    let (trace_id, span_id, parent, entity, role, operation, start, took, status, attributes) = row;
    let start_nanos = i64::try_from(start.0).ok()?;
    let took = i64::try_from(took.0).ok()?.max(0);
    let is_id = |id: &String| id.bytes().any(|byte| byte != b'0');
    let peer = peer(&role, &operation, &attributes);
    let span = Span {
        trace_id: Some(trace_id).filter(is_id)?,
        span_id: Some(span_id).filter(is_id)?,
        parent_id: Some(parent).filter(is_id),
        entity: EntityId::new(entity).ok()?,
        peer: peer.map(|peer| peer.id),
        operation,
        start_nanos,
        end_nanos: start_nanos.checked_add(took)?,
        status: match status.to_ascii_lowercase().as_str() {
            "ok" | "status_code_ok" => SpanStatus::Ok,
            "error" | "status_code_error" => SpanStatus::Error,
            _ => SpanStatus::Unset,
        },
    };
    Some((span, role == "CLIENT"))
}

/// Gives each span that calls the entity at which its call arrived, where that is in the trace too.
fn settle(spans: &mut [(Span, bool)]) {
    let mut arrived: BTreeMap<(String, String), BTreeSet<EntityId>> = BTreeMap::new();
    for (span, _) in spans.iter() {
        if let Some(parent) = &span.parent_id {
            let at = arrived.entry((span.trace_id.clone(), parent.clone())).or_default();
            at.insert(span.entity.clone());
        }
    }
    for (span, _) in spans.iter_mut().filter(|(_, calls)| *calls) {
        let Some(there) = arrived.get(&(span.trace_id.clone(), span.span_id.clone())) else {
            continue;
        };
        let mut others = there.iter().filter(|entity| **entity != span.entity);
        // What arrives at two is sent to neither alone.
        if let (Some(one), None) = (others.next(), others.next()) {
            span.peer = Some(one.clone());
        }
    }
}

/// Leaves out whole traces until the rest fits.
fn leave_out(spans: &mut Vec<Span>, room: usize) {
    if spans.len() <= room {
        return;
    }
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for span in spans.iter() {
        *sizes.entry(span.trace_id.clone()).or_default() += 1;
    }
    let mut order: Vec<(u64, String, usize)> =
        sizes.into_iter().map(|(trace, size)| (hash(&trace), trace, size)).collect();
    order.sort();
    let mut left = room;
    let mut kept = BTreeSet::new();
    for (_, trace, size) in order {
        if let Some(rest) = left.checked_sub(size) {
            left = rest;
            kept.insert(trace);
        }
    }
    match kept.is_empty() {
        // Not even one trace fits: the beginning of one is more than nothing.
        true => {
            let first = spans.first().map(|span| span.trace_id.clone()).unwrap_or_default();
            spans.retain(|span| span.trace_id == first);
            spans.truncate(room);
        }
        false => spans.retain(|span| kept.contains(&span.trace_id)),
    }
}
