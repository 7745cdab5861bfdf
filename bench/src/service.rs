//! The service under load: a second process asks it over loopback.
//!
//! Both processes share the machine's cores, so the figures say what the pair can do; between the two
//! databases, and from one version to the next on one machine, their ratios count.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::load::{Asker, Credential, load};
use crate::running::{Place, resident_mib};
use crate::say;

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
    let key = place.key()?;
    drop(place.start()?);
    let starts: Vec<Duration> =
        (0..5).map(|_| place.start().map(|service| service.took)).collect::<Result<_, _>>()?;
    say(&format!("  cold start, best of 5: {:.0} ms", best(&starts) * 1e3))?;
    let service = place.start()?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    say(&format!("  idle memory: {} MiB", resident_mib(service.child.id())?))?;
    let base = service.base.clone();
    let credential = Credential::Token(key.token.clone());
    let asker = Asker { client: reqwest::Client::new(), base, credential };
    let (space, incident) = prepare(&asker, &key.token, archive).await?;
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

/// A space with one investigated capsule; prints how long that took.
async fn prepare(asker: &Asker, token: &str, archive: &Path) -> anyhow::Result<(String, String)> {
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
        .bearer_auth(token)
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

fn best(spells: &[Duration]) -> f64 {
    spells.iter().map(Duration::as_secs_f64).fold(f64::INFINITY, f64::min)
}
