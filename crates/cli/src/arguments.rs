//! The command line, as people type it. The comments here are the help they read.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::exit;

/// The on-call engineer that answers first: from alerts to one root cause and a plan.
///
/// Results go to standard output, progress and remarks to standard error. Colours appear on a
/// terminal only, and not where NO_COLOR is set. Every command knows `--json`.
#[derive(Debug, Parser)]
#[command(name = "nightjar", version, max_term_width = 100, subcommand_required = true)]
#[command(after_help = "Exit codes: nightjar help exit-codes")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print one JSON document instead of text for people.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch one incident of a simulated shop: five alerts, one cause, one plan.
    ///
    /// Everything happens within this program: no network, no configuration.
    Demo(Demo),
    /// Investigate a recorded incident.
    ///
    /// Plays the alerts of the capsule in the order they came, as if they came now.
    Investigate(Investigate),
    /// Investigate again and say what differs from the stored result.
    ///
    /// Without a stored result (`nightjar investigate --record`) two fresh runs are compared.
    Replay(Replay),
    /// Measure the engine on incidents whose truth is known.
    ///
    /// Takes capsules with an `expect.toml`, scenarios of the simulated world, PetShop (a set, a
    /// scenario or a split) or Nezha (a day, or a folder of days).
    Eval(Eval),
    /// Measure everything and write the page of accuracy; for those who work on the engine.
    Accuracy(Accuracy),
    /// Make, check and look at capsules.
    #[command(subcommand)]
    Capsule(Capsule),
    /// Look at the topology of a capsule.
    #[command(subcommand)]
    Topology(Topology),
    /// Look at what Nightjar can be connected with.
    #[command(subcommand)]
    Connector(Connectors),
    /// Write capsules from the simulated world.
    Simulate(Simulate),
    /// Check journals.
    #[command(subcommand)]
    Journal(Journal),
    /// Run the service: HTTP API, webhooks, investigations.
    ///
    /// Prints one line when it is ready; everything else goes to standard error. SIGTERM and
    /// Ctrl-C stop it.
    Serve(Serve),
    /// Make, list and revoke access keys of the service.
    ///
    /// Works on the data folder itself, before the first start and while the service runs.
    #[command(subcommand)]
    Keys(Keys),
    /// Print the settings of the service with their defaults.
    ///
    /// For example: nightjar config > nightjar.toml
    Config,
    /// Look whether the service can run here, and say what to do where it can't.
    Doctor(Doctor),
    /// Copy everything the service keeps into one file, while it runs.
    Backup(Backup),
    /// Put a backup into an empty folder.
    Restore(Restore),
    /// Print completions for a shell.
    ///
    /// For example: nightjar completions bash > ~/.local/share/bash-completion/completions/nightjar
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Say what the exit codes mean.
    #[command(long_about = exit::HELP, hide = true)]
    ExitCodes,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to write the report.
    #[arg(long, value_name = "FILE", default_value = "nightjar-demo.html")]
    pub(crate) html: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Investigate {
    /// The folder of the capsule, or an archive of it.
    pub(crate) capsule: PathBuf,

    /// Write the report as a page that needs nothing else. Where there are several incidents,
    /// the later ones go beside it: `report-2.html`.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Write the report as Markdown.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,

    /// Store journal and result in the capsule, for `nightjar replay`.
    #[arg(long)]
    pub(crate) record: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The folder of the capsule, or an archive of it.
    pub(crate) capsule: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// The folder with the incidents.
    pub(crate) folder: PathBuf,

    /// Compare with what `nightjar eval --json` printed earlier. The exit code is 3 where a case
    /// became worse.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Also make quiet cases out of a quiet period, split at these per cent of its rows.
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) quiet_splits: Vec<u32>,

    /// Where quiet telemetry is found for a set that has none of its own.
    #[arg(long, value_name = "DIR")]
    pub(crate) normal: Option<PathBuf>,

    /// Take only the first cases.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,

    /// Cases at the same time; by default as many as there are processors. One gives the most
    /// honest times.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Accuracy {
    /// Measure only these parts; by default all but `practice`.
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub(crate) only: Vec<Part>,

    /// Where the incidents are that others recorded. A set that isn't there is skipped.
    #[arg(long, value_name = "DIR", default_value = "../shared/data")]
    pub(crate) data: PathBuf,

    /// Where the scenarios are.
    #[arg(long, value_name = "DIR", default_value = "scenarios")]
    pub(crate) scenarios: PathBuf,

    /// How many simulated worlds the engine is judged by, or fitted on.
    #[arg(long, value_name = "N", default_value_t = 1200)]
    pub(crate) worlds: usize,

    /// Alter fewer quiet windows.
    #[arg(long)]
    pub(crate) quick: bool,

    /// Also write the page, as Markdown, and a picture beside it.
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,

    /// Keep the cases of `--only practice` that went wrong, as capsules.
    #[arg(long, value_name = "DIR", requires = "only")]
    pub(crate) keep: Option<PathBuf>,

    /// Print the curve that turns raw confidence into a probability, fitted on worlds of another
    /// family than those that judge.
    #[arg(long, conflicts_with_all = ["only", "write"])]
    pub(crate) fit: bool,

    /// Cases at the same time; by default as many as there are processors.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
}

