//! Lists in pages: cursors that callers can't read, make, or carry from one list to another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nightjar_incident::journal::Digest;
use nightjar_store::{Page, PageRequest, Space, Store};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Kind, Problem};

/// How many items a page has unless asked otherwise.
const USUAL: u16 = 100;
const MOST: u16 = 1000;
/// Bytes of the seal in front of a cursor: a forgery has to guess 128 bits.
const SEAL: usize = 16;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// At most so many items.
    #[param(minimum = 1, maximum = 1000)]
    pub(crate) limit: Option<u16>,
    /// `next` of the page before.
    #[param(max_length = 512)]
    pub(crate) cursor: Option<String>,
}

/// A part of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The items, in the list's order.
    pub(crate) items: Vec<T>,
    /// What to give as `cursor` for the next page; none at the end.
    #[schema(required)]
    pub(crate) next: Option<String>,
}

/// A list that cursors belong to: its name and filters, sealed with a key of where it is.
pub(crate) struct Shelf {
    key: Digest,
}

impl Shelf {
    /// A list of a space, sealed with a key that nobody outside has.
    pub(crate) fn of_space(space: &Space, list: &str, filters: &[Option<&str>]) -> Self {
        Self::new(&space.pseudonym_key(), list, filters)
    }

    /// A list of the installation, which only its administrators see.
    pub(crate) fn of_installation(store: &Store, list: &str, filters: &[Option<&str>]) -> Self {
        Self::new(store.public_key().as_bytes(), list, filters)
    }

    fn new(secret: &[u8], list: &str, filters: &[Option<&str>]) -> Self {
        let secret = Digest::of(secret);
        Self { key: Digest::of(format!("cursor {secret} {list} {filters:?}").as_bytes()) }
    }

    /// What to ask the store for.
    pub(crate) fn request(
        &self,
        limit: Option<u16>,
        cursor: Option<&str>,
    ) -> Result<PageRequest, Problem> {
        let limit = usize::from(limit_of(limit, USUAL)?);
        let after = match cursor {
            Some(cursor) => Some(self.open(cursor).ok_or_else(|| {
                Problem::new(Kind::InvalidCursor, "`cursor` isn't one that this list gave")
            })?),
            None => None,
        };
        Ok(PageRequest { limit, after })
    }

    /// What to answer with.
    pub(crate) fn list<A, B>(&self, page: Page<A>, wire: impl FnMut(A) -> B) -> List<B> {
        let next = page.next.map(|cursor| self.close(&cursor));
        List { items: page.items.into_iter().map(wire).collect(), next }
    }

    fn seal(&self, cursor: &str) -> String {
        let inner = Digest::of(format!("{} {cursor}", self.key).as_bytes());
        let mut seal = Digest::of(format!("{} {inner}", self.key).as_bytes()).to_string();
        seal.truncate(2 * SEAL);
        seal
    }

    fn close(&self, cursor: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}{cursor}", self.seal(cursor)))
    }

    fn open(&self, cursor: &str) -> Option<String> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (seal, cursor) = text.split_at_checked(2 * SEAL)?;
        (seal == self.seal(cursor)).then(|| cursor.to_owned())
    }
}

/// A limit within its bounds.
pub(crate) fn limit_of(limit: Option<u16>, usual: u16) -> Result<u16, Problem> {
    match limit {
        None => Ok(usual),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(_) => {
            Err(Problem::new(Kind::MalformedRequest, format!("query: `limit` is 1 to {MOST}")))
        }
    }
}
