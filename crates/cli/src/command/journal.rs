mod file;
mod service;

use anyhow::Context as _;

use crate::arguments::{Journal, Place};
use crate::exit::Exit;

/// Checks journals, and signs where they stand.
pub(crate) fn run(command: &Journal, is_json: bool) -> anyhow::Result<Exit> {
    match command {
        Journal::Verify { path: Some(path), .. } => file::verify(path, is_json),
        Journal::Verify { path: None, data, database, checkpoint } => {
            let data = data.clone().context("a journal or --data is needed")?;
            let place = Place { data, database: database.clone(), config: None };
            service::verify(&place, checkpoint, is_json)
        }
        Journal::Checkpoint { place, space } => service::checkpoint(place, space.as_deref()),
    }
}
