//! The SQL of each shape of metrics. Points of several instances of one entity are brought together on the
//! grid: what is counted is added up, levels are averaged.

use super::Plan;
use super::series::Of;
use crate::clickhouse::tables::{ENTITY, Shape, Table, who};

/// One query for columns.
pub(super) struct Fetch {
    pub(super) text: String,
    pub(super) of: Of,
}

/// What tells a series from others, as columns of every table.
const SERIES: &str = "entity, MetricName, MetricUnit, Attributes";

/// How many columns a series becomes at most; all are taken for histograms, as most points are theirs.
pub(super) fn columns(shape: u8) -> usize {
    // Gauges and sums stand first in the list of tables.
    if shape < 2 { 1 } else { 6 }
}

/// The place of a point on the grid, counted from its end.
const PLACE: &str = "intDiv({end:Int64} - toUnixTimestamp64Milli(TimeUnix), {step:Int64})";

/// What makes points one stream: a series as one instance counts it.
const STREAM: &str = "cityHash64(ResourceAttributes, ScopeName)";

/// A number that stands for a series among all tables.
fn number(shape: Shape) -> String {
    format!("cityHash64({ENTITY}, MetricName, MetricUnit, Attributes, '{shape:?}')")
}

/// The series of a table: with the number of the shape, the distance of points, and how much they changed, as
/// a share from 0 to 1.
pub(super) fn list(number_of_shape: u8, shape: Shape, table: &Table, is_of_all: bool) -> String {
    let early = "TimeUnix < fromUnixTimestamp64Nano({since:Int64})";
    let late = format!("NOT ({early})");
    // How fast a count since some start grew, per point.
    let grew = |column: &str, side: &str| {
        format!(
            "(maxIf({column}, {side}) - minIf({column}, {side})) / greatest(countIf({side}) - 1, 1)"
        )
    };
    let mean = |side: &str| {
        let (sum, count) = (grew("Sum", side), grew("Count", side));
        format!("({sum}) / greatest({count}, 1e-9)")
    };
    let level = |side: &str| match shape {
        Shape::Gauge => format!("avgIf(Value, {side})"),
        Shape::Sum => format!(
            "if(any(IsMonotonic AND AggregationTemporality = 2), {}, avgIf(Value, {side}))",
            grew("Value", side)
        ),
        Shape::Histogram | Shape::Exponential => format!(
            "if(any(AggregationTemporality) = 2, {},
                sumIf(Sum, {side}) / greatest(sumIf(Count, {side}), 1))",
            mean(side)
        ),
        Shape::Summary => mean(side),
    };
    format!(
        "SELECT toUInt8({number_of_shape}) AS shape, series, avg(distance) AS distance,
                max(if(isFinite(b) AND isFinite(a), abs(b - a) / (abs(a) + abs(b) + 1e-12),
                       toFloat64(isFinite(b) != isFinite(a)))) AS changed
         FROM (SELECT {number} AS series, {STREAM} AS stream, {a} AS a, {b} AS b,
                      toFloat64(max(toUnixTimestamp64Milli(TimeUnix)) - min(toUnixTimestamp64Milli(TimeUnix)))
                          / greatest(uniqExact(TimeUnix) - 1, 1) AS distance
               FROM {named} WHERE {when} AND {who} AND {ENTITY} != '' GROUP BY series, stream)
         GROUP BY series",
        number = number(shape),
        a = level(early),
        b = level(&late),
        named = table.named,
        when = table.when("TimeUnix"),
        who = who(is_of_all),
    )
}

