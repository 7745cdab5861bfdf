use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightjar_incident::{Expectation, Recording};
use nightjar_world::Recipe;

/// An incident we must solve: a folder with `world.toml` and `expect.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The name of the folder.
    pub name: String,
    /// What to simulate; its seed is replaced by each of `seeds`.
    pub recipe: Recipe,
    /// The seeds it must be solved at.
    pub seeds: Vec<u64>,
    /// How the investigation should end.
    pub expect: Expectation,
}

/// Why a scenario can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder can't be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's own words.
        source: std::io::Error,
    },
    /// A file isn't what it should be.
    #[error("`{}`: {reason}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What was expected, and the line.
        reason: String,
    },
    /// The recipe can't be simulated.
    #[error("scenario `{name}` can't be simulated")]
    Simulation {
        /// Which.
        name: String,
        /// Why.
        source: nightjar_world::Error,
    },
}

/// When every simulated recording begins, Unix seconds: 2026-11-23T02:00:00Z.
pub const START_SECONDS: i64 = 1_795_399_200;

/// The folder of incidents that the lab recorded.
const LAB: &str = "lab";

/// The scenarios of this repository.
pub fn scenarios_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// All scenarios in a folder, by name.
pub fn scenarios(root: &Path) -> Result<Vec<Scenario>, Error> {
    let unreadable = |source| Error::Unreadable { path: root.to_owned(), source };
    let mut folders = Vec::new();
    for entry in fs::read_dir(root).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        // What the lab recorded are capsules: nothing is simulated.
        if path.is_dir() && !path.ends_with(LAB) {
            folders.push(path);
        }
    }
    folders.sort();
    folders.iter().map(|folder| scenario(folder)).collect()
}

fn scenario(folder: &Path) -> Result<Scenario, Error> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let path = folder.join("world.toml");
    let malformed =
        |path: &Path, reason: String| Error::Malformed { path: path.to_owned(), reason };
    let mut world: toml::Table =
        toml::from_str(&text(&path)?).map_err(|e| malformed(&path, e.to_string()))?;
    let Some(seeds) = world.remove("seeds") else {
        return Err(malformed(&path, "expected `seeds = [1, 2, 3]`, found none".into()));
    };
    let seeds: Vec<u64> =
        seeds.try_into().map_err(|e| malformed(&path, format!("`seeds`: {e}")))?;
    let recipe: Recipe = world.try_into().map_err(|e| malformed(&path, e.to_string()))?;
    let recipe = Recipe { name: name.clone(), ..recipe };
    let path = folder.join("expect.toml");
    let expect = toml::from_str(&text(&path)?).map_err(|e| malformed(&path, e.to_string()))?;
    Ok(Scenario { name, recipe, seeds, expect })
}

fn text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })
}

impl Scenario {
    /// The recording at one seed, named `<scenario>/<seed>`, with the expectation of the folder.
    pub fn record(&self, seed: u64) -> Result<Recording, Error> {
        let name = format!("{}/{seed}", self.name);
        let recipe = Recipe { name, seed, ..self.recipe.clone() };
        let start = Timestamp::from_second(START_SECONDS)
            .expect("invariant: a year with four digits is a time");
        let mut recording = nightjar_world::simulate(&recipe, start)
            .map_err(|source| Error::Simulation { name: self.name.clone(), source })?;
        recording.expect = Some(self.expect.clone());
        Ok(recording)
    }
}

#[cfg(test)]
mod tests {
    use nightjar_incident::{ExpectedVerdict, FaultMode};

    use super::*;

    #[test]
    fn the_expectation_of_each_folder_is_what_the_simulation_did() {
        for scenario in scenarios(&scenarios_root()).unwrap() {
            for &seed in &scenario.seeds {
                let recipe = Recipe { seed, ..scenario.recipe.clone() };
                let start = Timestamp::from_second(START_SECONDS).unwrap();
                let truth = nightjar_world::truth(&recipe, start).unwrap();
                assert_eq!(scenario.expect.verdict, truth.verdict, "{}", scenario.name);
                assert_eq!(scenario.expect.causes, truth.causes, "{}", scenario.name);
            }
        }
    }

    #[test]
    fn there_is_a_scenario_for_every_mode_that_can_be_simulated_and_for_calm() {
        let all = scenarios(&scenarios_root()).unwrap();
        let has = |mode| all.iter().any(|s| s.recipe.faults.iter().any(|f| f.mode == mode));
        for mode in FaultMode::ALL {
            assert_eq!(has(mode), nightjar_world::simulated_modes().contains(&mode), "{mode:?}");
        }
        let quiet = |s: &&Scenario| s.expect.verdict == ExpectedVerdict::NoIncident;
        assert!(all.iter().filter(quiet).count() >= 2);
        assert!(all.iter().any(|s| s.recipe.faults.len() == 2));
    }

    #[test]
    fn a_broken_file_is_named_with_what_was_expected() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("odd");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("world.toml"), "minutes_before = 60\n").unwrap();
        let error = scenarios(root.path()).unwrap_err().to_string();
        assert!(error.contains("world.toml") && error.contains("seeds"), "{error}");
        fs::write(folder.join("world.toml"), "seeds = [1]\nmoon = true\n").unwrap();
        let error = scenarios(root.path()).unwrap_err().to_string();
        assert!(error.contains("world.toml") && error.contains("moon"), "{error}");
    }
}
