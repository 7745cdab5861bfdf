use std::collections::BTreeMap;

use nightjar_series::robust::quantile;
use serde::{Deserialize, Serialize};

use crate::{CaseResult, Reliability};

/// The version of the form of a [`Report`].
pub const SCHEMA: u32 = 1;

/// From here a claim counts as confident.
const CONFIDENT: f64 = 0.8;
/// Fewer cases than these say nothing about calibration.
const ENOUGH_FOR_CALIBRATION: usize = 1000;

/// How an engine did on a set of cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this form.
    pub schema: u32,
    /// The set.
    pub set: String,
    /// The engine's version.
    pub engine: String,
    /// How it was run: `core` is without a language model.
    pub mode: String,
    /// Case by case.
    pub cases: Vec<CaseResult>,
    /// All of them together.
    pub summary: Summary,
}

/// Figures over all cases. Shares are none where there is nothing to take a share of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Cases with a fault.
    pub cases: usize,
    /// Share of them whose cause ranks first, claimed or not.
    pub top1: Option<f64>,
    /// Share of them whose cause is among the first three, claimed or not.
    pub top3: Option<f64>,
    /// How many of them ended with a claim.
    pub claimed: usize,
    /// Share of those with a claim whose cause ranks first.
    pub claimed_top1: Option<f64>,
    /// Leading claims with a confidence of 0.8 and more, quiet cases included.
    pub at_80: usize,
    /// How many of these are wrong.
    pub wrong_at_80: usize,
    /// Cases in which nothing should be claimed.
    pub quiet_cases: usize,
    /// How many of them ended with a claim.
    pub quiet_claimed: usize,
    /// Cases whose conclusion says something forbidden.
    pub forbidden: usize,
    /// Share with the right fault first, of the cases with a known fault whose cause ranks first.
    pub fault_top1: Option<f64>,
    /// Expected calibration error of the leading claim; none below 1,000 cases.
    pub calibration_error: Option<f64>,
    /// The same for parts of the set.
    pub by: Groups,
    /// The middle duration.
    pub millis_p50: Option<f64>,
    /// The duration that one case in a hundred exceeds.
    pub millis_p99: Option<f64>,
    /// The most memory the process held, where the system tells.
    pub peak_rss_mib: Option<u64>,
}

/// Parts of a set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// By the telemetry that exists: metrics alone, or logs or traces as well.
    pub modality: BTreeMap<String, Group>,
    /// By scenario.
    pub scenario: BTreeMap<String, Group>,
}

/// The main figures of one part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Cases with a fault.
    pub cases: usize,
    /// Share of them whose cause ranks first.
    pub top1: Option<f64>,
    /// Share of them whose cause is among the first three.
    pub top3: Option<f64>,
    /// How many of them ended with a claim.
    pub claimed: usize,
    /// Share of those with a claim whose cause ranks first.
    pub claimed_top1: Option<f64>,
    /// Cases in which nothing should be claimed.
    pub quiet_cases: usize,
    /// How many of them ended with a claim.
    pub quiet_claimed: usize,
    /// Share with the right fault first, of the cases with a known fault whose cause ranks first.
    #[serde(default)]
    pub fault_top1: Option<f64>,
    /// Leading claims with a confidence of 0.8 and more, quiet cases included.
    #[serde(default)]
    pub at_80: usize,
    /// How many of these are wrong.
    #[serde(default)]
    pub wrong_at_80: usize,
}

impl Report {
    /// Puts judged cases together.
    pub fn new(
        set: impl Into<String>,
        engine: impl Into<String>,
        mode: impl Into<String>,
        cases: Vec<CaseResult>,
        peak_rss_mib: Option<u64>,
    ) -> Self {
        let mut summary = Summary::of(&cases);
        summary.peak_rss_mib = peak_rss_mib;
        let (set, engine, mode) = (set.into(), engine.into(), mode.into());
        Self { schema: SCHEMA, set, engine, mode, cases, summary }
    }
}

impl Summary {
    fn of(cases: &[CaseResult]) -> Self {
        let all = Group::of(&cases.iter().collect::<Vec<_>>());
        let millis: Vec<f64> = cases.iter().map(|case| case.millis).collect();
        let duration = |q| Some(rounded(quantile(&millis, q))).filter(|value| value.is_finite());
        Self {
            cases: all.cases,
            top1: all.top1,
            top3: all.top3,
            claimed: all.claimed,
            claimed_top1: all.claimed_top1,
            at_80: all.at_80,
            wrong_at_80: all.wrong_at_80,
            quiet_cases: all.quiet_cases,
            quiet_claimed: all.quiet_claimed,
            forbidden: cases.iter().filter(|case| !case.forbidden.is_empty()).count(),
            fault_top1: all.fault_top1,
            calibration_error: calibration_error(cases),
            by: Groups {
                modality: grouped(cases, |case| modality(case).to_owned()),
                scenario: grouped(cases, |case| case.scenario.clone()),
            },
            millis_p50: duration(0.5),
            millis_p99: duration(0.99),
            peak_rss_mib: None,
        }
    }
}

