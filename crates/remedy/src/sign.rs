//! How a fault shows before the repair, and how its absence shows afterwards.

use nightjar_incident::{Observation, Phase, PlanStep, Signal};

use crate::case::Case;
use crate::step::read;
use crate::text::{named, sentence};

/// What shows that requests suffer at all.
pub(crate) const REQUESTS: &[Signal] = &[Signal::Latency, Signal::Errors, Signal::Availability];

/// How one fault mode shows: in numbers where there are any, else in words.
pub(crate) struct Sign {
    /// What measures the fault itself, as opposed to what users feel of it.
    pub(crate) signals: &'static [Signal],
    /// What is there while the fault lasts.
    pub(crate) there: &'static str,
    /// What is seen once it is gone.
    pub(crate) gone: &'static str,
}

impl Sign {
    /// "Is the cause still what it seems": what must be there, or the plan ends here.
    pub(crate) fn still_there(&self, case: &Case<'_>) -> PlanStep {
        match case.own_deviation(self.signals) {
            Some(observation) => read(
                Phase::CheckBefore,
                "See that the cause is still there; if it isn't, stop: the incident recovered by itself or the cause is another one.",
                None,
                case.still(observation),
            ),
            None => read(
                Phase::CheckBefore,
                "See that the cause is what it seems; no number shows it directly.",
                None,
                match case.stated() {
                    Some(told) => format!(
                        "{}, as was told: {}; if not, stop and look at the next hypothesis",
                        self.there,
                        sentence(told.summary.trim_end_matches('.'))
                    ),
                    None => format!("{}; if not, stop and look at the next hypothesis", self.there),
                },
            ),
        }
    }

    /// What the repair itself must show within minutes, in a line.
    pub(crate) fn goes_away(&self, case: &Case<'_>) -> String {
        match case.own_deviation(self.signals) {
            Some(observation) if observation.signal == Some(Signal::Restarts) => {
                format!("{} no longer rises", case.metric(observation))
            }
            Some(observation) => {
                let way = if observation.seen >= observation.usual { "down" } else { "up" };
                format!("{} {way} within 5 minutes", case.metric(observation))
            }
            None => self.gone.to_owned(),
        }
    }

    /// "Did it work": the cause's own sign, then what users feel.
    pub(crate) fn recovered(&self, case: &Case<'_>) -> Vec<PlanStep> {
        let name = &case.name;
        let own = case.own_deviation(self.signals);
        let felt = case.symptom();
        let of_cause = match own {
            Some(own) => read(
                Phase::CheckAfter,
                format!("See that {name} itself is back to usual."),
                None,
                case.back(own),
            ),
            None => read(
                Phase::CheckAfter,
                format!("See that {name} itself is well again."),
                None,
                format!("{}, and so for 5 minutes", self.gone),
            ),
        };
        let mut steps = vec![of_cause];
        match felt {
            Some(felt) if own.is_none_or(|own: &Observation| own.id != felt.id) => {
                steps.push(read(
                    Phase::CheckAfter,
                    format!("See that users are served again, at {}.", named(felt.entity.as_str())),
                    None,
                    case.back(felt),
                ));
            }
            // What was just checked is what users feel.
            Some(_) => {}
            None => steps.push(read(
                Phase::CheckAfter,
                format!("See that whoever needs {name} is served as before."),
                None,
                "latency and failed requests at the level of before the onset, for 5 minutes",
            )),
        }
        steps
    }
}
