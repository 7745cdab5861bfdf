//! Webhooks as they come: how many are durable in a second, how fast the first verdict is there, what a storm
//! costs, and what stays in memory afterwards.
//!
//! Messages are of the generic form, each signed; redaction and encryption are on, as always. Both processes
//! share the machine's cores.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use nightjar_capsule::{Limits, read_archive};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::load::{Asker, Credential, quantile};
use crate::running::{Place, Service, resident_mib};
use crate::say;

/// Senders at the same time.
const SENDERS: usize = 16;
/// Messages of one body, where there are several.
const IN_A_BODY: usize = 50;
/// Incidents of a storm.
const INCIDENTS: usize = 20;
/// Alerts of the storm whose answers are judged.
const STORM: usize = 10_000;
/// How long single messages are sent.
const SPELL: Duration = Duration::from_secs(5);

/// What is measured where.
pub(crate) struct Options<'a> {
    pub(crate) database: Option<&'a str>,
    /// A capsule as one file, whose first alert is sent.
    pub(crate) archive: Option<&'a Path>,
    /// Alerts of the storm after which memory is looked at.
    pub(crate) alerts: usize,
}

/// Measures everything.
pub(crate) fn run(program: &Path, options: &Options<'_>) -> anyhow::Result<()> {
    let data = std::env::temp_dir().join(format!("nightjar-intake-{}", std::process::id()));
    let place = Place { program, data: data.clone(), database: options.database };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(measure(&place, options));
    // What is left behind harms nobody.
    let _ = std::fs::remove_dir_all(data);
    done
}

async fn measure(place: &Place<'_>, options: &Options<'_>) -> anyhow::Result<()> {
    let key = place.key()?;
    let service = place.start()?;
    let credential = Credential::Token(key.token);
    let client = reqwest::Client::new();
    let asker = Asker { client, base: service.base.clone(), credential };
    if let Some(archive) = options.archive {
        first_verdict(&asker, archive).await?;
    }
    rates(&asker).await?;
    storm(&asker).await?;
    memory(&asker, &service, options.alerts).await
}

/// An address of a space of its own.
#[derive(Clone)]
struct Hook {
    asker: Asker,
    space: String,
    url: String,
    secret: Arc<str>,
}

impl Hook {
    async fn new(asker: &Asker, name: &str) -> anyhow::Result<Self> {
        let made = asker.request("/api/v1/spaces", Some(&json!({ "name": name })));
        let space = format!("/api/v1/spaces/{}", text(&asker.json(made).await?, "id")?);
        let wanted = json!({ "provider": "generic", "auth": "hmac" });
        let made = asker.request(&format!("{space}/webhooks"), Some(&wanted));
        let made = asker.json(made).await?;
        let (url, secret) = (text(&made, "url")?, text(&made, "secret")?.into());
        Ok(Self { asker: asker.clone(), space, url, secret })
    }

    /// Sends a body and gives the answer, once it is durable.
    async fn send(&self, body: String) -> anyhow::Result<Value> {
        let now = Timestamp::now().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())?;
        for part in [now.as_bytes(), b":", body.as_bytes()] {
            mac.update(part);
        }
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let request = self
            .asker
            .client
            .post(&self.url)
            .header("content-type", "application/json")
            .header("x-amzn-event-timestamp", now)
            .header("x-amzn-event-signature", signature)
            .body(body);
        self.asker.json(request).await
    }
}

fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    let text = value.get(name).and_then(Value::as_str).map(str::to_owned);
    text.with_context(|| format!("no `{name}` in {value}"))
}

/// The `number`-th alert: about one of the incidents, with something in it to be redacted.
fn alert(number: usize, key: usize) -> Value {
    let service = format!("service-{}", number % INCIDENTS);
    json!({
        "eventType": "incident",
        "incidentId": format!("A-{key}"),
        "action": "created",
        "priority": "HIGH",
        "title": format!("{service}: more than 5 % of requests fail"),
        "description": "seen by jane.doe@example.com at 203.0.113.7; the runbook has more",
        "timestamp": Timestamp::now().to_string(),
        "service": service,
        "data": { "labels": { "cluster": "shop-prod", "region": "eu-central-1", "share": 0.07 } },
    })
}

