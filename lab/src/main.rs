//! The lab: a small shop of real processes on loopback, real faults, and what Nightjar says about them.
//! `docs/guide/lab.md` tells how it is used.

mod certificate;
mod link;
mod load;
mod receiver;
mod script;
mod service;
mod shop;
mod stack;
mod trial;
mod up;

use clap::{Parser, Subcommand};

/// The lab of Nightjar.
#[derive(Debug, Parser)]
#[command(name = "nightjar-lab")]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the stack and lets it run until it is ended (Ctrl-C).
    Up(up::Arguments),
    /// Tries faults: injects them, waits for the alert, and compares what Nightjar says with the truth.
    Run(trial::Arguments),
    /// Runs one service of the shop.
    Service {
        /// Which: storefront, catalog, cart, orders, worker, card-payments.
        name: String,
    },
    /// Runs the collector.
    Receiver(receiver::Arguments),
    /// Runs the links between processes.
    Link(link::Arguments),
    /// Runs the shop's customers.
    Load(load::Arguments),
    /// Makes the gateway's certificate.
    Certificate(certificate::Arguments),
    /// For scripts: commits what was changed in the deployment repository, and restarts the service.
    Deploy(script::Deploy),
    /// For scripts: takes the newest commit back, and restarts the service.
    Revert(script::Revert),
    /// For scripts: restarts a service.
    Restart {
        /// Which.
        name: String,
    },
    /// For scripts: sends a command to a Redis server.
    Redis {
        /// Its port.
        port: u16,
        /// The command.
        words: Vec<String>,
    },
    /// For scripts: starts a shell command that goes on until it is ended or the stack is.
    Task {
        /// What to call it.
        name: String,
        /// The command; none ends it.
        command: Option<String>,
    },
}

fn main() -> anyhow::Result<()> {
    match Line::parse().command {
        Command::Up(arguments) => local(up::run(arguments)),
        Command::Run(arguments) => local(trial::run(arguments)),
        Command::Service { name } => service::run(&name),
        Command::Receiver(arguments) => local(receiver::run(arguments)),
        Command::Link(arguments) => local(link::run(arguments)),
        Command::Load(arguments) => local(load::run(arguments)),
        Command::Certificate(arguments) => certificate::run(&arguments),
        Command::Deploy(arguments) => local(script::deploy(arguments)),
        Command::Revert(arguments) => local(script::revert(arguments)),
        Command::Restart { name } => local(script::restart(&name)),
        Command::Redis { port, words } => local(script::redis(port, words)),
        Command::Task { name, command } => local(script::task(&name, command)),
    }
}

/// On this thread alone: processes are ended by the kernel when the thread that started them is gone.
fn local(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, work)
}
