use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use nightjar_store::Store;
use serde::Serialize;
use serde_json::json;

use crate::arguments::Doctor;
use crate::command::serve::bind;
use crate::exit::Exit;
use crate::installation::{DATABASE, Installation, LOCK};
use crate::output;
use crate::runtime;
use crate::terminal::text::{BAD, GOOD, NOTABLE, WIDTH, Words};

/// 2026-01-01: this program is younger.
const YOUNGEST_SECONDS: i64 = 1_767_225_600;
/// Less room than this fills up in a night of incidents.
const LITTLE_ROOM_MEBIBYTES: u64 = 1024;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Mood {
    Good,
    Doubtful,
    Bad,
}

/// What was looked at, and what is to be done.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    mood: Mood,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_do: Option<String>,
}

impl Finding {
    fn good(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, mood: Mood::Good, found: found.into(), to_do: None }
    }

    fn doubtful(check: &'static str, found: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { check, mood: Mood::Doubtful, found: found.into(), to_do: Some(to_do.into()) }
    }

    fn bad(check: &'static str, found: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { check, mood: Mood::Bad, found: found.into(), to_do: Some(to_do.into()) }
    }
}

/// Looks whether the service can run. Makes nothing that isn't there.
pub(crate) fn run(arguments: &Doctor, is_json: bool) -> anyhow::Result<Exit> {
    let listen = arguments.listen.clone().map(|listen| ("server.listen", listen));
    let installation = Installation::look(&arguments.place, listen.into_iter().collect())?;
    let mut found = vec![clock(Timestamp::now()), folder(&installation.data)];
    found.extend(room(&installation.data));
    found.push(master_key(&installation)?);
    found.push(port(&installation)?);
    found.extend(stored(&installation)?);
    let is_well = found.iter().all(|finding| finding.mood != Mood::Bad);
    if is_json {
        output::print_json(&json!({ "well": is_well, "findings": found }))?;
    } else {
        output::print(&told(&found))?;
    }
    Ok(if is_well { Exit::Done } else { Exit::Differs })
}

fn told(found: &[Finding]) -> String {
    let mut out = String::new();
    for finding in found {
        let (style, mark) = match finding.mood {
            Mood::Good => (GOOD, "good     "),
            Mood::Doubtful => (NOTABLE, "doubtful "),
            Mood::Bad => (BAD, "bad      "),
        };
        let words = Words::new().styled(style, mark).strong(finding.check);
        out.push_str(&words.plain(&format!(": {}", finding.found)).flow("", WIDTH));
        if let Some(to_do) = &finding.to_do {
            out.push_str(&Words::new().plain(to_do).flow("           ", WIDTH));
        }
    }
    out
}

fn clock(now: Timestamp) -> Finding {
    let told = format!("it is {now:.0}");
    if now.as_second() < YOUNGEST_SECONDS {
        return Finding::bad("clock", told, "set the clock: keys and signatures depend on it");
    }
    Finding::good("clock", told)
}

fn folder(data: &Path) -> Finding {
    let told = format!("`{}`", data.display());
    let meta = match fs::metadata(data) {
        Ok(meta) if meta.is_dir() => meta,
        Ok(_) => {
            return Finding::bad("data folder", format!("{told} is no folder"), "give another");
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let found = format!("{told} isn't there yet");
            return Finding::doubtful("data folder", found, "`nightjar serve` makes it");
        }
        Err(error) => {
            let found = format!("{told}: {error}");
            return Finding::bad("data folder", found, "let the service's user read it");
        }
    };
    if let Some(mode) = others_may(&meta) {
        let found = format!("{told} is open to other users (mode {mode:o})");
        return Finding::doubtful("data folder", found, format!("chmod 700 {}", data.display()));
    }
    match tempfile::tempfile_in(data) {
        Ok(_) => Finding::good("data folder", told),
        Err(error) => {
            let found = format!("{told} can't be written: {error}");
            Finding::bad("data folder", found, "let the service's user write there")
        }
    }
}

/// The mode of something that others than its owner can use.
fn others_may(meta: &fs::Metadata) -> Option<u32> {
    #[cfg(unix)]
    let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o777;
    #[cfg(not(unix))]
    let mode = 0;
    (mode & 0o077 != 0).then_some(mode)
}

/// How much room is left, as `df` says; nothing where there is no `df`.
fn room(data: &Path) -> Option<Finding> {
    let folder = data.ancestors().find(|folder| folder.is_dir())?;
    let answer = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let kibibytes: u64 = text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    let mebibytes = kibibytes / 1024;
    let told = format!("{mebibytes} MiB left");
    Some(if mebibytes < LITTLE_ROOM_MEBIBYTES {
        Finding::doubtful("room", told, "make room, or put the data folder on a larger disk")
    } else {
        Finding::good("room", told)
    })
}

