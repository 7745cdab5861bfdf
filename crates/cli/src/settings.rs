//! The settings of the service: the default file, the user's file over it, then the environment,
//! then the command line. Each step may only set what the default file has.

mod nearest;
mod overlay;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use jiff::SignedDuration;
use nightjar_oncall::CourierPace;
use nightjar_store::OutboxKeeping;
use serde::Deserialize;
use toml::{Table, Value};

use crate::output::{advice, advise};
use crate::settings::overlay::Overlay;

/// The default file, which is the defaults.
pub(crate) const DEFAULT: &str = include_str!("../default.toml");

/// Before names in the environment.
const PREFIX: &str = "NIGHTJAR_";

/// Everything that can be set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Belongs to the server; see [`Settings::server`].
    server: Table,
    pub(crate) storage: Storage,
    pub(crate) security: Security,
    pub(crate) worker: Worker,
    pub(crate) outbox: Outbox,
    pub(crate) telemetry: Telemetry,
    pub(crate) retention: Retention,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storage {
    pub(crate) database: String,
    pub(crate) database_file: String,
    pub(crate) blobs: String,
    pub(crate) location: String,
    pub(crate) max_connections: u32,
    pub(crate) blob_options: Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Security {
    pub(crate) master_key_file: String,
    pub(crate) link_minutes: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Worker {
    pub(crate) role: Role,
    pub(crate) listen: String,
    pub(crate) concurrency: u16,
    pub(crate) lease_seconds: u32,
    pub(crate) most_crashes: u32,
    pub(crate) longest_pause_seconds: u32,
    pub(crate) grace_seconds: u32,
}

/// How events are sent, and how long they are kept.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outbox {
    pub(crate) concurrency: u16,
    pub(crate) most_each: u16,
    pub(crate) answer_milliseconds: u32,
    pub(crate) lease_seconds: u32,
    pub(crate) first_pause_milliseconds: u32,
    pub(crate) longest_pause_seconds: u32,
    pub(crate) give_up_hours: u32,
    pub(crate) look_again_milliseconds: u32,
    pub(crate) delivered_days: u32,
    pub(crate) failed_days: u32,
}

impl Outbox {
    /// How patient the courier is.
    pub(crate) fn pace(&self) -> CourierPace {
        let milliseconds = |number: u32| Duration::from_millis(number.into());
        let lease = Duration::from_secs(self.lease_seconds.into());
        CourierPace {
            concurrency: self.concurrency.into(),
            most_each: u32::from(self.most_each.max(1)),
            // Whoever holds an event is certainly done with it by then.
            lease: lease.max(milliseconds(self.answer_milliseconds) * 3),
            first_pause: milliseconds(self.first_pause_milliseconds),
            longest_pause: Duration::from_secs(self.longest_pause_seconds.into()),
            give_up_after: Duration::from_secs(u64::from(self.give_up_hours) * 3600),
            look_again: milliseconds(self.look_again_milliseconds.max(10)),
        }
    }

    /// How long a receiver may take.
    pub(crate) fn answer_within(&self) -> Duration {
        Duration::from_millis(self.answer_milliseconds.max(1).into())
    }

    /// How long events are kept.
    pub(crate) fn keeping(&self) -> OutboxKeeping {
        let hours = |number: u32| SignedDuration::from_hours(number.into());
        let days = |number: u32| SignedDuration::from_hours(i64::from(number) * 24);
        OutboxKeeping {
            pending: hours(self.give_up_hours),
            delivered: days(self.delivered_days),
            failed: days(self.failed_days),
        }
    }
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Api,
    Worker,
    All,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Telemetry {
    pub(crate) log_format: LogFormat,
    pub(crate) log_level: String,
    pub(crate) otlp_endpoint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retention {
    pub(crate) journal_days: u32,
    pub(crate) delivery_days: u32,
    pub(crate) checkpoint_hours: u32,
}

/// Where settings come from, beside the default file.
#[derive(Debug, Default)]
pub(crate) struct Sources<'a> {
    /// The user's file and what it is called.
    pub(crate) file: Option<(String, PathBuf)>,
    /// Names and values of the environment.
    pub(crate) environment: Vec<(String, String)>,
    /// `worker.role` and its value, from the command line.
    pub(crate) flags: Vec<(&'a str, String)>,
}

impl Settings {
    /// Puts the sources over the defaults.
    pub(crate) fn of(sources: &Sources<'_>) -> anyhow::Result<Self> {
        let mut overlay = Overlay::new(toml::from_str(DEFAULT).context("the default settings")?);
        if let Some((text, path)) = &sources.file {
            let table: Table = toml::from_str(text).map_err(|error| {
                let hint = "the form is TOML; `nightjar config` prints a file to start from";
                advise(error, format!("cannot read `{}`", path.display()), hint)
            })?;
            overlay.put_table(&table, &path.display().to_string())?;
        }
        for (name, text) in &sources.environment {
            let Some(key) = name.strip_prefix(PREFIX).filter(|key| key.contains("__")) else {
                continue;
            };
            overlay.put_text(&key.to_lowercase().replace("__", "."), text, name)?;
        }
        for (key, text) in &sources.flags {
            overlay.put_text(key, text, &format!("--{}", key.rsplit('.').next().unwrap_or(key)))?;
        }
        Value::Table(overlay.into_table()).try_into().map_err(|error: toml::de::Error| {
            advise(error, "the settings make no sense", "see `nightjar config` for what there is")
        })
    }

    /// The settings of the server, and the address to listen at.
    pub(crate) fn server(&self) -> anyhow::Result<(nightjar_server::Config, String)> {
        let mut table = self.server.clone();
        let listen = take_text(&mut table, "listen").context("`server.listen` isn't set")?;
        if table.get("public_url").and_then(Value::as_str) == Some("") {
            table.remove("public_url");
        }
        for part in [&TLS, &SNS] {
            both_or_none(&mut table, part)?;
        }
        let config = Value::Table(table).try_into().map_err(|error: toml::de::Error| {
            advise(error, "the settings under [server] make no sense", "see `nightjar config`")
        })?;
        Ok((config, listen))
    }
}

/// Two settings that make sense together only.
struct Both {
    table: &'static str,
    keys: [&'static str; 2],
    hint: &'static str,
}

const TLS: Both = Both {
    table: "tls",
    keys: ["certificate", "key"],
    hint: "TLS needs both: the certificate chain and its private key, PEM",
};

const SNS: Both = Both {
    table: "sns",
    keys: ["origin", "certificate_name"],
    hint: "both are needed to know what stands in for Amazon SNS",
};

/// Takes a table away where nothing of it is set.
fn both_or_none(server: &mut Table, both: &Both) -> anyhow::Result<()> {
    let Both { table, keys: [first, second], hint } = both;
    let Some(found) = server.get(*table).and_then(Value::as_table) else { return Ok(()) };
    let is_set = |key| found.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    match (is_set(*first), is_set(*second)) {
        (true, true) => {}
        (false, false) => {
            server.remove(*table);
        }
        (true, false) | (false, true) => {
            let told = format!(
                "of `server.{table}.{first}` and `server.{table}.{second}` only one is set"
            );
            return Err(advice(told, *hint));
        }
    }
    Ok(())
}

fn take_text(table: &mut Table, key: &str) -> Option<String> {
    match table.remove(key) {
        Some(Value::String(text)) => Some(text),
        Some(_) | None => None,
    }
}

/// A text that is set, or the content of the file that is named instead.
pub(crate) fn text_or_file(text: &str, file: &str, key: &str) -> anyhow::Result<Option<String>> {
    if !text.is_empty() && !file.is_empty() {
        return Err(advice(
            format!("both `{key}` and `{key}_file` are set"),
            "set one; the file keeps the secret out of the settings",
        ));
    }
    if file.is_empty() {
        return Ok(Some(text.to_owned()).filter(|text| !text.is_empty()));
    }
    let text = std::fs::read_to_string(Path::new(file)).map_err(|error| {
        let hint = "the file has to be readable for the service";
        advise(error, format!("cannot read `{file}` (`{key}_file`)"), hint)
    })?;
    Ok(Some(text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(file: &str, environment: &[(&str, &str)]) -> anyhow::Result<Settings> {
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Settings::of(&Sources {
            file: Some((file.to_owned(), "nightjar.toml".into())),
            environment: environment.collect(),
            flags: Vec::new(),
        })
    }

    fn wrong(file: &str, environment: &[(&str, &str)]) -> String {
        format!("{:#}", settings(file, environment).unwrap_err())
    }

    #[test]
    fn the_default_file_says_what_the_rooms_take_for_granted() {
        let (server, listen) = settings("", &[]).unwrap().server().unwrap();
        assert_eq!(server, nightjar_server::Config::default());
        assert_eq!(listen, "127.0.0.1:8080");
        let worker = settings("", &[]).unwrap().worker;
        let pace = nightjar_oncall::Pace::default();
        assert_eq!(u64::from(worker.lease_seconds), pace.lease.as_secs());
        assert_eq!(u64::from(worker.grace_seconds), pace.grace.as_secs());
        assert_eq!(u64::from(worker.longest_pause_seconds), pace.longest_pause.as_secs());
        assert_eq!(worker.most_crashes, pace.most_crashes);
        assert_eq!(settings("", &[]).unwrap().outbox.pace(), CourierPace::default());
    }

    #[test]
    fn the_environment_counts_before_the_file_and_the_file_before_the_default() {
        let file = "[worker]\nconcurrency = 5\nrole = \"api\"\n[server.limits]\nheaders = 9\n";
        let environment = [("NIGHTJAR_WORKER__ROLE", "worker"), ("PATH", "/bin")];
        let settings = settings(file, &environment).unwrap();
        assert_eq!(settings.worker.concurrency, 5);
        assert_eq!(settings.worker.role, Role::Worker);
        assert_eq!(settings.worker.lease_seconds, 60);
        let (server, _) = settings.server().unwrap();
        assert_eq!(server.limits.headers, 9);
    }

    #[test]
    fn a_key_that_nobody_knows_is_named_with_the_nearest_one() {
        let told = wrong("[worker]\nconcurency = 5\n", &[]);
        assert!(told.contains("`worker.concurency`"), "{told}");
        let hint = crate::output::hint(&settings("[worker]\nconcurency = 5\n", &[]).unwrap_err())
            .map(str::to_owned);
        assert_eq!(hint.as_deref(), Some("did you mean `worker.concurrency`?"));
        assert!(wrong("", &[("NIGHTJAR_WORKER__ROLL", "api")]).contains("NIGHTJAR_WORKER__ROLL"));
        assert!(wrong("[sorcerer]\nx = 1\n", &[]).contains("`sorcerer`"));
    }

    #[test]
    fn a_value_of_another_sort_is_named() {
        let told = wrong("[worker]\nconcurrency = \"many\"\n", &[]);
        assert!(told.contains("`worker.concurrency`") && told.contains("a whole number"), "{told}");
        let told = wrong("", &[("NIGHTJAR_SERVER__RATE_LIMITS", "maybe")]);
        assert!(told.contains("true or false"), "{told}");
        assert!(wrong("[worker]\nrole = \"boss\"\n", &[]).contains("boss"));
    }

    #[test]
    fn tls_needs_both_files() {
        let one = settings("[server.tls]\ncertificate = \"a.pem\"\n", &[]).unwrap();
        assert!(one.server().is_err());
        let both = "[server.tls]\ncertificate = \"a.pem\"\nkey = \"k.pem\"\n";
        let tls = settings(both, &[]).unwrap().server().unwrap().0.tls.unwrap();
        assert_eq!(tls.certificate, Path::new("a.pem"));
    }

    #[test]
    fn a_stand_in_for_sns_is_an_origin_and_a_name() {
        let origin = ("NIGHTJAR_SERVER__SNS__ORIGIN", "http://127.0.0.1:4566");
        let name = ("NIGHTJAR_SERVER__SNS__CERTIFICATE_NAME", "sns.test");
        assert!(settings("", &[origin]).unwrap().server().is_err());
        let sns = settings("", &[origin, name]).unwrap().server().unwrap().0.sns.unwrap();
        assert_eq!((sns.origin.as_str(), sns.certificate_name.as_str()), (origin.1, name.1));
    }

    #[test]
    fn rates_can_be_lifted() {
        let lifted = settings("", &[("NIGHTJAR_SERVER__RATE_LIMITS", "false")]).unwrap();
        assert!(!lifted.server().unwrap().0.rate_limits);
    }
}
