//! A line chart of one metric with the onset, the change that set it off and the usual band.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use nightjar_incident::{Change, MetricSeries, Observation, Window, amount};
use nightjar_series::robust;

use crate::time::{clock, stamp};

/// Sizes in the chart's own units; about one pixel on a wide screen.
const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 38.0;
const BOTTOM: f64 = 26.0;
/// More points than this can't be told apart on the width; extremes are kept.
const MOST_POINTS: usize = 400;

/// A chart, ready to be written.
#[derive(Clone, Debug, Template)]
#[template(path = "chart.html")]
pub(crate) struct Chart {
    pub(crate) anchor: String,
    pub(crate) title: String,
    pub(crate) description: String,
    caption: String,
    width: f64,
    height: f64,
    plot: Rectangle,
    line: String,
    dots: Vec<(String, String)>,
    band: Option<Rectangle>,
    onset: Option<Mark>,
    doubt: Option<Rectangle>,
    change: Option<Mark>,
    y_ticks: Vec<Tick>,
    x_ticks: Vec<Tick>,
}

impl HtmlSafe for Chart {}

#[derive(Clone, Debug)]
struct Rectangle {
    x: String,
    y: String,
    width: String,
    height: String,
    bottom: String,
    right: String,
}

#[derive(Clone, Debug)]
struct Mark {
    x: String,
    label: String,
    label_x: String,
    label_y: String,
    anchor: &'static str,
}

#[derive(Clone, Debug)]
struct Tick {
    at: String,
    label: String,
}

/// What a chart is drawn from.
pub(crate) struct Subject<'a> {
    pub(crate) observation: &'a Observation,
    pub(crate) series: &'a MetricSeries,
    /// The change that set it off, if one did.
    pub(crate) change: Option<&'a Change>,
    pub(crate) reference: Window,
    pub(crate) shown: Window,
    /// Whose metric it is, in words.
    pub(crate) whose: String,
}

/// Draws the chart; `None` where fewer than two values fall into the time shown.
pub(crate) fn draw(subject: &Subject<'_>) -> Option<Chart> {
    let (from, to) = (subject.shown.from.as_millisecond(), subject.shown.to.as_millisecond());
    let samples: Vec<(i64, f64)> =
        subject.series.column.between(from, to.saturating_add(1)).samples().collect();
    let present: Vec<f64> = samples.iter().map(|s| s.1).filter(|v| v.is_finite()).collect();
    if present.len() < 2 || from >= to {
        return None;
    }
    let usual = subject
        .series
        .column
        .between(subject.reference.from.as_millisecond(), subject.reference.to.as_millisecond());
    let band = (robust::quantile(usual.values(), 0.05), robust::quantile(usual.values(), 0.95));
    let has_band = band.0.is_finite() && band.1.is_finite();
    let mut low = present.iter().copied().fold(f64::INFINITY, f64::min);
    let mut high = present.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if has_band {
        low = low.min(band.0);
        high = high.max(band.1);
    }
    // Values as far apart as floats go have no scale one could draw.
    if !(high - low).is_finite() || high.abs().max(low.abs()) > 1e200 {
        return None;
    }
    // A metric that can't be negative is drawn from zero unless that would flatten it.
    if low >= 0.0 && low < 0.6 * high {
        low = 0.0;
    }
    let step = nice_step((high - low).max(high.abs() * 1e-6).max(f64::MIN_POSITIVE) / 4.0);
    let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
    let high = if high > low { high } else { low + step };
    let scale = Scale { from, to, low, high };
    let unit = subject.series.unit.as_str();

    let onset = subject.observation.onset;
    let mark = |at: Timestamp, label: String, row: f64| {
        let x = scale.x(at.as_millisecond())?;
        let is_right = x > WIDTH * 0.55;
        Some(Mark {
            x: number(x),
            label,
            label_x: number(if is_right { x - 4.0 } else { x + 4.0 }),
            label_y: number(row),
            anchor: if is_right { "end" } else { "start" },
        })
    };
    let doubt = onset.and_then(|onset| {
        let earliest = scale.clamped_x(onset.earliest.as_millisecond());
        let latest = scale.clamped_x(onset.latest.as_millisecond());
        (latest > earliest)
            .then(|| rectangle(earliest, TOP, latest - earliest, HEIGHT - TOP - BOTTOM))
    });
    let (line, dots) = path(&samples, &scale);
    let attributes = subject.series.attributes.values().map(String::as_str);
    let told_apart = std::iter::once(subject.series.statistic.label()).chain(attributes);
    let told_apart = told_apart.collect::<Vec<_>>().join(", ");
    let name = format!("{} ({})", subject.series.name, crate::text::shortened(&told_apart, 60));
    let counted = unit.strip_prefix('{').and_then(|unit| unit.strip_suffix('}'));
    let counted = counted.map(|thing| format!(", {thing}s")).unwrap_or_default();
    let title = format!("{name} of {}{counted}", subject.whose);
    let observation = subject.observation;
    let since = onset.map(|onset| format!(", since {}", stamp(onset.at))).unwrap_or_default();
    let description = format!(
        "Line chart from {} to {}. Usual {}, seen {}{since}.{}",
        stamp(subject.shown.from),
        stamp(subject.shown.to),
        observation.amount(observation.usual),
        observation.amount(observation.seen),
        subject.change.map_or(String::new(), |change| format!(
            " A {} took effect at {}.",
            change.kind.label(),
            stamp(change.at)
        )),
    );
    let caption = if has_band {
        format!(
            "Times in UTC. Shaded: the usual range (5th to 95th percentile of {} to {}).",
            clock(subject.reference.from),
            clock(subject.reference.to)
        )
    } else {
        "Times in UTC. No usual range: nothing was recorded in the reference time.".into()
    };
    let top_of_band = scale.y(band.1.min(high));
    // A flat usual level is still a line one can see.
    let band_height = (scale.y(band.0.max(low)) - top_of_band).max(1.5);
    Some(Chart {
        anchor: format!("chart-{}", crate::text::anchor(observation.id.as_str())),
        title,
        description,
        caption,
        width: WIDTH,
        height: HEIGHT,
        plot: rectangle(LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM),
        line,
        dots,
        band: has_band.then(|| rectangle(LEFT, top_of_band, WIDTH - LEFT - RIGHT, band_height)),
        onset: onset.and_then(|o| mark(o.at, format!("onset {}", clock(o.at)), TOP - 22.0)),
        doubt,
        change: subject
            .change
            .and_then(|c| mark(c.at, format!("{} {}", c.kind.label(), clock(c.at)), TOP - 7.0)),
        y_ticks: y_ticks(&scale, step, unit, observation),
        x_ticks: x_ticks(&scale),
    })
}

