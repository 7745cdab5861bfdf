use std::fmt::Write;

use crate::compare::{Comparison, Place};
use crate::{CaseResult, Group, Report};

/// Width of the columns of names; what is longer is cut in the middle, where data sets put the
/// least.
const NAME_WIDTH: usize = 34;
const ENTITY_WIDTH: usize = 30;

/// The report as text for people: one line per case, then the figures.
pub fn table(report: &Report) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:NAME_WIDTH$}  {:12} {:>4}  {:ENTITY_WIDTH$} {:>5} {:>8}",
        "case", "verdict", "rank", "first", "conf.", "ms"
    );
    for case in &report.cases {
        line(&mut out, case);
    }
    let summary = &report.summary;
    let _ = writeln!(out);
    if summary.cases > 0 {
        let _ = writeln!(
            out,
            "{} cases with a fault: cause first {}, among three {}; claimed in {}, of these right {}",
            summary.cases,
            share(summary.top1),
            share(summary.top3),
            summary.claimed,
            share(summary.claimed_top1),
        );
    }
    if summary.quiet_cases > 0 {
        let _ = writeln!(
            out,
            "{} quiet cases: something claimed in {}",
            summary.quiet_cases, summary.quiet_claimed
        );
    }
    let _ = writeln!(
        out,
        "confidence of 0.8 and more: {} claims, {} of them wrong",
        summary.at_80, summary.wrong_at_80
    );
    if let Some(fault) = summary.fault_top1 {
        let _ = writeln!(out, "fault right where the place is: {}", share(Some(fault)));
    }
    if let Some(error) = summary.calibration_error {
        let _ = writeln!(out, "calibration error: {error:.3}");
    }
    if summary.forbidden > 0 {
        let _ = writeln!(out, "said something forbidden: {}", summary.forbidden);
    }
    for (title, groups) in [("telemetry", &summary.by.modality), ("scenario", &summary.by.scenario)]
    {
        if groups.len() > 1 {
            for (name, group) in groups {
                let _ = writeln!(out, "  {title} {:NAME_WIDTH$} {}", clean(name), figures(group));
            }
        }
    }
    if let (Some(middle), Some(slow)) = (summary.millis_p50, summary.millis_p99) {
        let _ = write!(out, "time per case: {middle:.1} ms, slowest hundredth {slow:.1} ms");
        match summary.peak_rss_mib {
            Some(memory) => writeln!(out, "; peak memory {memory} MiB"),
            None => writeln!(out),
        }
        .unwrap_or_default();
    }
    out
}

/// What changed against a baseline, as text for people.
pub fn changes(comparison: &Comparison) -> String {
    let mut out = String::new();
    if comparison.changed.is_empty() && comparison.deltas.is_empty() {
        return "nothing changed against the baseline\n".to_owned();
    }
    for changed in &comparison.changed {
        let mark = match changed.better {
            Some(true) => "+",
            Some(false) => "-",
            None => " ",
        };
        let (before, now) = (place(changed.before), place(changed.now));
        let name = cut(&clean(&changed.name), NAME_WIDTH);
        let _ = writeln!(out, "{mark} {name:NAME_WIDTH$}  {before} -> {now}");
    }
    for delta in &comparison.deltas {
        let value = |value: Option<f64>| value.map_or("none".to_owned(), |v| format!("{v}"));
        let _ = writeln!(out, "{}: {} -> {}", delta.what, value(delta.before), value(delta.now));
    }
    out
}

fn line(out: &mut String, case: &CaseResult) {
    let first = case.ranked.first();
    let entity = first.map_or(String::new(), |first| cut(first.entity.as_str(), ENTITY_WIDTH));
    let confidence = first.map_or(String::new(), |first| format!("{:.2}", first.confidence));
    let rank = match (case.quiet, case.rank) {
        (true, _) => "quiet".to_owned(),
        (false, Some(rank)) => rank.to_string(),
        (false, None) => "none".to_owned(),
    };
    let mark = if case.is_right() { ' ' } else { '!' };
    let _ = writeln!(
        out,
        "{:NAME_WIDTH$} {mark}{:12}{rank:>5}  {entity:ENTITY_WIDTH$} {confidence:>5} {:>8.1}",
        cut(&clean(&case.name), NAME_WIDTH),
        case.verdict.label(),
        case.millis,
    );
    for text in &case.forbidden {
        let _ = writeln!(out, "    says `{}`, which is forbidden", clean(text));
    }
    for text in &case.unsaid {
        let _ = writeln!(out, "    doesn't say `{}`", clean(text));
    }
}

fn figures(group: &Group) -> String {
    let mut parts = Vec::new();
    if group.cases > 0 {
        parts.push(format!(
            "{} cases, first {}, among three {}, claimed {}",
            group.cases,
            share(group.top1),
            share(group.top3),
            group.claimed
        ));
    }
    if group.quiet_cases > 0 {
        parts.push(format!("{} of {} quiet ones claimed", group.quiet_claimed, group.quiet_cases));
    }
    parts.join("; ")
}

fn place(place: Option<Place>) -> String {
    let Some(place) = place else { return "not there".to_owned() };
    let rank = place.rank.map_or("no rank".to_owned(), |rank| format!("rank {rank}"));
    let fault = place.fault_rank.map_or(String::new(), |rank| format!(", fault {rank}"));
    format!("{} ({rank}{fault})", place.verdict.label())
}

fn share(value: Option<f64>) -> String {
    value.map_or("none".to_owned(), |value| format!("{value:.2}"))
}

/// Names come from outside: nothing in them may steer the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// At most `width` characters, the middle left out.
fn cut(text: &str, width: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= width {
        return text.to_owned();
    }
    let head = width / 2;
    let tail = characters.len() - (width - head - 1);
    let begin = characters.iter().take(head);
    begin.chain(std::iter::once(&'…')).chain(characters.iter().skip(tail)).collect()
}

#[cfg(test)]
mod tests {
    use nightjar_incident::FaultMode::Slow;

    use super::*;
    use crate::case::tests::case;
    use crate::compare;

    #[test]
    fn every_case_has_a_line_and_wrong_ones_are_marked() {
        let mut named = case(1, &[("b", Slow, 0.9)], &[("a", None, &[])]);
        named.name = "a/very/long/name/of/a/case/that/does/not/fit/issue_7".to_owned();
        let right = case(1, &[("a", Slow, 0.8)], &[("a", None, &[])]);
        let quiet = case(0, &[], &[]);
        let report = Report::new("set", "0.1", "core", vec![named, right.clone(), quiet], Some(9));
        insta::assert_snapshot!(table(&report));
        let before = Report::new("set", "0.1", "core", vec![right], None);
        insta::assert_snapshot!(changes(&compare(&before, &report)));
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let mut sly = case(0, &[], &[]);
        sly.name = "\u{1b}[2Jgone".to_owned();
        assert!(!table(&Report::new("s", "e", "m", vec![sly], None)).contains('\u{1b}'));
    }
}
