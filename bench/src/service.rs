//! The service under load: a second process asks it over loopback.
//!
//! Both processes share the machine's cores, so the figures say what the pair can do; between the two
//! databases, and from one version to the next on one machine, their ratios count.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use crate::say;

/// Callers at the same time.
const CALLERS: usize = 8;
/// How long each operation is called.
const SPELL: Duration = Duration::from_secs(3);

/// A service that ends when this is dropped.
struct Service {
    child: Child,
    base: String,
    took: Duration,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Which program, where, over which database.
struct Place<'a> {
    program: &'a Path,
    data: PathBuf,
    database: Option<&'a str>,
}

impl Place<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(words).arg("--data").arg(&self.data);
        if let Some(url) = self.database {
            command.args(["--database", url]);
        }
        command
    }

    fn start(&self) -> anyhow::Result<Service> {
        let begun = Instant::now();
        let mut child = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            // One credential and one address do all the asking here.
            .env("NIGHTJAR_SERVER__RATE_LIMITS", "false")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("starting nightjar")?;
        let stdout = child.stdout.take().context("no output of nightjar")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let took = begun.elapsed();
        let base = line.split_whitespace().find(|word| word.starts_with("http"));
        let Some(base) = base.map(str::to_owned) else {
            bail!("nightjar didn't say where it listens: {line:?}");
        };
        Ok(Service { child, base, took })
    }

    fn token(&self) -> anyhow::Result<String> {
        let made =
            self.command(&["keys", "create", "--role", "administrator", "--json"]).output()?;
        ensure!(made.status.success(), "keys: {}", String::from_utf8_lossy(&made.stderr));
        let key: Value = serde_json::from_slice(&made.stdout)?;
        key.get("token").and_then(Value::as_str).map(str::to_owned).context("a key without a token")
    }
}

/// Measures everything; `archive` is a capsule as one file.
pub(crate) fn run(program: &Path, archive: &Path, database: Option<&str>) -> anyhow::Result<()> {
    let data = std::env::temp_dir().join(format!("nightjar-bench-{}", std::process::id()));
    let place = Place { program, data: data.clone(), database };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(measure(&place, archive));
    // What is left behind harms nobody.
    let _ = std::fs::remove_dir_all(data);
    done
}

async fn measure(place: &Place<'_>, archive: &Path) -> anyhow::Result<()> {
    let token = place.token()?;
    drop(place.start()?);
    let starts: Vec<Duration> =
        (0..5).map(|_| place.start().map(|service| service.took)).collect::<Result<_, _>>()?;
    say(&format!("  cold start, best of 5: {:.0} ms", best(&starts) * 1e3))?;
    let service = place.start()?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    say(&format!("  idle memory: {} MiB", resident_mib(service.child.id())?))?;
    let asker = Asker { client: reqwest::Client::new(), base: service.base.clone(), token };
    let (space, incident) = prepare(&asker, archive).await?;
    let space = format!("/api/v1/spaces/{space}");
    let reads = [
        ("readiness", "/readyz".to_owned()),
        ("list incidents", format!("{space}/incidents")),
        ("read an incident", format!("{space}/incidents/{incident}")),
        ("100 journal entries", format!("{space}/journal?limit=100")),
        ("refused (unknown space)", "/api/v1/spaces/none/incidents".to_owned()),
    ];
    for (what, path) in reads {
        load(&asker, what, &path, None).await?;
    }
    let feedback = json!({ "rating": "right" });
    load(
        &asker,
        "give feedback",
        &format!("{space}/incidents/{incident}/feedback"),
        Some(feedback),
    )
    .await?;
    say(&format!("  memory after all this: {} MiB", resident_mib(service.child.id())?))?;
    Ok(())
}

/// Calls with one credential.
#[derive(Clone)]
struct Asker {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Asker {
    fn request(&self, path: &str, body: Option<&Value>) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        let request = match body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        request.bearer_auth(&self.token)
    }

