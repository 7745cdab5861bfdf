use std::path::{Path, PathBuf};

use jiff::Timestamp;
use nightjar_incident::FaultMode;
use nightjar_world::{App, FaultSpec, Recipe, Shape};
use serde_json::json;

use super::capsule;
use crate::arguments::{Ending, Simulate};
use crate::exit::Exit;
use crate::output::{self, advice, advise};
use crate::progress::Progress;
use crate::terminal::text::{STRONG, WIDTH, Words, count};

/// Writes one capsule per seed.
pub(crate) fn run(arguments: &Simulate, is_json: bool) -> anyhow::Result<Exit> {
    let (recipe, its_seeds) = match &arguments.recipe {
        Some(file) => read(file)?,
        None => (compose(arguments)?, Vec::new()),
    };
    let start = start(arguments, &recipe);
    let seeds = [&arguments.seed, &its_seeds].into_iter().find(|seeds| !seeds.is_empty());
    let seeds = seeds.cloned().unwrap_or_else(|| vec![recipe.seed]);
    let progress = Progress::new("simulating", Some(seeds.len()));
    let mut written: Vec<PathBuf> = Vec::new();
    for seed in seeds {
        let name = format!("{}-{seed}", recipe.name);
        let recipe = Recipe { seed, name: name.clone(), ..recipe.clone() };
        let recording = nightjar_world::simulate(&recipe, start).map_err(|error| {
            let hint = "the modes and where each can happen are in docs/guide/cli.md";
            advise(error, "this world can't be simulated", hint)
        })?;
        let folder = arguments.out.join(folder_name(&name));
        written.push(capsule::write(&folder, &recording, arguments.compress)?);
        progress.step(&name);
    }
    progress.finish();
    if is_json {
        output::print_json(&json!({ "written": written }))?;
    } else {
        let head = count(written.len(), "capsule");
        let mut out = Words::new().styled(STRONG, &head).plain(" written").flow("", WIDTH);
        for path in &written {
            let words = Words::new().plain(&path.display().to_string());
            out.push_str(&words.flow("  ", usize::MAX));
        }
        output::print(&out)?;
    }
    Ok(Exit::Done)
}

/// When the world begins; whole seconds, as systems write their times.
fn start(arguments: &Simulate, recipe: &Recipe) -> Timestamp {
    let end = match arguments.ending {
        None => return arguments.start,
        Some(Ending::Now) => Timestamp::now(),
        Some(Ending::At(end)) => end,
    };
    recipe.start(Timestamp::from_second(end.as_second()).unwrap_or(end))
}

/// A recipe and the seeds it is meant for, as the scenarios have them.
fn read(file: &Path) -> anyhow::Result<(Recipe, Vec<u64>)> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let hint = "give a recipe; the folders in scenarios/ have one each";
        advise(error, format!("cannot read `{}`", file.display()), hint)
    })?;
    parse(&text).map_err(|error| {
        let hint = "the form of a recipe is in docs/guide/cli.md";
        advise(error, format!("`{}` is no recipe", file.display()), hint)
    })
}

fn parse(text: &str) -> Result<(Recipe, Vec<u64>), toml::de::Error> {
    let mut table: toml::Table = toml::from_str(text)?;
    let seeds = table.remove("seeds").map_or(Ok(Vec::new()), toml::Value::try_into)?;
    Ok((table.try_into()?, seeds))
}

/// The recipe that the flags describe.
fn compose(arguments: &Simulate) -> anyhow::Result<Recipe> {
    let faults: Vec<FaultSpec> =
        arguments.fault.iter().map(|text| fault(text)).collect::<anyhow::Result<_>>()?;
    let app = match arguments.services {
        Some(services) => App::Estate { services, shape: Shape::Layered },
        None => App::Shop,
    };
    let modes: Vec<&str> = faults.iter().map(|fault| fault.mode.row().id).collect();
    let name = if modes.is_empty() { "quiet".to_owned() } else { modes.join("-and-") };
    Ok(Recipe { name, app, faults, ..Recipe::default() })
}

/// `bad_deployment` or `bad_deployment=checkout`.
fn fault(text: &str) -> anyhow::Result<FaultSpec> {
    let (id, entity) = match text.split_once('=') {
        Some((id, entity)) => (id, Some(entity)),
        None => (text, None),
    };
    let Some(mode) = FaultMode::from_id(id) else {
        let ids: Vec<&str> = FaultMode::ALL.iter().map(|mode| mode.row().id).collect();
        return Err(advice(
            format!("there is no fault mode `{id}`"),
            format!("there are: {}", ids.join(", ")),
        ));
    };
    let spec = FaultSpec::new(mode);
    Ok(match entity {
        Some(entity) => spec.on(entity),
        None => spec,
    })
}

/// A recipe's name as the name of one folder.
fn folder_name(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' };
    name.chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_a_mode_and_perhaps_a_place() {
        assert_eq!(fault("throttled").unwrap(), FaultSpec::new(FaultMode::Throttled));
        assert_eq!(
            fault("throttled=payments").unwrap(),
            FaultSpec::new(FaultMode::Throttled).on("payments")
        );
        assert!(fault("trottled").is_err());
    }

    #[test]
    fn a_recipe_may_carry_the_seeds_of_its_scenario() {
        let (recipe, seeds) = parse("seeds = [4, 5]\n[[fault]]\nmode = \"throttled\"\n").unwrap();
        assert_eq!(recipe.faults, [FaultSpec::new(FaultMode::Throttled)]);
        assert_eq!(seeds, [4, 5]);
        assert!(parse("moon = 1").unwrap_err().to_string().contains("moon"));
    }

    #[test]
    fn a_recipe_cannot_name_a_folder_elsewhere() {
        assert_eq!(folder_name("../../etc/x-1"), "______etc_x-1");
    }
}
