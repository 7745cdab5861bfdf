//! Log lines. Where there are more than may be answered, they are counted there by what they say, and each
//! sort is thinned out evenly over time.

use jiff::Timestamp;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Content, LogRecord, LogSeverity};
use nightjar_topology::EntityId;
use serde::Deserialize;

use super::ask::{Client, Sql, Whole};
use super::tables::{ENTITY, Table, nanos, who};
use crate::http::words;
use crate::limits::Allowance;
use crate::lines::{severity_named, severity_within};
use crate::sample::{Sort, WHOLE, grouped, shares, thin};

/// The most of a line that is read, bytes. Stack traces are longer than lines, and still far shorter.
const LINE: u64 = 16_384;

/// The most sorts of lines that get a share of their own.
const SORTS: usize = 500;

/// Lines of each kind, bad ones and others, whose text is looked at: of more an even part stands for all.
const LOOKED_AT: u64 = 1_000_000;

/// How many sorts that grew are told of in words.
const TOLD: usize = 10;

/// What an answer's row needs beside its text, bytes.
const AROUND: u64 = 250;

/// How bad a line is: 2 an error, 1 a warning, 0 the rest.
const BADNESS: &str = "multiIf(
    SeverityNumber >= 17, 2, SeverityNumber >= 13, 1, SeverityNumber > 0, 0,
    lower(SeverityText) IN ('error', 'err', 'severe', 'fatal', 'critical', 'crit', 'panic', 'alert',
                            'emergency', 'emerg'), 2,
    lower(SeverityText) IN ('warn', 'warning', 'wrn'), 1,
    SeverityText != '', 0,
    match(substring(Body, 1, 240), '(^|[^A-Za-z])(ERROR|SEVERE|FATAL|CRITICAL|PANIC)([^A-Za-z]|$)'), 2,
    match(substring(Body, 1, 240), '(?i)(level|lvl|severity)[^a-z]{1,4}(err|severe|fatal|crit|panic)'), 2,
    0)";

/// What a line says without what differs from line to line: every word that holds a digit.
const PATTERN: &str =
    "replaceRegexpAll(substring(Body, 1, 200), '[A-Za-z0-9_.:/-]*[0-9][A-Za-z0-9_.:/-]*', '*')";

/// The sort of a line as a number from 1: by who wrote it, what it says and how bad it is. There are only so
/// many, so that counting them takes little memory whatever the lines are; rarely two of them are one.
fn key() -> String {
    format!("toUInt64(cityHash64({ENTITY}, {PATTERN}) % 200000 * 3 + {BADNESS} + 1)")
}

/// What decides whether a line is kept. Lines of one trace are kept together, by what keeps its spans.
const LOT: &str =
    "if(TraceId != '', cityHash64(TraceId), cityHash64(Timestamp, SpanId, Body)) % 1000000";

/// Nanoseconds, entity, severity's number and text, line, trace, span.
type Row = (Whole, String, u8, String, String, String, String);

/// Key, entity, badness, how many before and after, an example.
#[derive(Deserialize)]
struct Counted(Whole, String, u8, Whole, Whole, String);

