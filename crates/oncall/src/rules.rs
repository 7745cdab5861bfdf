use jiff::{SignedDuration, Timestamp};
use nightjar_agent::Policy;
use nightjar_store::{Error as StoreError, KeptRules, Space};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::budgets::{Budget, Budgets};

/// What holds in the spaces of an installation, where they say nothing.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Where a space says nothing.
    pub policy: Policy,
}

/// What a space says about how it is worked on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpaceRules {
    /// How long alerts may come to an incident after its last news, minutes.
    pub lookback_minutes: u32,
    /// How long after an incident opened it is looked at again, until its verdict is final, minutes.
    pub look_again_minutes: Vec<f64>,
    /// How many investigations may run at a time.
    pub most_running: u32,
    /// How much may be asked.
    pub budgets: Budgets,
}

/// A rule that can't be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRule {
    /// Which: a JSON pointer.
    pub pointer: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What holds in a space.
pub(crate) struct InForce {
    pub(crate) policy: Policy,
    pub(crate) budgets: Budgets,
}

impl Rules {
    /// What holds in a space, by one look at its row.
    pub(crate) async fn of(&self, space: &Space) -> Result<InForce> {
        let mut policy = self.policy.clone();
        let kept = space.rules().await?;
        if kept.said.is_none() {
            return Ok(InForce { policy, budgets: Budgets::default() });
        }
        let said = read(kept)?;
        policy.triage.lookback = SignedDuration::from_mins(i64::from(said.lookback_minutes));
        policy.look_again =
            said.look_again_minutes.iter().map(|minutes| length(*minutes)).collect();
        Ok(InForce { policy, budgets: said.budgets })
    }
}

/// What a space says; what is usual where it says nothing.
pub async fn rules_of(space: &Space) -> Result<SpaceRules> {
    read(space.rules().await?)
}

/// Says something else from now on. Nothing that was said before stays.
///
/// # Errors
/// Of the store; the rules have to be checked before ([`SpaceRules::check`]).
pub async fn set_rules(space: &Space, rules: &SpaceRules, now: Timestamp) -> Result<()> {
    let said = serde_json::to_value(rules).map_err(|error| damaged(&error))?;
    let kept = KeptRules { said: Some(said), most_running: rules.most_running };
    Ok(space.set_rules(&kept, now).await?)
}

fn read(kept: KeptRules) -> Result<SpaceRules> {
    let said = match kept.said {
        Some(said) => serde_json::from_value(said).map_err(|error| damaged(&error))?,
        None => SpaceRules::default(),
    };
    Ok(SpaceRules { most_running: kept.most_running, ..said })
}

fn damaged(error: &serde_json::Error) -> StoreError {
    StoreError::Damaged { what: "a space's rules".to_owned(), reason: error.to_string() }
}

/// The longest time of a rule, minutes: a day.
const DAY: u32 = 24 * 60;
/// How often an incident may be looked at again by itself.
const LOOKS: usize = 10;
/// How many may run at a time: more than one machine does.
const RUNNING: u32 = 1000;
/// The largest number that every JSON parser reads as it is: 2^53.
const LARGEST: u64 = 1 << 53;

impl Default for SpaceRules {
    fn default() -> Self {
        Self {
            lookback_minutes: 20,
            look_again_minutes: vec![1.0, 3.0, 10.0],
            // As the queue's column says.
            most_running: 4,
            budgets: Budgets::default(),
        }
    }
}

