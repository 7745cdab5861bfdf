//! The binary `nightjar`: reads the command line, builds what a command needs, prints the result.
//!
//! Only this room reads the command line and the environment, and only this room prints. What an
//! incident means is decided elsewhere; nothing here changes a verdict.

mod accuracy;
mod arguments;
mod capsule_folder;
mod cases;
mod command;
mod conduct;
mod difference;
mod exit;
mod housekeeping;
mod installation;
mod judge;
mod output;
mod pages;
mod progress;
mod recordings;
mod runtime;
mod settings;
mod story;
mod telemetry;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command, Connectors, Topology};
use crate::exit::Exit;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::tell(&error);
            ExitCode::from(exit::FAILED)
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let is_json = arguments.json;
    match &arguments.command {
        Command::Demo(demo) => command::demo::run(demo, is_json),
        Command::Investigate(investigate) => command::investigate::run(investigate, is_json),
        Command::Replay(replay) => command::replay::run(&replay.capsule, is_json),
        Command::Eval(eval) => command::eval::run(eval, is_json),
        Command::Accuracy(accuracy) => command::accuracy::run(accuracy, is_json),
        Command::Capsule(capsule) => command::capsule::run(capsule, is_json),
        Command::Topology(Topology::Show { capsule, mermaid }) => {
            command::topology::show(capsule, *mermaid, is_json)
        }
        Command::Topology(Topology::BlastRadius { capsule, entity }) => {
            command::topology::blast_radius(capsule, entity, is_json)
        }
        Command::Connector(Connectors::List) => command::connector::list(is_json),
        Command::Simulate(simulate) => command::simulate::run(simulate, is_json),
        Command::Journal(journal) => command::journal::run(journal, is_json),
        Command::Serve(serve) => command::serve::run(serve),
        Command::Keys(keys) => command::keys::run(keys, is_json),
        Command::Config => {
            output::print(settings::DEFAULT)?;
            Ok(Exit::Done)
        }
        Command::Doctor(doctor) => command::doctor::run(doctor, is_json),
        Command::Backup(backup) => command::backup::run(backup, is_json),
        Command::Restore(restore) => command::restore::run(restore, is_json),
        Command::Completions { shell } => command::completions::run(*shell),
        Command::ExitCodes => {
            output::print(exit::HELP)?;
            Ok(Exit::Done)
        }
    }
}
