//! The incident of `nightjar demo`: a setting makes the connection pool of one service too small.
//!
//! Four tools notice it, each from where it stands: the front door is slow, orders fail, answers
//! of the gateway are errors, a service doesn't do its work. None of them says why; a deployment
//! of an alerting service a little earlier is innocent; a disk elsewhere fills up meanwhile.

use jiff::Timestamp;
use nightjar_incident::{FaultMode, Recording};

use crate::alarm::rule::{self, Measures, Rule, Subject, Tool};
use crate::simulate::simulate_watched;
use crate::system::System;
use crate::{FaultSpec, Recipe};

/// 2026-11-23T02:00:00Z, an hour before the trouble.
const START_SECONDS: i64 = 1_795_399_200;
/// A seed with an innocent deployment of `checkout` some minutes before.
const SEED: u64 = 4;

/// What the demo simulates.
pub fn demo_recipe() -> Recipe {
    Recipe {
        name: "demo".into(),
        faults: vec![FaultSpec::new(FaultMode::ConnectionPoolExhausted)],
        unrelated_alert: true,
        seed: SEED,
        ..Recipe::default()
    }
}

/// The recording of the demo: four alerts of four tools about one incident, and one unrelated.
pub fn demo() -> Recording {
    let start = Timestamp::from_second(START_SECONDS).expect("invariant: a year with four digits");
    simulate_watched(&demo_recipe(), start, watch).expect("invariant: the recipe is tested")
}

fn watch(system: &System, metrics: &Measures<'_>) -> Vec<Rule> {
    let failing = Some(rule::ERROR_SHARE);
    let rules = [
        ("api-gateway", Tool::Datadog, Subject::Latency, None, 1),
        ("checkout", Tool::PagerDuty, Subject::ErrorShare, failing, 2),
        ("api-gateway", Tool::CloudWatch, Subject::ErrorCount, Some(20.0), 2),
        ("inventory", Tool::ServiceNow, Subject::ErrorShare, failing, 3),
    ];
    let mut watched: Vec<Rule> = rule::usual(system, metrics)
        .into_iter()
        .filter(|rule| rule.subject == Subject::Disk)
        .collect();
    for (name, tool, subject, threshold, samples) in rules {
        if let Some(at) = system.node(name) {
            let id = &system.nodes[at].entity.id;
            watched.push(rule::rule(metrics, id, tool, subject, threshold, samples));
        }
    }
    watched
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn four_tools_tell_of_the_incident_within_minutes_and_one_alert_is_unrelated() {
        let recording = demo();
        let providers: Vec<&str> =
            recording.alerts.iter().filter_map(|alert| alert.provider.as_deref()).collect();
        assert_eq!(providers.len(), 5, "{providers:?}");
        let unrelated = |alert: &&nightjar_incident::RawAlert| {
            alert.payload.to_string().contains("batch-host-1")
        };
        assert_eq!(recording.alerts.iter().filter(unrelated).count(), 1);
        let related: Vec<_> = recording.alerts.iter().filter(|a| !unrelated(a)).collect();
        let tools: BTreeSet<_> = related.iter().map(|alert| &alert.provider).collect();
        assert_eq!(tools.len(), 4);
        let first = related.first().unwrap().received_at;
        let last = related.last().unwrap().received_at;
        let minutes = last.duration_since(first).as_mins();
        assert!((1..=4).contains(&minutes), "{first} to {last}");
    }

    #[test]
    fn a_deployment_of_an_alerting_service_before_the_onset_is_innocent() {
        let recording = demo();
        let changes: Vec<&str> = recording.changes.iter().map(|c| c.summary.as_str()).collect();
        assert!(changes.iter().any(|summary| summary.contains("deploy checkout")), "{changes:?}");
        assert!(changes.last().unwrap().contains("maximumPoolSize"), "{changes:?}");
    }
}