impl SpaceRules {
    /// Whether they can be rules.
    ///
    /// # Errors
    /// All that can't.
    pub fn check(&self) -> std::result::Result<(), Vec<BadRule>> {
        let mut bad = Vec::new();
        let mut found = |pointer: String, reason: String| bad.push(BadRule { pointer, reason });
        if !(1..=DAY).contains(&self.lookback_minutes) {
            found("/lookback_minutes".to_owned(), format!("it is 1 to {DAY} minutes"));
        }
        if !(1..=RUNNING).contains(&self.most_running) {
            found("/most_running".to_owned(), format!("1 to {RUNNING} may run at a time"));
        }
        if self.look_again_minutes.len() > LOOKS {
            found("/look_again_minutes".to_owned(), format!("there are at most {LOOKS} looks"));
        }
        let mut before = SignedDuration::ZERO;
        for (place, minutes) in self.look_again_minutes.iter().enumerate() {
            let pointer = format!("/look_again_minutes/{place}");
            let after = length(*minutes);
            if !minutes.is_finite() || *minutes > f64::from(DAY) || after.as_secs() < 1 {
                found(pointer, format!("a look comes a second to {DAY} minutes after it opened"));
            } else if after <= before {
                found(pointer, "each look comes later than the one before".to_owned());
            }
            before = before.max(after);
        }
        let Budgets { per_investigation, per_day, per_month } = self.budgets;
        for (period, budget) in [
            ("per_investigation", per_investigation),
            ("per_day", per_day),
            ("per_month", per_month),
        ] {
            let Budget { seconds, queries, bytes } = budget;
            for (name, value) in [("seconds", seconds), ("queries", queries), ("bytes", bytes)] {
                if value.is_some_and(|value| value > LARGEST) {
                    found(format!("/budgets/{period}/{name}"), format!("at most {LARGEST}"));
                }
            }
        }
        if bad.is_empty() { Ok(()) } else { Err(bad) }
    }
}

/// Minutes as whole seconds: what people wait for.
fn length(minutes: f64) -> SignedDuration {
    // A float becomes the nearest whole number; what isn't a number becomes 0.
    let seconds = SignedDuration::try_from_secs_f64((minutes * 60.0).round());
    seconds.unwrap_or(SignedDuration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(rules: &SpaceRules) -> Vec<String> {
        let bad = rules.check().err().unwrap_or_default();
        bad.into_iter().map(|bad| bad.pointer).collect()
    }

    #[test]
    fn what_is_usual_is_what_the_agent_does_by_itself() {
        let (rules, policy) = (SpaceRules::default(), Policy::default());
        assert_eq!(bad(&rules), [""; 0]);
        let looks: Vec<_> =
            rules.look_again_minutes.iter().map(|minutes| length(*minutes)).collect();
        assert_eq!(looks, policy.look_again);
        assert_eq!(
            SignedDuration::from_mins(rules.lookback_minutes.into()),
            policy.triage.lookback
        );
    }

    #[test]
    fn wrong_places_are_named() {
        let usual = SpaceRules::default;
        let looks =
            |minutes: &[f64]| SpaceRules { look_again_minutes: minutes.to_vec(), ..usual() };
        assert_eq!(bad(&looks(&[])), [""; 0]);
        assert_eq!(bad(&looks(&[0.05, 1440.0])), [""; 0]);
        for wrong in [0.0, -1.0, 0.001, 1440.5, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN] {
            assert_eq!(bad(&looks(&[1.0, wrong])), ["/look_again_minutes/1"], "{wrong}");
        }
        assert_eq!(
            bad(&looks(&[3.0, 1.0, 3.0])),
            ["/look_again_minutes/1", "/look_again_minutes/2"]
        );
        let many: Vec<f64> = (1..=11).map(f64::from).collect();
        assert_eq!(bad(&looks(&many)), ["/look_again_minutes"]);
        for minutes in [0, 1441, u32::MAX] {
            let rules = SpaceRules { lookback_minutes: minutes, most_running: 0, ..usual() };
            assert_eq!(bad(&rules), ["/lookback_minutes", "/most_running"]);
        }
        let mut rules = usual();
        rules.budgets.per_month.bytes = Some(u64::MAX);
        rules.budgets.per_day.queries = Some(0);
        assert_eq!(bad(&rules), ["/budgets/per_month/bytes"]);
    }
}
