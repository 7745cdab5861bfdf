//! How fast the store appends, prints one line per case:
//! `cargo run --release -p nightjar-store --example throughput -- [postgres-url]`.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use nightjar_incident::journal::{Chain, Entry, Kind};
use nightjar_store::{MasterKeyFile, NewAudit, NewSpace, Options, Outcome, Space, Store};

type Outcomes = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcomes {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let sqlite = format!("sqlite://{}/nightjar.db", folder.path().display());
    runtime.block_on(measure("sqlite", &sqlite, folder.path()))?;
    let postgres = nightjar_pgtest::database();
    let url = std::env::args().nth(1).or(postgres.as_ref().map(|database| database.url.clone()));
    if let Some(url) = url {
        let folder = tempfile::tempdir()?;
        runtime.block_on(measure("postgres", &url, folder.path()))?;
    }
    Ok(())
}

async fn measure(name: &str, database: &str, folder: &std::path::Path) -> Outcomes {
    let options = Options {
        database: database.to_owned(),
        blobs: format!("file://{}/blobs", folder.display()),
        blob_options: Vec::new(),
        master: Arc::new(MasterKeyFile::open(&folder.join("key"), true)?),
        location: None,
        max_connections: 8,
        process: "throughput".to_owned(),
    };
    let store = Store::open(options).await?;
    let now = Timestamp::now();
    let new = NewSpace { name: "x".to_owned(), ..NewSpace::default() };
    let space = store.create_space(new, None, now).await?.into_inner();
    let space = store.space(&space.id).await?;
    for batch in [1, 10, 100] {
        let (begun, entries) = (Instant::now(), 2000);
        append(&space, &format!("by-{batch}"), entries, batch, now).await?;
        rate(name, &format!("journal entries, {batch} at a time"), entries, begun);
    }
    let (begun, calls) = (Instant::now(), 4000);
    let callers = (0..32).map(|caller| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..calls / 32 {
                store.audit(call(caller * 1000 + number, now)).await?;
            }
            Ok::<(), nightjar_store::Error>(())
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await??;
    }
    rate(name, "audit records, 32 callers", calls, begun);
    let begun = Instant::now();
    let report = store.verify(&[]).await?;
    rate(name, "entries and records verified", report.entries, begun);
    store.close().await;
    Ok(())
}

async fn append(space: &Space, chain: &str, count: u64, batch: usize, now: Timestamp) -> Outcomes {
    let mut chain = Chain::new(space.id().clone(), chain);
    let body = serde_json::json!({ "text": "a body of the usual size ".repeat(30), "n": 1 });
    let entries = (0..count).map(|_| chain.append(now, Kind::Decision, "engine", body.clone()));
    let entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
    for batch in entries.chunks(batch) {
        space.append(batch, now).await?;
    }
    Ok(())
}

fn call(number: u64, at: Timestamp) -> NewAudit {
    NewAudit {
        at,
        actor: "NJAKAAAAAAAAAAAAAAAA".to_owned(),
        source: "127.0.0.1".to_owned(),
        operation: "ListIncidents".to_owned(),
        space: None,
        subject: None,
        outcome: Outcome::Done,
        status: 200,
        request: format!("r-{number}"),
    }
}

fn rate(name: &str, what: &str, count: u64, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let rate = count as f64 / seconds;
    println!("{name}: {what}: {rate:.0}/s");
}