/// The queries for the columns of a table.
pub(super) fn fetch(shape: Shape, table: &Table, is_of_all: bool, plan: &Plan) -> Vec<Fetch> {
    let only = match &plan.only {
        None => String::new(),
        Some(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(i128::to_string).collect();
            format!("AND {} IN ({})", number(shape), numbers.join(","))
        }
    };
    let rows = |more: &str| {
        format!(
            "FROM {} WHERE {} AND {} AND bitAnd(Flags, 1) = 0 {only} {more}",
            table.named,
            table.when("TimeUnix"),
            who(is_of_all)
        )
    };
    let fetch = |of: Of, text: String| Fetch { text, of };
    match shape {
        Shape::Gauge => vec![fetch(Of::Level, levels(&rows("")))],
        Shape::Sum => vec![
            fetch(Of::Count, counters(&rows("AND IsMonotonic AND AggregationTemporality = 2"))),
            fetch(Of::Level, levels(&rows("AND NOT IsMonotonic AND AggregationTemporality = 2"))),
            fetch(Of::Sum, sums(&rows("AND AggregationTemporality = 1"))),
        ],
        Shape::Histogram => vec![
            fetch(Of::Histogram, cumulative(&rows("AND AggregationTemporality = 2"))),
            fetch(Of::Histogram, delta(&rows("AND AggregationTemporality = 1"))),
        ],
        Shape::Exponential => vec![fetch(Of::Histogram, exponential(&rows("")))],
        Shape::Summary => vec![fetch(Of::Histogram, summaries(&rows("")))],
    }
}

/// All points of a series as one row: places on the grid with values.
fn gathered(points: &str, resets: &str, from: &str) -> String {
    format!(
        "SELECT ({SERIES}), groupArray({points}), toUInt64(sum({resets})) FROM ({from}) GROUP BY {SERIES}"
    )
}

fn levels(rows: &str) -> String {
    let streams = format!(
        "SELECT {ENTITY} AS entity, MetricName, MetricUnit, Attributes, {STREAM} AS stream, {PLACE} AS place,
                argMax(Value, TimeUnix) AS last {rows} GROUP BY {SERIES}, stream, place"
    );
    let means =
        format!("SELECT {SERIES}, place, avg(last) AS v FROM ({streams}) GROUP BY {SERIES}, place");
    gathered("(place, [v])", "0", &means)
}

fn sums(rows: &str) -> String {
    let sums = format!(
        "SELECT {ENTITY} AS entity, MetricName, MetricUnit, Attributes, {PLACE} AS place, sum(Value) AS v
         {rows} GROUP BY {SERIES}, place"
    );
    gathered("(place, [v])", "0", &sums)
}

/// The window over the points of one stream in the order of time.
const WINDOW: &str = "WINDOW w AS (PARTITION BY entity, MetricName, MetricUnit, Attributes, stream
    ORDER BY place DESC, start ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)";

/// Whether a count began anew after the point before: it says a start of its own that lies behind it.
const RESTARTED: &str =
    "(start != was_start AND toUnixTimestamp64Nano(start) > 0 AND start >= was_at)";

fn counters(rows: &str) -> String {
    let streams = format!(
        "SELECT {ENTITY} AS entity, MetricName, MetricUnit, Attributes, {STREAM} AS stream,
                StartTimeUnix AS start, {PLACE} AS place, argMax(Value, TimeUnix) AS last, max(TimeUnix) AS at
         {rows} GROUP BY {SERIES}, stream, start, place"
    );
    let pairs = format!(
        "SELECT {SERIES}, place, last, start, row_number() OVER w AS nth, lagInFrame(last) OVER w AS was,
                lagInFrame(start) OVER w AS was_start, lagInFrame(at) OVER w AS was_at
         FROM ({streams}) {WINDOW}"
    );
    let increases = format!(
        "SELECT {SERIES}, place, sum(if(anew, last, last - was)) AS v, sum(anew) AS resets
         FROM (SELECT *, last < was OR {RESTARTED} AS anew FROM ({pairs}) WHERE nth > 1)
         GROUP BY {SERIES}, place"
    );
    gathered("(place, [v])", "resets", &increases)
}

/// A quantile by linear interpolation within the bucket it falls into, from the arrays `lo`, `hi` and `n`.
fn quantile(percent: u32) -> String {
    let (q, i) = (format!("{}", f64::from(percent) / 100.0), format!("i{percent}"));
    format!(
        "if(total = 0 OR empty(n), nan,
            lo[arrayFirstIndex(sum -> sum >= {q} * total, cum) AS {i}]
            + (hi[{i}] - lo[{i}]) * ({q} * total - cum[{i}] + n[{i}]) / n[{i}])"
    )
}

