//! A git repository on disk: which changes reached the watched branches, and what they touch.
//!
//! The repository is opened isolated: no configuration of the machine, no environment, no hooks, no filters
//! and no programs. Nothing is fetched; whoever keeps the clone does that.

mod change;
mod files;
mod history;
mod look;
mod owners;
mod reader;
mod releases;
mod secrets;
mod settings;
mod sort;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use nightjar_connect::{
    Answer, BadConfig, Capability, Changes, Connection, Error, ErrorKind, Health, Probe, Query,
    Question, Tested,
};
use nightjar_incident::Source;
use schemars::JsonSchema;
use serde::Deserialize;

use self::owners::{Globs, Owners};
use self::releases::Releases;
use crate::files::opened;
use crate::kind::{Kind, Limited};
use crate::limits::Limits;

/// Settings of a connection to a repository.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The folder of the repository, bare or not, as an absolute path on the machine that Nightjar runs on.
    path: String,
    /// The branches whose changes count; without any, the one that `HEAD` names.
    #[serde(default)]
    branches: Vec<String>,
    /// Whether what reaches a watched branch is deployed at once; else it is told as a commit.
    #[serde(default)]
    deploys: bool,
    /// Tags that are deployments, with `*` and `{entity}`: `v*`, `{entity}/v*`.
    #[serde(default)]
    tags: Option<String>,
    /// The entity that everything belongs to which nothing else gives to another.
    #[serde(default)]
    entity: Option<String>,
    /// Entities by name, each with the patterns of its paths: `{"cart": ["shop/basket/**"]}`. Asked first.
    #[serde(default)]
    entities: BTreeMap<String, Vec<String>>,
    /// Patterns of paths that name their entity: `services/{entity}/**`. Without any, a folder or file that
    /// is called as an entity belongs to it.
    #[serde(default)]
    paths: Vec<String>,
    /// Patterns of paths that can't matter to what runs.
    #[serde(default = "ignored")]
    ignore: Vec<String>,
    /// Where a person finds a commit: `https://git.example.com/shop/commit/{commit}`.
    #[serde(default)]
    commit_url: Option<String>,
}

fn ignored() -> Vec<String> {
    ["**/*.md", "**/LICENSE", "docs/**", ".github/**"].map(str::to_owned).to_vec()
}

pub(crate) struct Git(Arc<Watched>);

/// A repository, and what of it is looked at.
struct Watched {
    path: PathBuf,
    branches: Vec<String>,
    deploys: bool,
    releases: Option<Releases>,
    owners: Owners,
    ignore: Globs,
    commit_url: Option<String>,
    limits: Limits,
}

impl Kind for Git {
    const KIND: &'static str = "git";
    const SUMMARY: &'static str = "Changes from a git repository on disk.";
    const CAPABILITIES: &'static [Capability] = &[Capability::Answers(Question::Changes)];
    const TESTED: &'static [Tested] = &[Tested { how: "server", system: "git", version: "2.47" }];
    type Reach = Limited;
    type Config = Config;

    fn connect(reach: Limited, config: Config, source: Source) -> Result<Connection, BadConfig> {
        let path = PathBuf::from(&config.path);
        if !path.is_absolute() || config.path.contains('\0') {
            return Err(BadConfig::field("path", "an absolute path is expected"));
        }
        for branch in &config.branches {
            if !reader::is_branch(branch) {
                return Err(BadConfig::field("branches", "this is no name of a branch"));
            }
        }
        if let Some(url) = &config.commit_url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            return Err(BadConfig::field("commit_url", "the address of a web page is expected"));
        }
        let git = Arc::new(Self(Arc::new(Watched {
            path,
            branches: config.branches,
            deploys: config.deploys,
            releases: config.tags.as_deref().map(Releases::new).transpose()?,
            owners: Owners::new(config.entity, &config.entities, &config.paths)?,
            ignore: Globs::new("ignore", &config.ignore)?,
            commit_url: config.commit_url,
            limits: reach.limits,
        })));
        let probe = Some(git.clone() as Arc<dyn Probe>);
        Ok(Connection { changes: Some(git), probe, ..Connection::new(source) })
    }
}

impl Git {
    /// Reads the repository where waiting for a disk holds nobody up. It ends by itself when the allowance is
    /// used up, also where nobody waits for it any more.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Watched) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let watched = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            opened(&watched.path)?;
            work(&watched)
        })
        .await;
        done.map_err(|_| Error::new(ErrorKind::Protocol, "git", "reading it broke down"))?
    }
}

#[async_trait]
impl Changes for Git {
    async fn changes(&self, query: &Query) -> Result<Answer, Error> {
        let query = query.clone();
        self.aside(move |watched| watched.changes(&query)).await
    }
}

#[async_trait]
impl Probe for Git {
    async fn probe(&self) -> Result<Health, Error> {
        let now = now();
        self.aside(move |watched| watched.probe(now)).await
    }
}

fn now() -> Timestamp {
    Timestamp::now()
}
