//! The public contract under load, signatures on, with a hundred thousand tasks in the space.
//!
//! Tasks are made of a kind that nobody works on, so that what is measured is the contract and not the
//! investigations.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::load::{Asker, CALLERS, Credential, load};
use crate::running::Place;
use crate::say;

/// How many tasks the space has when it is listed.
const TASKS: usize = 100_000;
/// Tasks on a page.
const ON_A_PAGE: usize = 100;
/// Pages at either end that are compared.
const PAGES: usize = 50;

/// Measures everything.
pub(crate) fn run(program: &Path, database: Option<&str>) -> anyhow::Result<()> {
    let data = std::env::temp_dir().join(format!("nightjar-contract-{}", std::process::id()));
    let place = Place { program, data: data.clone(), database };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(measure(&place));
    // What is left behind harms nobody.
    let _ = std::fs::remove_dir_all(data);
    done
}

async fn measure(place: &Place<'_>) -> anyhow::Result<()> {
    let key = place.key()?;
    let service = place.start()?;
    let credential = Credential::Signed { id: key.id, secret: key.secret };
    let base = service.base.clone();
    let asker = Asker { client: reqwest::Client::new(), base, credential };
    let made = asker.request("/v1/agentspaces", Some(&json!({ "name": "bench" })));
    let made = asker.json(made).await?;
    let space = made.pointer("/agentSpace/agentSpaceId").and_then(Value::as_str);
    let at = format!("/backlog/agent-space/{}/tasks", space.context("no space")?);
    let list = format!("{at}/list");
    let task = json!({ "taskType": "EVALUATION", "priority": "LOW", "title": "bench" });
    load(&asker, "CreateBacklogTask", &at, Some(task.clone())).await?;
    load(&asker, "ListBacklogTasks, 100 of some", &list, Some(json!({}))).await?;
    fill(&asker, &at, &task).await?;
    load(&asker, "ListBacklogTasks, 100 of 100,000", &list, Some(json!({}))).await?;
    load(&asker, "ListBacklogTasks, 10 of 100,000", &list, Some(json!({ "limit": 10 }))).await?;
    load(&asker, "GetBacklogTask", &format!("{at}/task-1"), None).await?;
    load(&asker, "CreateBacklogTask, 100,000 there", &at, Some(task)).await?;
    pages(&asker, &list).await
}

/// Makes tasks until there are enough.
async fn fill(asker: &Asker, at: &str, task: &Value) -> anyhow::Result<()> {
    let left = Arc::new(AtomicUsize::new(TASKS));
    let begun = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (asker, at, task, left) =
                (asker.clone(), at.to_owned(), task.clone(), Arc::clone(&left));
            tokio::spawn(async move {
                let take = |left: usize| left.checked_sub(1);
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
                    asker.json(asker.request(&at, Some(&task))).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    let rate = TASKS as f64 / begun.elapsed().as_secs_f64();
    say(&format!("  {TASKS} tasks made at {rate:.0}/s"))?;
    Ok(())
}

/// Lists everything page by page, and compares what the first pages took with what the last ones took.
async fn pages(asker: &Asker, list: &str) -> anyhow::Result<()> {
    let (mut spells, mut listed, mut token) = (Vec::new(), 0, None);
    loop {
        let mut body = json!({ "limit": ON_A_PAGE });
        if let (Some(token), Some(body)) = (&token, body.as_object_mut()) {
            body.insert("nextToken".to_owned(), Value::clone(token));
        }
        let begun = Instant::now();
        let mut page = asker.json(asker.request(list, Some(&body))).await?;
        spells.push(begun.elapsed().as_secs_f64());
        listed += page.get("tasks").and_then(Value::as_array).context("no tasks")?.len();
        token = page.get_mut("nextToken").map(Value::take);
        if token.is_none() {
            break;
        }
    }
    ensure!(listed >= TASKS, "{listed} tasks listed of {TASKS}");
    let last = spells.split_off(spells.len().saturating_sub(PAGES));
    spells.truncate(PAGES);
    let (first, last) = (median(spells), median(last));
    say(&format!(
        "  {listed} tasks page by page: the first pages {:.2} ms, the last {:.2} ms, ratio {:.2}",
        first * 1e3,
        last * 1e3,
        last / first
    ))?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
