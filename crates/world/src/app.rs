//! The applications that can be simulated.

pub(crate) mod shop;

use nightjar_incident::FaultMode;
use nightjar_topology::{Entity, EntityId, EntityKind};

use crate::dice::{Dice, Purpose};
use crate::{App, Recipe, system::System};

/// A built application and where each fault usually happens in it.
pub(crate) struct Application {
    pub(crate) system: System,
    pub(crate) name: &'static str,
    /// The usual place of a fault: the entity, and the calling end for a fault of a connection.
    pub(crate) usual_place: fn(FaultMode) -> Option<(&'static str, Option<&'static str>)>,
}

pub(crate) fn build(recipe: &Recipe) -> Application {
    let mut application = match recipe.app {
        App::Shop | App::Estate { .. } => shop::shop(),
    };
    let mut dice = Dice::new(recipe.seed, Purpose::Layout);
    for stream in &mut application.system.streams {
        stream.phase = dice.share();
    }
    if let Some(rate) = recipe.requests_per_second {
        let all: f64 = application.system.streams.iter().map(|stream| stream.per_second).sum();
        for stream in &mut application.system.streams {
            stream.per_second *= rate / all;
        }
    }
    application
}

/// An entity with aliases and attributes.
pub(crate) fn entity(
    id: &str,
    kind: EntityKind,
    aliases: &[&str],
    attributes: &[(&str, &str)],
) -> Entity {
    let id = EntityId::new(id).expect("invariant: built-in names are short and printable");
    let mut entity = Entity::new(id, kind);
    entity.aliases = aliases.iter().map(|&alias| alias.to_owned()).collect();
    entity.attributes =
        attributes.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
    entity
}