/// Sends what `body` makes of each number until `enough`, from all senders; gives the answers and how long
/// each took, seconds.
async fn send_all(
    hook: &Hook,
    enough: impl Fn(usize, Duration) -> bool + Clone + Send + 'static,
    body: impl Fn(usize) -> String + Clone + Send + 'static,
) -> anyhow::Result<(Vec<(usize, Value)>, Vec<f64>, f64)> {
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (hook, next) = (hook.clone(), Arc::clone(&next));
            let (enough, body) = (enough.clone(), body.clone());
            tokio::spawn(async move {
                let (mut answers, mut spells) = (Vec::new(), Vec::new());
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if enough(number, begun.elapsed()) {
                        return anyhow::Ok((answers, spells));
                    }
                    let text = body(number);
                    let one = Instant::now();
                    let answer = hook.send(text).await?;
                    spells.push(one.elapsed().as_secs_f64());
                    answers.push((number, answer));
                }
            })
        })
        .collect();
    let (mut answers, mut spells) = (Vec::new(), Vec::new());
    for sender in senders {
        let (its_answers, its_spells) = sender.await??;
        answers.extend(its_answers);
        spells.extend(its_spells);
    }
    let took = begun.elapsed().as_secs_f64();
    spells.sort_by(f64::total_cmp);
    Ok((answers, spells, took))
}

