use jiff::Timestamp;
use nightjar_incident::{HypothesisId, RootCause, Share, Stage, Window};

use super::*;

pub(crate) fn id(text: &str) -> EntityId {
    EntityId::new(text).unwrap()
}

fn hypothesis((entity, mode, confidence): &(&str, FaultMode, f64)) -> Hypothesis {
    Hypothesis {
        id: HypothesisId::new("h"),
        entity: id(entity),
        peer: None,
        fault_mode: *mode,
        trigger: None,
        support: Vec::new(),
        against: Vec::new(),
        confidence: Share::new(*confidence),
        share_explained: None,
        path: Vec::new(),
        reasons: Vec::new(),
    }
}

/// A conclusion that claims the first `claimed` of these.
fn conclusion(claimed: usize, ranked: &[(&str, FaultMode, f64)]) -> Conclusion {
    let hypotheses: Vec<Hypothesis> = ranked.iter().map(hypothesis).collect();
    let cause = |hypothesis: &Hypothesis| RootCause {
        hypothesis: hypothesis.clone(),
        statement: format!("It was {}.", hypothesis.entity),
    };
    let causes: Vec<RootCause> = hypotheses.iter().take(claimed).map(cause).collect();
    let window = Window { from: Timestamp::UNIX_EPOCH, to: Timestamp::UNIX_EPOCH };
    Conclusion {
        at: Timestamp::UNIX_EPOCH,
        stage: Stage::Final,
        verdict: if causes.is_empty() {
            Verdict::NotFound { reason: "Too little was seen.".to_owned() }
        } else {
            Verdict::CauseFound { causes }
        },
        hypotheses,
        observations: Vec::new(),
        gaps: Vec::new(),
        impact: None,
        blast_radius: Vec::new(),
        window,
        reference: window,
    }
}

fn expectation(causes: &[(&str, Option<FaultMode>, &[&str])]) -> Expectation {
    let cause = |(entity, fault_mode, accept): &(&str, Option<FaultMode>, &[&str])| ExpectedCause {
        entity: id(entity),
        fault_mode: *fault_mode,
        fault_label: None,
        trigger: None,
        accept: accept.iter().map(|text| id(text)).collect(),
    };
    Expectation {
        verdict: if causes.is_empty() {
            ExpectedVerdict::NoIncident
        } else {
            ExpectedVerdict::CauseFound
        },
        causes: causes.iter().map(cause).collect(),
        category: None,
        must_say: Vec::new(),
        must_not_say: Vec::new(),
        must_not_blame: Vec::new(),
    }
}

/// A judged case named after what is expected.
pub(crate) fn case(
    claimed: usize,
    ranked: &[(&str, FaultMode, f64)],
    causes: &[(&str, Option<FaultMode>, &[&str])],
) -> CaseResult {
    let name = causes.first().map_or("quiet", |cause| cause.0);
    CaseResult::judge(Judged {
        name,
        scenario: "s",
        modalities: &["metrics".to_owned()],
        expectation: &expectation(causes),
        conclusion: &conclusion(claimed, ranked),
        millis: 2.0,
    })
}

use FaultMode::{CpuSaturation, Failing, Slow};

#[test]
fn several_faults_of_one_entity_are_one_place() {
    let found =
        case(1, &[("a", Slow, 0.6), ("a", Failing, 0.2), ("b", Slow, 0.1)], &[("b", None, &[])]);
    assert_eq!(found.rank, Some(2));
    assert_eq!(found.ranked.len(), 2);
}

#[test]
fn leads_count_for_the_rank_even_when_nothing_is_claimed() {
    let found = case(0, &[("a", Slow, 0.3)], &[("a", None, &[])]);
    assert_eq!((found.verdict, found.rank), (Outcome::NotFound, Some(1)));
    assert!(!found.is_claimed());
    assert_eq!(case(0, &[("a", Slow, 0.3)], &[("b", None, &[])]).rank, None);
}

#[test]
fn what_is_claimed_stands_before_a_likelier_lead() {
    let mut concluded = conclusion(1, &[("a", Slow, 0.5), ("b", Slow, 0.4)]);
    concluded.hypotheses.reverse();
    let found = CaseResult::judge(Judged {
        name: "x",
        scenario: "s",
        modalities: &[],
        expectation: &expectation(&[("a", None, &[])]),
        conclusion: &concluded,
        millis: 1.0,
    });
    assert_eq!(found.rank, Some(1));
}

