use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::CaseResult;
use crate::report::rounded;

/// Equal-width bins of confidence.
const BINS: usize = 10;
/// Characters of a bar that stands for 1.
const BAR: f64 = 40.0;

/// How often claims of a confidence are right (a reliability diagram, after Murphy & Winkler 1977).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Ten bins of equal width, from 0 up; those without claims included.
    pub bins: Vec<Bin>,
}

/// The leading claims whose confidence lies in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// How many.
    pub claims: usize,
    /// How many of them are right.
    pub right: usize,
    /// The sum of their confidences.
    pub confidence: f64,
}

impl Bin {
    /// The mean confidence; none without claims.
    pub fn said(&self) -> Option<f64> {
        (self.claims > 0).then(|| self.confidence / self.claims as f64)
    }

    /// The share that is right; none without claims.
    pub fn was(&self) -> Option<f64> {
        (self.claims > 0).then(|| self.right as f64 / self.claims as f64)
    }
}

impl Reliability {
    /// Sorts the leading claims into bins.
    pub fn of<'a>(cases: impl IntoIterator<Item = &'a CaseResult>) -> Self {
        let mut bins = vec![Bin::default(); BINS];
        for case in cases {
            let Some(claim) = case.leading_claim() else { continue };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a confidence lies in 0..=1"
            )]
            let index = ((claim.confidence * BINS as f64) as usize).min(BINS - 1);
            if let Some(bin) = bins.get_mut(index) {
                bin.claims += 1;
                bin.right += usize::from(case.is_leading_claim_right());
                bin.confidence += claim.confidence;
            }
        }
        Self { bins }
    }

    /// How many claims there are.
    pub fn claims(&self) -> usize {
        self.bins.iter().map(|bin| bin.claims).sum()
    }

    /// The expected calibration error: the mean distance between confidence and hit rate over the
    /// bins, weighted by the claims in each (Naeini et al., AAAI 2015). None without claims.
    pub fn error(&self) -> Option<f64> {
        let claims = self.claims();
        let distance = |bin: &Bin| (bin.confidence - bin.right as f64).abs();
        let distance: f64 = self.bins.iter().map(distance).sum();
        (claims > 0).then(|| rounded(distance / claims as f64))
    }

    /// As a table with bars of text: `#` for how often the claims were right, `|` where the
    /// confidence says that it should be.
    pub fn bars(&self) -> String {
        let mut out = "confidence   claims  right   said\n".to_owned();
        for (index, bin) in self.bins.iter().enumerate() {
            let (from, to) = (index as f64 / BINS as f64, (index + 1) as f64 / BINS as f64);
            let _ = write!(out, "{from:.1} to {to:.1} {:>8}", bin.claims);
            if let (Some(was), Some(said)) = (bin.was(), bin.said()) {
                let _ = write!(out, "   {was:.2}   {said:.2}  {}", bar(was, said));
            }
            out.push('\n');
        }
        out
    }

    /// As a picture: hit rate over confidence, the area of a dot for the claims in its bin.
    pub fn svg(&self) -> String {
        const SIDE: f64 = 320.0;
        const EDGE: f64 = 48.0;
        let x = |value: f64| EDGE + value * SIDE;
        let y = |value: f64| EDGE + (1.0 - value) * SIDE;
        let whole = SIDE + 2.0 * EDGE;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" \
             font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
             <title>How often claims of a confidence are right</title>\n\
             <rect width=\"{whole}\" height=\"{whole}\" fill=\"#fff\"/>\n"
        );
        for tenth in (0..=10).step_by(2) {
            let value = f64::from(tenth) / 10.0;
            let _ = writeln!(
                out,
                "<path d=\"M{} {}V{}M{} {}H{}\" stroke=\"#ddd\"/>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{value}</text>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{value}</text>",
                x(value),
                y(0.0),
                y(1.0),
                x(0.0),
                y(value),
                x(1.0),
                x(value),
                y(0.0) + 18.0,
                x(0.0) - 6.0,
                y(value) + 4.0,
            );
        }
        let _ = writeln!(
            out,
            "<path d=\"M{} {}L{} {}\" stroke=\"#888\" stroke-dasharray=\"4 4\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">confidence</text>\
             <text x=\"{}\" y=\"{}\">share that is right</text>",
            x(0.0),
            y(0.0),
            x(1.0),
            y(1.0),
            x(0.5),
            whole - 8.0,
            x(0.0),
            EDGE - 12.0,
        );
        let most = self.bins.iter().map(|bin| bin.claims).max().unwrap_or(0).max(1) as f64;
        for bin in &self.bins {
            let (Some(said), Some(was)) = (bin.said(), bin.was()) else { continue };
            let radius = 3.0 + 11.0 * (bin.claims as f64 / most).sqrt();
            let _ = writeln!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"#1f6feb\" \
                 fill-opacity=\"0.7\"><title>{} claims, said {said:.2}, right {was:.2}</title>\
                 </circle>",
                x(said),
                y(was),
                bin.claims,
            );
        }
        out.push_str("</svg>\n");
        out
    }
}

/// `######   |` of fixed width.
fn bar(was: f64, said: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "shares lie in 0..=1"
    )]
    let cells = |share: f64| (share * BAR).round() as usize;
    let (filled, mark) = (cells(was), cells(said));
    let cell = |at: usize| match at {
        at if at == mark => '|',
        at if at < filled => '#',
        _ => ' ',
    };
    let bar: String = (0..=cells(1.0)).map(cell).collect();
    bar.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use nightjar_incident::FaultMode::Slow;

    use super::*;
    use crate::case::tests::case;

    fn mixed(right: usize, wrong: usize, confidence: f64) -> Vec<CaseResult> {
        let good = case(1, &[("a", Slow, confidence)], &[("a", None, &[])]);
        let bad = case(1, &[("x", Slow, confidence)], &[("a", None, &[])]);
        let mut cases = vec![good; right];
        cases.extend(vec![bad; wrong]);
        cases
    }

    #[test]
    fn confidence_that_is_kept_has_no_error() {
        assert_eq!(Reliability::of(&mixed(3, 1, 0.75)).error(), Some(0.0));
        assert_eq!(Reliability::of(&mixed(4, 0, 0.75)).error(), Some(0.25));
        assert_eq!(Reliability::of(&[]).error(), None);
    }

    #[test]
    fn leads_are_no_claims() {
        let lead = case(0, &[("a", Slow, 0.9)], &[("a", None, &[])]);
        assert_eq!(Reliability::of(&[lead]).claims(), 0);
    }

    #[test]
    fn full_confidence_falls_into_the_last_bin() {
        let sure = Reliability::of(&mixed(1, 0, 1.0));
        assert_eq!(sure.bins.last().map(|bin| bin.claims), Some(1));
    }

    #[test]
    fn bars_show_hit_rate_and_confidence() {
        let mut cases = mixed(3, 1, 0.95);
        cases.extend(mixed(2, 0, 0.5));
        insta::assert_snapshot!(Reliability::of(&cases).bars());
    }

    #[test]
    fn the_picture_has_a_dot_for_each_bin_with_claims() {
        let mut cases = mixed(3, 1, 0.95);
        cases.extend(mixed(2, 0, 0.5));
        let picture = Reliability::of(&cases).svg();
        assert_eq!(picture.matches("<circle").count(), 2);
        assert!(picture.ends_with("</svg>\n"));
    }
}
