//! Streams of incidents to fit and to judge an engine by.

use jiff::Timestamp;
use nightjar_incident::FaultMode;

use crate::dice::{Dice, Purpose};
use crate::fault::simulated_modes;
use crate::simulate::truth;
use crate::{App, Decoy, FalseAlarm, FaultSpec, Recipe, Shape};

/// Worlds of one family are drawn from the same shapes and ranges.
///
/// Thresholds, weights and calibration may be fitted on one family only; the other judges them.
/// They share neither a seed nor a shape, and their ranges of size, traffic, noise and severity
/// differ, so that what was learnt by heart doesn't help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Layered estates and hubs with middling traffic.
    Fitting,
    /// Chains with queues, shared databases and meshes, with little traffic and much.
    Judging,
}

/// One of so many estates has no incident behind its alerts.
const QUIET_EVERY: usize = 5;
/// A place that doesn't suit is drawn anew so often.
const DRAWS: u64 = 50;

/// Recipes without end: every fault mode as often as every other, in an order of chance, and a
/// fifth of alerts without an incident.
///
/// Each has a name that says its number and [kind](Recipe::kind), and can be simulated.
pub fn estates(family: Family, seed: u64) -> impl Iterator<Item = Recipe> + Send {
    let mut dice = Dice::new(family.seed(seed), Purpose::Estates);
    let (mut modes, mut alarms) = (Vec::new(), Vec::new());
    (0..).map(move |number: usize| {
        let is_quiet = number % QUIET_EVERY == QUIET_EVERY - 1;
        let what = if is_quiet {
            What::Alarm(next(&mut alarms, &FalseAlarm::ALL, &mut dice))
        } else {
            What::Fault(next(&mut modes, &simulated_modes(), &mut dice))
        };
        let mut recipe = family.recipe(what, &mut dice);
        recipe.name = format!("{}/{number:04}-{}", family.id(), recipe.kind());
        recipe
    })
}

#[derive(Clone, Copy)]
enum What {
    Alarm(FalseAlarm),
    Fault(FaultMode),
}

/// The next of a deck of cards that is shuffled whenever it is used up.
fn next<T: Copy>(deck: &mut Vec<T>, all: &[T], dice: &mut Dice) -> T {
    if deck.is_empty() {
        deck.extend_from_slice(all);
    }
    let place = usize::try_from(dice.below(deck.len() as u64)).unwrap_or(0);
    deck.swap_remove(place)
}

impl Family {
    /// The name in recipes and tables.
    pub fn id(self) -> &'static str {
        match self {
            Self::Fitting => "fitting",
            Self::Judging => "judging",
        }
    }

    /// Seeds of one family don't occur in the other: they differ in their last bit.
    fn seed(self, seed: u64) -> u64 {
        match self {
            Self::Fitting => seed << 1,
            Self::Judging => seed << 1 | 1,
        }
    }

    fn recipe(self, what: What, dice: &mut Dice) -> Recipe {
        let mut recipe = self.estate(dice);
        match what {
            What::Alarm(alarm) => recipe.false_alarm = Some(alarm),
            What::Fault(mode) => recipe.faults.push(self.fault(mode, dice)),
        }
        recipe.decoys = self.decoys(&recipe, dice);
        for _ in 0..DRAWS {
            recipe.seed = self.seed(dice.bits() >> 1);
            if truth(&recipe, Timestamp::UNIX_EPOCH).is_ok() {
                break;
            }
            // Nothing of this estate suits the fault: another one, or the fault's other form.
            let faults = recipe
                .faults
                .drain(..)
                .map(|fault| FaultSpec { is_change_recorded: dice.chance(0.5), ..fault });
            let faults = faults.collect();
            let Recipe { false_alarm, decoys, .. } = recipe;
            recipe = Recipe { faults, false_alarm, decoys, ..self.estate(dice) };
        }
        recipe
    }

    /// An estate without a fault.
    fn estate(self, dice: &mut Dice) -> Recipe {
        let (shapes, services, noise): (&[Shape], _, _) = match self {
            Self::Fitting => (&[Shape::Layered, Shape::Hub], 8 + dice.below(9), (0.7, 1.4)),
            Self::Judging => {
                let shapes = &[Shape::Chain, Shape::SharedData, Shape::Mesh];
                (shapes, 6 + dice.below(17), (0.5, 2.5))
            }
        };
        let shape = dice.pick(shapes).copied().unwrap_or_default();
        let services = u32::try_from(services).unwrap_or(10);
        let minutes = match self {
            Self::Fitting => (50, 20, 14, 6),
            Self::Judging => (40, 50, 10, 14),
        };
        let (before, more_before, after, more_after) = minutes;
        Recipe {
            app: App::Estate { services, shape },
            requests_per_second: Some(self.requests_per_second(dice)),
            noise: dice.between(noise.0, noise.1),
            season: (self == Self::Judging).then(|| dice.between(0.1, 0.6)),
            minutes_before: before + u32::try_from(dice.below(more_before)).unwrap_or(0),
            minutes_after: after + u32::try_from(dice.below(more_after)).unwrap_or(0),
            ..Recipe::default()
        }
    }

    /// Half of the cases have nothing that fools, most of the others one such thing.
    fn decoys(self, recipe: &Recipe, dice: &mut Dice) -> Vec<Decoy> {
        let mut decoys = Vec::new();
        let number = usize::from(dice.chance(0.5)) + usize::from(dice.chance(0.12));
        for _ in 0..number {
            let Some(&decoy) = dice.pick(&Decoy::ALL) else { continue };
            // Without a fault there is nothing to hide.
            let is_of_cause = matches!(
                decoy,
                Decoy::SilentCause | Decoy::DistantAlerts | Decoy::MissingMetric | Decoy::DarkCause
            );
            if !(decoys.contains(&decoy) || is_of_cause && recipe.faults.is_empty()) {
                decoys.push(decoy);
            }
        }
        decoys
    }

    fn requests_per_second(self, dice: &mut Dice) -> f64 {
        match self {
            Self::Fitting => log_uniform(dice, 2.0, 10.0),
            // A tenth of them are large sites, whose requests aren't followed one by one.
            Self::Judging if dice.chance(0.1) => log_uniform(dice, 60.0, 300.0),
            Self::Judging => log_uniform(dice, 1.5, 20.0),
        }
    }

    fn fault(self, mode: FaultMode, dice: &mut Dice) -> FaultSpec {
        let severity = match self {
            Self::Fitting => log_uniform(dice, 0.9, 1.4),
            Self::Judging => log_uniform(dice, 0.8, 2.0),
        };
        let is_change_recorded = dice.chance(0.8);
        FaultSpec { severity, is_change_recorded, ..FaultSpec::new(mode) }
    }
}

/// Small and large values alike, as rates and sizes are in life.
fn log_uniform(dice: &mut Dice, low: f64, high: f64) -> f64 {
    dice.between(low.ln(), high.ln()).exp()
}