impl Group {
    pub(crate) fn of(cases: &[&CaseResult]) -> Self {
        let (quiet, faults): (Vec<&CaseResult>, Vec<&CaseResult>) =
            cases.iter().copied().partition(|case| case.quiet);
        let within = |cases: &[&CaseResult], most: usize| {
            cases.iter().filter(|case| case.rank.is_some_and(|rank| rank <= most)).count()
        };
        let claimed: Vec<&CaseResult> =
            faults.iter().copied().filter(|case| case.is_claimed()).collect();
        let is_confident = |case: &CaseResult| {
            case.leading_claim().is_some_and(|claim| claim.confidence >= CONFIDENT)
        };
        let confident: Vec<&CaseResult> =
            cases.iter().copied().filter(|case| is_confident(case)).collect();
        let is_placed = |case: &CaseResult| case.rank == Some(1) && case.expected_fault.is_some();
        let placed: Vec<&CaseResult> =
            faults.iter().copied().filter(|case| is_placed(case)).collect();
        let named = placed.iter().filter(|case| case.fault_rank == Some(1)).count();
        Self {
            cases: faults.len(),
            top1: share(within(&faults, 1), faults.len()),
            top3: share(within(&faults, 3), faults.len()),
            claimed: claimed.len(),
            claimed_top1: share(within(&claimed, 1), claimed.len()),
            quiet_cases: quiet.len(),
            quiet_claimed: quiet.iter().filter(|case| case.is_claimed()).count(),
            fault_top1: share(named, placed.len()),
            at_80: confident.len(),
            wrong_at_80: confident.iter().filter(|case| !case.is_leading_claim_right()).count(),
        }
    }
}

fn grouped(cases: &[CaseResult], key: impl Fn(&CaseResult) -> String) -> BTreeMap<String, Group> {
    let mut groups: BTreeMap<String, Vec<&CaseResult>> = BTreeMap::new();
    for case in cases {
        groups.entry(key(case)).or_default().push(case);
    }
    groups.into_iter().map(|(name, cases)| (name, Group::of(&cases))).collect()
}

fn modality(case: &CaseResult) -> &'static str {
    match &case.modalities[..] {
        [] => "none",
        [only] if only == "metrics" => "metrics_alone",
        _ => "logs_or_traces",
    }
}

/// Of the leading claims, where there are cases enough.
fn calibration_error(cases: &[CaseResult]) -> Option<f64> {
    if cases.len() < ENOUGH_FOR_CALIBRATION {
        return None;
    }
    Reliability::of(cases).error()
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| rounded(part as f64 / whole as f64))
}

/// Four places: more would be noise in a file that is compared with its predecessor.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use nightjar_incident::FaultMode::{Failing, Slow};

    use super::*;
    use crate::case::tests::case;

    fn five() -> Vec<CaseResult> {
        vec![
            case(1, &[("a", Slow, 0.9)], &[("a", Some(Slow), &[])]),
            case(1, &[("x", Slow, 0.85), ("b", Failing, 0.1)], &[("b", Some(Slow), &[])]),
            case(0, &[("c", Slow, 0.4)], &[("c", Some(Failing), &[])]),
            case(1, &[("x", Slow, 0.95)], &[]),
            case(0, &[("x", Slow, 0.2)], &[]),
        ]
    }

    #[test]
    fn figures_separate_faults_from_quiet_cases_and_claims_from_leads() {
        let summary = Report::new("set", "0.1", "core", five(), Some(40)).summary;
        assert_eq!((summary.cases, summary.quiet_cases), (3, 2));
        assert_eq!((summary.top1, summary.top3), (Some(0.6667), Some(1.0)));
        assert_eq!((summary.claimed, summary.claimed_top1), (2, Some(0.5)));
        assert_eq!((summary.at_80, summary.wrong_at_80), (3, 2));
        assert_eq!(summary.quiet_claimed, 1);
        assert_eq!(summary.fault_top1, Some(0.5));
        assert_eq!(summary.calibration_error, None);
        assert_eq!(summary.peak_rss_mib, Some(40));
        assert_eq!(summary.by.modality["metrics_alone"].cases, 3);
        assert_eq!(summary.by.scenario["s"].top3, Some(1.0));
    }

    #[test]
    fn the_form_is_the_one_that_is_written_down() {
        let report = Report::new("set", "0.1", "core", five()[..1].to_vec(), None);
        insta::assert_json_snapshot!(report);
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }

    #[test]
    fn nothing_to_take_a_share_of_is_none_and_not_zero() {
        let summary = Report::new("set", "0.1", "core", Vec::new(), None).summary;
        assert_eq!(summary, Summary::default());
    }

    #[test]
    fn few_cases_say_nothing_of_calibration() {
        let wrong = case(1, &[("x", Slow, 0.75)], &[("a", None, &[])]);
        assert_eq!(calibration_error(&vec![wrong.clone(); 999]), None);
        assert_eq!(calibration_error(&vec![wrong; 1000]), Some(0.75));
    }
}