/// What can be measured by itself, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Part {
    /// PetShop with quiet windows.
    Petshop,
    /// PetShop renamed, swapped, and with faults grafted into its quiet windows.
    Metamorphic,
    /// Both days of Nezha, and with kinds of evidence withheld.
    Nezha,
    /// The fixtures of opensre.
    Opensre,
    /// The scenarios of this repository.
    Scenarios,
    /// Simulated worlds, and how far confidence can be trusted in them.
    Worlds,
    /// Simulated worlds of the fitting family, to look at while working on the engine.
    Practice,
    /// The same cases without one kind of evidence or one step of the method.
    Ablation,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Capsule {
    /// Make capsules: of a data set's incidents, or of a folder with OTLP files and alerts.
    Import {
        /// What to import: PetShop, Nezha, or a folder laid out like a capsule.
        from: PathBuf,
        /// The folder to write into; one capsule per incident.
        to: PathBuf,
        /// Compress the telemetry with zstd.
        #[arg(long)]
        compress: bool,
        /// Take only the first incidents.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Put a capsule into one file, to send it: tar, compressed with zstd.
    Pack {
        /// The folder of the capsule.
        folder: PathBuf,
        /// The file to write, such as `incident.tar.zst`.
        archive: PathBuf,
    },
    /// Take a capsule out of a file: tar, plain or compressed with gzip or zstd.
    Unpack {
        /// The file.
        archive: PathBuf,
        /// The folder to write into; it must not exist yet, or be empty.
        folder: PathBuf,
    },
    /// Read all of a capsule and say what is damaged or had to be mended.
    Verify {
        /// The folder of the capsule, or an archive of it.
        capsule: PathBuf,
    },
    /// Say what a capsule holds.
    Show {
        /// The folder of the capsule, or an archive of it.
        capsule: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Connectors {
    /// List the kinds of connectors: what each can be asked, and what it was tested against.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Topology {
    /// Draw the topology as a tree of dependencies.
    Show {
        /// The folder of the capsule, or an archive of it.
        capsule: PathBuf,
        /// Print a Mermaid flow chart instead.
        #[arg(long, conflicts_with = "json")]
        mermaid: bool,
    },
    /// Say what a fault of an entity reaches, and what can reach it.
    BlastRadius {
        /// The folder of the capsule, or an archive of it.
        capsule: PathBuf,
        /// The entity: its id or another of its names.
        entity: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The folder to write into; one capsule per seed.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,

    /// What happens, as a file; its form is docs/guide/cli.md.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fault", "services"])]
    pub(crate) recipe: Option<PathBuf>,

    /// A fault mode such as `bad_deployment`, or `bad_deployment=checkout` to say where; may be
    /// given more than once. None for a quiet world.
    #[arg(long, value_name = "MODE[=ENTITY]")]
    pub(crate) fault: Vec<String>,

    /// An estate of this many services instead of the shop.
    #[arg(long, value_name = "N")]
    pub(crate) services: Option<u32>,

    /// Seeds: the same one gives the same bytes. By default those of the recipe, or 1.
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) seed: Vec<u64>,

    /// When the simulated time begins.
    #[arg(long, value_name = "TIME", default_value = "2026-11-23T02:00:00Z")]
    pub(crate) start: Timestamp,

    /// When the simulated time ends instead, to the second: a time, or `now` for trouble that goes on.
    #[arg(long, value_name = "TIME", conflicts_with = "start")]
    pub(crate) ending: Option<Ending>,

    /// Compress the telemetry with zstd.
    #[arg(long)]
    pub(crate) compress: bool,
}

/// When a simulated world ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Now,
    At(Timestamp),
}

impl FromStr for Ending {
    type Err = jiff::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "now" => Ok(Self::Now),
            _ => text.parse().map(Self::At),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Journal {
    /// Check that no entry was altered, removed or reordered.
    Verify {
        /// A journal as JSON lines, or a capsule with a stored result.
        #[arg(required_unless_present = "data", conflicts_with_all = ["data", "database", "checkpoint"])]
        path: Option<PathBuf>,

        /// The data folder of a service: check the journals of all spaces and the audit trail.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,

        /// The service's database, if it isn't in the data folder.
        #[arg(long, value_name = "URL", requires = "data")]
        database: Option<String>,

        /// A checkpoint that was exported earlier: what it covers must still be there.
        #[arg(long, value_name = "FILE", requires = "data")]
        checkpoint: Vec<PathBuf>,
    },
    /// Sign where a space's journal stands, and print it: keep it elsewhere.
    Checkpoint {
        #[command(flatten)]
        place: Place,

        /// The space; without one the audit trail of the installation.
        #[arg(long, value_name = "ID")]
        space: Option<String>,
    },
}

/// Where a service keeps what it keeps.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The data folder; made where there is none.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,

    /// The database, if it isn't in the data folder: postgres://user@host/name
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,

    /// Settings; by default nightjar.toml in the data folder, if it is there.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) place: Place,

    /// Where to listen; port 0 takes a free one. Of a worker: where it says how it is.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<String>,

    /// Only answer calls, or only investigate.
    #[arg(long, value_enum)]
    pub(crate) role: Option<ServeRole>,
}

/// What a process of the service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServeRole {
    /// Answers calls.
    Api,
    /// Investigates.
    Worker,
    /// Both.
    All,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key. Its secrets are shown once.
    Create {
        #[command(flatten)]
        place: Place,

        /// What the key is for.
        #[arg(long, value_enum)]
        role: KeyRole,

        /// The space it opens; without one, the whole installation.
        #[arg(long, value_name = "ID")]
        space: Option<String>,

        /// What people call it.
        #[arg(long, default_value = "")]
        name: String,

        /// After which time it ends: 30d, 12h.
        #[arg(long, value_name = "TIME")]
        expires: Option<jiff::Span>,
    },
    /// List keys, without their secrets.
    List {
        #[command(flatten)]
        place: Place,

        /// Only those of a space.
        #[arg(long, value_name = "ID")]
        space: Option<String>,
    },
    /// End a key. The next request with it is refused.
    Revoke {
        #[command(flatten)]
        place: Place,

        /// The key: NJAK…
        id: String,
    },
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyRole {
    /// Decides who else may come in, what is connected and what is deleted.
    Administrator,
    /// Looks, and works on incidents.
    Operator,
    /// Reads along.
    Viewer,
    /// Hands in alerts and learns nothing.
    Webhook,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) place: Place,

    /// Where the service would listen.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) place: Place,

    /// The file to write: a tar archive, compressed with zstd.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,

    /// Put the master key in as well. Whoever has the file can read everything then.
    #[arg(long)]
    pub(crate) with_master_key: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A file that `nightjar backup` wrote.
    pub(crate) file: PathBuf,

    /// The folder to put it into: empty, or not there yet.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_of_the_command_line_hold_together() {
        Arguments::command().debug_assert();
    }
}
