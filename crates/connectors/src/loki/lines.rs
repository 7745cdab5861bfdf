//! Lines of some streams. Where there are more than may be answered, they are counted there; errors and what
//! Loki says is new are read whole as far as they fit, and the rest in stretches that lie evenly over the
//! time before the trouble began and the time since.

use std::collections::BTreeSet;

use nightjar_connect::{Answer, Error, ErrorKind, Query};
use nightjar_incident::{Content, LogRecord, Window};

use super::Loki;
use super::answer::{Counts, Line, Pattern, Patterns, Streams, lines};
use super::query::{BAD, BAD_LEVEL, NOT_BAD, OTHER_LEVEL, Selector, like, nanos, unlike};
use super::spread::spread;
use crate::http::{Ask, words};
use crate::limits::Allowance;
use crate::sample::{Sort, WHOLE, grouped, shares, thin};

/// The most lines that Loki gives at once unless it is told otherwise.
const PAGE: usize = 5000;

/// What is new by Loki's own patterns and is read whole.
const NEW: usize = 5;

/// Lines as they come, each once.
struct Found {
    lines: Vec<LogRecord>,
    /// The most there may be.
    most: usize,
    /// Why there are fewer than there could be.
    is_cut: bool,
}

pub(super) async fn answer(
    loki: &Loki,
    selectors: &[Selector],
    query: &Query,
    allowance: &mut Allowance,
) -> Result<Answer, Error> {
    let mut notes = Vec::new();
    let mut asked: Vec<String> = selectors.iter().map(Selector::text).collect();
    let mut found = Found { lines: Vec::new(), most: query.limit, is_cut: false };
    let mut all = 0;
    let whole = query.window;
    // What fits into one page needn't be counted.
    let small = query.limit.min(PAGE);
    for selector in selectors {
        let left = small.saturating_sub(found.lines.len());
        latest(loki, selector, whole, left, query, allowance, &mut found).await?;
    }
    if found.is_cut {
        let counted = count(loki, selectors, query, allowance).await?;
        all = counted.iter().map(|one| one.bad.count().saturating_add(one.rest.count())).sum();
        found = Found { lines: Vec::new(), most: query.limit, is_cut: false };
        if all <= u64::try_from(query.limit).unwrap_or(u64::MAX) {
            for selector in selectors {
                let left = query.limit.saturating_sub(found.lines.len());
                latest(loki, selector, whole, left, query, allowance, &mut found).await?;
            }
        } else {
            asked =
                sample(loki, selectors, query, &counted, allowance, &mut found, &mut notes).await?;
            found.is_cut = true;
        }
    }
    let Found { mut lines, is_cut, .. } = found;
    lines.sort_by(|a, b| (a.at, &a.entity, &a.body).cmp(&(b.at, &b.entity, &b.body)));
    thin(&mut lines, query.limit);
    let truncated = is_cut.then(|| {
        let kept = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        match all > kept {
            true => format!(
                "cut here: {} of {} lines; errors and what is new are kept first, the rest in even stretches",
                grouped(kept),
                grouped(all)
            ),
            false => format!("cut here: the latest {} lines; there are more", grouped(kept)),
        }
    });
    Ok(Answer {
        query: match asked.is_empty() {
            true => "no stream is labelled with one of the entities".to_owned(),
            false => asked.join("\n"),
        },
        content: Content::Logs(lines),
        truncated,
        notes,
    })
}

