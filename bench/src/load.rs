//! Many callers of one thing, each calling again as soon as it was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use jiff::Timestamp;
use serde_json::Value;

use crate::say;
use crate::signed::{Line, sign};

/// Callers at the same time.
pub(crate) const CALLERS: usize = 8;
/// How long each operation is called.
const SPELL: Duration = Duration::from_secs(3);

/// How a request says whose it is.
#[derive(Clone)]
pub(crate) enum Credential {
    /// It shows a token.
    Token(String),
    /// It is signed as AWS clients sign.
    Signed { id: String, secret: String },
}

/// Calls with one credential.
#[derive(Clone)]
pub(crate) struct Asker {
    pub(crate) client: reqwest::Client,
    pub(crate) base: String,
    pub(crate) credential: Credential,
}

impl Asker {
    /// `POST` with a body, `GET` without.
    pub(crate) fn request(&self, path: &str, body: Option<&Value>) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        let request = match body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        match &self.credential {
            Credential::Token(token) => request.bearer_auth(token),
            Credential::Signed { id, secret } => {
                let (method, body) = match body {
                    Some(body) => ("POST", body.to_string()),
                    None => ("GET", String::new()),
                };
                let host = self.base.trim_start_matches("http://");
                let line = Line { method, host, path, body: body.as_bytes() };
                let [date, authorization] = sign(&line, id, secret, Timestamp::now());
                request.header("x-amz-date", date).header("authorization", authorization)
            }
        }
    }

    pub(crate) async fn json(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

/// Calls one thing from all callers for a while, and prints how that went.
pub(crate) async fn load(
    asker: &Asker,
    what: &str,
    path: &str,
    body: Option<Value>,
) -> anyhow::Result<()> {
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

/// The value below which a share of them lies.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    // INVARIANT: a share of the length, so within it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    sorted.get(place.round() as usize).copied().unwrap_or(f64::NAN)
}
