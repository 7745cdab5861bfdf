use jiff::{SignedDuration, Timestamp};
use nightjar_incident::FaultMode;
use serde::{Deserialize, Serialize};

/// What to simulate: an application, what goes wrong in it, for how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// What to call the recording.
    pub name: String,
    /// The application.
    pub app: App,
    /// What goes wrong; nothing if empty.
    #[serde(rename = "fault")]
    pub faults: Vec<FaultSpec>,
    /// An alert without an incident, at the time of the onset.
    pub false_alarm: Option<FalseAlarm>,
    /// Whether the disk of a host that has no part in the incident fills up at about the same
    /// time, and an alert says so.
    pub unrelated_alert: bool,
    /// Minutes recorded before the onset.
    pub minutes_before: u32,
    /// Minutes recorded from the onset on.
    pub minutes_after: u32,
    /// Seconds from one sample to the next.
    pub step_seconds: u32,
    /// Requests per second from outside; the application's own number if absent.
    pub requests_per_second: Option<f64>,
    /// Whether unrelated things happen: deployments of others, a busy host for some minutes.
    pub background: bool,
    /// The seed of all chance.
    pub seed: u64,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            name: "simulated".into(),
            app: App::Shop,
            faults: Vec::new(),
            false_alarm: None,
            unrelated_alert: false,
            minutes_before: 60,
            minutes_after: 15,
            step_seconds: 60,
            requests_per_second: None,
            background: true,
            seed: 1,
        }
    }
}

impl Recipe {
    /// When the faults begin in a recording that begins at `start`.
    pub fn onset(&self, start: Timestamp) -> Timestamp {
        start + SignedDuration::from_mins(i64::from(self.minutes_before))
    }
}

/// A simulated application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum App {
    /// A small shop: gateway, checkout and what it needs.
    Shop,
    /// A layered estate of services with databases, queues and hosts.
    Estate {
        /// How many services, 10 to 10,000.
        services: u32,
    },
}

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// What.
    pub mode: FaultMode,
    /// Where; the application's usual place if absent.
    #[serde(default)]
    pub entity: Option<String>,
    /// The calling end, for a fault of a connection.
    #[serde(default)]
    pub peer: Option<String>,
    /// How bad: 1 is clearly felt, 0.5 mild, 2 severe.
    #[serde(default = "one")]
    pub severity: f64,
    /// Seconds after the onset of the recipe.
    #[serde(default)]
    pub delay_seconds: u32,
    /// Whether the change that sets it off is on record, where one does.
    #[serde(default = "yes")]
    pub is_change_recorded: bool,
}

impl FaultSpec {
    /// A fault at its usual place, clearly felt.
    pub fn new(mode: FaultMode) -> Self {
        Self {
            mode,
            entity: None,
            peer: None,
            severity: 1.0,
            delay_seconds: 0,
            is_change_recorded: true,
        }
    }

    /// The same fault elsewhere.
    pub fn on(self, entity: &str) -> Self {
        Self { entity: Some(entity.into()), ..self }
    }
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

/// An alert that isn't about an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FalseAlarm {
    /// Something was slow for a minute and recovered by itself.
    Blip,
    /// A threshold stands at an ordinary level.
    Flapping,
}

/// Why a recipe can't be simulated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Nothing of that name is simulated.
    #[error("`{name}` is not part of the application; it has {known}")]
    UnknownEntity {
        /// The asked name.
        name: String,
        /// Some names that exist.
        known: String,
    },
    /// The fault makes no sense there.
    #[error("`{}` makes no sense for `{entity}`; it suits {suits}", mode.row().id)]
    Unsuitable {
        /// The asked fault.
        mode: FaultMode,
        /// The asked place.
        entity: String,
        /// Some places where it would.
        suits: String,
    },
    /// No simulation of the fault exists.
    #[error("no fault of mode `{}` can be simulated; there are {known}", mode.row().id)]
    UnknownFault {
        /// The asked fault.
        mode: FaultMode,
        /// Those that exist.
        known: String,
    },
    /// A number is outside its range.
    #[error("`{field}` is {found}; expected {expected}")]
    OutOfRange {
        /// The field of the recipe.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What it may hold.
        expected: &'static str,
    },
}

impl Recipe {
    /// Checks the ranges of all numbers.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let within = |field, value: f64, low: f64, high: f64, expected| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(Error::OutOfRange { field, found: value.to_string(), expected })
        };
        let day = 1440.0;
        within("minutes_before", self.minutes_before.into(), 10.0, day, "10 to 1440")?;
        within("minutes_after", self.minutes_after.into(), 1.0, day, "1 to 1440")?;
        within("step_seconds", self.step_seconds.into(), 5.0, 600.0, "5 to 600")?;
        if let Some(rate) = self.requests_per_second {
            within("requests_per_second", rate, 0.1, 1000.0, "0.1 to 1000")?;
        }
        if let App::Estate { services } = self.app {
            within("services", services.into(), 10.0, 10_000.0, "10 to 10000")?;
        }
        for fault in &self.faults {
            within("severity", fault.severity, 0.1, 10.0, "0.1 to 10")?;
            let after = f64::from(self.minutes_after) * 60.0;
            let expected = "less than minutes_after";
            within("delay_seconds", fault.delay_seconds.into(), 0.0, after - 1.0, expected)?;
        }
        Ok(())
    }
}
