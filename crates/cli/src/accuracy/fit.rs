//! Fits the curve that turns a raw confidence into a probability.

use std::fmt::Write as _;

use nightjar_agent::Policy;
use nightjar_evaluation::{CaseResult, Reliability, Sample, brier, isotonic, platt};
use nightjar_rootcause::Step;
use nightjar_world::Family;

use super::worlds::{Wear, cases};
use crate::arguments::Accuracy;
use crate::judge::judge_all;

/// Judges the fitting worlds without the curve in force, and says what a new one would be: its
/// knots for `rootcause/src/calibration.rs`, and how it and its alternative do on worlds that they
/// weren't fitted on.
pub(crate) fn fit(arguments: &Accuracy) -> anyhow::Result<String> {
    let policy = Policy { without: vec![Step::Calibration], ..Policy::default() };
    let mut results = Vec::new();
    for wear in [Wear::None, Wear::Worn] {
        let cases = cases(Family::Fitting, arguments.worlds, wear)?;
        results.extend(judge_all(cases, arguments.jobs, &policy)?);
    }
    let samples: Vec<Sample> = results.iter().filter_map(sample).collect();
    // Every other one is kept out to compare the two kinds of curve.
    let half =
        |rest: usize| -> Vec<Sample> { samples.iter().skip(rest).step_by(2).copied().collect() };
    let (fitted, kept) = (half(0), half(1));
    let (steps, smooth) = (isotonic(&fitted), platt(&fitted));
    let mut out = format!("{} claims in {} fitting worlds\n", samples.len(), arguments.worlds);
    let raw = Reliability::of(&results);
    let _ = writeln!(out, "{}calibration error {:?}", raw.bars(), raw.error());
    let figure = |value: Option<f64>| value.map_or("none".to_owned(), |v| format!("{v:.4}"));
    let _ = writeln!(out, "Brier score on the half kept out:");
    let _ = writeln!(out, "  raw       {}", figure(brier(&kept, |score| score)));
    let _ = writeln!(out, "  isotonic  {}", figure(brier(&kept, |score| steps.at(score))));
    let _ = writeln!(
        out,
        "  Platt     {} (slope {:.3}, intercept {:.3})",
        figure(brier(&kept, |score| smooth.at(score))),
        smooth.slope,
        smooth.intercept
    );
    let _ = writeln!(out, "Knots, fitted on all of them:");
    for (score, probability) in isotonic(&samples).knots() {
        let _ = writeln!(out, "    ({score:.3}, {probability:.3}),");
    }
    Ok(out)
}

/// What a case says about its leading claim.
fn sample(case: &CaseResult) -> Option<Sample> {
    let claim = case.leading_claim()?;
    Some(Sample { score: claim.confidence, is_right: case.is_leading_claim_right() })
}
