//! Plain log files of programs that run beside Nightjar.

mod record;
mod stamp;
mod writer;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use nightjar_connect::{
    Answer, BadConfig, Capability, Connection, Error, ErrorKind, Health, Inventory, Logs, Probe,
    Query, Question, Tested,
};
use nightjar_incident::{Content, LogRecord, Source};
use nightjar_topology::{Entity, EntityId, EntityKind, Topology};
use schemars::JsonSchema;
use serde::Deserialize;

use self::record::{Reading, Records};
use self::stamp::Stamps;
use self::writer::{Writer, writers};
use crate::fewer::fewer;
use crate::files::{Asked, Budget, read, readable};
use crate::kind::{Kind, Limited, Reach as _};
use crate::limits::Limits;
use crate::spans::nanos;

/// Settings of a connection to log files.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Config {
    /// Which files, and who writes them.
    files: Vec<Rule>,
}

/// Files and who writes them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// The path on the machine where Nightjar runs, with `*` and `?` within names:
    /// `/var/log/shop/*.log`. Files that were turned over (`cart.log.1`, `cart.log.2.gz`) belong to it.
    path: PathBuf,
    /// Who writes them: a name, in which `$1` is what stands for the first `*` of the path.
    entity: String,
    /// The zone of times that don't tell theirs: `Europe/Berlin`. UTC unless told.
    #[serde(default)]
    time_zone: Option<String>,
}

pub(crate) struct LogFiles {
    rules: Vec<(Rule, TimeZone)>,
    stamps: Arc<Stamps>,
    limits: Limits,
}

/// The longest line that is read; of a longer one the beginning.
const LINE_BYTES: usize = 64 << 10;

impl Kind for LogFiles {
    const KIND: &'static str = "log_files";
    const SUMMARY: &'static str = "Log lines from plain files.";
    const CAPABILITIES: &'static [Capability] =
        &[Capability::Answers(Question::Logs), Capability::Answers(Question::Inventory)];
    const TESTED: &'static [Tested] = &[Tested {
        how: "fake",
        system: "files of nginx, PostgreSQL, Redis, syslog, loggers",
        version: "as documented",
    }];
    type Reach = Limited;
    type Config = Config;

    fn connect(reach: Limited, config: Config, source: Source) -> Result<Connection, BadConfig> {
        if config.files.is_empty() {
            return Err(BadConfig::field("files", "at least one path with its entity is expected"));
        }
        let mut rules = Vec::new();
        for (index, rule) in config.files.into_iter().enumerate() {
            let field = |name: &str| format!("files[{index}].{name}");
            if !rule.path.is_absolute() {
                return Err(BadConfig::field(field("path"), "an absolute path is expected"));
            }
            if EntityId::new(rule.entity.as_str()).is_err() {
                return Err(BadConfig::field(field("entity"), "a name is expected"));
            }
            let zone = match rule.time_zone.as_deref() {
                None => TimeZone::UTC,
                Some(name) => TimeZone::get(name).map_err(|_| {
                    BadConfig::field(
                        field("time_zone"),
                        "a zone such as `Europe/Berlin` is expected",
                    )
                })?,
            };
            rules.push((rule, zone));
        }
        let stamps = Arc::new(Stamps::new());
        let files = Arc::new(Self { rules, stamps, limits: reach.limits() });
        Ok(Connection {
            logs: Some(files.clone()),
            inventory: Some(files.clone()),
            probe: Some(files),
            ..Connection::new(source)
        })
    }
}

impl LogFiles {
    /// Works on a thread of its own: a disk may take its time.
    async fn working<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(Vec<Writer>, Vec<String>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let rules = self.rules.clone();
        let done = tokio::task::spawn_blocking(move || {
            let (writers, mut notes) = writers(&rules)?;
            // A folder of a thousand closed files is one mistake, not a thousand.
            notes.truncate(20);
            work(writers, notes)
        });
        done.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Protocol, what, "reading the files broke off"))
        })
    }
}

#[async_trait]
impl Logs for LogFiles {
    async fn logs(&self, query: &Query) -> Result<Answer, Error> {
        let query = query.clone();
        let stamps = self.stamps.clone();
        let mut budget = Budget::of(self.limits.allowance());
        self.working("logs", move |mut writers, mut notes| {
            writers.retain(|w| query.entities.is_empty() || query.entities.contains(&w.entity));
            let asked = Asked {
                from: nanos(query.window.from),
                to: nanos(query.window.to),
                since: query.since.map(nanos),
                line_bytes: LINE_BYTES,
            };
            let (mut lines, mut told): (Vec<LogRecord>, Vec<String>) = (Vec::new(), Vec::new());
            let mut left = u64::try_from(writers.len()).unwrap_or(1);
            for writer in &writers {
                let name = readable(&writer.file.path.to_string_lossy());
                let mut share = budget.share(left);
                let bytes = share.bytes;
                left -= 1;
                let reading = Reading { stamps: &stamps, zone: &writer.zone, now: query.window.to };
                let mut records = Records::new(reading, writer.entity.clone());
                let time = |line: &[u8]| reading.time(line).map(nanos);
                let done = read(&writer.file, asked, &mut share, &time, &mut |line, is_whole| {
                    records.take(line, is_whole);
                });
                if let Err(error) = done {
                    notes.push(format!("{name}: {error}"));
                }
                let (found, of_records) = records.finish();
                let within = found
                    .into_iter()
                    .filter(|r| query.window.from <= r.at && r.at < query.window.to);
                let before = lines.len();
                lines.extend(within);
                if lines.len() > before {
                    told.push(name.clone());
                }
                notes.extend(of_records.into_iter().map(|note| format!("{name}: {note}")));
                budget.settle(bytes, share);
            }
            let (lines, cut) = fewer(lines, &query);
            let mut cut = Vec::from_iter(cut);
            if budget.is_cut {
                cut.push("cut here: the files hold more than is read for one question".to_owned());
            }
            let files = if told.is_empty() { "no file".to_owned() } else { told.join(", ") };
            Ok(Answer {
                query: format!(
                    "lines from {} to {} in {files}",
                    query.window.from, query.window.to
                ),
                content: Content::Logs(lines),
                truncated: (!cut.is_empty()).then(|| cut.join("; ")),
                notes,
            })
        })
        .await
    }
}

#[async_trait]
impl Inventory for LogFiles {
    /// Who writes files; how they depend on each other isn't known here.
    async fn inventory(&self, query: &Query) -> Result<Answer, Error> {
        let query = query.clone();
        self.working("topology", move |writers, notes| {
            let names: BTreeMap<EntityId, ()> =
                writers.into_iter().map(|writer| (writer.entity, ())).collect();
            let mut whole = Topology::default();
            names.into_keys().for_each(|id| whole.add(Entity::new(id, EntityKind::Unknown)));
            let (topology, truncated) = crate::spans::cut(&whole, &query);
            Ok(Answer {
                query: "who writes the files that are there".to_owned(),
                content: Content::Inventory(topology),
                truncated,
                notes,
            })
        })
        .await
    }
}

#[async_trait]
impl Probe for LogFiles {
    async fn probe(&self) -> Result<Health, Error> {
        self.working("whether files are there", |writers, mut notes| {
            if writers.is_empty() {
                notes.push("no file fits any of the paths".to_owned());
            }
            let closed = writers.iter().filter(|w| std::fs::File::open(&w.file.path).is_err());
            let closed = closed.map(|w| readable(&w.file.path.to_string_lossy()));
            notes.extend(closed.take(5).map(|path| format!("{path} may not be read")));
            Ok(Health { system: "log files".to_owned(), version: None, notes })
        })
        .await
    }
}
