//! The journal as it grows, as server-sent events.
//!
//! Nothing is buffered for a reader: entries are read from the store when the connection takes
//! them, so a slow reader is behind, and one that takes nothing at all is cut by `connection`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::stream;
use jiff::Timestamp;
use nightjar_store::{JournalEntry, Space};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};

use super::journal::Entry;
use crate::app::App;
use crate::call::Caller;
use crate::metrics::GoesOn;
use crate::problem::{Kind, Problem};

/// Entries read at a time.
const PAGE: usize = 32;
/// How long a reader waits before it comes again, milliseconds.
const RETRY: u32 = 2000;

/// From where, of what, and for whom.
pub(super) struct From {
    pub(super) space: Space,
    pub(super) prefix: String,
    pub(super) after: u64,
    pub(super) caller: Caller,
}

/// A reader's place.
struct Reader {
    app: App,
    from: From,
    news: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    waiting: VecDeque<Bytes>,
    next_heartbeat: Instant,
    _goes_on: GoesOn,
    _permit: OwnedSemaphorePermit,
}

/// Begins a stream.
pub(super) fn stream(app: &App, from: From) -> Result<Response, Problem> {
    let permit = std::sync::Arc::clone(&app.streams).try_acquire_owned();
    let permit = permit
        .map_err(|_| Problem::new(Kind::Busy, "as many streams as can be followed are open"))?;
    let first = Bytes::from(format!("retry: {RETRY}\n\n"));
    let reader = Reader {
        news: from.space.watch_journal(),
        closing: app.closing.subscribe(),
        waiting: VecDeque::from([first]),
        next_heartbeat: Instant::now() + app.config.limits.heartbeat(),
        _goes_on: app.metrics.stream(),
        _permit: permit,
        app: app.clone(),
        from,
    };
    let events = stream::unfold(reader, |mut reader| async move {
        let bytes = reader.next().await?;
        Some((Ok::<_, Infallible>(bytes), reader))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Proxies that collect answers before they pass them on would make a live stream a dead one.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

impl Reader {
    /// What to send next; `None`: the stream is over.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if *self.closing.borrow() {
                return None;
            }
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            // Marked as seen before reading: what is written meanwhile wakes the wait below.
            let _ = self.news.borrow_and_update();
            if !self.may_still_read().await {
                return None;
            }
            let entries = self.entries().await?;
            if entries {
                continue;
            }
            if let Some(heartbeat) = self.wait().await {
                return Some(heartbeat);
            }
        }
    }

    /// Reads what is new; says whether anything was. `None`: the space is gone or can't be read.
    async fn entries(&mut self) -> Option<bool> {
        let page = self.from.space.journal(&self.from.prefix, self.from.after, PAGE).await;
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "a stream ends: the journal can't be read");
                return None;
            }
        };
        let last = page.items.last().map(|entry| entry.position);
        let found = !page.items.is_empty();
        self.app.metrics.streamed(page.items.len() as u64);
        self.waiting.extend(page.items.into_iter().filter_map(event));
        self.from.after = last.unwrap_or(self.from.after);
        Some(found)
    }

    /// Waits for news; gives a sign of life where it is time for one.
    async fn wait(&mut self) -> Option<Bytes> {
        let recheck = Instant::now() + self.app.config.limits.recheck();
        let until = recheck.min(self.next_heartbeat);
        tokio::select! {
            news = self.news.changed() => {
                if news.is_err() {
                    // Nobody tells any more; looking again at times is enough.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            _ = self.closing.changed() => {}
            () = sleep_until(until) => {}
        }
        if Instant::now() < self.next_heartbeat {
            return None;
        }
        self.next_heartbeat = Instant::now() + self.app.config.limits.heartbeat();
        Some(Bytes::from_static(b": still here\n\n"))
    }

    /// Whether the credential still works and the space is still there. Looked at before anything
    /// is sent, so that nothing is sent after a key was revoked.
    async fn may_still_read(&self) -> bool {
        let Self { app, from, .. } = self;
        let known = from.caller.credential.caller(&app.store, Timestamp::now()).await;
        let is_same = matches!(&known, Ok(Some(now)) if now.identity == from.caller.identity);
        is_same && app.store.space(from.space.id()).await.is_ok()
    }
}

/// An entry as an event. JSON has no line breaks outside of texts, and none inside.
fn event(entry: JournalEntry) -> Option<Bytes> {
    let (position, kind) = (entry.position, entry.entry.kind.label());
    let data = serde_json::to_string(&Entry::from(entry)).ok()?;
    Some(Bytes::from(format!("id: {position}\nevent: {kind}\ndata: {data}\n\n")))
}