fn master_key(installation: &Installation) -> anyhow::Result<Finding> {
    let path = installation.master_key();
    let told = format!("`{}`", path.display());
    let has_data = !installation.is_sqlite()? || installation.data.join(DATABASE).exists();
    Ok(match fs::metadata(&path) {
        Ok(meta) => match others_may(&meta) {
            Some(mode) => Finding::bad(
                "master key",
                format!("{told} is open to other users (mode {mode:o})"),
                format!("chmod 600 {}", path.display()),
            ),
            None => Finding::good("master key", told),
        },
        Err(_) if has_data && installation.is_sqlite()? => Finding::bad(
            "master key",
            format!("{told} isn't there, and there is data"),
            "put the key there that the data was written with; without it nobody can read it",
        ),
        Err(_) => Finding::doubtful(
            "master key",
            format!("{told} isn't there yet"),
            "the first start makes it; for a database that is there already put its key there",
        ),
    })
}

fn port(installation: &Installation) -> anyhow::Result<Finding> {
    let (config, listen) = installation.settings.server()?;
    Ok(match bind(&listen) {
        Ok(listener) => {
            let is_open = listener.local_addr().is_ok_and(|address| !address.ip().is_loopback());
            if is_open && config.tls.is_none() {
                let to_do = "set server.tls, or listen on loopback behind a proxy that speaks TLS";
                Finding::doubtful(
                    "port",
                    format!("`{listen}` is open to the network in clear"),
                    to_do,
                )
            } else {
                Finding::good("port", format!("`{listen}` is free"))
            }
        }
        Err(error) if is_served(installation) => {
            Finding::good("port", format!("{error}: a nightjar serves this folder"))
        }
        Err(error) => {
            Finding::bad("port", format!("{error:#}"), "stop what uses it, or take another")
        }
    })
}

/// Whether a service holds the folder's lock.
fn is_served(installation: &Installation) -> bool {
    installation.data.join(LOCK).is_file() && installation.lock().is_err()
}

/// What can be asked only of a store that is there.
fn stored(installation: &Installation) -> anyhow::Result<Vec<Finding>> {
    if installation.is_sqlite()? && !installation.data.join(DATABASE).exists() {
        let to_do = "the first `nightjar serve` or `nightjar keys create` makes it";
        return Ok(vec![Finding::doubtful("database", "there is none yet", to_do)]);
    }
    if !installation.master_key().is_file() {
        return Ok(Vec::new());
    }
    runtime::wait(async {
        let store = match installation.store().await {
            Ok(store) => store,
            Err(error) => {
                let to_do = "the address is `storage.database`; see that it runs and lets us in";
                return Ok(vec![Finding::bad("database", format!("{error:#}"), to_do)]);
            }
        };
        let found = ask(&store, installation).await;
        store.close().await;
        Ok(found)
    })
}

async fn ask(store: &Store, installation: &Installation) -> Vec<Finding> {
    let health = store.health().await;
    let told = format!("{}, schema {}", health.database, health.schema);
    let mut found = vec![if health.database_ok {
        Finding::good("database", told)
    } else {
        Finding::bad("database", format!("{told} doesn't answer"), "see that it runs")
    }];
    found.push(if health.blobs_ok {
        Finding::good("blobs", "they can be written and read")
    } else {
        let to_do = "see `storage.blobs` and `storage.blob_options`, and that there is room";
        Finding::bad("blobs", "they can't be written or read", to_do)
    });
    let location = &installation.settings.storage.location;
    let stated = if location.is_empty() { "not stated" } else { location };
    found.push(Finding::good("location", stated));
    found.push(match store.verify(&[]).await {
        Ok(report) if report.findings.is_empty() => {
            Finding::good("journals", format!("sound: {} entries", report.entries))
        }
        Ok(report) => Finding::bad(
            "journals",
            format!("{} findings", report.findings.len()),
            "`nightjar journal verify` lists them; keep a copy of everything before you do more",
        ),
        Err(error) => Finding::bad("journals", error.to_string(), "see the log of the database"),
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_of_the_last_century_is_noticed() {
        assert_eq!(clock(Timestamp::UNIX_EPOCH).mood, Mood::Bad);
        assert_eq!(clock("2026-11-27T00:00:00Z".parse().unwrap()).mood, Mood::Good);
    }

    #[test]
    fn an_open_folder_is_doubtful_and_a_missing_one_too() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        assert_eq!(folder(&data).mood, Mood::Doubtful);
        crate::installation::make_folder(&data).unwrap();
        assert_eq!(folder(&data).mood, Mood::Good);
        #[cfg(unix)]
        {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs::set_permissions(&data, open).unwrap();
            assert_eq!(folder(&data).mood, Mood::Doubtful);
        }
    }
}