/// The values of a point: count, mean, largest, and four quantiles.
fn values() -> String {
    let quantiles = [50, 90, 95, 99].map(quantile);
    format!("[c, if(c > 0, s / c, nan), largest, {}]", quantiles.join(", "))
}

/// Points with buckets, to points with values.
fn valued(buckets: &str, from: &str) -> String {
    let points = format!(
        "SELECT {SERIES}, place, {} AS v, resets FROM
            (SELECT *, {buckets}, arrayCumSum(n) AS cum, arraySum(n) AS total FROM ({from}))",
        values()
    );
    gathered("(place, v)", "resets", &points)
}

/// Buckets with bounds: below the first lies what is at least zero, as nearly all measures are; above the
/// last one nobody knows, so its own bound stands for it.
const EXPLICIT: &str = "if(empty(bounds) OR length(b) != length(bounds) + 1, [], b) AS n,
    arrayPushFront(bounds, if(bounds[1] > 0, 0, bounds[1])) AS lo,
    arrayPushBack(bounds, bounds[-1]) AS hi";

/// Histograms that count since a start. Those of other bounds are other streams.
fn cumulative(rows: &str) -> String {
    let streams = format!(
        "SELECT {ENTITY} AS entity, MetricName, MetricUnit, Attributes, ExplicitBounds AS bounds,
                cityHash64({STREAM}, bounds) AS stream, StartTimeUnix AS start, {PLACE} AS place,
                toFloat64(argMax(Count, TimeUnix)) AS count, argMax(Sum, TimeUnix) AS sum,
                arrayMap(x -> toFloat64(x), argMax(BucketCounts, TimeUnix)) AS b, max(TimeUnix) AS at
         {rows} GROUP BY {SERIES}, bounds, stream, start, place"
    );
    let pairs = format!(
        "SELECT {SERIES}, place, count, sum, b, bounds, start, row_number() OVER w AS nth,
                lagInFrame(count) OVER w AS was_count, lagInFrame(sum) OVER w AS was_sum,
                lagInFrame(b) OVER w AS was_b, lagInFrame(start) OVER w AS was_start,
                lagInFrame(at) OVER w AS was_at
         FROM ({streams}) {WINDOW}"
    );
    // What was is taken as nothing where the count began anew, so that arrays always are of one length.
    let increases = format!(
        "SELECT {SERIES}, place, bounds, sum(count - if(anew, 0, was_count)) AS c,
                sum(sum - if(anew, 0, was_sum)) AS s, nan AS largest, sum(anew) AS resets,
                sumForEach(arrayMap((x, y) -> x - y, b, if(anew, arrayMap(x -> 0., b), was_b))) AS b
         FROM (SELECT *, count < was_count OR {RESTARTED} OR length(b) != length(was_b)
                      OR arrayExists((x, y) -> x < y, b, if(length(was_b) = length(b), was_b, b)) AS anew
               FROM ({pairs}) WHERE nth > 1)
         GROUP BY {SERIES}, place, bounds"
    );
    valued(EXPLICIT, &increases)
}

/// Histograms that count within each interval.
fn delta(rows: &str) -> String {
    let sums = format!(
        "SELECT {ENTITY} AS entity, MetricName, MetricUnit, Attributes, {PLACE} AS place,
                ExplicitBounds AS bounds, toFloat64(sum(Count)) AS c, sum(Sum) AS s, max(Max) AS top,
                arrayMap(x -> toFloat64(x), sumForEach(BucketCounts)) AS b,
                if(top > 0 AND isFinite(top), top, nan) AS largest, 0 AS resets
         {rows} GROUP BY {SERIES}, place, bounds"
    );
    valued(EXPLICIT, &sums)
}

/// Buckets of exponential histograms at one scale, as an array of `(index, count)` in order: bucket `i` holds
/// values above `2^(i/4)` up to `2^((i+1)/4)`. Wider buckets are taken for their lower part.
const AT_SCALE: &str = "arrayReduce('sumMap',
    [arrayMap(x -> toInt32(if(scale >= 2, bitShiftRight(offset + x - 1, scale - 2),
                              (offset + x - 1) * toInt32(exp2(2 - scale)))),
              arrayEnumerate(counts))],
    [arrayMap(x -> toFloat64(x), counts)])";

