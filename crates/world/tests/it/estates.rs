use std::collections::{BTreeMap, BTreeSet};

use nightjar_incident::ExpectedVerdict;
use nightjar_world::{App, Family, Recipe, Shape, estates, simulate, simulated_modes, truth};

use crate::look::start;

fn some(family: Family, seed: u64, number: usize) -> Vec<Recipe> {
    estates(family, seed).take(number).collect()
}

#[test]
fn the_two_families_share_neither_shape_nor_seed() {
    let of = |family| {
        let recipes = some(family, 1, 100);
        let shapes: BTreeSet<Shape> = recipes
            .iter()
            .filter_map(|recipe| match recipe.app {
                App::Estate { shape, .. } => Some(shape),
                App::Shop => None,
            })
            .collect();
        let seeds: BTreeSet<u64> = recipes.iter().map(|recipe| recipe.seed).collect();
        assert_eq!(seeds.len(), 100);
        (shapes, seeds)
    };
    let (fitting, judging) = (of(Family::Fitting), of(Family::Judging));
    assert!(fitting.0.is_disjoint(&judging.0) && fitting.1.is_disjoint(&judging.1));
}

#[test]
fn every_mode_comes_as_often_as_every_other_and_a_fifth_is_quiet() {
    for family in [Family::Fitting, Family::Judging] {
        let modes = simulated_modes();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut quiet = 0;
        for recipe in some(family, 3, modes.len() * 10) {
            let expect = truth(&recipe, start()).unwrap();
            let is_quiet = expect.verdict == ExpectedVerdict::NoIncident;
            quiet += usize::from(is_quiet);
            if let Some(fault) = recipe.faults.first() {
                *counts.entry(fault.mode.row().id.to_owned()).or_default() += 1;
            }
        }
        assert_eq!(quiet, modes.len() * 2);
        assert_eq!(counts.len(), modes.len());
        assert!(counts.values().all(|&count| count == 8), "{counts:?}");
    }
}

#[test]
fn the_same_seed_draws_the_same_recipes() {
    assert_eq!(some(Family::Judging, 5, 30), some(Family::Judging, 5, 30));
    assert_ne!(some(Family::Judging, 5, 30), some(Family::Judging, 6, 30));
}

#[test]
fn nearly_every_estate_raises_an_alert() {
    // A run takes some twentieth of a second.
    for family in [Family::Fitting, Family::Judging] {
        let mut silent = Vec::new();
        for recipe in some(family, 1, 70) {
            let recording = simulate(&recipe, start()).unwrap();
            assert_eq!(recording.expect.as_ref(), Some(&truth(&recipe, start()).unwrap()));
            if recording.alerts.is_empty() {
                silent.push(recipe.name);
            }
        }
        // Some have a cause that nobody watches and too little to be felt by those who are watched.
        assert!(silent.len() <= 4, "{silent:?}");
    }
}