/// From time and value to the plane.
struct Scale {
    from: i64,
    to: i64,
    low: f64,
    high: f64,
}

impl Scale {
    fn clamped_x(&self, time: i64) -> f64 {
        let share =
            (time.clamp(self.from, self.to) - self.from) as f64 / (self.to - self.from) as f64;
        LEFT + share * (WIDTH - LEFT - RIGHT)
    }

    fn x(&self, time: i64) -> Option<f64> {
        (self.from..=self.to).contains(&time).then(|| self.clamped_x(time))
    }

    fn y(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }
}

/// The line, broken where values are missing, and dots for values without a neighbour.
fn path(samples: &[(i64, f64)], scale: &Scale) -> (String, Vec<(String, String)>) {
    let kept = thinned(samples);
    let mut line = String::new();
    let mut dots = Vec::new();
    let mut run: Vec<(String, String)> = Vec::new();
    let mut end_run = |run: &mut Vec<(String, String)>| {
        if let [only] = run.as_slice() {
            dots.push(only.clone());
        } else {
            for (index, (x, y)) in run.iter().enumerate() {
                line.push_str(if index == 0 { "M" } else { "L" });
                line.push_str(&format!("{x} {y}"));
            }
        }
        run.clear();
    };
    for (time, value) in kept {
        if value.is_finite() {
            run.push((number(scale.clamped_x(time)), number(scale.y(value))));
        } else {
            end_run(&mut run);
        }
    }
    end_run(&mut run);
    (line, dots)
}

/// Lowest and highest of each group where there are more samples than the width can show.
fn thinned(samples: &[(i64, f64)]) -> Vec<(i64, f64)> {
    if samples.len() <= MOST_POINTS {
        return samples.to_vec();
    }
    let size = samples.len().div_ceil(MOST_POINTS / 2);
    let mut kept = Vec::new();
    for group in samples.chunks(size) {
        let present = || group.iter().copied().filter(|s| s.1.is_finite());
        let low = present().min_by(|a, b| a.1.total_cmp(&b.1));
        let high = present().max_by(|a, b| a.1.total_cmp(&b.1));
        match (low, high) {
            (Some(low), Some(high)) if low.0 < high.0 => kept.extend([low, high]),
            (Some(low), Some(high)) if low.0 > high.0 => kept.extend([high, low]),
            (Some(only), _) => kept.push(only),
            (None, _) => kept.extend(group.first().map(|&(time, _)| (time, f64::NAN))),
        }
    }
    kept
}

fn y_ticks(scale: &Scale, step: f64, unit: &str, observation: &Observation) -> Vec<Tick> {
    let mut ticks = Vec::new();
    let mut value = scale.low;
    // At most five steps fit the way `step` was chosen; the bound guards against rounding.
    while value <= scale.high + step * 0.01 && ticks.len() < 8 {
        let is_share = unit == observation.unit;
        let label = if is_share { observation.amount(value) } else { amount(value, unit) };
        // The thing counted stands in the title already.
        let label = match unit.starts_with('{') {
            true => label.split(' ').next().unwrap_or_default().to_owned(),
            false => label,
        };
        let label = crate::text::shortened(&label, 9);
        ticks.push(Tick { at: number(scale.y(value)), label });
        value += step;
    }
    ticks
}

fn x_ticks(scale: &Scale) -> Vec<Tick> {
    const MINUTE: i64 = 60_000;
    const STEPS: [i64; 10] = [1, 2, 5, 10, 15, 30, 60, 180, 360, 1440];
    let span = scale.to - scale.from;
    let step = STEPS.iter().map(|m| m * MINUTE).find(|step| span / step <= 6);
    let step = step.unwrap_or(span / 6).max(1);
    let mut at = scale.from.div_euclid(step) * step;
    let mut ticks = Vec::new();
    while at <= scale.to {
        if let (Some(x), Ok(time)) = (scale.x(at), Timestamp::from_millisecond(at))
            && x < WIDTH - RIGHT - 14.0
        {
            ticks.push(Tick { at: number(x), label: time.strftime("%H:%M").to_string() });
        }
        at += step;
    }
    ticks
}

/// 1, 2 or 5 times a power of ten, not below `least`.
fn nice_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|m| m * power);
    steps.into_iter().find(|step| *step >= least).unwrap_or(power * 10.0)
}

fn rectangle(x: f64, y: f64, width: f64, height: f64) -> Rectangle {
    Rectangle {
        x: number(x),
        y: number(y),
        width: number(width),
        height: number(height),
        bottom: number(y + height),
        right: number(x + width),
    }
}

fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