/// The latest lines of a selector, page by page, at most so many.
async fn latest(
    loki: &Loki,
    selector: &Selector,
    window: Window,
    limit: usize,
    query: &Query,
    allowance: &mut Allowance,
    found: &mut Found,
) -> Result<(), Error> {
    let selector = selector.text();
    let mut end = window.to.as_nanosecond();
    let mut left = limit;
    // Lines of the nanosecond at a page's border come with both pages.
    let mut seen: BTreeSet<(u64, String)> = BTreeSet::new();
    loop {
        if !allowance.is_left() {
            found.is_cut = true;
            return Ok(());
        }
        // One more than may be answered tells whether there are more.
        let size = PAGE.min(left.saturating_add(1).saturating_add(seen.len()));
        let ask = Ask::get(&["loki", "api", "v1", "query_range"])
            .param("query", &*selector)
            .param("start", nanos(window.from))
            .param("end", end.to_string())
            .param("limit", size.to_string())
            .param("direction", "backward")
            .told(&*selector);
        let page: Streams = match loki.door.json(&ask, allowance).await {
            Ok(page) => page,
            // What came until then is worth more than nothing.
            Err(error)
                if !found.lines.is_empty()
                    && matches!(error.kind, ErrorKind::Timeout | ErrorKind::TooLarge) =>
            {
                found.is_cut = true;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let (mut lines, came, oldest) = lines(page, &loki.entity_labels, &query.entities, window);
        lines.sort_by_key(|line| std::cmp::Reverse(line.nanos));
        lines.retain(|line| {
            !seen.contains(&(line.stream, line.record.body.clone())) || line.nanos + 1 < end
        });
        let is_over = lines.len() > left;
        lines.truncate(left);
        left -= lines.len();
        let border = oldest.unwrap_or(end);
        let at_border = |line: &&Line| line.nanos == border;
        let next: BTreeSet<(u64, String)> = lines
            .iter()
            .filter(at_border)
            .map(|line| (line.stream, line.record.body.clone()))
            .collect();
        let is_stuck = border + 1 >= end;
        seen = match is_stuck {
            // The whole page is of one nanosecond, and there are more of it than a page holds.
            true => BTreeSet::new(),
            false => next,
        };
        found.lines.extend(lines.into_iter().map(|line| line.record));
        if is_over || found.lines.len() > 2 * found.most {
            found.is_cut = true;
            return Ok(());
        }
        if came < size {
            return Ok(());
        }
        found.is_cut |= is_stuck;
        end = if is_stuck { border } else { border + 1 };
    }
}

/// The lines of a selector.
struct Counted {
    bad: Sort,
    rest: Sort,
    /// Whether labels tell how bad a line is.
    levels: bool,
}

/// How many errors and how many other lines there are of each selector.
async fn count(
    loki: &Loki,
    selectors: &[Selector],
    query: &Query,
    allowance: &mut Allowance,
) -> Result<Vec<Counted>, Error> {
    let Window { from, to } = query.window;
    let since = query.since.filter(|since| from < *since && *since < to);
    let sides: Vec<Window> = match since {
        Some(since) => vec![Window { from, to: since }, Window { from: since, to }],
        None => vec![query.window],
    };
    let mut sorts = Vec::new();
    for selector in selectors {
        let (mut bad, mut rest) = (Sort { is_bad: true, ..Sort::default() }, Sort::default());
        let mut levels = false;
        for side in &sides {
            let all = count_one(loki, selector, *side, allowance).await?;
            levels |= all.has_levels();
            let of_bad = match levels {
                true => all.bad(),
                // Where no label tells, the words do.
                false => count_one(loki, &selector.only(BAD), *side, allowance).await?.all(),
            };
            let of_rest = all.all().saturating_sub(of_bad);
            match side.from == from {
                true => (bad.before, rest.before) = (of_bad, of_rest),
                false => (bad.after, rest.after) = (of_bad, of_rest),
            }
        }
        sorts.push(Counted { bad, rest, levels });
    }
    Ok(sorts)
}

async fn count_one(
    loki: &Loki,
    selector: &Selector,
    side: Window,
    allowance: &mut Allowance,
) -> Result<Counts, Error> {
    let query = selector.count(side.to.duration_since(side.from).as_secs().max(1));
    let ask = Ask::get(&["loki", "api", "v1", "query"])
        .param("query", &*query)
        .param("time", nanos(side.to))
        .told(&*query);
    loki.door.json(&ask, allowance).await
}

/// Reads a sample: errors, what is new, and stretches of the rest. Answers with what was asked.
async fn sample(
    loki: &Loki,
    selectors: &[Selector],
    query: &Query,
    counted: &[Counted],
    allowance: &mut Allowance,
    found: &mut Found,
    notes: &mut Vec<String>,
) -> Result<Vec<String>, Error> {
    let sorts: Vec<Sort> = counted.iter().flat_map(|one| [one.bad, one.rest]).collect();
    let shares = shares(&sorts, query.limit - query.limit / 10);
    let mut asked = Vec::new();
    for ((selector, counted), shares) in selectors.iter().zip(counted).zip(shares.chunks(2)) {
        let (Counted { bad, rest, levels }, [of_bad, of_rest]) = (counted, shares) else {
            continue;
        };
        let (is_bad, is_other) = if *levels { (BAD_LEVEL, OTHER_LEVEL) } else { (BAD, NOT_BAD) };
        let count = bad.count().saturating_add(rest.count());
        notes.push(format!(
            "of all {} lines of {}: {} are errors, {} of them before it began",
            grouped(count),
            words(selector.text().as_bytes()),
            grouped(bad.count()),
            grouped(bad.before)
        ));
        let errors = selector.only(is_bad);
        asked.push(errors.text());
        // By the minute, so that how often errors come can be told by the minute.
        stretches(loki, &errors, *of_bad, true, query, allowance, found).await?;
        let mut others = selector.only(is_other);
        for pattern in new_patterns(loki, selector, query, allowance).await {
            let (_, after) = query.since.map_or((0, 0), |since| pattern.split(since));
            let alike = others.only(&like(&pattern.pattern));
            others = others.only(&unlike(&pattern.pattern));
            asked.push(alike.text());
            notes.push(format!(
                "new since it began, {} lines like: {}",
                grouped(after),
                words(pattern.pattern.as_bytes())
            ));
            let most = query.limit / (2 * NEW);
            let cut = found.is_cut;
            latest(loki, &alike, query.window, most, query, allowance, found).await?;
            found.is_cut = cut;
        }
        asked.push(others.text());
        stretches(loki, &others, *of_rest, false, query, allowance, found).await?;
    }
    Ok(asked)
}

/// Patterns of lines that weren't there before the trouble began. Not every Loki finds them out.
async fn new_patterns(
    loki: &Loki,
    selector: &Selector,
    query: &Query,
    allowance: &mut Allowance,
) -> Vec<Pattern> {
    let Some(since) = query.since else { return Vec::new() };
    let selector = selector.text();
    let ask = Ask::get(&["loki", "api", "v1", "patterns"])
        .param("query", &*selector)
        .param("start", nanos(query.window.from))
        .param("end", nanos(query.window.to))
        .param("step", "60s")
        .told(&*selector);
    let Ok(patterns) = loki.door.json::<Patterns>(&ask, allowance).await else { return Vec::new() };
    // Loki forgets patterns after some hours: where it knows none of before, it can't tell what is new.
    if patterns.data.iter().all(|pattern| pattern.split(since).0 == 0) {
        return Vec::new();
    }
    let mut new: Vec<(u64, Pattern)> = patterns
        .data
        .into_iter()
        .map(|pattern| (pattern.split(since), pattern))
        .filter(|((before, after), pattern)| {
            *before == 0 && *after > 0 && pattern.pattern.len() < 1_000
        })
        .map(|((_, after), pattern)| (after, pattern))
        .collect();
    new.sort_by_key(|(after, _)| std::cmp::Reverse(*after));
    new.into_iter().take(NEW).map(|(_, pattern)| pattern).collect()
}

/// Reads a share of some lines: all of them, or those of stretches that lie evenly over both sides.
async fn stretches(
    loki: &Loki,
    selector: &Selector,
    share: u32,
    by_minute: bool,
    query: &Query,
    allowance: &mut Allowance,
    found: &mut Found,
) -> Result<(), Error> {
    let limit = 2 * query.limit;
    if share >= WHOLE {
        return latest(loki, selector, query.window, limit, query, allowance, found).await;
    }
    for stretch in spread(query.window, query.since, share, by_minute) {
        // Ended early, what came lies evenly all the same.
        if !allowance.is_left() {
            return Ok(());
        }
        latest(loki, selector, stretch, limit, query, allowance, found).await?;
    }
    Ok(())
}