fn exponential(rows: &str) -> String {
    let streams = format!(
        "SELECT {ENTITY} AS entity, MetricName, MetricUnit, Attributes, {STREAM} AS stream,
                StartTimeUnix AS start, TimeUnix AS at, {PLACE} AS place, toFloat64(Count) AS count,
                Sum AS sum, Scale AS scale, PositiveOffset AS offset, PositiveBucketCounts AS counts,
                toFloat64(ZeroCount) AS zero, AggregationTemporality = 1 AS is_delta, {AT_SCALE} AS m {rows}"
    );
    let window = WINDOW.replace("place DESC, start ASC", "at ASC");
    let pairs = format!(
        "SELECT *, row_number() OVER w AS nth, lagInFrame(count) OVER w AS was_count,
                lagInFrame(sum) OVER w AS was_sum, lagInFrame(zero) OVER w AS was_zero,
                lagInFrame(m) OVER w AS was_m, lagInFrame(start) OVER w AS was_start,
                lagInFrame(at) OVER w AS was_at
         FROM ({streams}) {window}"
    );
    let increases = format!(
        "SELECT {SERIES}, place, sum(if(whole, count, count - was_count)) AS c,
                sum(if(whole, sum, sum - was_sum)) AS s, nan AS largest,
                sum(if(whole, zero, greatest(zero - was_zero, 0))) AS z, sum(anew) AS resets,
                sumMap(m.1, if(whole, m.2,
                    arrayMap((i, x) -> greatest(x - was_m.2[indexOf(was_m.1, i)], 0), m.1, m.2))) AS b
         FROM (SELECT *, NOT is_delta AND (count < was_count OR {RESTARTED}) AS anew, is_delta OR anew AS whole
               FROM ({pairs}) WHERE is_delta OR nth > 1)
         GROUP BY {SERIES}, place"
    );
    let buckets = "arrayPushFront(b.2, z) AS n,
        arrayPushFront(arrayMap(i -> exp2(i / 4), b.1), 0) AS lo,
        arrayPushFront(arrayMap(i -> exp2((i + 1) / 4), b.1), 0) AS hi";
    valued(buckets, &increases)
}

/// Summaries: count and sum run since a start, quantiles are of the moment.
fn summaries(rows: &str) -> String {
    let streams = format!(
        "SELECT {ENTITY} AS entity, MetricName, MetricUnit, Attributes, {STREAM} AS stream,
                StartTimeUnix AS start, {PLACE} AS place, toFloat64(argMax(Count, TimeUnix)) AS count,
                argMax(Sum, TimeUnix) AS sum, max(TimeUnix) AS at,
                argMax(ValueAtQuantiles.Quantile, TimeUnix) AS qs, argMax(ValueAtQuantiles.Value, TimeUnix) AS vs
         {rows} GROUP BY {SERIES}, stream, start, place"
    );
    let pairs = format!(
        "SELECT {SERIES}, place, count, sum, qs, vs, start, row_number() OVER w AS nth,
                lagInFrame(count) OVER w AS was_count, lagInFrame(sum) OVER w AS was_sum,
                lagInFrame(start) OVER w AS was_start, lagInFrame(at) OVER w AS was_at
         FROM ({streams}) {WINDOW}"
    );
    let at = |q: &str| format!("avgIf(vs[indexOf(qs, {q})], has(qs, {q}))");
    let increases = format!(
        "SELECT {SERIES}, place, sum(if(anew, count, count - was_count)) AS c,
                sum(if(anew, sum, sum - was_sum)) AS s, sum(anew) AS resets,
                [c, if(c > 0, s / c, nan), {}, {}, {}, {}, {}] AS v
         FROM (SELECT *, count < was_count OR {RESTARTED} AS anew FROM ({pairs}) WHERE nth > 1)
         GROUP BY {SERIES}, place",
        at("1"),
        at("0.5"),
        at("0.9"),
        at("0.95"),
        at("0.99")
    );
    gathered("(place, v)", "resets", &increases)
}
