use nightjar_incident::{Alert, AlertStatus, Incident, IncidentId, Signal, TriageDecision};

use crate::admit::{News, meaning};
use crate::desk::{Desk, Open, latest};
use crate::kinship::{Kinship, Surroundings};
use crate::labels::Places;
use crate::policy::Policy;
use crate::profile::Profile;
use crate::words::Told;
use crate::{labels, timing, words};

/// What triage decided about one alert, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The decision.
    pub decision: TriageDecision,
    /// The incident it goes to; none for a new or skipped one.
    pub incident: Option<IncidentId>,
    /// Why, in one sentence: what spoke for it or, for an alert kept apart, what was missing.
    pub reason: String,
}

impl Desk {
    /// Decides what an alert means, given the incidents on the desk.
    ///
    /// The same provider and key is the same alert, a repeat or an update, if the incident has
    /// news within the lookback or the alert began when the one that is held did. A resolve of something
    /// unknown asks for nothing. Anything else is weighed against each open incident with news
    /// within the lookback; the heaviest takes it if it reaches the threshold, the most recently
    /// active one where two weigh the same.
    pub fn decide(&self, alert: &Alert) -> Ruling {
        if let Some(ruling) = self.known(alert) {
            return ruling;
        }
        if alert.status == AlertStatus::Resolved {
            return Ruling {
                decision: TriageDecision::Skipped,
                incident: None,
                reason: "it resolves an alert that no open incident holds".into(),
            };
        }
        let recent: Vec<&Open> = self
            .open()
            .filter(|open| {
                timing::is_within_lookback(alert.received_at, &open.incident, &self.policy)
            })
            .collect();
        let mut case = Case::of(alert, self);
        case.told.leave_out_common(recent.iter().map(|open| &open.profile.said), &self.policy);
        let weighed = recent.iter().map(|open| (&open.incident, case.weigh(&open.profile)));
        let best = weighed.max_by(|(a, on_a), (b, on_b)| {
            on_a.total
                .total_cmp(&on_b.total)
                .then(a.last_news_at.cmp(&b.last_news_at))
                .then(b.id.cmp(&a.id))
        });
        let Some((incident, weighing)) = best else {
            let minutes = self.policy.lookback.as_mins();
            return Ruling {
                decision: TriageDecision::Proceed,
                incident: None,
                reason: format!("no open incident had news within the last {minutes} minutes"),
            };
        };
        if weighing.total >= self.policy.link_threshold {
            return Ruling {
                decision: TriageDecision::Linked,
                incident: Some(incident.id.clone()),
                reason: case.what_speaks_for(&weighing),
            };
        }
        Ruling {
            decision: TriageDecision::Proceed,
            incident: None,
            reason: format!("not part of {}: {}", incident.id, case.what_is_missing(&weighing)),
        }
    }

    /// The ruling on an alert that an open incident already holds.
    fn known(&self, alert: &Alert) -> Option<Ruling> {
        let held = || self.held(&alert.provider, &alert.key);
        let began_then = held().filter(|(_, held)| held.starts_at == alert.starts_at);
        // A resolve counts however late it comes, and so does what is said of a firing that is
        // held; a fresh fire after the lookback is a new story.
        let counts = |incident: &Incident| {
            alert.status == AlertStatus::Resolved
                || timing::is_within_lookback(alert.received_at, incident, &self.policy)
        };
        let (incident, held) = latest(began_then)
            .or_else(|| latest(held().filter(|(incident, _)| counts(incident))))?;
        let reason = match meaning(held, alert) {
            News::Repeated if held.status == AlertStatus::Resolved => "it is resolved already",
            News::Resolved => "an alert of the incident is resolved",
            News::FiresAgain => "a resolved alert of the incident fires again",
            News::Acknowledged => "someone acknowledged an alert of the incident",
            News::Late => "it tells of earlier than what is known of an alert of the incident",
            News::Repeated | News::Linked => "it repeats an alert of the incident",
        };
        Some(Ruling {
            decision: TriageDecision::Duplicate,
            incident: Some(incident.id.clone()),
            reason: reason.into(),
        })
    }
}

/// An alert prepared once for all comparisons.
struct Case<'a> {
    alert: &'a Alert,
    policy: &'a Policy,
    surroundings: Surroundings<'a>,
    places: Places,
    told: Told<'a>,
}

/// What speaks for an alert being part of an incident, and what against.
struct Weighing<'c> {
    total: f64,
    kinship: Kinship<'c>,
    timing: (f64, String),
    others: Vec<(f64, String)>,
}

impl<'a> Case<'a> {
    fn of(alert: &'a Alert, desk: &'a Desk) -> Self {
        let Desk { estate, policy, .. } = desk;
        let surroundings = Surroundings::of(&estate.spots(alert), &estate.graph, policy);
        let names = surroundings.entities().map(|spot| estate.graph.id(spot));
        let told = Told::by(alert, names, &estate.vocabulary, policy);
        Self { alert, policy, surroundings, places: Places::of(alert), told }
    }

    fn weigh(&self, profile: &Profile) -> Weighing<'_> {
        let policy = self.policy;
        let kinship = self.surroundings.compare(&profile.entities);
        let timing = timing::weigh(self.alert.starts_at, &profile.onsets, policy);
        let mut others = labels::weigh(&self.places, &profile.places, kinship.is_located, policy);
        others.extend(words::weigh(&self.told, &profile.said, &profile.named, policy));
        others.extend(self.signals(profile, kinship.is_close));
        let rest: f64 = others.iter().map(|(weight, _)| weight).sum();
        Weighing { total: policy.prior + kinship.weight + timing.0 + rest, kinship, timing, others }
    }

    /// Whether what was measured can be two sides of one fault.
    fn signals(&self, profile: &Profile, is_close: bool) -> Option<(f64, String)> {
        let ours = self.alert.signal?;
        if profile.signals.contains(&ours) {
            return Some((self.policy.same_signal, format!("both are about {}", ours.label())));
        }
        let first = profile.first_signal?;
        let any_disk =
            ours == Signal::DiskUtilization || profile.signals.contains(&Signal::DiskUtilization);
        (any_disk && !is_close).then(|| {
            let phrase = format!("{} and {} are different trouble", ours.label(), first.label());
            (self.policy.disk_apart, phrase)
        })
    }

    fn what_speaks_for(&self, weighing: &Weighing<'_>) -> String {
        let when = &weighing.timing.1;
        let mut reasons = vec![format!("it began {when}")];
        if weighing.kinship.weight > 0.0 {
            reasons = vec![format!("{}, {when}", self.surroundings.phrase(&weighing.kinship))];
        }
        let others = weighing.others.iter().filter(|(weight, _)| *weight > 0.0);
        reasons.extend(others.map(|(_, phrase)| phrase.clone()));
        reasons.join("; ")
    }

    fn what_is_missing(&self, weighing: &Weighing<'_>) -> String {
        let kinship = self.surroundings.phrase(&weighing.kinship);
        let mut reasons = if weighing.kinship.weight > 0.0 {
            vec![format!("{kinship}, which is too little by itself")]
        } else {
            vec![kinship]
        };
        if weighing.timing.0 < 1.0 {
            reasons.push(format!("it began {}", weighing.timing.1));
        }
        let others = weighing.others.iter().filter(|(weight, _)| *weight < 0.0);
        reasons.extend(others.map(|(_, phrase)| phrase.clone()));
        reasons.join("; ")
    }
}
