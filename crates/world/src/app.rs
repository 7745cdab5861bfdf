//! The applications that can be simulated.

mod estate;
mod shop;

use nightjar_incident::FaultMode;
use nightjar_topology::{Entity, EntityId, EntityKind};

use crate::dice::{Dice, Purpose};
use crate::{App, Recipe, system::System};

/// Where a fault happens, by name: the entity, and the calling end for a fault of a connection.
pub(crate) struct Spot {
    pub(crate) entity: &'static str,
    pub(crate) peer: Option<&'static str>,
}

/// A built application and where each fault usually happens in it.
pub(crate) struct Application {
    pub(crate) system: System,
    pub(crate) name: &'static str,
    /// The usual place of a fault; one that suits is drawn where there is none.
    pub(crate) usual_place: fn(FaultMode) -> Option<Spot>,
}

pub(crate) fn build(recipe: &Recipe) -> Application {
    let mut dice = Dice::new(recipe.seed, Purpose::Layout);
    let mut application = match recipe.app {
        App::Shop => shop::shop(),
        App::Estate { services, shape } => {
            estate::estate(services, shape, recipe.requests_per_second, &mut dice)
        }
    };
    for stream in &mut application.system.streams {
        stream.phase = dice.share();
    }
    if let Some(rate) = recipe.requests_per_second {
        let all: f64 = application.system.streams.iter().map(|stream| stream.per_second).sum();
        for stream in &mut application.system.streams {
            stream.per_second *= rate / all;
        }
    }
    application.system.noise = recipe.noise;
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
