//! The page of accuracy: what was measured, in tables, with the misses case by case.

use std::fmt::Write;

use crate::report::rounded;
use crate::{CaseResult, Group, Reliability, Report};

/// Misses of one section that are told one by one; of the others the page says how many.
const MISSES: usize = 60;
/// Characters of a sentence on the page.
const SENTENCE: usize = 160;

/// The file beside the page that shows [`Reliability::svg`].
pub const PICTURE: &str = "reliability.svg";

/// Everything that was measured at one time.
#[derive(Clone, Debug)]
pub struct Page {
    /// The engine's version.
    pub engine: String,
    /// The day, as `2026-11-24`.
    pub date: String,
    /// In the order of the page.
    pub sections: Vec<Section>,
}

/// One thing that was measured.
#[derive(Clone, Debug)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// What the cases are, for a reader who doesn't know the set.
    pub about: String,
    /// The command that repeats it.
    pub command: String,
    /// What came out.
    pub body: Body,
}

/// What came out of a measurement.
#[derive(Clone, Debug)]
pub enum Body {
    /// The figures of one set, by part, with the misses.
    Figures(Box<Report>),
    /// The same cases under several conditions.
    Compared {
        /// What the conditions are.
        what: String,
        /// Each condition with its figures.
        rows: Vec<(String, Report)>,
    },
    /// How confidence and hit rate agree.
    Reliability(Reliability),
    /// Nothing, and why.
    Skipped(String),
}

impl Page {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# Accuracy\n\n\
             How often the engine is right, how sure it says it is, and where it is wrong. Written \
             by `make eval`; engine {}, {}. Times are in [benchmarks.md](benchmarks.md), the \
             method in [method.md](method.md).\n\n\
             *Top-1* and *top-3*: share of the cases with a fault whose faulty entity ranks first, \
             or among the first three, whatever the verdict. *Fault*: share with the right fault \
             mode, of those whose entity ranks first. *Claimed*: cases that ended with *cause \
             found*. *Sure*: claims with a confidence of 0.8 and more. *Quiet*: cases in which \
             nothing happened, so that nothing should be claimed.\n\n## All at a glance\n\n",
            self.engine, self.date
        );
        head(&mut out, "set");
        for section in &self.sections {
            match &section.body {
                Body::Figures(report) => row(&mut out, &section.title, &whole(report), report),
                Body::Skipped(why) => {
                    let _ = writeln!(out, "| {} | not measured: {why} |", cell(&section.title));
                }
                Body::Compared { .. } | Body::Reliability(_) => {}
            }
        }
        for section in &self.sections {
            let _ = write!(out, "\n## {}\n\n", section.title);
            let _ = write!(out, "{}\n\n    {}\n\n", section.about, section.command);
            match &section.body {
                Body::Figures(report) => figures(&mut out, report),
                Body::Compared { what, rows } => {
                    head(&mut out, what);
                    for (name, report) in rows {
                        row(&mut out, name, &whole(report), report);
                    }
                }
                Body::Reliability(claims) => reliability(&mut out, claims),
                Body::Skipped(why) => {
                    let _ = writeln!(out, "Not measured: {why}.");
                }
            }
        }
        out
    }
}

fn head(out: &mut String, what: &str) {
    let _ = writeln!(
        out,
        "| {what} | cases | top-1 | top-3 | fault | claimed | claims right | sure | wrong when \
         sure | right and sure | quiet claimed |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
}

/// One row: figures of a group, and of the cases in it that were right with confidence.
fn row(out: &mut String, name: &str, group: &Group, report: &Report) {
    let sure = report.cases.iter().filter(|case| is_right_and_sure(case)).count();
    let right = report.cases.iter().filter(|case| case.rank == Some(1) && !case.quiet).count();
    let sure = if right > 0 { share(Some(sure as f64 / right as f64)) } else { String::new() };
    group_row(out, name, group, &sure);
}

fn group_row(out: &mut String, name: &str, group: &Group, sure: &str) {
    let quiet = match group.quiet_cases {
        0 => String::new(),
        cases => format!("{} of {cases}", group.quiet_claimed),
    };
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {sure} | {quiet} |",
        cell(name),
        group.cases,
        share(group.top1),
        share(group.top3),
        share(group.fault_top1),
        group.claimed,
        share(group.claimed_top1),
        group.at_80,
        group.wrong_at_80,
    );
}

fn is_right_and_sure(case: &CaseResult) -> bool {
    let sure = case.leading_claim().is_some_and(|claim| claim.confidence >= 0.8);
    sure && case.rank == Some(1) && !case.quiet
}

fn whole(report: &Report) -> Group {
    Group::of(&report.cases.iter().collect::<Vec<_>>())
}

fn figures(out: &mut String, report: &Report) {
    head(out, "part");
    row(out, "all", &whole(report), report);
    for groups in [&report.summary.by.modality, &report.summary.by.scenario] {
        if groups.len() > 1 {
            for (name, group) in groups {
                group_row(out, name, group, "");
            }
        }
    }
    if let Some(error) = report.summary.calibration_error {
        let _ = writeln!(out, "\nCalibration error (ten bins of equal width): {error:.3}.");
    }
    if report.cases.iter().any(|case| !case.forbidden.is_empty()) {
        let _ = writeln!(out, "\nSaid something forbidden in {} cases.", report.summary.forbidden);
    }
    misses(out, report);
}