#[test]
fn an_accepted_entity_is_as_right_as_the_expected_one() {
    let found = case(1, &[("b", Slow, 0.9)], &[("a", None, &["b"])]);
    assert_eq!(found.rank, Some(1));
    assert!(found.is_leading_claim_right());
}

#[test]
fn two_causes_have_rank_one_exactly_when_they_hold_the_first_two_places() {
    let causes: &[(&str, Option<FaultMode>, &[&str])] = &[("a", None, &[]), ("b", None, &[])];
    let rank = |order: [&'static str; 3]| case(2, &order.map(|e| (e, Slow, 0.3)), causes).rank;
    assert_eq!(rank(["a", "b", "x"]), Some(1));
    assert_eq!(rank(["b", "a", "x"]), Some(1));
    assert_eq!(rank(["a", "x", "b"]), Some(2));
    assert_eq!(rank(["x", "b", "a"]), Some(2));
    assert_eq!(case(1, &[("a", Slow, 0.9)], causes).rank, None);
}

#[test]
fn the_fault_is_looked_for_among_those_given_for_the_right_entity() {
    let order = [("x", CpuSaturation, 0.5), ("a", Slow, 0.3), ("a", CpuSaturation, 0.2)];
    assert_eq!(case(1, &order, &[("a", Some(CpuSaturation), &[])]).fault_rank, Some(2));
    assert_eq!(case(1, &order, &[("a", Some(Failing), &[])]).fault_rank, None);
    assert_eq!(case(1, &order, &[("a", None, &[])]).fault_rank, None);
}

#[test]
fn wanted_and_forbidden_words_are_looked_for_in_what_is_said() {
    let mut expected = expectation(&[("a", None, &[])]);
    expected.must_say = vec!["IT WAS".to_owned(), "missing".to_owned()];
    expected.must_not_say = vec!["A.".to_owned(), "b".to_owned()];
    let found = CaseResult::judge(Judged {
        name: "x",
        scenario: "s",
        modalities: &[],
        expectation: &expected,
        conclusion: &conclusion(1, &[("a", Slow, 0.9)]),
        millis: 1.0,
    });
    assert_eq!(found.unsaid, ["missing"]);
    assert_eq!(found.forbidden, ["A."]);
}

#[test]
fn a_quiet_case_is_right_when_nothing_is_claimed() {
    assert!(case(0, &[("a", Slow, 0.3)], &[]).is_right());
    let claimed = case(1, &[("a", Slow, 0.3)], &[]);
    assert!(claimed.quiet && !claimed.is_right() && !claimed.is_leading_claim_right());
}

#[test]
fn where_the_truth_is_a_category_the_first_fault_of_it_counts() {
    let judge = |kind: &str, claimed| {
        let mut expected = expectation(&[]);
        expected.category = Some(kind.to_owned());
        expected.must_not_blame = vec!["resource_exhaustion".to_owned()];
        CaseResult::judge(Judged {
            name: "x",
            scenario: "s",
            modalities: &[],
            expectation: &expected,
            conclusion: &conclusion(
                claimed,
                &[("a", CpuSaturation, 0.6), ("b", FaultMode::ConfigurationError, 0.3)],
            ),
            millis: 1.0,
        })
    };
    let second = judge("configuration_error", 1);
    assert_eq!((second.rank, second.quiet), (Some(2), false));
    assert!(!second.is_leading_claim_right());
    assert_eq!(second.forbidden, ["resource_exhaustion"]);
    let first = judge("resource_exhaustion", 1);
    assert!(first.rank == Some(1) && first.is_leading_claim_right());
    assert_eq!(judge("healthy", 1).rank, None);
}

#[test]
fn healthy_is_right_exactly_when_no_incident_is_found() {
    let mut expected = expectation(&[]);
    expected.category = Some("healthy".to_owned());
    expected.must_not_blame = vec!["unknown".to_owned()];
    let mut concluded = conclusion(0, &[("a", Slow, 0.1)]);
    let judge = |conclusion: &Conclusion| {
        CaseResult::judge(Judged {
            name: "x",
            scenario: "s",
            modalities: &[],
            expectation: &expected,
            conclusion,
            millis: 1.0,
        })
    };
    assert_eq!(judge(&concluded).rank, None);
    concluded.verdict = Verdict::NoIncident { reason: "all is calm".to_owned() };
    let found = judge(&concluded);
    assert!(found.rank == Some(1) && found.is_right() && found.forbidden.is_empty());
}