    async fn json(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

/// A space with one investigated capsule; prints how long that took.
async fn prepare(asker: &Asker, archive: &Path) -> anyhow::Result<(String, String)> {
    let id =
        |value: &Value| value.get("id").and_then(Value::as_str).map(str::to_owned).context("no id");
    let made = asker.request("/api/v1/spaces", Some(&json!({ "name": "bench" })));
    let space = id(&asker.json(made).await?)?;
    let at = format!("/api/v1/spaces/{space}");
    let bytes = std::fs::read(archive).with_context(|| format!("reading {}", archive.display()))?;
    let size = bytes.len();
    let begun = Instant::now();
    let upload = asker
        .client
        .post(format!("{}{at}/capsules", asker.base))
        .header("content-type", "application/octet-stream")
        .bearer_auth(&asker.token)
        .body(bytes);
    let capsule = id(&asker.json(upload).await?)?;
    say(&format!(
        "  uploading a capsule of {:.1} MB, redacted and sealed: {:.0} ms",
        size as f64 / 1e6,
        begun.elapsed().as_secs_f64() * 1e3
    ))?;
    let config = json!({ "kind": "capsule", "config": { "capsule": capsule } });
    let made = asker.request(&format!("{at}/connections"), Some(&config));
    let connection = id(&asker.json(made).await?)?;
    let mut spells = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let made = asker
            .request(&format!("{at}/investigations"), Some(&json!({ "connection": connection })));
        let investigation = id(&asker.json(made).await?)?;
        loop {
            let path = format!("{at}/investigations/{investigation}");
            let now = asker.json(asker.request(&path, None)).await?;
            match now.get("state").and_then(Value::as_str) {
                Some("done") => break,
                Some("failed") => bail!("the investigation failed: {now}"),
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
        spells.push(begun.elapsed());
    }
    say(&format!(
        "  start to last verdict through the API, best of 5: {:.0} ms",
        best(&spells) * 1e3
    ))?;
    let listed = asker.json(asker.request(&format!("{at}/incidents"), None)).await?;
    let incident = id(listed.pointer("/items/0").context("no incident")?)?;
    Ok((space, incident))
}

async fn load(asker: &Asker, what: &str, path: &str, body: Option<Value>) -> anyhow::Result<()> {
    let failed = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (asker, path, body) = (asker.clone(), path.to_owned(), body.clone());
            let failed = Arc::clone(&failed);
            tokio::spawn(async move {
                let mut spells = Vec::new();
                while begun.elapsed() < SPELL {
                    let one = Instant::now();
                    let answer = asker.request(&path, body.as_ref()).send().await;
                    let is_well = match answer {
                        Ok(answer) => {
                            let is_well = !answer.status().is_server_error();
                            let is_well = is_well && answer.status() != 429;
                            answer.bytes().await.is_ok() && is_well
                        }
                        Err(_) => false,
                    };
                    if !is_well {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                    spells.push(one.elapsed().as_secs_f64());
                }
                spells
            })
        })
        .collect();
    let mut spells = Vec::new();
    for caller in callers {
        spells.extend(caller.await?);
    }
    let took = begun.elapsed().as_secs_f64();
    spells.sort_by(f64::total_cmp);
    say(&format!(
        "  {what}: {:.0} requests/s, p50 {:.1} ms, p99 {:.1} ms, {} failed",
        spells.len() as f64 / took,
        quantile(&spells, 0.5) * 1e3,
        quantile(&spells, 0.99) * 1e3,
        failed.load(Ordering::Relaxed)
    ))?;
    Ok(())
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    // INVARIANT: a share of the length, so within it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    sorted.get(place.round() as usize).copied().unwrap_or(f64::NAN)
}

fn best(spells: &[Duration]) -> f64 {
    spells.iter().map(Duration::as_secs_f64).fold(f64::INFINITY, f64::min)
}

/// Memory a process holds now, MiB (Linux).
fn resident_mib(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
    Ok(kib.parse::<u64>()?.div_ceil(1024))
}