pub(super) async fn answer(
    client: &Client,
    table: &Table,
    query: &Query,
    allowance: &mut Allowance,
) -> Result<Answer, Error> {
    let matching = format!(
        "FROM {} WHERE {} AND {}",
        table.named,
        table.when("Timestamp"),
        who(query.entities.is_empty())
    );
    let asked = |text: &str| Sql::new(text).within(query.window).entities("who", &query.entities);
    let count = asked(&format!(
        "SELECT count(), countIf({BADNESS} = 2), sum(least(length(Body), {LINE})) {matching}"
    ));
    let counted: Vec<(Whole, Whole, Whole)> = client.rows(&count, allowance).await?;
    let (all, bad, bytes) = counted
        .first()
        .map_or((0, 0, 0), |(all, bad, bytes)| (all.count(), bad.count(), bytes.count()));
    let room = room(query.limit, all, bytes, allowance.bytes);
    let is_cut = all > u64::try_from(room).unwrap_or(u64::MAX);

    let mut notes = Vec::new();
    let kept = match is_cut {
        false => String::new(),
        true => {
            let since = query.since.map_or(i64::MAX, nanos);
            let parts = Parts::new(bad, all.saturating_sub(bad));
            let some = parts.condition();
            // The last row is all that has no sort of its own.
            let sorts = format!(
                "SELECT if(place <= {SORTS}, key, 0) AS sort, any(entity), max(bad), sum(before),
                        sum(after), any(example)
                 FROM (SELECT *, row_number() OVER (ORDER BY bad DESC, before + after DESC) AS place
                       FROM (SELECT {} AS key, any({ENTITY}) AS entity, any({BADNESS}) AS bad,
                                    countIf(Timestamp < fromUnixTimestamp64Nano({{since:Int64}})) AS before,
                                    countIf(Timestamp >= fromUnixTimestamp64Nano({{since:Int64}})) AS after,
                                    any(substring(Body, 1, 300)) AS example
                             {matching} AND {some} GROUP BY key))
                 GROUP BY sort",
                key()
            );
            let sorts = asked(&sorts).number("since", since);
            let sorts: Vec<Counted> = client.rows(&sorts, allowance).await?;
            if query.since.is_some() {
                notes = grown(&sorts, &parts);
            }
            format!("AND {some} AND {LOT} < {}", share_of_each(&sorts, &parts, room))
        }
    };
    let fetch = asked(&format!(
        "SELECT toUnixTimestamp64Nano(Timestamp), {ENTITY}, SeverityNumber, toString(SeverityText),
                substring(Body, 1, {LINE}), lower(TraceId), lower(SpanId)
         {matching} {kept} ORDER BY Timestamp, ServiceName, Body LIMIT {}",
        room.saturating_mul(2)
    ));
    let rows: Vec<Row> = client.rows(&fetch, allowance).await?;
    let came = rows.len();
    let mut lines: Vec<LogRecord> = rows.into_iter().filter_map(line).collect();
    if lines.len() < came {
        let nameless = came - lines.len();
        notes.push(format!("{nameless} lines name nobody who wrote them and were set aside"));
    }
    lines.retain(|line| query.window.contains(line.at));
    thin(&mut lines, room);
    let truncated = is_cut.then(|| {
        format!(
            "cut here: {} of {} lines; what is rare, bad or grew is kept first, each sort evenly over time",
            grouped(u64::try_from(lines.len()).unwrap_or(u64::MAX)),
            grouped(all)
        )
    });
    Ok(Answer { query: fetch.told(), content: Content::Logs(lines), truncated, notes })
}

/// How many lines fit, by the limit and by their size.
fn room(limit: usize, all: u64, bytes: u64, allowed: usize) -> usize {
    let mean = bytes.checked_div(all).unwrap_or(0);
    // Quoting and counting beforehand take their part.
    let allowed = u64::try_from(allowed).unwrap_or(u64::MAX) / 10 * 6;
    limit.min(usize::try_from(allowed / (mean + AROUND)).unwrap_or(usize::MAX))
}

/// The parts of bad lines and of others that are looked at, in millionths.
struct Parts {
    bad: u32,
    rest: u32,
}

impl Parts {
    fn new(bad: u64, rest: u64) -> Self {
        let part = |count: u64| {
            u32::try_from(LOOKED_AT * u64::from(WHOLE) / count.max(LOOKED_AT)).unwrap_or(WHOLE)
        };
        Self { bad: part(bad), rest: part(rest) }
    }

    /// Which lines are looked at.
    fn condition(&self) -> String {
        match (self.bad, self.rest) {
            (WHOLE, WHOLE) => "1".to_owned(),
            (bad, rest) => format!("{LOT} < if({BADNESS} = 2, {bad}, {rest})"),
        }
    }

    fn of(&self, counted: &Counted) -> u64 {
        u64::from(if counted.2 == 2 { self.bad } else { self.rest })
    }

    /// How many there are in all, by how many were looked at.
    fn all(&self, counted: &Counted, seen: Whole) -> u64 {
        seen.count().saturating_mul(u64::from(WHOLE)) / self.of(counted).max(1)
    }
}