/// What bodies are called, how many alerts one has, and how the n-th of them is made.
type Bodies = (&'static str, usize, fn(usize) -> String);

async fn rates(asker: &Asker) -> anyhow::Result<()> {
    let single = |number| alert(number, number).to_string();
    let repeat = |number| alert(number, number % INCIDENTS).to_string();
    let several = |number: usize| {
        let alerts = (0..IN_A_BODY).map(|place| number * IN_A_BODY + place);
        Value::from(alerts.map(|number| alert(number, number)).collect::<Vec<_>>()).to_string()
    };
    let bodies: [Bodies; 3] = [
        ("alone, each another alert", 1, single),
        ("alone, repeats of 20 alerts", 1, repeat),
        ("50 to a body, each another alert", IN_A_BODY, several),
    ];
    for (what, each, body) in bodies {
        let hook = Hook::new(asker, what).await?;
        let (answers, spells, took) = send_all(&hook, |_, passed| passed > SPELL, body).await?;
        say(&format!(
            "  {what}: {:.0} alerts/s durable and answered, p50 {:.1} ms, p99 {:.1} ms",
            (answers.len() * each) as f64 / took,
            quantile(&spells, 0.5) * 1e3,
            quantile(&spells, 0.99) * 1e3,
        ))?;
        quiet(&hook).await?;
    }
    Ok(())
}

/// Until what was opened was looked at, so that one measurement doesn't disturb the next.
async fn quiet(hook: &Hook) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let path = format!("{}/incidents?limit=1000", hook.space);
        let listed = hook.asker.json(hook.asker.request(&path, None)).await?;
        let incidents = listed.get("items").and_then(Value::as_array).context("no incidents")?;
        if incidents.iter().all(|one| one.get("verdict").is_some_and(|verdict| !verdict.is_null()))
        {
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_secs(120), "no verdict after two minutes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Ten thousand alerts of twenty incidents, half of them repeats, all at once.
async fn storm(asker: &Asker) -> anyhow::Result<()> {
    let hook = Hook::new(asker, "storm").await?;
    // Every second one repeats the one before it of the same incident.
    let key = |number: usize| number - (number / INCIDENTS % 2) * INCIDENTS;
    let body = move |number: usize| {
        let alerts = (0..IN_A_BODY).map(|place| number * IN_A_BODY + place);
        Value::from(alerts.map(|number| alert(number, key(number))).collect::<Vec<_>>()).to_string()
    };
    let enough = |number, _| number >= STORM / IN_A_BODY;
    let (answers, spells, took) = send_all(&hook, enough, body).await?;
    let mut found: BTreeMap<usize, String> = BTreeMap::new();
    let mut repeats = 0;
    for (number, answer) in &answers {
        let alerts = answer.get("alerts").and_then(Value::as_array).context("no alerts")?;
        for (place, alert) in alerts.iter().enumerate() {
            found.insert(number * IN_A_BODY + place, text(alert, "incidentId")?);
            repeats += usize::from(text(alert, "status")? == "duplicate");
        }
    }
    ensure!(found.len() == STORM, "{} answers about {STORM} alerts", found.len());
    let (precision, recall) = pairwise(&found);
    say(&format!(
        "  storm of {STORM} alerts of {INCIDENTS} incidents: {:.0} µs an alert, p99 of a body {:.0} ms, \
         {repeats} repeats, pairwise F1 {:.3}",
        took / STORM as f64 * 1e6,
        quantile(&spells, 0.99) * 1e3,
        2.0 * precision * recall / (precision + recall),
    ))?;
    let begun = Instant::now();
    quiet(&hook).await?;
    say(&format!("  all its verdicts {:.1} s later", begun.elapsed().as_secs_f64()))?;
    Ok(())
}

/// Of the pairs of alerts that were put together, the share that belongs together, and the other way round.
fn pairwise(found: &BTreeMap<usize, String>) -> (f64, f64) {
    let mut together: BTreeMap<(usize, &str), u64> = BTreeMap::new();
    let (mut truly, mut said) = (BTreeMap::<usize, u64>::new(), BTreeMap::<&str, u64>::new());
    for (number, incident) in found {
        let truth = number % INCIDENTS;
        *together.entry((truth, incident)).or_default() += 1;
        *truly.entry(truth).or_default() += 1;
        *said.entry(incident).or_default() += 1;
    }
    let pairs = |counts: &mut dyn Iterator<Item = u64>| {
        counts.map(|count| count * count.saturating_sub(1) / 2).sum::<u64>() as f64
    };
    let right = pairs(&mut together.into_values());
    (right / pairs(&mut said.into_values()), right / pairs(&mut truly.into_values()))
}

/// From a webhook to the first verdict, with a recording to look at.
async fn first_verdict(asker: &Asker, archive: &Path) -> anyhow::Result<()> {
    let hook = Hook::new(asker, "first verdict").await?;
    let bytes = std::fs::read(archive).with_context(|| format!("reading {}", archive.display()))?;
    let read = read_archive(&bytes, &Limits::default())?;
    let first = read.recording.alerts.first().context("a recording without alerts")?;
    let message = first.payload.to_string();
    let Credential::Token(token) = &asker.credential else { bail!("a token is needed") };
    let upload = asker
        .client
        .post(format!("{}{}/capsules", asker.base, hook.space))
        .header("content-type", "application/octet-stream")
        .bearer_auth(token)
        .body(bytes);
    let config = json!({ "capsule": text(&asker.json(upload).await?, "id")? });
    let connection = json!({ "kind": "capsule", "config": config });
    let path = format!("{}/connections", hook.space);
    asker.json(asker.request(&path, Some(&connection))).await?;
    let begun = Instant::now();
    let answer = hook.send(message).await?;
    let answered = begun.elapsed();
    let incident = format!("{}/incidents/{}", hook.space, text(&answer, "incidentId")?);
    loop {
        let found = asker.json(asker.request(&incident, None)).await?;
        if found.get("verdict").is_some_and(|verdict| !verdict.is_null()) {
            break;
        }
        ensure!(begun.elapsed() < Duration::from_secs(60), "no verdict after a minute");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    say(&format!(
        "  webhook to answer {:.0} ms, to the first verdict {:.0} ms (the recording is read for the first time)",
        answered.as_secs_f64() * 1e3,
        begun.elapsed().as_secs_f64() * 1e3,
    ))?;
    Ok(())
}

/// What stays in memory after a storm.
async fn memory(asker: &Asker, service: &Service, alerts: usize) -> anyhow::Result<()> {
    let hook = Hook::new(asker, "memory").await?;
    let before = resident_mib(service.child.id())?;
    let several = |number: usize| {
        let alerts = (0..IN_A_BODY).map(|place| number * IN_A_BODY + place);
        // One in ten is another alert, the others repeat.
        Value::from(
            alerts.map(|number| alert(number, number % (1 + number / 10))).collect::<Vec<_>>(),
        )
        .to_string()
    };
    let enough = move |number, _| number >= alerts / IN_A_BODY;
    let (_, spells, took) = send_all(&hook, enough, several).await?;
    let after = resident_mib(service.child.id())?;
    say(&format!(
        "  {alerts} alerts in {took:.1} s, p99 of a body {:.0} ms; memory {before} MiB before, {after} MiB after",
        quantile(&spells, 0.99) * 1e3,
    ))?;
    Ok(())
}
