use jiff::{SignedDuration, Timestamp};
use nightjar_incident::FaultMode;
use serde::{Deserialize, Serialize};

use crate::Decoy;

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
    /// What fools whoever looks for the cause.
    pub decoys: Vec<Decoy>,
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
    /// How much minutes differ from each other: 1 is ordinary, 3 restless.
    pub noise: f64,
    /// Size of the daily curve of requests, share of their average; weekends are half as much
    /// below the week. None if absent.
    pub season: Option<f64>,
    /// Further series of each service that have nothing to do with an incident: what runtimes and
    /// platforms tell all day.
    pub detail: u32,
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
            decoys: Vec::new(),
            unrelated_alert: false,
            minutes_before: 60,
            minutes_after: 15,
            step_seconds: 60,
            requests_per_second: None,
            background: true,
            noise: 1.0,
            season: None,
            detail: 0,
            seed: 1,
        }
    }
}

impl Recipe {
    /// What it shows, for tables: the fault modes, or the false alarm, or `quiet`.
    pub fn kind(&self) -> String {
        let modes: Vec<&str> = self.faults.iter().map(|fault| fault.mode.row().id).collect();
        match (modes.is_empty(), self.false_alarm) {
            (false, _) => modes.join("+"),
            (true, Some(alarm)) => alarm.id().to_owned(),
            (true, None) => "quiet".to_owned(),
        }
    }

    /// When a recording has to begin that ends at `end`.
    pub fn start(&self, end: Timestamp) -> Timestamp {
        let minutes = i64::from(self.minutes_before) + i64::from(self.minutes_after);
        end.saturating_sub(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MIN)
    }

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
    /// An estate of services with databases, queues and hosts.
    Estate {
        /// How many services, 5 to 10,000.
        services: u32,
        /// Who calls whom.
        #[serde(default)]
        shape: Shape,
    },
}

/// How the services of an estate hang together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Services call services in deeper layers.
    #[default]
    Layered,
    /// A few hubs call many services with data of their own.
    Hub,
    /// Chains of services, some joined by queues.
    Chain,
    /// Services in two layers share a few databases.
    SharedData,
    /// Everyone may call the few that come after it in an order of chance.
    Mesh,
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
    /// As a blip, and the alert arrives minutes after it is over.
    Recovered,
    /// Thresholds of many services stand at ordinary levels.
    Storm,
}

impl FalseAlarm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Blip, Self::Flapping, Self::Recovered, Self::Storm];

    /// The name in recipes.
    pub fn id(self) -> &'static str {
        match self {
            Self::Blip => "blip",
            Self::Flapping => "flapping",
            Self::Recovered => "recovered",
            Self::Storm => "storm",
        }
    }
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
        let (day, fortnight) = (1440.0, 20_160.0);
        within("minutes_before", self.minutes_before.into(), 10.0, fortnight, "10 to 20160")?;
        within("minutes_after", self.minutes_after.into(), 1.0, day, "1 to 1440")?;
        within("detail", self.detail.into(), 0.0, 1000.0, "0 to 1000")?;
        within("noise", self.noise, 0.0, 10.0, "0 to 10")?;
        if let Some(season) = self.season {
            within("season", season, 0.0, 0.9, "0 to 0.9")?;
        }
        within("step_seconds", self.step_seconds.into(), 5.0, 600.0, "5 to 600")?;
        if let Some(rate) = self.requests_per_second {
            within("requests_per_second", rate, 0.1, 1000.0, "0.1 to 1000")?;
        }
        if let App::Estate { services, .. } = self.app {
            within("services", services.into(), 5.0, 10_000.0, "5 to 10000")?;
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