/// An expression for the share of the sort that a line is of, in millionths.
fn share_of_each(sorts: &[Counted], parts: &Parts, room: usize) -> String {
    let sort = |counted: &Counted| Sort {
        before: counted.3.count(),
        after: counted.4.count(),
        is_bad: counted.2 == 2,
    };
    let list: Vec<Sort> = sorts.iter().map(sort).collect();
    // Rather a little less than more than fits: what is kept is a matter of chance.
    let mut shares = shares(&list, room - room / 20);
    // One share for all errors of an entity that aren't kept whole.
    for (at, counted) in sorts.iter().enumerate() {
        let is_of_same = |other: &Counted| counted.2 == 2 && other.2 == 2 && other.1 == counted.1;
        let thinned =
            sorts.iter().zip(&shares).filter(|(other, share)| is_of_same(other) && **share < WHOLE);
        let least = thinned.map(|(_, share)| *share).min();
        if let (Some(share), Some(least)) = (shares.get_mut(at), least)
            && *share < WHOLE
        {
            *share = least;
        }
    }
    let of = |wanted: fn(i128) -> bool| {
        sorts.iter().zip(&shares).filter(move |(counted, _)| wanted(counted.0.0))
    };
    // Of those that were looked at, which are a part themselves.
    let share_of_all = |(counted, share): (&Counted, &u32)| {
        u64::from(*share) * parts.of(counted) / u64::from(WHOLE)
    };
    let rest = of(|key| key == 0).map(share_of_all).next().unwrap_or(u64::from(WHOLE));
    let (keys, of_keys): (Vec<String>, Vec<String>) = of(|key| key != 0)
        .map(|pair| (format!("toUInt64({})", pair.0.0.0), share_of_all(pair).to_string()))
        .unzip();
    if keys.is_empty() {
        return rest.to_string();
    }
    format!("transform({}, [{}], [{}], {rest})", key(), keys.join(","), of_keys.join(","))
}

/// The sorts that grew most, in words.
fn grown(sorts: &[Counted], parts: &Parts) -> Vec<String> {
    let sum = |side: fn(&Counted) -> u64| sorts.iter().map(side).sum::<u64>().max(1) as f64;
    let expected = sum(|counted| counted.4.count()) / sum(|counted| counted.3.count());
    let mut grown: Vec<(f64, &Counted)> = sorts
        .iter()
        .filter(|counted| counted.0.0 != 0)
        .map(|counted| {
            let usual = counted.3.count() as f64 * expected;
            let much = (counted.4.count() as f64 - usual) / (usual + 1.0).sqrt();
            (if counted.2 == 2 { 2.0 * much } else { much }, counted)
        })
        .filter(|(much, _)| *much > 5.0)
        .collect();
    grown.sort_by(|a, b| b.0.total_cmp(&a.0));
    let told = |(_, counted): &(f64, &Counted)| {
        let Counted(_, entity, _, before, after, example) = counted;
        let example: String = words(example.as_bytes()).chars().take(160).collect();
        format!(
            "of all lines there: {} of `{}` since it began, {} before, such as: {example}",
            grouped(parts.all(counted, *after)),
            words(entity.as_bytes()),
            grouped(parts.all(counted, *before))
        )
    };
    grown.iter().take(TOLD).map(told).collect()
}

fn line(row: Row) -> Option<LogRecord> {
    let (nanos, entity, number, text, body, trace, span) = row;
    let severity = match number {
        1..=4 => LogSeverity::Trace,
        5..=8 => LogSeverity::Debug,
        9..=12 => LogSeverity::Info,
        13..=16 => LogSeverity::Warn,
        17..=20 => LogSeverity::Error,
        21..=24 => LogSeverity::Fatal,
        _ => severity_named(&text)
            .or_else(|| severity_within(&body))
            .unwrap_or(LogSeverity::Unspecified),
    };
    let id = |id: String| Some(id).filter(|id| id.bytes().any(|byte| byte != b'0'));
    Some(LogRecord {
        at: Timestamp::from_nanosecond(nanos.0).ok()?,
        entity: EntityId::new(entity).ok()?,
        severity,
        body,
        trace_id: id(trace),
        span_id: id(span),
    })
}
