use std::collections::BTreeMap;

use crate::{CaseResult, Outcome, Report, Summary};

/// What differs between two reports on the same set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Cases that ended otherwise, in the order of the later report; then those it lacks.
    pub changed: Vec<Changed>,
    /// Figures that differ.
    pub deltas: Vec<Delta>,
}

/// One case that ended otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Which one.
    pub name: String,
    /// How it ended before; none if it is new.
    pub before: Option<Place>,
    /// How it ends now; none if it is gone.
    pub now: Option<Place>,
    /// Whether it is right now and wasn't, or the reverse; none if neither.
    pub better: Option<bool>,
}

/// How a case ended, as far as it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The verdict.
    pub verdict: Outcome,
    /// The place of the cause.
    pub rank: Option<usize>,
    /// The place of the fault.
    pub fault_rank: Option<usize>,
}

/// One figure of the summary that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    /// Its name in the report.
    pub what: &'static str,
    /// What it was.
    pub before: Option<f64>,
    /// What it is.
    pub now: Option<f64>,
}

impl Place {
    fn of(case: &CaseResult) -> Self {
        Self { verdict: case.verdict, rank: case.rank, fault_rank: case.fault_rank }
    }
}

/// Compares a report with an earlier one. Times and memory aren't compared: they differ anyway.
pub fn compare(baseline: &Report, now: &Report) -> Comparison {
    let mut earlier: BTreeMap<&str, &CaseResult> = BTreeMap::new();
    for case in &baseline.cases {
        earlier.insert(&case.name, case);
    }
    let mut changed = Vec::new();
    for case in &now.cases {
        let before = earlier.remove(case.name.as_str());
        let better = before.and_then(|before| match (before.is_right(), case.is_right()) {
            (false, true) => Some(true),
            (true, false) => Some(false),
            (true, true) | (false, false) => None,
        });
        let before = before.map(Place::of);
        let place = Some(Place::of(case));
        if before != place {
            changed.push(Changed { name: case.name.clone(), before, now: place, better });
        }
    }
    for (name, case) in earlier {
        let before = Some(Place::of(case));
        changed.push(Changed { name: name.to_owned(), before, now: None, better: None });
    }
    let pairs = figures(&baseline.summary).into_iter().zip(figures(&now.summary));
    let deltas = pairs
        .filter(|((_, before), (_, now))| before != now)
        .map(|((what, before), (_, now))| Delta { what, before, now })
        .collect();
    Comparison { changed, deltas }
}

fn figures(summary: &Summary) -> [(&'static str, Option<f64>); 12] {
    let count = |value: usize| Some(value as f64);
    [
        ("cases", count(summary.cases)),
        ("top1", summary.top1),
        ("top3", summary.top3),
        ("claimed", count(summary.claimed)),
        ("claimed_top1", summary.claimed_top1),
        ("at_80", count(summary.at_80)),
        ("wrong_at_80", count(summary.wrong_at_80)),
        ("quiet_cases", count(summary.quiet_cases)),
        ("quiet_claimed", count(summary.quiet_claimed)),
        ("forbidden", count(summary.forbidden)),
        ("fault_top1", summary.fault_top1),
        ("calibration_error", summary.calibration_error),
    ]
}

#[cfg(test)]
mod tests {
    use nightjar_incident::FaultMode::Slow;

    use super::*;
    use crate::case::tests::case;

    fn report(cases: Vec<CaseResult>) -> Report {
        Report::new("set", "0.1", "core", cases, None)
    }

    #[test]
    fn a_report_does_not_differ_from_itself() {
        let one = report(vec![case(1, &[("a", Slow, 0.9)], &[("a", None, &[])])]);
        assert_eq!(compare(&one, &one), Comparison::default());
    }

    #[test]
    fn cases_that_turned_appeared_and_vanished_are_told() {
        let before = report(vec![
            case(1, &[("a", Slow, 0.9)], &[("a", None, &[])]),
            case(1, &[("x", Slow, 0.9)], &[("b", None, &[])]),
        ]);
        let now = report(vec![
            case(1, &[("x", Slow, 0.9), ("a", Slow, 0.1)], &[("a", None, &[])]),
            case(0, &[], &[]),
        ]);
        let found = compare(&before, &now);
        let told: Vec<_> =
            found.changed.iter().map(|c| (c.name.as_str(), c.now.is_some(), c.better)).collect();
        assert_eq!(told, [("a", true, Some(false)), ("quiet", true, None), ("b", false, None)]);
        assert!(found.deltas.iter().any(|delta| delta.what == "top1"));
    }
}
