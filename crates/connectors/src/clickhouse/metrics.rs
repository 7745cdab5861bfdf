//! Metrics as columns on one grid: increases, means and quantiles are computed there.
//!
//! Every column of an answer has the same step, so that sums and counts are of equal stretches. Where so many
//! columns would be too much, the window reaches less far back; it says so. Where there are too many series
//! even so, those are told that changed most when the trouble began.

mod series;
mod sql;

use jiff::SignedDuration;
use nightjar_connect::{Answer, Error, Query};
use nightjar_incident::{Content, MetricSeries, Window};
use serde::Deserialize;

use self::series::{Key, Points};
use super::ask::{Client, Sql, Whole};
use super::tables::{Shape, Table, nanos};
use crate::limits::Allowance;
use crate::sample::grouped;

/// How far back series are looked for: what wasn't measured for so long isn't now.
const RECENT: SignedDuration = SignedDuration::from_hours(3);

/// What a point of a column takes in an answer, bytes.
const POINT: usize = 26;

/// The fewest points of a column that are worth having.
const POINTS: usize = 240;

/// Steps of the grid, milliseconds.
const STEPS: [i64; 12] = [
    1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    3_600_000,
];

/// A series as it is listed, those that changed most first: its shape's number, a number that stands for it,
/// how far it is from one point to the next (milliseconds).
#[derive(Clone, Debug, Deserialize)]
struct Listed(u8, Whole, f64);

/// What is fetched: the grid and the series.
struct Plan {
    window: Window,
    /// Milliseconds.
    step: i64,
    /// The numbers of the series, where not all are wanted.
    only: Option<Vec<i128>>,
    /// Shapes of which there are series.
    shapes: Vec<u8>,
    /// How many series there are in all.
    all: usize,
    kept: usize,
    is_shortened: bool,
}

pub(super) async fn answer(
    client: &Client,
    tables: &[(Shape, Table)],
    query: &Query,
    allowance: &mut Allowance,
) -> Result<Answer, Error> {
    let list = list(tables, query);
    let listed: Vec<Listed> = client.rows(&list, allowance).await?;
    let plan = plan(listed, query, allowance.bytes);
    let mut told = vec![list.told()];
    let mut found: Vec<MetricSeries> = Vec::new();
    let mut resets = 0;
    let mut is_cut = plan.kept < plan.all;
    for (number, shape, table) in numbered(tables) {
        if !plan.shapes.contains(&number) {
            continue;
        }
        for fetch in sql::fetch(shape, table, query.entities.is_empty(), &plan) {
            let sql = asked(&fetch.text, plan.window, query);
            let sql = sql.number("end", last(plan.window)).number("step", plan.step);
            let rows: Vec<(Key, Points, Whole)> = client.rows(&sql, allowance).await?;
            told.push(sql.told());
            for (key, points, reset) in rows {
                resets += reset.count();
                let columns = series::columns(key, &points, fetch.of, last(plan.window), plan.step);
                // A histogram's columns stay together.
                match found.len() + columns.len() <= query.limit {
                    true => found.extend(columns),
                    false => {
                        is_cut = true;
                        let room = query.limit.saturating_sub(found.len());
                        found.extend(columns.into_iter().take(room));
                    }
                }
            }
        }
    }
    found.sort_by(|a, b| {
        let key =
            |series: &MetricSeries| (series.entity.clone(), series.name.clone(), series.statistic);
        (key(a), &a.attributes).cmp(&(key(b), &b.attributes))
    });
    let mut cut = Vec::new();
    if is_cut {
        cut.push(match plan.kept < plan.all {
            true => format!(
                "cut here: {} of {} series, those that changed most",
                grouped(u64::try_from(plan.kept).unwrap_or(u64::MAX)),
                grouped(u64::try_from(plan.all).unwrap_or(u64::MAX))
            ),
            false => format!("cut here: {} columns; there are more", found.len()),
        });
    }
    if plan.is_shortened {
        let from = plan.window.from;
        cut.push(format!(
            "what was before {from} is left out, so that one step of {} s fits",
            plan.step / 1000
        ));
    }
    let mut notes = Vec::new();
    if resets > 0 {
        notes.push(format!("{} counter resets were taken as restarts", grouped(resets)));
    }
    Ok(Answer {
        query: told.join("; "),
        content: Content::Series(found),
        truncated: (!cut.is_empty()).then(|| cut.join("; ")),
        notes,
    })
}

fn numbered(tables: &[(Shape, Table)]) -> impl Iterator<Item = (u8, Shape, &Table)> {
    (0_u8..).zip(tables).map(|(number, (shape, table))| (number, *shape, table))
}

fn asked(text: &str, window: Window, query: &Query) -> Sql {
    Sql::new(text).within(window).entities("who", &query.entities)
}

/// The last millisecond of a window: where the grid ends.
fn last(window: Window) -> i64 {
    (nanos(window.to) - 1).div_euclid(1_000_000)
}

/// Which series there are, and how much each changed.
fn list(tables: &[(Shape, Table)], query: &Query) -> Sql {
    let since = query.since.unwrap_or(query.window.to);
    let reach = since.min(query.window.to).saturating_sub(RECENT).unwrap_or(query.window.from);
    let window = Window { from: reach.max(query.window.from), to: query.window.to };
    let is_of_all = query.entities.is_empty();
    let each =
        numbered(tables).map(|(number, shape, table)| sql::list(number, shape, table, is_of_all));
    let text = format!(
        "SELECT shape, series, distance FROM ({}) ORDER BY changed DESC, series LIMIT 200000",
        each.collect::<Vec<_>>().join(" UNION ALL ")
    );
    asked(&text, window, query).number("since", nanos(since))
}

fn plan(listed: Vec<Listed>, query: &Query, bytes: usize) -> Plan {
    let points = bytes / 10 * 7 / POINT;
    let all = listed.len();
    let mut kept = listed;
    kept.truncate(query.limit.max(1));
    let mut columns = 0;
    let fitting = kept.iter().take_while(|listed| {
        columns += sql::columns(listed.0);
        columns <= points / POINTS
    });
    let fitting = fitting.count().max(1);
    kept.truncate(fitting);
    let mut steps: Vec<f64> = kept.iter().map(|listed| listed.2).filter(|ms| *ms > 0.0).collect();
    steps.sort_by(f64::total_cmp);
    let native = steps.get(steps.len() / 2).copied().unwrap_or(60_000.0);
    let step = STEPS.into_iter().find(|step| *step as f64 >= native * 0.9).unwrap_or(3_600_000);
    let columns: usize = kept.iter().map(|listed| sql::columns(listed.0)).sum();
    let most = i64::try_from(points / columns.max(1)).unwrap_or(i64::MAX).max(1);
    let reach = SignedDuration::from_millis(step.saturating_mul(most));
    let from = query.window.to.saturating_sub(reach).unwrap_or(query.window.from);
    let mut shapes: Vec<u8> = kept.iter().map(|listed| listed.0).collect();
    shapes.sort_unstable();
    shapes.dedup();
    let only = (kept.len() < all).then(|| kept.iter().map(|listed| listed.1.0).collect());
    let window = Window { from: from.max(query.window.from), to: query.window.to };
    let is_shortened = from > query.window.from;
    Plan { window, step, only, shapes, all, kept: kept.len(), is_shortened }
}
