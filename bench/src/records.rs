//! The journal with a million stored records: does what one append and one page cost stay the same?

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use jiff::Timestamp;
use nightjar_incident::journal::{Chain, Kind};
use nightjar_store::{MasterKeyFile, NewSpace, Options, Store};
use serde_json::json;

use crate::say;

/// Entries of one chain: a long execution.
const OF_A_CHAIN: usize = 500;
/// Entries that an execution hands over at once.
const AT_ONCE: usize = 50;
/// How often single appends and pages are measured.
const TIMES: usize = 200;

/// Fills a journal and measures at 10,000, 100,000 and 1,000,000 records.
pub(crate) fn run(database: Option<&str>) -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("nightjar-records-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(measure(&folder, database));
    // What is left behind harms nobody.
    let _ = std::fs::remove_dir_all(folder);
    done
}

async fn measure(folder: &std::path::Path, database: Option<&str>) -> anyhow::Result<()> {
    let file = format!("sqlite://{}", folder.join("nightjar.db").display());
    let store = Store::open(Options {
        database: database.map_or(file, str::to_owned),
        blobs: format!("file://{}", folder.join("blobs").display()),
        blob_options: Vec::new(),
        master: Arc::new(MasterKeyFile::open(&folder.join("master.key"), true)?),
        location: None,
        max_connections: 4,
        process: "bench".to_owned(),
    })
    .await?;
    let new = NewSpace { name: "bench".to_owned(), ..NewSpace::default() };
    let id = store.create_space(new, None, Timestamp::now()).await?.into_inner().id;
    let space = store.space(&id).await?;
    let body = json!({
        "entity": "checkout", "signal": "latency", "direction": "up", "onset": "2026-11-23T03:00:00Z",
        "size": 4.75, "significance": 12.5,
        "text": "checkout answers in 1.9 s instead of 0.4 s since 03:00:00",
    });
    let (mut written, mut chains) = (0_usize, 0_usize);
    for goal in [10_000, 100_000, 1_000_000] {
        let (begun, before) = (Instant::now(), written);
        while written < goal {
            chains += 1;
            let mut chain = Chain::new(id.clone(), format!("inc-1-{chains}/exec-1"));
            for _ in 0..OF_A_CHAIN / AT_ONCE {
                let now = Timestamp::now();
                let entries = (0..AT_ONCE)
                    .map(|_| chain.append(now, Kind::Observation, "bench", body.clone()))
                    .collect::<Result<Vec<_>, _>>()?;
                written += entries.len();
                space.append(&entries, now).await?;
            }
        }
        let rate = (written - before) as f64 / begun.elapsed().as_secs_f64();
        let mut single = Chain::new(id.clone(), format!("single-{goal}"));
        let mut appends = Vec::new();
        for _ in 0..TIMES {
            let now = Timestamp::now();
            let entry = single.append(now, Kind::Observation, "bench", body.clone())?;
            let begun = Instant::now();
            space.append(&[entry], now).await?;
            appends.push(begun.elapsed().as_secs_f64());
        }
        written += TIMES;
        let mut pages = Vec::new();
        for turn in 0..TIMES {
            let after = u64::try_from(turn * written / TIMES).context("a position")?;
            let begun = Instant::now();
            space.journal("", after, 100).await?;
            pages.push(begun.elapsed().as_secs_f64());
        }
        say(&format!(
            "  {goal} records: {rate:.0} records/s in batches of {AT_ONCE}; one append {:.2} ms, a page of 100 {:.2} ms (medians)",
            median(appends) * 1e3,
            median(pages) * 1e3
        ))?;
    }
    let begun = Instant::now();
    let report = space.verify(&[]).await?;
    say(&format!(
        "  verifying {} records: {:.1} s, {} findings",
        report.entries,
        begun.elapsed().as_secs_f64(),
        report.findings.len()
    ))?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
