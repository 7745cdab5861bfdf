//! What a handler is given.

use jiff::Timestamp;
use nightjar_store::{Document, DocumentFilter, Documents, Once, Page, PageRequest, Space};
use serde_json::{Map, Value};

use crate::app::App;
use crate::call::{Call, Caller};
use crate::page::Shelf;
use crate::problem::{Kind, Problem};

/// A request that was let in, and whose input fits the model.
pub(super) struct Asked {
    pub(super) app: App,
    pub(super) call: Call,
    pub(super) caller: Caller,
    pub(super) space: Option<Space>,
    pub(super) input: Map<String, Value>,
    pub(super) once: Option<Once>,
    /// The address under which we are reached.
    pub(super) origin: String,
    pub(super) now: Timestamp,
}

/// How many items a page has unless asked otherwise.
const USUAL: u16 = 100;
/// The most where the contract states no limit.
const MOST: u64 = 1000;

impl Asked {
    /// The space that the path names.
    pub(super) fn space(&self) -> Result<&Space, Problem> {
        self.space.as_ref().ok_or_else(Problem::not_found)
    }

    /// A member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name).and_then(Value::as_str)
    }

    /// A member, whatever it is; null where there is none.
    pub(super) fn member(&self, name: &str) -> &Value {
        self.input.get(name).unwrap_or(&Value::Null)
    }

    /// A required member that is a text: the model saw to it that it is there.
    pub(super) fn need(&self, name: &str) -> Result<&str, Problem> {
        self.text(name).ok_or_else(|| Problem::invalid(&format!("/{name}"), "it is needed here"))
    }

    /// Keeps the client token of a change that may be made again.
    pub(super) async fn remember(&self) -> Result<(), Problem> {
        match &self.once {
            Some(once) => Ok(self.app.store.remember(Some(once), self.now).await?),
            None => Ok(()),
        }
    }

    /// Notes in the audit trail what it is about.
    pub(super) fn about(&self, id: &str) {
        self.call.note(|facts| facts.subject = Some(id.to_owned()));
    }

    /// Which part of a list is wanted; `size` is the member that says how many.
    pub(super) fn page(&self, shelf: &Shelf, size: &str) -> Result<PageRequest, Problem> {
        let wanted = self.input.get(size);
        let limit = match wanted.map(Value::as_u64) {
            None => None,
            Some(Some(limit)) if limit >= 1 => {
                Some(u16::try_from(limit.min(MOST)).unwrap_or(USUAL))
            }
            Some(_) => {
                return Err(Problem::invalid(&format!("/{size}"), "a page has at least one item"));
            }
        };
        let limit = limit.or(Some(USUAL));
        shelf.request(limit, self.text("nextToken")).map_err(|problem| match problem.kind {
            Kind::InvalidCursor => {
                Problem::invalid("/nextToken", "this token isn't one that this list gave")
            }
            _ => problem,
        })
    }
}

/// A time in epoch seconds, to the microsecond.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    if let Some(seconds) = value.as_i64() {
        return Timestamp::from_second(seconds).ok();
    }
    let micros = value.as_f64()? * 1e6;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time out of range saturates, and is refused then"
    )]
    Timestamp::from_microsecond(micros.round() as i64).ok()
}

/// A page of a collection with what fits alone. It reads on until the page is full: what doesn't fit
/// costs its reading and nothing else.
pub(super) async fn sift(
    documents: &Documents<'_>,
    filter: &DocumentFilter,
    mut request: PageRequest,
    mut fits: impl FnMut(&Document) -> bool,
) -> Result<Page<Document>, Problem> {
    let wanted = request.limit;
    let mut items = Vec::new();
    loop {
        // No more than are still wanted, so that the next page begins behind the last one read.
        request.limit = wanted - items.len();
        let page = documents.list(filter, &request).await?;
        items.extend(page.items.into_iter().filter(&mut fits));
        if items.len() >= wanted || page.next.is_none() {
            return Ok(Page { items, next: page.next });
        }
        request.after = page.next;
    }
}