fn misses(out: &mut String, report: &Report) {
    let missed: Vec<&CaseResult> =
        report.cases.iter().filter(|case| !case.is_right() || !case.forbidden.is_empty()).collect();
    if missed.is_empty() {
        let _ = writeln!(out, "\nNo misses.");
        return;
    }
    let _ = write!(out, "\nMisses: {}", missed.len());
    if missed.len() > MISSES {
        let _ = write!(out, ", of which the {MISSES} with the highest confidence are told");
    }
    out.push_str(".\n\n");
    let confidence = |case: &CaseResult| case.leading_claim().map_or(0.0, |c| c.confidence);
    let mut told = missed;
    // The worst ones first: wrong, and sure of it. The order of the cases decides ties.
    told.sort_by(|a, b| confidence(b).total_cmp(&confidence(a)));
    told.truncate(MISSES);
    out.push_str(
        "| case | expected | place | said first | verdict | why |\n|---|---|---|---|---|---|\n",
    );
    for case in told {
        miss(out, case);
    }
}

fn miss(out: &mut String, case: &CaseResult) {
    let expected = match (case.quiet, case.expected.first()) {
        (true, _) => "nothing".to_owned(),
        (false, Some(first)) => {
            let fault = case.expected_fault.as_deref().unwrap_or("a fault");
            format!("{first}: {fault}")
        }
        (false, None) => "not known".to_owned(),
    };
    let place = case.rank.map_or("none".to_owned(), |rank| rank.to_string());
    let first = case.ranked.first().map_or("nothing".to_owned(), |first| {
        let fault = first.fault_mode.row().id;
        format!("{}: {fault}, {:.2}", first.entity, first.confidence)
    });
    let mut why = match (case.is_claimed(), case.unseen.first()) {
        (_, Some(unseen)) => format!("unseen: {unseen}"),
        (false, None) => case.said.clone(),
        (true, None) => String::new(),
    };
    for text in &case.forbidden {
        let _ = write!(why, " says `{text}`, which is forbidden");
    }
    let _ = writeln!(
        out,
        "| {} | {} | {place} | {} | {} | {} |",
        cell(&case.name),
        cell(&expected),
        cell(&first),
        case.verdict.label(),
        cell(why.trim()),
    );
}

fn reliability(out: &mut String, claims: &Reliability) {
    let _ = write!(out, "![Share of claims that is right, over confidence]({PICTURE})\n\n");
    let _ = write!(out, "```text\n{}```\n", claims.bars());
    if let Some(error) = claims.error() {
        let claims = claims.claims();
        let _ = writeln!(out, "\nCalibration error over {claims} claims: {:.3}.", rounded(error));
    }
}

fn share(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!("{value:.2}"))
}

/// Text from outside as one cell of a table: no row or cell of its own, no markup, not too long.
fn cell(text: &str) -> String {
    let mut plain = String::new();
    for (count, c) in text.chars().enumerate() {
        if count >= SENTENCE {
            plain.push('…');
            break;
        }
        match c {
            '|' | '<' | '>' | '[' | ']' | '*' | '_' | '`' | '\\' => {
                plain.push('\\');
                plain.push(c);
            }
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use nightjar_incident::FaultMode::{Failing, Slow};

    use super::*;
    use crate::case::tests::case;

    fn report() -> Report {
        let cases = vec![
            case(1, &[("a", Slow, 0.9)], &[("a", Some(Slow), &[])]),
            case(1, &[("x", Slow, 0.85), ("b|c", Failing, 0.1)], &[("b|c", Some(Slow), &[])]),
            case(0, &[("x", Slow, 0.2)], &[]),
        ];
        Report::new("set", "0.1", "core", cases, None)
    }

    fn section(title: &str, body: Body) -> Section {
        let (about, command) = ("Three cases.".to_owned(), "nightjar eval set".to_owned());
        Section { title: title.to_owned(), about, command, body }
    }

    #[test]
    fn the_page_shows_figures_misses_and_what_was_not_measured() {
        let claims = Reliability::of(&report().cases);
        let rows = vec![("all".to_owned(), report()), ("no logs".to_owned(), report())];
        let page = Page {
            engine: "0.1".to_owned(),
            date: "2026-11-24".to_owned(),
            sections: vec![
                section("Set", Body::Figures(Box::new(report()))),
                section("Evidence withheld", Body::Compared { what: "with".to_owned(), rows }),
                section("Confidence", Body::Reliability(claims)),
                section("Other", Body::Skipped("`other` isn't there".to_owned())),
            ],
        };
        insta::assert_snapshot!(page.markdown());
    }

    #[test]
    fn text_from_outside_stays_in_its_cell() {
        assert_eq!(cell("a|b\nc"), "a\\|b c");
        assert_eq!(cell(&"x".repeat(500)).chars().count(), SENTENCE + 1);
    }
}
